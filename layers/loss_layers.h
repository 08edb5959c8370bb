// The losses in a layer's dress, so that what checks layers checks them too.
#pragma once

#include <utility>
#include <vector>

#include "core/layer.h"
#include "layers/mean_squared_error.h"
#include "layers/softmax_cross_entropy.h"

namespace longhand {

// y (1 x 1 x 1 x 1) is the loss of x for the first labels, one an image; dx is the loss's gradient
// times dy.
class CrossEntropyLayer : public Layer {
 public:
  explicit CrossEntropyLayer(std::vector<int> labels) : labels_(std::move(labels)) {}
  std::string describe() const override { return "softmax_cross_entropy"; }
  Shape output_shape(const Shape&) const override { return {1}; }
  const Tensor& forward(const Tensor& x) override;
  const Tensor& backward(const Tensor& dy) override;
  void to(Device device) override;

 private:
  std::vector<int> labels_;
  SoftmaxCrossEntropy loss_;
};

// The same for the squared error against a target whose every element is `target`.
class SquaredErrorLayer : public Layer {
 public:
  explicit SquaredErrorLayer(real target) : value_(target) {}
  std::string describe() const override { return "mean_squared_error"; }
  Shape output_shape(const Shape&) const override { return {1}; }
  const Tensor& forward(const Tensor& x) override;
  const Tensor& backward(const Tensor& dy) override;
  void to(Device device) override;

 private:
  real value_;
  Tensor target_;
  MeanSquaredError loss_;
};

}  // namespace longhand
