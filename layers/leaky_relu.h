// LeakyRelu: x, but only a fraction of it below zero.
#pragma once

#include <cstdint>

#include "core/layer.h"

namespace longhand {

struct LeakyReluGeometry {
  std::int64_t size = 0;
  real slope = 0;
};

// y = x where x > 0, slope * x elsewhere; dx = dy where x > 0, slope * dy elsewhere. (Maas, Hannun,
// Ng 2013) x and y have any shape, the same. backward overwrites dx.
class LeakyRelu : public Layer {
 public:
  explicit LeakyRelu(real slope = real(0.01)) : slope_(slope) {}

  std::string describe() const override;
  Shape output_shape(const Shape& x) const override { return x; }
  const Tensor& forward(const Tensor& x) override;
  const Tensor& backward(const Tensor& dy) override;
  bool takes_lanes() const override { return true; }

  real slope() const { return slope_; }

 private:
  real slope_;
};

namespace ref {
void leaky_relu_forward(const LeakyReluGeometry& g, const real* x, real* y);
void leaky_relu_backward(const LeakyReluGeometry& g, const real* x, const real* dy, real* dx);
}  // namespace ref

namespace fast {
void leaky_relu_forward(const LeakyReluGeometry& g, const real* x, real* y);
void leaky_relu_backward(const LeakyReluGeometry& g, const real* x, const real* dy, real* dx);
}  // namespace fast

namespace cuda {
void leaky_relu_forward(const LeakyReluGeometry& g, const real* x, real* y);
void leaky_relu_backward(const LeakyReluGeometry& g, const real* x, const real* dy, real* dx);
}  // namespace cuda

}  // namespace longhand
