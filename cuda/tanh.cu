#include "layers/tanh.h"

#include "cuda/activations.h"
#include "cuda/elementwise.h"

namespace longhand::cuda {

void tanh_forward(const TanhGeometry& g, const real* x, real* y) {
  elementwise(Forward<TanhFormula>{{g.amplitude, g.slope}}, g.size, y, x);
}

void tanh_backward(const TanhGeometry& g, const real* y, const real* dy, real* dx) {
  elementwise(Backward<TanhFormula>{{g.amplitude, g.slope}}, g.size, dx, y, dy);
}

}  // namespace longhand::cuda
