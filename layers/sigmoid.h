// Sigmoid: 1 / (1 + exp(-x)).
#pragma once

#include <cstdint>

#include "core/block_layer.h"

namespace longhand {

// y = 1 / (1 + exp(-x)), and dx = dy * y * (1 - y).
// x and y have any shape, the same. backward overwrites dx.
class Sigmoid : public BlockLayer {
 public:
  std::string describe() const override { return "sigmoid"; }
  Shape output_shape(const Shape& x) const override { return x; }
  const Tensor& forward(const Tensor& x) override;
  const Tensor& backward(const Tensor& dy) override;
  bool takes_lanes() const override { return true; }

  bool in_place() const override { return true; }
  void forward_block(const Shape& x, int block, const real* x_block, real* y_block) override;
  void backward_block(const Shape& x, int block, const real* y_block, const real* dy_block,
                      real* dx_block) override;
};

namespace ref {
void sigmoid_forward(std::int64_t size, const real* x, real* y);
void sigmoid_backward(std::int64_t size, const real* y, const real* dy, real* dx);
}  // namespace ref

namespace fast {
void sigmoid_forward(std::int64_t size, const real* x, real* y);
void sigmoid_backward(std::int64_t size, const real* y, const real* dy, real* dx);
}  // namespace fast

namespace cuda {
void sigmoid_forward(std::int64_t size, const real* x, real* y);
void sigmoid_backward(std::int64_t size, const real* y, const real* dy, real* dx);
}  // namespace cuda

}  // namespace longhand
