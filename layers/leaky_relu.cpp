#include "layers/leaky_relu.h"

#include <sstream>

#include "core/parallel.h"

namespace longhand {

namespace ref {

void leaky_relu_forward(real slope, std::int64_t size, const real* x, real* y) {
  for (std::int64_t i = 0; i < size; ++i) y[i] = x[i] > 0 ? x[i] : slope * x[i];
}

void leaky_relu_backward(real slope, std::int64_t size, const real* x, const real* dy, real* dx) {
  for (std::int64_t i = 0; i < size; ++i) dx[i] = x[i] > 0 ? dy[i] : slope * dy[i];
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
      ref::leaky_relu_forward(slope_, x.size(), x.data(), y_.data());
      break;
    case Device::cpu:
      parallel_for(x.size(), elementwise_grain, [&](std::int64_t begin, std::int64_t end, int) {
        ref::leaky_relu_forward(slope_, end - begin, x.data() + begin, y_.data() + begin);
      });
      break;
  }
  return y_;
}

const Tensor& LeakyRelu::backward(const Tensor& dy) {
  const Tensor& x = begin_backward(dy);
  switch (device()) {
    case Device::reference:
      ref::leaky_relu_backward(slope_, dy.size(), x.data(), dy.data(), dx_.data());
      break;
    case Device::cpu:
      parallel_for(dy.size(), elementwise_grain, [&](std::int64_t begin, std::int64_t end, int) {
        ref::leaky_relu_backward(slope_, end - begin, x.data() + begin, dy.data() + begin,
                                 dx_.data() + begin);
      });
      break;
  }
  return dx_;
}

}  // namespace longhand
