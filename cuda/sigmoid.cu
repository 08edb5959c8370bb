#include "layers/sigmoid.h"

#include <cmath>

#include "cuda/grid.h"
#include "cuda/launch.h"

namespace longhand::cuda {

namespace {

__global__ void sigmoid_forward_kernel(std::int64_t size, const real* x, real* y) {
  const std::int64_t i = global_index();
  if (i >= size) return;
  // exp of a negative number only, so that nothing overflows
  const real e = std::exp(-std::abs(x[i]));
  y[i] = (x[i] < 0 ? e : 1) / (1 + e);
}

__global__ void sigmoid_backward_kernel(std::int64_t size, const real* y, const real* dy,
                                        real* dx) {
  const std::int64_t i = global_index();
  if (i >= size) return;
  dx[i] = dy[i] * y[i] * (1 - y[i]);
}

}  // namespace

void sigmoid_forward(std::int64_t size, const real* x, real* y) {
  LAUNCH(sigmoid_forward_kernel, blocks_for(size), threads_a_block, 0, stream(), size, x, y);
}

void sigmoid_backward(std::int64_t size, const real* y, const real* dy, real* dx) {
  LAUNCH(sigmoid_backward_kernel, blocks_for(size), threads_a_block, 0, stream(), size, y, dy, dx);
}

}  // namespace longhand::cuda
