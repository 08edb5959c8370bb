// Gradient check: a layer's backward against the slope of its forward.
#pragma once

#include <vector>

#include "core/compare.h"
#include "core/layer.h"

namespace longhand {

struct GradCheckOptions {
  double step = 1e-5;        // h of the central difference
  double tolerance = 1e-6;   // of the relative error; meant for real = double
  std::int64_t most = 2000;  // elements of a tensor that are checked; above, a random choice
  std::uint64_t seed = 1;    // of the projection and the choice
};

// The output is projected on random numbers r: L = sum of r * y. So dy = r, and for every element p
// of the input and of each param
//
//   the analytic gradient dL/dp, from one forward and backward, is compared with
//   the numeric gradient (L(p + h) - L(p - h)) / 2h
//
// The analytic ones are expected in memory that held garbage (dx) and ones (grad) before, so a
// backward that adds where it should overwrite, or the other way round, fails too.
// One Comparison for x and one for each param; the layer's params are as before at the end.
std::vector<Comparison> check_gradients(Layer& layer, const Tensor& x,
                                        const GradCheckOptions& options = {});

// Numbers for an input of that shape, in random order, evenly spread over (-1, 1): no two are
// closer than 2 / size, none is closer to 0 than 0.4 / size. So no step of a gradient check crosses
// the kink of a ReLU or changes the winner of a pooling window.
Tensor spread_values(const Shape& shape, std::uint64_t seed);

// Sets every param of the layer to numbers of that kind, small enough for saturating activations.
void spread_params(Layer& layer, std::uint64_t seed);

}  // namespace longhand
