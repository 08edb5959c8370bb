// Winograd's convolution along the lines of y (conv2d_winograd.h has the idea and its sources), for
// kernels that are wider than 3 or move by more than one.
//
// A line of a kernel that moves by s: its elements kw = q, q + s, q + 2 s, ... see every s-th pixel
// only, and along those they move by one. So y's line is the sum of s convolutions that move by
// one, the phases q = 0 ... s - 1; of 7 elements with stride 2 they have 4 and 3.
//
// F(2, r): two neighbouring outputs of a kernel g of r elements see r + 1 pixels d. They take r + 1
// products instead of 2 r,
//
//   y = A^T [(G g) (B^T d)]
//
// the middle one number by number. Each is a product of two polynomials' values at a point: the
// first r of 0, 1, -1, 2, -1/2, and infinity. For r = 4:
//
//         2 -1 -2  1  0          3  0  0  0
//         0 -2 -1  1  0         -3 -3 -3 -3
//   B^T = 0  2 -3  1  0     6 G = -1 1 -1 1        A^T = 1 1  1  1  0
//         0 -1  0  1  0          1  2  4  8              0 1 -1  2  1
//         0  2 -1 -2  1          0  0  0  6
//
// Row i of B^T has the coefficients of the product of all (z - point j) but its own; row i of G the
// powers of point i, over the product of its differences from the others; column i of A^T its
// powers 0 and 1. The last ones are infinity's: all (z - point j), the last element, the second
// output.
//
// A^T knows nothing of r. So what belongs to one point can be summed over all phases that have it,
// over the input channels and over the lines of the kernel, and the convolution is a product of
// matrices for each point, of which A^T makes the outputs:
//
//   M[point] [out, pairs] = U[point] [out, k] * V[point] [k, pairs]     k: (phase, in, kh)
//
// 7 x 7 with stride 2 multiplies 9 times for two outputs and a line of the kernel instead of 14
// times, 11 x 11 with stride 4 15 times instead of 22, 5 x 5 with stride 1 6 times instead of 10.
//
// Accuracy: B^T and A^T add and subtract, but the sums have fewer terms. The largest error of an
// output is about that of implicit gemm (tests/layers/conv2d_line_winograd_test.cpp prints both).
// The points are some that lose little (Barabasz, Anderson, Soodhalter and Gregg, "Error Analysis
// and Improving the Accuracy of Winograd Convolution for Deep Neural Networks", 2020).
#pragma once

#include "layers/conv2d.h"

namespace longhand::fast::line_winograd {

// Whether it can compute these directions at all: with at most 5 elements a phase, and by data only
// a stride of one, where dx is a convolution of dy with the kernel turned by 180 degrees.
bool computes_forward(const Conv2dGeometry& g);
bool computes_backward_data(const Conv2dGeometry& g);

// And whether it is faster than implicit gemm: docs/fast_cpu.md has what was measured.
bool suits_forward(const Conv2dGeometry& g);
bool suits_backward_data(const Conv2dGeometry& g);

void conv2d_forward(const Conv2dGeometry& g, const real* x, const real* w, const real* b, real* y);
void conv2d_backward_data(const Conv2dGeometry& g, const real* dy, const real* w, real* dx);

}  // namespace longhand::fast::line_winograd
