#include "layers/leaky_relu.h"

#include "cuda/grid.h"
#include "cuda/launch.h"

namespace longhand::cuda {

namespace {

__global__ void leaky_relu_forward_kernel(LeakyReluGeometry g, const real* x, real* y) {
  const std::int64_t i = global_index();
  if (i >= g.size) return;
  y[i] = x[i] > 0 ? x[i] : g.slope * x[i];
}

__global__ void leaky_relu_backward_kernel(LeakyReluGeometry g, const real* x, const real* dy,
                                           real* dx) {
  const std::int64_t i = global_index();
  if (i >= g.size) return;
  dx[i] = x[i] > 0 ? dy[i] : g.slope * dy[i];
}

}  // namespace

void leaky_relu_forward(const LeakyReluGeometry& g, const real* x, real* y) {
  LAUNCH(leaky_relu_forward_kernel, blocks_for(g.size), threads_a_block, 0, stream(), g, x, y);
}

void leaky_relu_backward(const LeakyReluGeometry& g, const real* x, const real* dy, real* dx) {
  LAUNCH(leaky_relu_backward_kernel, blocks_for(g.size), threads_a_block, 0, stream(), g, x, dy,
         dx);
}

}  // namespace longhand::cuda
