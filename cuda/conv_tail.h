// What the two directions of a convolution's tail share.
#pragma once

#include "cuda/activations.h"
#include "cuda/launch.h"
#include "layers/conv_tail.h"

namespace longhand::cuda {

// A number of the convolution's output becomes one of the activation's.
template <class Formula>
struct Activated {
  Formula formula;
  real bias;
  __device__ real operator()(real z) const { return formula.forward(z + bias); }
};

// f(formula) with the formula of the activation.
template <class F>
void with_formula(const ConvTailGeometry& g, const F& f) {
  switch (g.activation) {
    case ConvTailGeometry::Activation::none:
      return f(IdentityFormula{});
    case ConvTailGeometry::Activation::relu:
      return f(ReluFormula{});
    case ConvTailGeometry::Activation::leaky_relu:
      return f(LeakyReluFormula{g.slope});
    case ConvTailGeometry::Activation::sigmoid:
      return f(SigmoidFormula{});
    case ConvTailGeometry::Activation::tanh:
      return f(TanhFormula{g.amplitude, g.slope});
  }
}

}  // namespace longhand::cuda
