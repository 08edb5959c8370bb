// How many floating-point operations a network's layers take, from their shapes.
#pragma once

#include <cstdint>

#include "core/layer.h"
#include "layers/sequential.h"

namespace longhand::bench {

// Of the layer's forward for an input of shape x: 2 (a multiplication and an addition) for every
// weight that an output sums over, so 2 * N * OH * OW * out * in/groups * kh * kw for a convolution
// and 2 * N * out * in for a dense layer. Taps that fall on padding count too, as everyone counts
// them. Biases, activations, pooling and losses count as nothing.
inline double forward_flop(Layer& layer, const Shape& x) {
  double flop = 0;
  for (const Param* p : layer.params()) {
    if (p->rank < 2) continue;  // a bias
    const Shape& w = p->value.shape();
    const double outputs = static_cast<double>(layer.output_shape(x).size());
    flop += 2 * outputs * static_cast<double>(Shape{1, w.c, w.h, w.w}.size());
  }
  return flop;
}

struct NetworkFlop {
  double forward = 0;
  // Forward, and backward by the weights and by the data: three times as many, except that nobody
  // needs the gradient of the images, so the first layer's is not counted.
  double training = 0;
};

// For a batch of shape x. The network is a plain chain of layers.
inline NetworkFlop network_flop(Sequential& net, const Shape& x) {
  NetworkFlop sum;
  Shape shape = x;
  for (int i = 0; i < net.size(); ++i) {
    const double flop = forward_flop(net.layer(i), shape);
    sum.training += (sum.forward > 0 ? 3 : 2) * flop;
    sum.forward += flop;
    shape = net.layer(i).output_shape(shape);
  }
  return sum;
}

}  // namespace longhand::bench
