// The network of by_hand, made of the engine's own layers.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <type_traits>

#include "layers/conv2d.h"
#include "layers/dense.h"
#include "layers/flatten.h"
#include "layers/max_pool2d.h"
#include "layers/mean_squared_error.h"
#include "layers/relu.h"

namespace longhand::by_hand {

static_assert(std::is_same_v<real, double>, "by_hand is linked with longhand_double");

// What the options set. The defaults make the ReLU block 7 of 16 numbers, give each pooling window
// one clear winner, in another corner each time, and keep every number short.
struct Values {
  std::array<double, 16> image = {1, 2, 2, 1, 1, 1, 2, 1, 2, 1, 1, 3, 0, 0, 1, 0};
  std::array<double, 4> kernel = {1, -0.5, -1, 0.5};
  double conv_bias = 0.1;
  std::array<double, 4> weights = {1, -1, -0.5, 2};
  double dense_bias = -0.3;
  double target = 2;
  double learning_rate = 0.01;
};

// The engine's layers in a row, and what each of them gave.
struct Net {
  Conv2d conv{1, 1, 2, Conv2dOptions{.padding = Padding{1, 1, 0, 0}}};
  Relu relu;
  MaxPool2d pool{2};
  Flatten flatten;
  Dense dense{4, 1};
  MeanSquaredError error;
  Tensor x{Shape{1, 1, 4, 4}}, t{Shape{1}};
  Tensor z, a, p, f, y, dy, df, dp, da, dz, dx;
  double loss = 0;

  explicit Net(const Values& values) {
    std::copy(values.image.begin(), values.image.end(), x.data());
    std::copy(values.kernel.begin(), values.kernel.end(), conv.weight().value.data());
    std::copy(values.weights.begin(), values.weights.end(), dense.weight().value.data());
    conv.bias().value[0] = values.conv_bias;
    dense.bias().value[0] = values.dense_bias;
    t[0] = values.target;
    forward();
  }

  void forward() {
    z = conv.forward(x);
    a = relu.forward(z);
    p = pool.forward(a);
    f = flatten.forward(p);
    y = dense.forward(f);
    loss = error.forward(y, t);
  }

  void backward() {
    dy = error.backward();
    df = dense.backward(dy);
    dp = flatten.backward(df);
    da = pool.backward(dp);
    dz = relu.backward(da);
    dx = conv.backward(dz);
  }

  // Where p[ph,pw] came from: row * 4 + column of the winner.
  int winner(int i) const { return pool.argmax()[static_cast<std::size_t>(i)]; }
};

// x at a place that may lie in the padding, where it is 0.
inline double padded(const Tensor& x, int ih, int iw) {
  return inside(x.shape(), ih, iw) ? x.at(0, 0, ih, iw) : 0;
}

}  // namespace longhand::by_hand
