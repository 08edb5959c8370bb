// The ladder of convolutions on cuda: the same three functions in every version, from the loops of
// the formula to what is fast on a GPU. docs/cuda_conv.md explains them one by one.
#pragma once

#include <string>

#include "layers/conv2d.h"

namespace longhand::cuda {

enum class Conv2dVersion { plain, im2col, tiled, strips, implicit };

constexpr Conv2dVersion conv2d_versions[] = {Conv2dVersion::plain, Conv2dVersion::im2col,
                                             Conv2dVersion::tiled, Conv2dVersion::strips,
                                             Conv2dVersion::implicit};

// "plain", "im2col", "tiled", "strips" or "implicit"
std::string to_string(Conv2dVersion version);

// Whether the version takes this shape, in all three directions. plain and im2col take every one.
bool fits(Conv2dVersion version, const Conv2dGeometry& g);

// The functions of layers/conv2d.h by the version that is asked for. ValueError where it does not
// fit.
void conv2d_forward(Conv2dVersion version, const Conv2dGeometry& g, const real* x, const real* w,
                    const real* b, real* y);
void conv2d_backward_data(Conv2dVersion version, const Conv2dGeometry& g, const real* dy,
                          const real* w, real* dx);
void conv2d_backward_weights(Conv2dVersion version, const Conv2dGeometry& g, const real* x,
                             const real* dy, real* dw);

// The version that the functions without an argument for it take.
Conv2dVersion chosen_version(const Conv2dGeometry& g);

// One thread an element of what is computed (plain.cu).
namespace plain {
void conv2d_forward(const Conv2dGeometry& g, const real* x, const real* w, const real* b, real* y);
void conv2d_backward_data(const Conv2dGeometry& g, const real* dy, const real* w, real* dx);
void conv2d_backward_weights(const Conv2dGeometry& g, const real* x, const real* dy, real* dw);
}  // namespace plain

// Products of matrices that are written down (im2col.cu).
namespace im2col {
// columns[(ci, kh, kw), (oh, ow)], the contents of the window at every place; x holds the channels
// of one group in one image. col2im is its transpose: it overwrites dx, those channels' gradient,
// with the sums of the columns' elements that came from each pixel.
void im2col(const Conv2dGeometry& g, const real* x, real* columns);
void col2im(const Conv2dGeometry& g, const real* columns, real* dx);
void conv2d_forward(const Conv2dGeometry& g, const real* x, const real* w, const real* b, real* y);
void conv2d_backward_data(const Conv2dGeometry& g, const real* dy, const real* w, real* dx);
void conv2d_backward_weights(const Conv2dGeometry& g, const real* x, const real* dy, real* dw);
}  // namespace im2col

// A patch of the image and some weights in shared memory, several outputs a thread (tiled.cu,
// tiled_weights.cu).
namespace tiled {
bool correlations_fit(const Conv2dGeometry& g);  // forward and backward by the data
bool weights_fit(const Conv2dGeometry& g);
void conv2d_forward(const Conv2dGeometry& g, const real* x, const real* w, const real* b, real* y);
void conv2d_backward_data(const Conv2dGeometry& g, const real* dy, const real* w, real* dx);
void conv2d_backward_weights(const Conv2dGeometry& g, const real* x, const real* dy, real* dw);
}  // namespace tiled

// Kernels of 3x3 and 5x5, stride and dilation 1, whose taps are known to the compiler: whole small
// images in shared memory, strips of a row in registers (strips.cu, strips_weights.cu).
namespace strips {
bool correlations_fit(const Conv2dGeometry& g);  // forward and backward by the data
bool weights_fit(const Conv2dGeometry& g);
void conv2d_forward(const Conv2dGeometry& g, const real* x, const real* w, const real* b, real* y);
void conv2d_backward_data(const Conv2dGeometry& g, const real* dy, const real* w, real* dx);
void conv2d_backward_weights(const Conv2dGeometry& g, const real* x, const real* dy, real* dw);
}  // namespace strips

// Products of matrices whose elements are read from the image (implicit.cu, implicit_weights.cu).
namespace implicit {
bool fits(const Conv2dGeometry& g);
void conv2d_forward(const Conv2dGeometry& g, const real* x, const real* w, const real* b, real* y);
void conv2d_backward_data(const Conv2dGeometry& g, const real* dy, const real* w, real* dx);
void conv2d_backward_weights(const Conv2dGeometry& g, const real* x, const real* dy, real* dw);
}  // namespace implicit

// Like the function without v1, but a thread a channel adds up all of it (plain.cu).
void conv2d_backward_bias_v1(const Conv2dGeometry& g, const real* dy, real* db);

}  // namespace longhand::cuda
