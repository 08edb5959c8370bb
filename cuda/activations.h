// The formulas of the activations, for one number: what their own kernels compute, and the kernels
// that fuse them with a convolution.
#pragma once

#include <cmath>

#include "core/real.h"
#include "cuda/launch.h"

namespace longhand::cuda {

// y = forward(x), and dx = backward(v, dy) where v is the number that the layer keeps, x or y.

struct ReluFormula {
  __device__ real forward(real x) const { return x < 0 ? 0 : x; }
  // v is x or y: one is above zero where the other is.
  __device__ real backward(real v, real dy) const { return v > 0 ? dy : 0; }
};

struct LeakyReluFormula {
  real slope = 0;
  __device__ real forward(real x) const { return x > 0 ? x : slope * x; }
  // v is x, or, where the slope is not negative, y.
  __device__ real backward(real v, real dy) const { return v > 0 ? dy : slope * dy; }
};

struct SigmoidFormula {
  __device__ real forward(real x) const {
    // exp of a negative number only, so that nothing overflows
    const real e = std::exp(-std::abs(x));
    return (x < 0 ? e : 1) / (1 + e);
  }
  __device__ real backward(real y, real dy) const { return dy * y * (1 - y); }
};

struct TanhFormula {
  real amplitude = 1, slope = 1;
  __device__ real forward(real x) const { return amplitude * std::tanh(slope * x); }
  __device__ real backward(real y, real dy) const {
    return dy * (slope / amplitude) * (amplitude - y) * (amplitude + y);
  }
};

// No activation at all.
struct IdentityFormula {
  __device__ real forward(real x) const { return x; }
  __device__ real backward(real, real dy) const { return dy; }
};

// A formula as elementwise calls it.
template <class Formula>
struct Forward {
  Formula formula;
  __device__ real operator()(real x) const { return formula.forward(x); }
};
template <class Formula>
struct Backward {
  Formula formula;
  __device__ real operator()(real v, real dy) const { return formula.backward(v, dy); }
};

}  // namespace longhand::cuda
