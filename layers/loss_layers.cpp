#include "layers/loss_layers.h"

#include <algorithm>
#include <span>

namespace longhand {

namespace {

// dx = dloss * dy, where dy is one number.
void scale(const Tensor& dloss, const Tensor& dy, Tensor& dx) {
  for (std::int64_t i = 0; i < dx.size(); ++i) dx[i] = dloss[i] * dy[0];
}

}  // namespace

const Tensor& CrossEntropyLayer::forward(const Tensor& x) {
  begin_forward(x);
  const auto count = std::min(labels_.size(), static_cast<std::size_t>(x.shape().n));
  y_[0] = loss_.forward(x, std::span(labels_).first(count));
  return y_;
}

const Tensor& CrossEntropyLayer::backward(const Tensor& dy) {
  begin_backward(dy);
  scale(loss_.backward(), dy, dx_);
  return dx_;
}

void CrossEntropyLayer::to(Device device) {
  Layer::to(device);
  loss_.to(device);
}

const Tensor& SquaredErrorLayer::forward(const Tensor& x) {
  begin_forward(x);
  target_.resize(x.shape());
  target_.fill(value_);
  y_[0] = loss_.forward(x, target_);
  return y_;
}

const Tensor& SquaredErrorLayer::backward(const Tensor& dy) {
  begin_backward(dy);
  scale(loss_.backward(), dy, dx_);
  return dx_;
}

void SquaredErrorLayer::to(Device device) {
  Layer::to(device);
  loss_.to(device);
}

}  // namespace longhand
