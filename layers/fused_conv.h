// FusedConv: a convolution and the layers behind it, block by block.
#pragma once

#include <vector>

#include "core/block_layer.h"
#include "layers/conv2d.h"
#include "layers/conv2d_lanes.h"
#include "layers/fused_step.h"

namespace longhand {

// On Device::cpu: Conv2d, activation and pooling that follow each other. It takes each block of 16
// images through all of them while its numbers are in the cache, and keeps neither the
// convolution's output nor the gradients in between: less memory, and less traffic.
class FusedConv : public FusedStep {
 public:
  // `rest` must not be empty.
  FusedConv(Conv2d& conv, std::vector<BlockLayer*> rest);

  // Tensors in Layout::lanes alone, and when there is a block for every thread. (A convolution over
  // the whole image is faster as a dense layer.)
  bool runs(const Tensor& x) const override;

  const Tensor& forward(const Tensor& x) override;
  const Tensor& backward(const Tensor& dy) override;
  std::int64_t activation_bytes() const override;

 private:
  [[noreturn]] void refuse_backward(const Tensor& dy) const;
  void rest_backward(int block, const Tensor& dy, real* conv_dy, std::int64_t largest);

  Conv2d& conv_;
  std::vector<BlockLayer*> rest_;

  const Tensor* x_ = nullptr;
  Shape x_shape_;
  bool fresh_ = false;         // a forward has run since the last backward
  std::vector<Shape> shapes_;  // of the convolution's output, and of each y
  std::vector<Tensor> y_;      // the outputs of the rest
  Tensor dx_;
  Tensor grads_;  // what one backward adds to the weights' and the bias's grad
  fast::lanes::ForwardRows forward_;
  fast::lanes::BackwardRows data_;
  fast::lanes::WeightSums weights_;
};

}  // namespace longhand
