#include "layers/relu.h"

#include "cuda/grid.h"
#include "cuda/launch.h"

namespace longhand::cuda {

namespace {

__global__ void relu_forward_kernel(std::int64_t size, const real* x, real* y) {
  const std::int64_t i = global_index();
  if (i >= size) return;
  y[i] = x[i] < 0 ? 0 : x[i];
}

__global__ void relu_backward_kernel(std::int64_t size, const real* x, const real* dy, real* dx) {
  const std::int64_t i = global_index();
  if (i >= size) return;
  dx[i] = x[i] > 0 ? dy[i] : 0;
}

}  // namespace

void relu_forward(std::int64_t size, const real* x, real* y) {
  LAUNCH(relu_forward_kernel, blocks_for(size), threads_a_block, 0, stream(), size, x, y);
}

void relu_backward(std::int64_t size, const real* x, const real* dy, real* dx) {
  LAUNCH(relu_backward_kernel, blocks_for(size), threads_a_block, 0, stream(), size, x, dy, dx);
}

}  // namespace longhand::cuda
