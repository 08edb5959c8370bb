// The fourth rung: a thread computes 8 elements of a column. The number of b that it reads from
// shared memory for an l is used 8 times from a register, so for 8 products it reads 9 numbers and
// not 16.
#include "cuda/gemm/grid.h"
#include "cuda/gemm/load_tile.h"
#include "cuda/gemm/rungs.h"

namespace longhand::cuda::register_tile_1d {

namespace {

constexpr int tile_m = 64, tile_n = 64, steps = 8;
constexpr int rows = 8;  // of c, a thread
constexpr int threads = tile_m / rows * tile_n;

__global__ void register_tile_1d_kernel(GemmGeometry g, const real* a, const real* b, real* c) {
  __shared__ real a_tile[tile_m][steps + 1];
  __shared__ real b_tile[steps][tile_n];
  const auto [first_i, first_j] = tile_origin<tile_m, tile_n>(g.n);
  const int i = static_cast<int>(threadIdx.x) / tile_n * rows;
  const int j = static_cast<int>(threadIdx.x) % tile_n;
  real sums[rows] = {};
  for (int first_l = 0; first_l < g.k; first_l += steps) {
    load_a_tile<threads, tile_m, steps>(g, a, first_i, first_l, a_tile);
    load_b_tile<threads, steps, tile_n>(g, b, first_l, first_j, b_tile);
    __syncthreads();
#pragma unroll
    for (int l = 0; l < steps; ++l) {
      const real b_l = b_tile[l][j];
#pragma unroll
      for (int p = 0; p < rows; ++p) sums[p] += a_tile[i + p][l] * b_l;
    }
    __syncthreads();
  }
  for (int p = 0; p < rows; ++p) store_element(g, c, first_i + i + p, first_j + j, sums[p]);
}

}  // namespace

void gemm(const GemmGeometry& g, const real* a, const real* b, real* c) {
  LAUNCH(register_tile_1d_kernel, (tiles_of<tile_m, tile_n>(g.m, g.n)), threads, 0, stream(), g, a,
         b, c);
}

}  // namespace longhand::cuda::register_tile_1d
