// Concat: branches that read the same input, their outputs joined along the channels.
#pragma once

#include <memory>
#include <vector>

#include "core/layer.h"

namespace longhand {

// y[n, first_i + c, h, w] = branch_i(x)[n, c, h, w], where first_i is the number of channels of
// the branches before it (GoogLeNet's DepthConcat: Szegedy et al. 2015). Backward cuts dy at the
// same places, and dx, overwritten, is the sum of what the branches return; they add into their own
// grads. All branches must give the same N, H and W, else ShapeError. Param names begin with the
// branch's place: "0.".
class Concat : public Layer {
 public:
  // ValueError without branches, or when one of them is missing.
  explicit Concat(std::vector<std::unique_ptr<Layer>> branches);

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
  // dx_ = dx from the first branch, dx_ + dx from the others
  void add_up(const Tensor& dx, bool first);

  std::vector<std::unique_ptr<Layer>> branches_;
  std::vector<Tensor> dy_parts_;  // dy cut at the branches' channels
};

// The channels of `part` lie at [first, first + part.c) of `whole`.
struct ConcatGeometry {
  Shape whole, part;
  int first = 0;
};

namespace ref {
void concat_forward(const ConcatGeometry& g, const real* part, real* whole);   // part into whole
void concat_backward(const ConcatGeometry& g, const real* whole, real* part);  // part out of whole
}  // namespace ref

// g's shapes are those of memory (memory_shape of core/elementwise.h): an image, or a block of 16,
// is one copy.
namespace fast {
void concat_forward(const ConcatGeometry& g, const real* part, real* whole);
void concat_backward(const ConcatGeometry& g, const real* whole, real* part);
}  // namespace fast

namespace cuda {
void concat_forward(const ConcatGeometry& g, const real* part, real* whole);
void concat_backward(const ConcatGeometry& g, const real* whole, real* part);
}  // namespace cuda

}  // namespace longhand
