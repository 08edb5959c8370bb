// MaxPool2d: the largest element of each window.
#pragma once

#include <cstdint>
#include <vector>

#include "core/block_layer.h"
#include "layers/pool2d.h"

namespace longhand {

// y[n, c, oh, ow] = max over kh, kw of x[n, c, oh * stride - top + kh, ow * stride - left + kw],
// over the elements inside the image. argmax remembers which element won, and backward sends the
// whole of dy there: dx[argmax] += dy. Of equal elements the first in row order wins; a NaN wins
// over every number, the first one of several. backward overwrites dx.
class MaxPool2d : public BlockLayer {
 public:
  // The window moves by its own size unless a stride is given.
  explicit MaxPool2d(Size2 kernel) : MaxPool2d(kernel, kernel) {}
  // ValueError when an option is out of range or the padding is not smaller than the kernel.
  MaxPool2d(Size2 kernel, Size2 stride, const Padding& padding = Padding::valid());

  std::string describe() const override;
  Shape output_shape(const Shape& x) const override;
  const Tensor& forward(const Tensor& x) override;
  const Tensor& backward(const Tensor& dy) override;
  void to(Device device) override;
  bool takes_lanes() const override { return true; }
  std::int64_t activation_bytes() const override;

  bool in_place() const override { return false; }
  void prepare_blocks(const Shape& x) override;
  void forward_block(const Shape& x, int block, const real* x_block, real* y_block) override;
  void backward_block(const Shape& x, int block, const real* y_block, const real* dy_block,
                      real* dx_block) override;

  Pool2dGeometry geometry(const Shape& x) const;

  // For each element of y, where in its channel of x (row * W + column) the winner is, in the
  // order in which y lies in memory.
  std::vector<std::int32_t> argmax() const;

 private:
  Pool2dGeometry block_geometry(const Shape& x) const;

  Window window_;
  Buffer<std::int32_t> argmax_;
};

namespace ref {
void max_pool2d_forward(const Pool2dGeometry& g, const real* x, real* y, std::int32_t* argmax);
void max_pool2d_backward(const Pool2dGeometry& g, const real* dy, const std::int32_t* argmax,
                         real* dx);
}  // namespace ref

namespace fast {
void max_pool2d_forward(const Pool2dGeometry& g, const real* x, real* y, std::int32_t* argmax);
void max_pool2d_backward(const Pool2dGeometry& g, const real* dy, const std::int32_t* argmax,
                         real* dx);
}  // namespace fast

// backward: a thread an element of dx, which adds up the windows that it won, in the reference's
// order; or, where windows neither overlap nor leave anything out, a thread a window. _v1: as the
// reference, index by index. _scatter: a thread an element of dy, as the reference: it adds to the
// winner atomically, and so, where three windows or more share their winner, in an order, and with
// bits, that differ from run to run.
namespace cuda {
void max_pool2d_forward_v1(const Pool2dGeometry& g, const real* x, real* y, std::int32_t* argmax);
void max_pool2d_forward(const Pool2dGeometry& g, const real* x, real* y, std::int32_t* argmax);
void max_pool2d_backward_scatter(const Pool2dGeometry& g, const real* dy,
                                 const std::int32_t* argmax, real* dx);
void max_pool2d_backward_v1(const Pool2dGeometry& g, const real* dy, const std::int32_t* argmax,
                            real* dx);
void max_pool2d_backward(const Pool2dGeometry& g, const real* dy, const std::int32_t* argmax,
                         real* dx);
}  // namespace cuda

}  // namespace longhand
