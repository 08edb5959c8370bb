#include "core/elementwise.h"
#include "core/vector_math.h"
#include "layers/tanh.h"

namespace longhand::fast {

namespace {

struct TanhForward {
  real amplitude, slope;
  template <class Vector>
  [[gnu::always_inline]] void operator()(const Vector& x, Vector& y) const {
    scaled_tanh(amplitude, slope, x, y);
  }
  template <class Vector>
  [[gnu::always_inline]] void two(const Vector& x0, const Vector& x1, Vector& y0,
                                  Vector& y1) const {
    scaled_tanh(amplitude, slope, x0, x1, y0, y1);
  }
};

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
  elementwise(TanhForward{g.amplitude, g.slope}, tanh_grain, g.size, y, x);
}

void tanh_backward(const TanhGeometry& g, const real* y, const real* dy, real* dx) {
  elementwise(TanhBackward{g.amplitude, g.slope / g.amplitude}, elementwise_grain, g.size, dx, y,
              dy);
}

}  // namespace longhand::fast
