#include "layers/mean_squared_error.h"

#include <algorithm>

#include "cuda/elementwise.h"
#include "cuda/grid.h"
#include "cuda/launch.h"
#include "cuda/reduce.h"

namespace longhand::cuda {

namespace {

// One thread, the whole sum.
__global__ void mean_squared_error_forward_v1_kernel(std::int64_t size, const real* x,
                                                     const real* target, real* loss) {
  real sum = 0;
  for (std::int64_t i = 0; i < size; ++i) sum += (x[i] - target[i]) * (x[i] - target[i]);
  *loss = sum / static_cast<real>(size);
}

// Every thread goes in strides of the whole grid; each block gives the sum of its threads.
__global__ void mean_squared_error_parts_kernel(std::int64_t size, const real* x,
                                                const real* target, real* parts) {
  const std::int64_t threads = std::int64_t{gridDim.x} * blockDim.x;
  real sum = 0;
  for (std::int64_t i = global_index(); i < size; i += threads) {
    sum += (x[i] - target[i]) * (x[i] - target[i]);
  }
  sum = block_sum(sum);
  if (threadIdx.x == 0) parts[blockIdx.x] = sum;
}

// One block, a thread for each part that there may be.
__global__ void mean_squared_error_mean_kernel(std::int64_t size, int count, const real* parts,
                                               real* loss) {
  const auto i = static_cast<int>(threadIdx.x);
  const real sum = block_sum(i < count ? parts[i] : 0);
  if (i == 0) *loss = sum / static_cast<real>(size);
}

struct SquaredErrorGradient {
  std::int64_t size;
  __device__ real operator()(real x, real target) const {
    return 2 * (x - target) / static_cast<real>(size);
  }
};

}  // namespace

void mean_squared_error_forward_v1(std::int64_t size, const real* x, const real* target,
                                   real* loss) {
  LAUNCH(mean_squared_error_forward_v1_kernel, 1, 1, 0, stream(), size, x, target, loss);
}

void mean_squared_error_forward(std::int64_t size, const real* x, const real* target, real* loss) {
  real* const parts = loss + 1;
  const auto count = std::min(static_cast<int>(blocks_for(size)), mean_squared_error_parts);
  LAUNCH(mean_squared_error_parts_kernel, count, threads_a_block, 0, stream(), size, x, target,
         parts);
  LAUNCH(mean_squared_error_mean_kernel, 1, mean_squared_error_parts, 0, stream(), size, count,
         parts, loss);
}

void mean_squared_error_backward(std::int64_t size, const real* x, const real* target, real* dx) {
  elementwise(SquaredErrorGradient{size}, size, dx, x, target);
}

}  // namespace longhand::cuda
