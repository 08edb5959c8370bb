#include "core/elementwise.h"
#include "layers/relu.h"

namespace longhand::fast {

namespace {

struct ReluForward {
  template <class Vector>
  [[gnu::always_inline]] void operator()(const Vector& x, Vector& y) const {
    y = x < Vector{} ? Vector{} : x;
  }
};

struct ReluBackward {
  template <class Vector>
  [[gnu::always_inline]] void operator()(const Vector& x, const Vector& dy, Vector& dx) const {
    dx = x > Vector{} ? dy : Vector{};
  }
};

}  // namespace

void relu_forward(std::int64_t size, const real* x, real* y) {
  elementwise(ReluForward{}, elementwise_grain, size, y, x);
}

void relu_backward(std::int64_t size, const real* x, const real* dy, real* dx) {
  elementwise(ReluBackward{}, elementwise_grain, size, dx, x, dy);
}

}  // namespace longhand::fast
