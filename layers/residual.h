// Residual: a branch and its shortcut, added.
#pragma once

#include <cstdint>
#include <memory>

#include "core/layer.h"

namespace longhand {

// y = f(x) + s(x); without s the shortcut is x itself (He, Zhang, Ren, Sun 2016). Because x goes
// two ways, dx is the sum of what comes back from both: df/dx dy + ds/dx dy. backward overwrites
// dx; f and s add into their own grads.
// f must be there, else ValueError; f and s must give the same shape, else ShapeError. Param names
// begin with "f." and "s.".
class Residual : public Layer {
 public:
  explicit Residual(std::unique_ptr<Layer> f, std::unique_ptr<Layer> s = nullptr);

  std::string describe() const override;
  Shape output_shape(const Shape& x) const override;
  const Tensor& forward(const Tensor& x) override;
  const Tensor& backward(const Tensor& dy) override;
  std::vector<Param*> params() override;
  void to(Device device) override;
  bool takes_lanes() const override;
  std::int64_t lanes_gain(const Shape& x) const override;
  std::int64_t activation_bytes() const override;

 private:
  std::unique_ptr<Layer> f_, s_;
};

namespace ref {
void add(std::int64_t size, const real* a, const real* b, real* sum);
}  // namespace ref

namespace fast {
void add(std::int64_t size, const real* a, const real* b, real* sum);
}  // namespace fast

namespace cuda {
void add(std::int64_t size, const real* a, const real* b, real* sum);
}  // namespace cuda

}  // namespace longhand
