// The versions of Device::cpu's convolution between which conv2d_fast.cpp chooses. The functions
// are those of layers/conv2d.h.
#pragma once

#include "layers/conv2d.h"

namespace longhand::fast {

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
