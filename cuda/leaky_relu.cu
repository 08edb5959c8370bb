#include "layers/leaky_relu.h"

#include "cuda/activations.h"
#include "cuda/elementwise.h"

namespace longhand::cuda {

void leaky_relu_forward(const LeakyReluGeometry& g, const real* x, real* y) {
  elementwise(Forward<LeakyReluFormula>{{g.slope}}, g.size, y, x);
}

void leaky_relu_backward(const LeakyReluGeometry& g, const real* x, const real* dy, real* dx) {
  elementwise(Backward<LeakyReluFormula>{{g.slope}}, g.size, dx, x, dy);
}

}  // namespace longhand::cuda
