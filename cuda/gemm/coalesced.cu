// The second rung: nothing changes but which thread has which element. A warp's 32 threads have 32
// elements beside each other: their numbers of b and c are 128 bytes in a row, which memory
// delivers at once, and the number of a is the same for all.
#include "cuda/gemm/element.h"
#include "cuda/gemm/rungs.h"
#include "cuda/grid.h"

namespace longhand::cuda::coalesced {

namespace {

__global__ void coalesced_kernel(GemmGeometry g, const real* a, const real* b, real* c) {
  if (global_index() >= std::int64_t{g.m} * g.n) return;
  const int i = static_cast<int>(global_index() / g.n);
  const int j = static_cast<int>(global_index() % g.n);
  real sum = 0;
  for (int l = 0; l < g.k; ++l) sum += a_element(g, a, i, l) * b_element(g, b, l, j);
  store_element(g, c, i, j, sum);
}

}  // namespace

void gemm(const GemmGeometry& g, const real* a, const real* b, real* c) {
  const unsigned blocks = blocks_for(std::int64_t{g.m} * g.n);
  LAUNCH(coalesced_kernel, blocks, threads_a_block, 0, stream(), g, a, b, c);
}

}  // namespace longhand::cuda::coalesced
