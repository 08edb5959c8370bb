#include "core/elementwise.h"
#include "core/vector_math.h"
#include "layers/tanh.h"

namespace longhand::fast {

namespace {

struct TanhBackward {
  real amplitude, ratio;  // A and S / A
  template <class Vector>
  [[gnu::always_inline]] void operator()(const Vector& y, const Vector& dy, Vector& dx) const {
    dx = dy * ratio * (amplitude - y) * (amplitude + y);
  }
};

// A piece that is worth a thread is smaller the more there is to do for a number.
constexpr std::int64_t tanh_grain = elementwise_grain / 5;

}  // namespace

void tanh_forward(const TanhGeometry& g, const real* x, real* y) {
  elementwise(FastTanh{g.amplitude, g.slope}, tanh_grain, g.size, y, x);
}

void tanh_backward(const TanhGeometry& g, const real* y, const real* dy, real* dx) {
  elementwise(TanhBackward{g.amplitude, g.slope / g.amplitude}, elementwise_grain, g.size, dx, y,
              dy);
}

}  // namespace longhand::fast
