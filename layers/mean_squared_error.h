// MeanSquaredError: the loss of a regression.
#pragma once

#include "core/device.h"
#include "core/tensor.h"

namespace longhand {

// loss = 1/M * sum over all M elements of (x - target)^2, and dx = 2/M * (x - target).
class MeanSquaredError {
 public:
  // ShapeError unless x and target have the same shape. target must stay until backward.
  real forward(const Tensor& x, const Tensor& target);

  // The gradient of the loss by x, overwritten. OrderError without a fresh forward.
  const Tensor& backward();

  // Works on that device from now on, where x and target must be.
  void to(Device device);

 private:
  Device device_ = Device::reference;
  const Tensor* x_ = nullptr;
  const Tensor* target_ = nullptr;
  Tensor dx_;
  Tensor loss_;  // Device::cuda only: what cuda::mean_squared_error_forward gives
  bool fresh_ = false;
};

namespace ref {
void mean_squared_error_forward(std::int64_t size, const real* x, const real* target, real* loss);
void mean_squared_error_backward(std::int64_t size, const real* x, const real* target, real* dx);
}  // namespace ref

namespace cuda {
// The most blocks that share a sum.
constexpr int mean_squared_error_parts = 256;

// loss: 1 + mean_squared_error_parts numbers, the mean and then room for the parts of the sum.
// _v1: one thread does everything, as the reference.
void mean_squared_error_forward_v1(std::int64_t size, const real* x, const real* target,
                                   real* loss);
void mean_squared_error_forward(std::int64_t size, const real* x, const real* target, real* loss);
void mean_squared_error_backward(std::int64_t size, const real* x, const real* target, real* dx);
}  // namespace cuda

}  // namespace longhand
