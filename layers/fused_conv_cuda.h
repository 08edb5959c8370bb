// FusedConvCuda: a convolution and the layers behind it, on Device::cuda.
#pragma once

#include <cstdint>

#include "layers/conv2d.h"
#include "layers/conv_tail.h"
#include "layers/fused_step.h"

namespace longhand {

// The convolution runs without its bias; then one kernel adds the bias and does all of the tail,
// and in backward one kernel goes from y's gradient to the convolution's and to the bias's.
// Neither what is between the convolution and the pooling nor its gradient is ever in memory.
class FusedConvCuda : public FusedStep {
 public:
  FusedConvCuda(Conv2d& conv, const ConvTail& tail) : conv_(conv), tail_(tail) {}

  bool runs(const Tensor& x) const override;
  const Tensor& forward(const Tensor& x) override;
  const Tensor& backward(const Tensor& dy) override;
  std::int64_t activation_bytes() const override;

 private:
  [[noreturn]] void refuse_backward(const Tensor& dy) const;
  bool pools() const { return g_.pool != ConvTailGeometry::Pool::none; }

  Conv2d& conv_;
  ConvTail tail_;
  ConvTailGeometry g_;

  const Tensor* x_ = nullptr;
  Shape x_shape_;
  bool fresh_ = false;  // a forward has run since the last backward
  Tensor y_{Memory::cuda};
  Tensor z_{Memory::cuda};  // the convolution's output where y is another; in backward its gradient
  Tensor dx_{Memory::cuda};
  Buffer<std::int32_t> argmax_{Memory::cuda};
};

}  // namespace longhand
