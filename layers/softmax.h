// Softmax: scores to probabilities.
#pragma once

#include "core/layer.h"

namespace longhand {

// Along the channels, at each n, h, w:
//   y[c] = exp(x[c] - m) / sum over k of exp(x[k] - m),   m = max over k of x[k]
// (subtracting m changes nothing but keeps exp from overflowing), and
//   dx[c] = y[c] * (dy[c] - sum over k of dy[k] * y[k]).
// backward overwrites dx. To train a classifier use SoftmaxCrossEntropy on the scores instead.
class Softmax : public Layer {
 public:
  std::string describe() const override { return "softmax"; }
  Shape output_shape(const Shape& x) const override { return x; }
  const Tensor& forward(const Tensor& x) override;
  const Tensor& backward(const Tensor& dy) override;
  bool takes_lanes() const override { return true; }
};

namespace ref {
void softmax_forward(const Shape& g, const real* x, real* y);
void softmax_backward(const Shape& g, const real* y, const real* dy, real* dx);
}  // namespace ref

// g is the shape of x and y in memory (memory_shape of core/elementwise.h).
namespace fast {
void softmax_forward(const Shape& g, const real* x, real* y);
void softmax_backward(const Shape& g, const real* y, const real* dy, real* dx);
}  // namespace fast

// _v1: a thread for each n, h, w, as the reference. The others: for images of one pixel, a warp
// or a block for each n, whose threads share the channels.
namespace cuda {
void softmax_forward_v1(const Shape& g, const real* x, real* y);
void softmax_forward(const Shape& g, const real* x, real* y);
void softmax_backward_v1(const Shape& g, const real* y, const real* dy, real* dx);
void softmax_backward(const Shape& g, const real* y, const real* dy, real* dx);
}  // namespace cuda

}  // namespace longhand
