#include "layers/mean_squared_error.h"

#include "core/error.h"
#include "core/layer.h"

namespace longhand {

namespace ref {

void mean_squared_error_forward(std::int64_t size, const real* x, const real* target, real* loss) {
  real sum = 0;
  for (std::int64_t i = 0; i < size; ++i) sum += (x[i] - target[i]) * (x[i] - target[i]);
  *loss = sum / static_cast<real>(size);
}

void mean_squared_error_backward(std::int64_t size, const real* x, const real* target, real* dx) {
  for (std::int64_t i = 0; i < size; ++i) {
    dx[i] = 2 * (x[i] - target[i]) / static_cast<real>(size);
  }
}

}  // namespace ref

void MeanSquaredError::to(Device device) {
  device_ = resolve(device);
  const Memory memory = memory_of(device_);
  if (dx_.memory() == memory) return;
  dx_ = loss_ = Tensor(memory);
  fresh_ = false;
}

real MeanSquaredError::forward(const Tensor& x, const Tensor& target) {
  fresh_ = false;
  require_same_shape("mean_squared_error", "x", x.shape(), "the target", target.shape());
  if (x.empty()) throw ShapeError("mean_squared_error: x is empty");
  require_memory("mean_squared_error", x, device_);
  require_memory("mean_squared_error", target, device_);
  x_ = &x;
  target_ = &target;
  fresh_ = true;
  real loss = 0;
  switch (device_) {
    case Device::reference:
    case Device::cpu:
      ref::mean_squared_error_forward(x.size(), x.data(), target.data(), &loss);
      break;
    case Device::cuda:
      loss_.resize({1 + cuda::mean_squared_error_parts});
      cuda::mean_squared_error_forward(x.size(), x.data(), target.data(), loss_.data());
      cuda::copy(sizeof loss, loss_.data(), Memory::cuda, &loss, Memory::host);
      break;
  }
  return loss;
}

const Tensor& MeanSquaredError::backward() {
  if (!fresh_) throw OrderError("mean_squared_error: backward needs a forward first");
  fresh_ = false;
  dx_.resize(x_->shape());
  switch (device_) {
    case Device::reference:
    case Device::cpu:
      ref::mean_squared_error_backward(x_->size(), x_->data(), target_->data(), dx_.data());
      break;
    case Device::cuda:
      cuda::mean_squared_error_backward(x_->size(), x_->data(), target_->data(), dx_.data());
      break;
  }
  return dx_;
}

}  // namespace longhand
