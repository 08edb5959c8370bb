#include "layers/sigmoid.h"

#include <cmath>

namespace longhand {

namespace ref {

void sigmoid_forward(std::int64_t size, const real* x, real* y) {
  for (std::int64_t i = 0; i < size; ++i) {
    // exp of a negative number only, so that nothing overflows
    const real e = std::exp(-std::abs(x[i]));
    y[i] = (x[i] < 0 ? e : 1) / (1 + e);
  }
}

void sigmoid_backward(std::int64_t size, const real* y, const real* dy, real* dx) {
  for (std::int64_t i = 0; i < size; ++i) dx[i] = dy[i] * y[i] * (1 - y[i]);
}

}  // namespace ref

const Tensor& Sigmoid::forward(const Tensor& x) {
  begin_forward(x);
  switch (device()) {
    case Device::reference:
      ref::sigmoid_forward(x.size(), x.data(), y_.data());
      break;
    case Device::cpu:
      fast::sigmoid_forward(x.stored(), x.data(), y_.data());
      break;
    case Device::cuda:
      cuda::sigmoid_forward(x.size(), x.data(), y_.data());
      break;
  }
  return y_;
}

const Tensor& Sigmoid::backward(const Tensor& dy) {
  begin_backward(dy);
  switch (device()) {
    case Device::reference:
      ref::sigmoid_backward(dy.size(), y_.data(), dy.data(), dx_.data());
      break;
    case Device::cpu:
      fast::sigmoid_backward(dy.stored(), y_.data(), dy.data(), dx_.data());
      break;
    case Device::cuda:
      cuda::sigmoid_backward(dy.size(), y_.data(), dy.data(), dx_.data());
      break;
  }
  return dx_;
}

void Sigmoid::forward_block(const Shape& x, int, const real* x_block, real* y_block) {
  fast::sigmoid_forward(block_size(x), x_block, y_block);
}

void Sigmoid::backward_block(const Shape& x, int, const real* y_block, const real* dy_block,
                             real* dx_block) {
  fast::sigmoid_backward(block_size(x), y_block, dy_block, dx_block);
}

}  // namespace longhand
