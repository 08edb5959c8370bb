// Products with a large b whose rows lie as they are: panel by panel, b is copied on the way.
#pragma once

#include "core/gemm_blocks.h"

namespace longhand::fast {

// Whether a has enough rows for that, and b is large enough. The same for every range of a product,
// so that its bits do not depend on the ranges.
bool suits_panels(const Product& p);

// multiply_range() where suits_panels() says so.
void multiply_in_panels(const Tiles& t, const Product& p, const Range& range);

}  // namespace longhand::fast
