// The versions of Device::cpu's convolution between which conv2d_fast.cpp chooses. The functions
// are those of layers/conv2d.h.
#pragma once

#include "layers/conv2d.h"
#include "layers/dense.h"

namespace longhand::fast {

// Of one pass over the batch.
inline std::int64_t multiplications(const Conv2dGeometry& g) {
  return g.y.size() * g.w.c * g.w.h * g.w.w;
}

// Whether every output sees the whole image: then, and only then, the convolution is a dense layer
// of the image's numbers, because they lie in memory in the same order as in a window.
inline bool is_dense(const Conv2dGeometry& g) {
  return g.y.h == 1 && g.y.w == 1 && g.w.h == g.x.h && g.w.w == g.x.w && g.padding_top == 0 &&
         g.padding_left == 0 && g.groups == 1 && (g.dilation_h == 1 || g.w.h == 1) &&
         (g.dilation_w == 1 || g.w.w == 1);
}

inline DenseGeometry dense_geometry(const Conv2dGeometry& g) {
  return {g.x.n, g.x.c * g.x.h * g.x.w, g.y.c, g.layout};
}

// The columns of im2col are written down and multiplied with gemm (conv2d_im2col.cpp).
namespace im2col {
void conv2d_forward(const Conv2dGeometry& g, const real* x, const real* w, const real* b, real* y);
void conv2d_backward_data(const Conv2dGeometry& g, const real* dy, const real* w, real* dx);
void conv2d_backward_weights(const Conv2dGeometry& g, const real* x, const real* dy, real* dw);
}  // namespace im2col

// The same products, but the columns are never written down: what a tile needs of them is read from
// the image (conv2d_implicit.cpp). Each says what shapes it is for; the others are im2col's.
namespace implicit {
bool suits_forward(const Conv2dGeometry& g);
bool suits_backward_data(const Conv2dGeometry& g);
bool suits_backward_weights(const Conv2dGeometry& g);
void conv2d_forward(const Conv2dGeometry& g, const real* x, const real* w, const real* b, real* y);
void conv2d_backward_data(const Conv2dGeometry& g, const real* dy, const real* w, real* dx);
void conv2d_backward_weights(const Conv2dGeometry& g, const real* x, const real* dy, real* dw);
}  // namespace implicit

}  // namespace longhand::fast
