#include "layers/relu.h"

#include "cuda/activations.h"
#include "cuda/elementwise.h"
#include "cuda/grid.h"
#include "cuda/launch.h"

namespace longhand::cuda {

namespace {

__global__ void relu_forward_v1_kernel(std::int64_t size, const real* x, real* y) {
  const std::int64_t i = global_index();
  if (i >= size) return;
  y[i] = x[i] < 0 ? 0 : x[i];
}

__global__ void relu_backward_v1_kernel(std::int64_t size, const real* x, const real* dy,
                                        real* dx) {
  const std::int64_t i = global_index();
  if (i >= size) return;
  dx[i] = x[i] > 0 ? dy[i] : 0;
}

}  // namespace

void relu_forward_v1(std::int64_t size, const real* x, real* y) {
  LAUNCH(relu_forward_v1_kernel, blocks_for(size), threads_a_block, 0, stream(), size, x, y);
}

void relu_backward_v1(std::int64_t size, const real* x, const real* dy, real* dx) {
  LAUNCH(relu_backward_v1_kernel, blocks_for(size), threads_a_block, 0, stream(), size, x, dy, dx);
}

void relu_forward(std::int64_t size, const real* x, real* y) {
  elementwise(Forward<ReluFormula>{}, size, y, x);
}

void relu_backward(std::int64_t size, const real* x, const real* dy, real* dx) {
  elementwise(Backward<ReluFormula>{}, size, dx, x, dy);
}

}  // namespace longhand::cuda
