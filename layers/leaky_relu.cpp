#include "layers/leaky_relu.h"

#include <sstream>

namespace longhand {

namespace ref {

void leaky_relu_forward(const LeakyReluGeometry& g, const real* x, real* y) {
  for (std::int64_t i = 0; i < g.size; ++i) y[i] = x[i] > 0 ? x[i] : g.slope * x[i];
}

void leaky_relu_backward(const LeakyReluGeometry& g, const real* x, const real* dy, real* dx) {
  for (std::int64_t i = 0; i < g.size; ++i) dx[i] = x[i] > 0 ? dy[i] : g.slope * dy[i];
}

}  // namespace ref

std::string LeakyRelu::describe() const {
  std::ostringstream text;
  text << "leaky_relu " << slope_;
  return text.str();
}

const Tensor& LeakyRelu::forward(const Tensor& x) {
  begin_forward(x);
  switch (device()) {
    case Device::reference:
      ref::leaky_relu_forward({x.size(), slope_}, x.data(), y_.data());
      break;
    case Device::cpu:
      fast::leaky_relu_forward({x.stored(), slope_}, x.data(), y_.data());
      break;
    case Device::cuda:
      cuda::leaky_relu_forward({x.size(), slope_}, x.data(), y_.data());
      break;
  }
  return y_;
}

const Tensor& LeakyRelu::backward(const Tensor& dy) {
  const Tensor& x = begin_backward(dy);
  switch (device()) {
    case Device::reference:
      ref::leaky_relu_backward({dy.size(), slope_}, x.data(), dy.data(), dx_.data());
      break;
    case Device::cpu:
      fast::leaky_relu_backward({dy.stored(), slope_}, x.data(), dy.data(), dx_.data());
      break;
    case Device::cuda:
      cuda::leaky_relu_backward({dy.size(), slope_}, x.data(), dy.data(), dx_.data());
      break;
  }
  return dx_;
}

}  // namespace longhand
