// Initial weights: how large the random numbers are that training starts from.
#pragma once

#include "core/layer.h"
#include "core/random.h"

namespace longhand {

// With fan_in the number of inputs an output sums over and fan_out the number of outputs an input
// reaches (in one group):
enum class Init {
  lecun,   // normal, variance 1 / fan_in              (LeCun, Bottou, Orr, Mueller 1998)
  xavier,  // uniform, variance 2 / (fan_in + fan_out)  (Glorot, Bengio 2010)
  he,      // normal, variance 2 / fan_in              (He, Zhang, Ren, Sun 2015)
};

// The variance for weights of shape (out, in, kh, kw).
double init_variance(Init init, const Shape& weights);

// Draws every weight (rank 2 and more) of the layer and its sublayers; biases (rank 1) stay as the
// layer made them, which is zero.
void initialise(Layer& layer, Init init, Random& random);

}  // namespace longhand
