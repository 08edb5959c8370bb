// Winograd's convolution F(2x2, 3x3) for kernels of 3 x 3 that move by one: 16 multiplications for
// 4 outputs of a channel, where the formula has 36 (Winograd, "Arithmetic Complexity of
// Computations", 1980; Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2015).
//
// In one dimension, F(2, 3): two outputs of a kernel g of three see four numbers d,
//
//   y0 = d0 g0 + d1 g1 + d2 g2          six products; but also, as multiplying out shows,
//   y1 = d1 g0 + d2 g1 + d3 g2
//
//   m0 = (d0 - d2) g0                   y0 = m0 + m1 + m2
//   m1 = (d1 + d2) (g0 + g1 + g2) / 2   y1 = m1 - m2 - m3
//   m2 = (d2 - d1) (g0 - g1 + g2) / 2
//   m3 = (d1 - d3) g2                   four products
//
// Where this comes from: y is a product of polynomials, and a polynomial of degree 2 is known by
// its values at so many places; m0 to m3 are products of values at 0, 1, -1 and infinity, turned
// about (the transposition of such a product is this sum). As matrices, y = A^T [(G g) (B^T d)],
// the middle one number by number:
//
//         1  0 -1  0         1    0    0
//   B^T = 0  1  1  0     G = 1/2  1/2  1/2    A^T = 1 1  1  0
//         0 -1  1  0         1/2 -1/2  1/2          0 1 -1 -1
//         0  1  0 -1         0    0    1
//
// In two dimensions rows and columns are treated so one after the other: a tile of 4 x 4 pixels and
// a kernel of 3 x 3 give 2 x 2 outputs, Y = A^T [(G g G^T) (B^T d B)] A. What is summed over input
// channels can be summed before A, and so the multiplications are 16 products of matrices, one for
// each of the 16 points of U = G g G^T and V = B^T d B:
//
//   M[point] [out, tiles] = U[point] [out, in] * V[point] [in, tiles]
//
// Backward, the same steps in the opposite direction, each with its matrix transposed:
//
//   by data     a convolution of dy again, with the kernel turned by 180 degrees
//   by weights  dU[point] [out, in] = dM[point] [out, tiles] * V[point]^T [tiles, in] with
//               dM = A dY A^T, and dw = G^T dU G
//
// Accuracy: the transformations round, but the sums have a ninth as many terms. With 64 channels
// the largest error of an output is 1.1e-6 of the outputs' root mean square, where the loop of the
// formula has 3.1e-6 (both against sums in double: tests/layers/conv2d_winograd_test.cpp).
#pragma once

#include "layers/conv2d.h"

namespace longhand::fast::winograd {

// Whether it can compute this convolution at all.
inline bool computes(const Conv2dGeometry& g) {
  return g.layout == Layout::nchw && g.w.h == 3 && g.w.w == 3 && g.stride_h == 1 &&
         g.stride_w == 1 && g.dilation_h == 1 && g.dilation_w == 1;
}

// And whether it is faster than implicit gemm: docs/fast_cpu.md has what was measured.
bool suits_forward(const Conv2dGeometry& g);
bool suits_backward_data(const Conv2dGeometry& g);
bool suits_backward_weights(const Conv2dGeometry& g);

void conv2d_forward(const Conv2dGeometry& g, const real* x, const real* w, const real* b, real* y);
void conv2d_backward_data(const Conv2dGeometry& g, const real* dy, const real* w, real* dx);
void conv2d_backward_weights(const Conv2dGeometry& g, const real* x, const real* dy, real* dw);

}  // namespace longhand::fast::winograd
