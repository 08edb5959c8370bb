#include "layers/relu.h"

namespace longhand {

namespace ref {

void relu_forward(std::int64_t size, const real* x, real* y) {
  for (std::int64_t i = 0; i < size; ++i) y[i] = x[i] < 0 ? 0 : x[i];
}

void relu_backward(std::int64_t size, const real* x, const real* dy, real* dx) {
  for (std::int64_t i = 0; i < size; ++i) dx[i] = x[i] > 0 ? dy[i] : 0;
}

}  // namespace ref

const Tensor& Relu::forward(const Tensor& x) {
  begin_forward(x);
  switch (device()) {
    case Device::reference:
      ref::relu_forward(x.size(), x.data(), y_.data());
      break;
    case Device::cpu:
      fast::relu_forward(x.stored(), x.data(), y_.data());
      break;
    case Device::cuda:
      cuda::relu_forward(x.size(), x.data(), y_.data());
      break;
  }
  return y_;
}

const Tensor& Relu::backward(const Tensor& dy) {
  const Tensor& x = begin_backward(dy);
  switch (device()) {
    case Device::reference:
      ref::relu_backward(dy.size(), x.data(), dy.data(), dx_.data());
      break;
    case Device::cpu:
      fast::relu_backward(dy.stored(), x.data(), dy.data(), dx_.data());
      break;
    case Device::cuda:
      cuda::relu_backward(dy.size(), x.data(), dy.data(), dx_.data());
      break;
  }
  return dx_;
}

void Relu::forward_block(const Shape& x, int, const real* x_block, real* y_block) {
  fast::relu_forward(block_size(x), x_block, y_block);
}

void Relu::backward_block(const Shape& x, int, const real* y_block, const real* dy_block,
                          real* dx_block) {
  // y > 0 exactly where x > 0
  fast::relu_backward(block_size(x), y_block, dy_block, dx_block);
}

}  // namespace longhand
