// The fifth rung: a thread computes 8 x 8 elements. For an l it reads 8 numbers of a and 8 of b
// from shared memory, and makes 64 products of them: 4 a number, where the rung before makes less
// than 1.
#include "cuda/gemm/grid.h"
#include "cuda/gemm/load_tile.h"
#include "cuda/gemm/rungs.h"

namespace longhand::cuda::register_tile_2d {

namespace {

constexpr int tile_m = 128, tile_n = 128, steps = 8;
constexpr int rows = 8, columns = 8;  // of c, a thread
constexpr int threads = tile_m / rows * (tile_n / columns);

__global__ __launch_bounds__(threads) void register_tile_2d_kernel(GemmGeometry g, const real* a,
                                                                   const real* b, real* c) {
  __shared__ real a_tile[tile_m][steps + 1];
  __shared__ real b_tile[steps][tile_n];
  const auto [first_i, first_j] = tile_origin<tile_m, tile_n>(g.n);
  const int i = static_cast<int>(threadIdx.x) / (tile_n / columns) * rows;
  const int j = static_cast<int>(threadIdx.x) % (tile_n / columns) * columns;
  real sums[rows][columns] = {};
  for (int first_l = 0; first_l < g.k; first_l += steps) {
    load_a_tile<threads, tile_m, steps>(g, a, first_i, first_l, a_tile);
    load_b_tile<threads, steps, tile_n>(g, b, first_l, first_j, b_tile);
    __syncthreads();
#pragma unroll
    for (int l = 0; l < steps; ++l) {
      real a_l[rows], b_l[columns];
#pragma unroll
      for (int p = 0; p < rows; ++p) a_l[p] = a_tile[i + p][l];
#pragma unroll
      for (int q = 0; q < columns; ++q) b_l[q] = b_tile[l][j + q];
#pragma unroll
      for (int p = 0; p < rows; ++p) {
#pragma unroll
        for (int q = 0; q < columns; ++q) sums[p][q] += a_l[p] * b_l[q];
      }
    }
    __syncthreads();
  }
#pragma unroll
  for (int p = 0; p < rows; ++p) {
#pragma unroll
    for (int q = 0; q < columns; ++q) {
      store_element(g, c, first_i + i + p, first_j + j + q, sums[p][q]);
    }
  }
}

}  // namespace

void gemm(const GemmGeometry& g, const real* a, const real* b, real* c) {
  LAUNCH(register_tile_2d_kernel, (tiles_of<tile_m, tile_n>(g.m, g.n)), threads, 0, stream(), g, a,
         b, c);
}

}  // namespace longhand::cuda::register_tile_2d
