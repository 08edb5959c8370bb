// Relu: max(x, 0).
#pragma once

#include <cstdint>

#include "core/block_layer.h"

namespace longhand {

// y = max(x, 0), and dx = dy where x > 0, 0 elsewhere (at x = 0 too). A NaN stays a NaN. (Nair,
// Hinton 2010) x and y have any shape, the same. backward overwrites dx.
class Relu : public BlockLayer {
 public:
  std::string describe() const override { return "relu"; }
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
void relu_forward(std::int64_t size, const real* x, real* y);
void relu_backward(std::int64_t size, const real* x, const real* dy, real* dx);
}  // namespace ref

namespace fast {
void relu_forward(std::int64_t size, const real* x, real* y);
void relu_backward(std::int64_t size, const real* x, const real* dy, real* dx);
}  // namespace fast

// _v1: a thread for each number, as the reference. The others: vectors of numbers a thread.
namespace cuda {
void relu_forward_v1(std::int64_t size, const real* x, real* y);
void relu_forward(std::int64_t size, const real* x, real* y);
void relu_backward_v1(std::int64_t size, const real* x, const real* dy, real* dx);
void relu_backward(std::int64_t size, const real* x, const real* dy, real* dx);
}  // namespace cuda

}  // namespace longhand
