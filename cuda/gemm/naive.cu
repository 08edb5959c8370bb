// The first rung: the loops of ref, a thread an element of c. Neighbouring threads have elements
// below each other, so that what they read of a and write of c lies far apart in memory.
#include "cuda/gemm/element.h"
#include "cuda/gemm/rungs.h"
#include "cuda/grid.h"

namespace longhand::cuda::naive {

namespace {

__global__ void naive_kernel(GemmGeometry g, const real* a, const real* b, real* c) {
  if (global_index() >= std::int64_t{g.m} * g.n) return;
  const int i = static_cast<int>(global_index() % g.m);
  const int j = static_cast<int>(global_index() / g.m);
  real sum = 0;
  for (int l = 0; l < g.k; ++l) sum += a_element(g, a, i, l) * b_element(g, b, l, j);
  store_element(g, c, i, j, sum);
}

}  // namespace

void gemm(const GemmGeometry& g, const real* a, const real* b, real* c) {
  const unsigned blocks = blocks_for(std::int64_t{g.m} * g.n);
  LAUNCH(naive_kernel, blocks, threads_a_block, 0, stream(), g, a, b, c);
}

}  // namespace longhand::cuda::naive
