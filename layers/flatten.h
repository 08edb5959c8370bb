// Flatten: each image's channels, rows and columns in one line.
#pragma once

#include "core/layer.h"

namespace longhand {

// y[n, (c * H + h) * W + w] = x[n, c, h, w]: the numbers stay in their order and only the shape
// changes, from N x C x H x W to N x CHW x 1 x 1; backward gives dy the shape of x again. In
// Layout::lanes too the numbers stay where they are.
// It copies, so that y_ and dx_ belong to this layer as everywhere. backward overwrites dx.
class Flatten : public Layer {
 public:
  std::string describe() const override { return "flatten"; }
  Shape output_shape(const Shape& x) const override;
  const Tensor& forward(const Tensor& x) override;
  const Tensor& backward(const Tensor& dy) override;
  bool takes_lanes() const override { return true; }
};

namespace ref {
void flatten_forward(const Shape& g, const real* x, real* y);  // g is the shape of x
void flatten_backward(const Shape& g, const real* dy, real* dx);
}  // namespace ref

}  // namespace longhand
