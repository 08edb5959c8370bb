// AvgPool2d: the mean of each window.
#pragma once

#include "core/block_layer.h"
#include "layers/pool2d.h"

namespace longhand {

// y[n, c, oh, ow] = 1 / size * sum over kh, kw of x[n, c, oh * stride - top + kh, ...], and each
// element of the window gets dy / size back. size is the whole window's, padding counted as zeros,
// or with count_padding = false the number of elements inside the image. backward overwrites dx.
class AvgPool2d : public BlockLayer {
 public:
  // The window moves by its own size unless a stride is given.
  explicit AvgPool2d(Size2 kernel) : AvgPool2d(kernel, kernel) {}
  // ValueError when an option is out of range or the padding is not smaller than the kernel.
  AvgPool2d(Size2 kernel, Size2 stride, const Padding& padding = Padding::valid(),
            bool count_padding = true);

  std::string describe() const override;
  Shape output_shape(const Shape& x) const override;
  const Tensor& forward(const Tensor& x) override;
  const Tensor& backward(const Tensor& dy) override;
  bool takes_lanes() const override { return true; }

  bool in_place() const override { return false; }
  void forward_block(const Shape& x, int block, const real* x_block, real* y_block) override;
  void backward_block(const Shape& x, int block, const real* y_block, const real* dy_block,
                      real* dx_block) override;

  Pool2dGeometry geometry(const Shape& x) const;

 private:
  Pool2dGeometry block_geometry(const Shape& x) const;

  Window window_;
  bool count_padding_;
};

namespace ref {
void avg_pool2d_forward(const Pool2dGeometry& g, const real* x, real* y);
void avg_pool2d_backward(const Pool2dGeometry& g, const real* dy, real* dx);
}  // namespace ref

namespace fast {
void avg_pool2d_forward(const Pool2dGeometry& g, const real* x, real* y);
void avg_pool2d_backward(const Pool2dGeometry& g, const real* dy, real* dx);
}  // namespace fast

// backward: a thread an element of dx, which collects the shares of all windows that it lies in;
// or, where windows neither overlap nor leave anything out, a thread a window.
namespace cuda {
void avg_pool2d_forward(const Pool2dGeometry& g, const real* x, real* y);
void avg_pool2d_backward(const Pool2dGeometry& g, const real* dy, real* dx);
}  // namespace cuda

}  // namespace longhand
