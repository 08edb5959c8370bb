#include "layers/conv_tail.h"

#include "layers/avg_pool2d.h"
#include "layers/leaky_relu.h"
#include "layers/max_pool2d.h"
#include "layers/relu.h"
#include "layers/sigmoid.h"
#include "layers/tanh.h"

namespace longhand {

bool ConvTail::take(const Layer& layer) {
  if (g_.pool != ConvTailGeometry::Pool::none) return false;
  if (take_pool(layer)) return true;
  return g_.activation == ConvTailGeometry::Activation::none && take_activation(layer);
}

bool ConvTail::take_activation(const Layer& layer) {
  using Activation = ConvTailGeometry::Activation;
  if (dynamic_cast<const Relu*>(&layer) != nullptr) {
    g_.activation = Activation::relu;
  } else if (const auto* leaky = dynamic_cast<const LeakyRelu*>(&layer)) {
    // y tells where x is above zero only if it keeps x's sign
    if (leaky->slope() < 0) return false;
    g_.activation = Activation::leaky_relu;
    g_.slope = leaky->slope();
  } else if (dynamic_cast<const Sigmoid*>(&layer) != nullptr) {
    g_.activation = Activation::sigmoid;
  } else if (const auto* tanh = dynamic_cast<const Tanh*>(&layer)) {
    g_.activation = Activation::tanh;
    g_.slope = tanh->slope();
    g_.amplitude = tanh->amplitude();
  } else {
    return false;
  }
  return true;
}

bool ConvTail::take_pool(const Layer& layer) {
  max_pool_ = dynamic_cast<const MaxPool2d*>(&layer);
  avg_pool_ = dynamic_cast<const AvgPool2d*>(&layer);
  if (max_pool_ != nullptr) g_.pool = ConvTailGeometry::Pool::max;
  if (avg_pool_ != nullptr) g_.pool = ConvTailGeometry::Pool::average;
  return g_.pool != ConvTailGeometry::Pool::none;
}

ConvTailGeometry ConvTail::geometry(const Shape& z) const {
  ConvTailGeometry g = g_;
  if (max_pool_ != nullptr) {
    g.window = max_pool_->geometry(z);
  } else if (avg_pool_ != nullptr) {
    g.window = avg_pool_->geometry(z);
  } else {
    g.window = {.x = z, .y = z};
  }
  return g;
}

}  // namespace longhand
