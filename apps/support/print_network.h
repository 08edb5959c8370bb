// A network as a table.
#pragma once

#include "layers/sequential.h"

namespace longhand {

// One line a layer on stdout: what it is, the shape it gives for an input of shape x, and how many
// trained values it has; and their sum.
void print_network(Sequential& net, const Shape& x);

}  // namespace longhand
