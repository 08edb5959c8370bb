#include <algorithm>
#include <cmath>

#include "core/elementwise.h"
#include "layers/softmax.h"
#include "layers/softmax_cross_entropy.h"

namespace longhand::fast {

// The probabilities are the fast softmax's. Its s[n] is not needed: the largest score's exp is 1,
// so the largest probability is 1 / s[n].
void softmax_cross_entropy_forward(const SoftmaxCrossEntropyGeometry& g, const real* x,
                                   const int* labels, real* p, real* loss) {
  softmax_forward({g.n, g.classes}, x, p);
  real total = 0;
  for (int n = 0; n < g.n; ++n, x += g.classes, p += g.classes) {
    const auto winner = std::max_element(x, x + g.classes) - x;
    total += (x[winner] - x[labels[n]]) - std::log(p[winner]);
  }
  *loss = total / static_cast<real>(g.n);
}

namespace {
struct Scale {
  real factor;
  template <class Vector>
  [[gnu::always_inline]] void operator()(const Vector& p, Vector& dx) const {
    dx = p * factor;
  }
};
}  // namespace

void softmax_cross_entropy_backward(const SoftmaxCrossEntropyGeometry& g, const real* p,
                                    const int* labels, real* dx) {
  const real share = 1 / static_cast<real>(g.n);
  elementwise(Scale{share}, elementwise_grain, std::int64_t{g.n} * g.classes, dx, p);
  for (int n = 0; n < g.n; ++n) {
    const std::int64_t i = std::int64_t{n} * g.classes + labels[n];
    dx[i] = (p[i] - 1) * share;
  }
}

}  // namespace longhand::fast
