// The third rung: a block computes a tile of c. What it needs of a and b passes through shared
// memory, tile by tile along k, so that each number is read from device memory once for 32
// products: the threads load a number of each tile, wait for each other, and take what they need of
// all.
#include "cuda/gemm/grid.h"
#include "cuda/gemm/load_tile.h"
#include "cuda/gemm/rungs.h"

namespace longhand::cuda::shared_tile {

namespace {

constexpr int tile = 32;
constexpr int threads = tile * tile;

__global__ void shared_tile_kernel(GemmGeometry g, const real* a, const real* b, real* c) {
  __shared__ real a_tile[tile][tile + 1];
  __shared__ real b_tile[tile][tile];
  const auto [first_i, first_j] = tile_origin<tile, tile>(g.n);
  const int i = static_cast<int>(threadIdx.x) / tile, j = static_cast<int>(threadIdx.x) % tile;
  real sum = 0;
  for (int first_l = 0; first_l < g.k; first_l += tile) {
    load_a_tile<threads, tile, tile>(g, a, first_i, first_l, a_tile);
    load_b_tile<threads, tile, tile>(g, b, first_l, first_j, b_tile);
    __syncthreads();
    for (int l = 0; l < tile; ++l) sum += a_tile[i][l] * b_tile[l][j];
    __syncthreads();  // nobody loads the next tiles while others read these
  }
  store_element(g, c, first_i + i, first_j + j, sum);
}

}  // namespace

void gemm(const GemmGeometry& g, const real* a, const real* b, real* c) {
  LAUNCH(shared_tile_kernel, (tiles_of<tile, tile>(g.m, g.n)), threads, 0, stream(), g, a, b, c);
}

}  // namespace longhand::cuda::shared_tile
