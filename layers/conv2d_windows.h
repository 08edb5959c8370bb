// The gradient of the weights out of the padded image itself, for small dw: no picture is copied.
#pragma once

#include "layers/conv2d.h"

namespace longhand::fast::windows {

// Whether there is a tile for so many columns of the kernel, and registers for it.
bool suits_backward_weights(const Conv2dGeometry& g);

// How many of dw^T's rows (in kh kw) a tile has: a part of them begins at a multiple of it.
int rows_of_tile(const Conv2dGeometry& g);

// sums[group][row1 - row0, out] = rows [row0, row1) of dw^T, over images [n0, n1); row1 is a
// multiple of kw. Shapes as in conv2d.h.
void sum_weights(const Conv2dGeometry& g, int row0, int row1, int n0, int n1, const real* x,
                 const real* dy, real* sums);

}  // namespace longhand::fast::windows
