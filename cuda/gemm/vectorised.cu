// The sixth rung: 16 bytes an instruction. Device memory is read in packs of four floats. The tile
// of a lies transposed in shared memory, [l][i], so that a thread's 8 numbers of a are side by side
// too: for an l it reads 4 packs where the rung before read 16 numbers. Twice as many steps fit.
#include "cuda/gemm/element.h"
#include "cuda/gemm/grid.h"
#include "cuda/gemm/load_packs.h"
#include "cuda/gemm/operands.h"
#include "cuda/gemm/rungs.h"

namespace longhand::cuda::vectorised {

namespace {

constexpr int tile_m = 128, tile_n = 128, steps = tile_steps;
constexpr int rows = 8, columns = 8;
constexpr int threads = tile_m / rows * (tile_n / columns);

template <class A, class B>
__global__ __launch_bounds__(threads) void vectorised_kernel(GemmGeometry g, A a, B b, real* c) {
  __shared__ __align__(16) SharedTile<tile_m> a_tile;
  __shared__ __align__(16) SharedTile<tile_n> b_tile;
  const auto [first_i, first_j] = tile_origin<tile_m, tile_n>(g.n);
  const int i = static_cast<int>(threadIdx.x) / (tile_n / columns) * rows;
  const int j = static_cast<int>(threadIdx.x) % (tile_n / columns) * columns;
  real sums[rows][columns] = {};
  for (int first_l = 0; first_l < g.k; first_l += steps) {
    load_packs<threads, tile_m>(a, g.m, g.k, first_i, first_l, a_tile);
    load_packs<threads, tile_n>(b, g.n, g.k, first_j, first_l, b_tile);
    __syncthreads();
#pragma unroll
    for (int l = 0; l < steps; ++l) {
      real a_l[rows], b_l[columns];
      read_packs(&a_tile[l][i], a_l);
      read_packs(&b_tile[l][j], b_l);
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
  with_operands(g, a, b, [&]<class A, class B>(const A& a_operand, const B& b_operand) {
    LAUNCH((vectorised_kernel<A, B>), (tiles_of<tile_m, tile_n>(g.m, g.n)), threads, 0, stream(), g,
           a_operand, b_operand, c);
  });
}

}  // namespace longhand::cuda::vectorised
