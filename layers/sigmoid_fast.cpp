#include "core/elementwise.h"
#include "core/reciprocal.h"
#include "core/vector_math.h"
#include "layers/sigmoid.h"

namespace longhand::fast {

namespace {

struct SigmoidForward {
  template <class Vector>
  [[gnu::always_inline]] void operator()(const Vector& x, Vector& y) const {
    const Vector zero{}, one = zero + real(1);
    Vector e;
    exp_of_negative(x < zero ? x : -x, e);
    divide<Vector>(x < zero ? e : one, one + e, y);
  }
};

struct SigmoidBackward {
  template <class Vector>
  [[gnu::always_inline]] void operator()(const Vector& y, const Vector& dy, Vector& dx) const {
    dx = dy * y * (1 - y);
  }
};

// A piece that is worth a thread is smaller the more there is to do for a number.
constexpr std::int64_t sigmoid_grain = elementwise_grain / 4;

}  // namespace

void sigmoid_forward(std::int64_t size, const real* x, real* y) {
  elementwise(SigmoidForward{}, sigmoid_grain, size, y, x);
}

void sigmoid_backward(std::int64_t size, const real* y, const real* dy, real* dx) {
  elementwise(SigmoidBackward{}, elementwise_grain, size, dx, y, dy);
}

}  // namespace longhand::fast
