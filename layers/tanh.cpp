#include "layers/tanh.h"

#include <cmath>
#include <sstream>

namespace longhand {

namespace ref {

void tanh_forward(const TanhGeometry& g, const real* x, real* y) {
  for (std::int64_t i = 0; i < g.size; ++i) y[i] = g.amplitude * std::tanh(g.slope * x[i]);
}

void tanh_backward(const TanhGeometry& g, const real* y, const real* dy, real* dx) {
  for (std::int64_t i = 0; i < g.size; ++i) {
    dx[i] = dy[i] * (g.slope / g.amplitude) * (g.amplitude - y[i]) * (g.amplitude + y[i]);
  }
}

}  // namespace ref

std::string Tanh::describe() const {
  if (amplitude_ == 1 && slope_ == 1) return "tanh";
  std::ostringstream text;
  text << "scaled_tanh " << amplitude_ << " tanh(" << slope_ << " x)";
  return text.str();
}

const Tensor& Tanh::forward(const Tensor& x) {
  begin_forward(x);
  switch (device()) {
    case Device::reference:
      ref::tanh_forward({x.size(), amplitude_, slope_}, x.data(), y_.data());
      break;
    case Device::cpu:
      fast::tanh_forward({x.stored(), amplitude_, slope_}, x.data(), y_.data());
      break;
    case Device::cuda:
      cuda::tanh_forward({x.size(), amplitude_, slope_}, x.data(), y_.data());
      break;
  }
  return y_;
}

const Tensor& Tanh::backward(const Tensor& dy) {
  begin_backward(dy);
  switch (device()) {
    case Device::reference:
      ref::tanh_backward({dy.size(), amplitude_, slope_}, y_.data(), dy.data(), dx_.data());
      break;
    case Device::cpu:
      fast::tanh_backward({dy.stored(), amplitude_, slope_}, y_.data(), dy.data(), dx_.data());
      break;
    case Device::cuda:
      cuda::tanh_backward({dy.size(), amplitude_, slope_}, y_.data(), dy.data(), dx_.data());
      break;
  }
  return dx_;
}

void Tanh::forward_block(const Shape& x, int, const real* x_block, real* y_block) {
  fast::tanh_forward({block_size(x), amplitude_, slope_}, x_block, y_block);
}

void Tanh::backward_block(const Shape& x, int, const real* y_block, const real* dy_block,
                          real* dx_block) {
  fast::tanh_backward({block_size(x), amplitude_, slope_}, y_block, dy_block, dx_block);
}

}  // namespace longhand
