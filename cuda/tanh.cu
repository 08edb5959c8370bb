#include "layers/tanh.h"

#include <cmath>

#include "cuda/grid.h"
#include "cuda/launch.h"

namespace longhand::cuda {

namespace {

__global__ void tanh_forward_kernel(TanhGeometry g, const real* x, real* y) {
  const std::int64_t i = global_index();
  if (i >= g.size) return;
  y[i] = g.amplitude * std::tanh(g.slope * x[i]);
}

__global__ void tanh_backward_kernel(TanhGeometry g, const real* y, const real* dy, real* dx) {
  const std::int64_t i = global_index();
  if (i >= g.size) return;
  dx[i] = dy[i] * (g.slope / g.amplitude) * (g.amplitude - y[i]) * (g.amplitude + y[i]);
}

}  // namespace

void tanh_forward(const TanhGeometry& g, const real* x, real* y) {
  LAUNCH(tanh_forward_kernel, blocks_for(g.size), threads_a_block, 0, stream(), g, x, y);
}

void tanh_backward(const TanhGeometry& g, const real* y, const real* dy, real* dx) {
  LAUNCH(tanh_backward_kernel, blocks_for(g.size), threads_a_block, 0, stream(), g, y, dy, dx);
}

}  // namespace longhand::cuda
