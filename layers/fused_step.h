// FusedStep: layers that follow each other, run as one.
#pragma once

#include <cstdint>

#include "core/tensor.h"

namespace longhand {

// What Sequential::fuse makes of a convolution and the layers behind it (fused_conv.h for
// Device::cpu, fused_conv_cuda.h for Device::cuda). It computes what they compute, adds into the
// same params' grads, and owns none of the layers.
class FusedStep {
 public:
  FusedStep() = default;
  virtual ~FusedStep() = default;
  FusedStep(const FusedStep&) = delete;
  FusedStep& operator=(const FusedStep&) = delete;

  // Whether it takes that input, and pays; where not, the layers run one by one.
  virtual bool runs(const Tensor& x) const = 0;
  virtual const Tensor& forward(const Tensor& x) = 0;
  // dx is empty where the convolution does not give it.
  virtual const Tensor& backward(const Tensor& dy) = 0;
  virtual std::int64_t activation_bytes() const = 0;
};

}  // namespace longhand
