// Conv2d: the convolution of images with trained kernels.
#pragma once

#include "core/layer.h"
#include "layers/window.h"

namespace longhand {

// All that the loops need to know: the shapes of x, w and y, and how the window slides.
struct Conv2dGeometry {
  Shape x, w, y;
  int stride_h = 1, stride_w = 1;
  int padding_top = 0, padding_left = 0;
  int dilation_h = 1, dilation_w = 1;
  int groups = 1;
  Layout layout = Layout::nchw;  // of x and y; the reference loops know only this one

  friend bool operator==(const Conv2dGeometry&, const Conv2dGeometry&) = default;
};

struct Conv2dOptions {
  Size2 stride = 1;
  Padding padding = {};  // valid: none
  Size2 dilation = 1;
  int groups = 1;  // input and output channels are cut into so many groups that do not mix
  bool bias = true;
};

// With ih = oh * stride - padding_top + kh * dilation, iw likewise, and x zero outside the image:
//
//   y[n, co, oh, ow] = b[co] + sum over ci, kh, kw of x[n, ci, ih, iw] * w[co, ci, kh, kw]
//
// (a cross-correlation, as in LeCun et al. 1998 and every framework: the kernel is not flipped).
// x is N x in x H x W; w is out x in/groups x kh x kw; b is out; y is N x out x OH x OW with
// OH, OW as in window.h. backward overwrites dx and adds into w's and b's grad.
class Conv2d : public Layer {
 public:
  // ValueError when channels are not positive multiples of groups or an option is out of range.
  Conv2d(int in_channels, int out_channels, Size2 kernel, const Conv2dOptions& options = {});

  std::string describe() const override;
  bool takes_lanes() const override { return true; }
  std::int64_t lanes_gain(const Shape& x) const override;
  void want_input_gradient(bool wanted) override { input_gradient_ = wanted; }
  Shape output_shape(const Shape& x) const override;
  const Tensor& forward(const Tensor& x) override;
  const Tensor& backward(const Tensor& dy) override;
  std::vector<Param*> params() override;

  Param& weight() { return weight_; }
  Param& bias() { return bias_; }
  bool has_bias() const { return has_bias_; }
  bool gives_input_gradient() const { return input_gradient_; }
  Conv2dGeometry geometry(const Shape& x, Layout layout) const;

 private:
  const real* b() const { return has_bias_ ? bias_.value.data() : nullptr; }

  Window window_;
  int groups_;
  bool has_bias_;
  Param weight_;  // out x in/groups x kh x kw
  Param bias_;    // out
};

Conv2dGeometry conv2d_geometry(const Shape& x, const Shape& w, const Window& window, int groups);

// ref: the loops of the formula (conv2d.cpp). fast: the version that suits the shape and the layout
// (conv2d_fast.cpp), over threads.
namespace ref {
void conv2d_forward(const Conv2dGeometry& g, const real* x, const real* w, const real* b, real* y);
void conv2d_backward_data(const Conv2dGeometry& g, const real* dy, const real* w, real* dx);
void conv2d_backward_weights(const Conv2dGeometry& g, const real* x, const real* dy, real* dw);
void conv2d_backward_bias(const Conv2dGeometry& g, const real* dy, real* db);
}  // namespace ref

namespace fast {
void conv2d_forward(const Conv2dGeometry& g, const real* x, const real* w, const real* b, real* y);
void conv2d_backward_data(const Conv2dGeometry& g, const real* dy, const real* w, real* dx);
void conv2d_backward_weights(const Conv2dGeometry& g, const real* x, const real* dy, real* dw);
void conv2d_backward_bias(const Conv2dGeometry& g, const real* dy, real* db);
std::int64_t conv2d_lanes_gain(const Conv2dGeometry& g);  // Layer::lanes_gain
int conv2d_weight_shares(const Conv2dGeometry& g);        // threads that share dw (Param::shares)
}  // namespace fast

// The version of the ladder in cuda/conv2d/ that suits the shape (cuda/conv2d.cu).
namespace cuda {
void conv2d_forward(const Conv2dGeometry& g, const real* x, const real* w, const real* b, real* y);
void conv2d_backward_data(const Conv2dGeometry& g, const real* dy, const real* w, real* dx);
void conv2d_backward_weights(const Conv2dGeometry& g, const real* x, const real* dy, real* dw);
void conv2d_backward_bias(const Conv2dGeometry& g, const real* dy, real* db);
}  // namespace cuda

}  // namespace longhand
