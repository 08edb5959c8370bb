#include "layers/loss_layers.h"

#include <algorithm>
#include <span>

namespace longhand {

namespace {

// dx = dloss * dy, where dy is one number. (Only for tests: it does not mind the copies.)
void scale(const Tensor& dloss, const Tensor& dy, Tensor& dx) {
  const Memory memory = dx.memory();
  const real factor = dy.on(Memory::host)[0];
  dx = dloss.on(Memory::host);
  for (std::int64_t i = 0; i < dx.size(); ++i) dx[i] *= factor;
  dx.to(memory);
}

}  // namespace

const Tensor& CrossEntropyLayer::forward(const Tensor& x) {
  begin_forward(x);
  const auto count = std::min(labels_.size(), static_cast<std::size_t>(x.shape().n));
  y_.fill(loss_.forward(x, std::span(labels_).first(count)));
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
  y_.fill(loss_.forward(x, target_));
  return y_;
}

const Tensor& SquaredErrorLayer::backward(const Tensor& dy) {
  begin_backward(dy);
  scale(loss_.backward(), dy, dx_);
  return dx_;
}

void SquaredErrorLayer::to(Device device) {
  Layer::to(device);
  target_ = Tensor(memory_of(this->device()));
  loss_.to(device);
}

}  // namespace longhand
