#include "core/elementwise.h"
#include "layers/leaky_relu.h"

namespace longhand::fast {

namespace {

struct LeakyReluForward {
  real slope;
  template <class Vector>
  [[gnu::always_inline]] void operator()(const Vector& x, Vector& y) const {
    y = x > Vector{} ? x : slope * x;
  }
};

struct LeakyReluBackward {
  real slope;
  template <class Vector>
  [[gnu::always_inline]] void operator()(const Vector& x, const Vector& dy, Vector& dx) const {
    dx = x > Vector{} ? dy : slope * dy;
  }
};

}  // namespace

void leaky_relu_forward(const LeakyReluGeometry& g, const real* x, real* y) {
  elementwise(LeakyReluForward{g.slope}, elementwise_grain, g.size, y, x);
}

void leaky_relu_backward(const LeakyReluGeometry& g, const real* x, const real* dy, real* dx) {
  elementwise(LeakyReluBackward{g.slope}, elementwise_grain, g.size, dx, x, dy);
}

}  // namespace longhand::fast
