// Tanh and ScaledTanh: amplitude * tanh(slope * x).
#pragma once

#include <cstdint>

#include "core/block_layer.h"

namespace longhand {

struct TanhGeometry {
  std::int64_t size = 0;
  real amplitude = 1;
  real slope = 1;
};

// y = A tanh(S x), and dx = dy * A S (1 - tanh(S x)^2) = dy * S / A * (A - y) * (A + y).
// x and y have any shape, the same. backward overwrites dx.
class Tanh : public BlockLayer {
 public:
  Tanh() = default;  // A = S = 1

  std::string describe() const override;
  Shape output_shape(const Shape& x) const override { return x; }
  const Tensor& forward(const Tensor& x) override;
  const Tensor& backward(const Tensor& dy) override;
  bool takes_lanes() const override { return true; }

  real amplitude() const { return amplitude_; }
  real slope() const { return slope_; }

  bool in_place() const override { return true; }
  void forward_block(const Shape& x, int block, const real* x_block, real* y_block) override;
  void backward_block(const Shape& x, int block, const real* y_block, const real* dy_block,
                      real* dx_block) override;

 protected:
  // A must not be 0.
  Tanh(real amplitude, real slope) : amplitude_(amplitude), slope_(slope) {}

 private:
  real amplitude_ = 1;
  real slope_ = 1;
};

// 1.7159 tanh(2/3 x), the activation of LeNet-5: f(1) = 1, f(-1) = -1, and the slope is steepest
// in between (LeCun, Bottou, Bengio, Haffner 1998, appendix A).
class ScaledTanh : public Tanh {
 public:
  ScaledTanh() : Tanh(real(1.7159), real(2.0 / 3.0)) {}
};

namespace ref {
void tanh_forward(const TanhGeometry& g, const real* x, real* y);
void tanh_backward(const TanhGeometry& g, const real* y, const real* dy, real* dx);
}  // namespace ref

namespace fast {
void tanh_forward(const TanhGeometry& g, const real* x, real* y);
void tanh_backward(const TanhGeometry& g, const real* y, const real* dy, real* dx);
}  // namespace fast

namespace cuda {
void tanh_forward(const TanhGeometry& g, const real* x, real* y);
void tanh_backward(const TanhGeometry& g, const real* y, const real* dy, real* dx);
}  // namespace cuda

}  // namespace longhand
