#include "layers/residual.h"

#include "cuda/grid.h"
#include "cuda/launch.h"

namespace longhand::cuda {

namespace {

__global__ void add_kernel(std::int64_t size, const real* a, const real* b, real* sum) {
  const std::int64_t i = global_index();
  if (i >= size) return;
  sum[i] = a[i] + b[i];
}

}  // namespace

void add(std::int64_t size, const real* a, const real* b, real* sum) {
  LAUNCH(add_kernel, blocks_for(size), threads_a_block, 0, stream(), size, a, b, sum);
}

}  // namespace longhand::cuda
