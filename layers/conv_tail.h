// ConvTail: what a Sequential that fuses on Device::cuda runs behind a convolution as one kernel.
#pragma once

#include <cstdint>

#include "core/layer.h"
#include "layers/pool2d.h"

namespace longhand {

class AvgPool2d;
class MaxPool2d;

// y = pool(activation(z + b)), where z is a convolution's output without its bias. Any of the three
// may be missing.
struct ConvTailGeometry {
  enum class Activation { none, relu, leaky_relu, sigmoid, tanh };
  enum class Pool { none, max, average };

  Activation activation = Activation::none;
  real slope = 1, amplitude = 1;  // those of leaky_relu (slope alone, not negative) and tanh
  Pool pool = Pool::none;
  Pool2dGeometry window;  // x: the shape of z. y: the output's, the same one without pooling.
};

// The layers behind a convolution that it is fused with: an activation, a pooling, or both in this
// order.
class ConvTail {
 public:
  // Takes the next layer if it can be fused behind those that were taken before.
  bool take(const Layer& layer);
  ConvTailGeometry geometry(const Shape& z) const;

 private:
  bool take_activation(const Layer& layer);
  bool take_pool(const Layer& layer);

  ConvTailGeometry g_;
  const MaxPool2d* max_pool_ = nullptr;
  const AvgPool2d* avg_pool_ = nullptr;
};

// b may be null. argmax is for max pooling alone, as of max_pool2d_forward; null otherwise.
// backward: dz is overwritten, and db, unless it is null, is added to. Average pooling reads z,
// which dz may overwrite; the others do not. Without pooling y may be z in forward.
namespace cuda {
void conv_tail_forward(const ConvTailGeometry& g, const real* z, const real* b, real* y,
                       std::int32_t* argmax);
void conv_tail_backward(const ConvTailGeometry& g, const real* z, const real* b, const real* y,
                        const std::int32_t* argmax, const real* dy, real* dz, real* db);
}  // namespace cuda

}  // namespace longhand
