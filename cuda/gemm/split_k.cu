// The tenth rung, for a small c and a long sum: a 64 x 64 product has one tile, so one of a GPU's
// 132 multiprocessors would work, however long k is. Here the sum is cut into parts, each by a
// block of its own and into memory of its own, and a second kernel adds them up in the order of the
// parts: the same bits every time, which atomic additions would not give.
#include <algorithm>

#include "cuda/gemm/element.h"
#include "cuda/gemm/grid.h"
#include "cuda/gemm/operands.h"
#include "cuda/gemm/rungs.h"
#include "cuda/grid.h"
#include "cuda/workspace.h"

namespace longhand::cuda::split_k {

namespace {

using Shape = SmallTiles;

// blockIdx.y is the part: it sums `length` of the l. sums is [part][i][j].
template <class A, class B>
__global__ __launch_bounds__(Shape::threads, Shape::blocks) void split_k_kernel(GemmGeometry g,
                                                                                int length, A a,
                                                                                B b, real* sums) {
  const auto [first_i, first_j] = tile_origin<Shape::tile_m, Shape::tile_n>(g.n);
  const int part = static_cast<int>(blockIdx.y), first_l = part * length;
  real* const mine = sums + std::int64_t{part} * g.m * g.n;
  multiply_tiles<Shape>(g.m, g.n, first_l, min(first_l + length, g.k), first_i, first_j, a, b,
                        [&](int i, int j, real sum) { mine[std::int64_t{i} * g.n + j] = sum; });
}

__global__ void add_parts_kernel(GemmGeometry g, int parts, const real* sums, const real* bias,
                                 real* c) {
  const std::int64_t element = global_index(), size = std::int64_t{g.m} * g.n;
  if (element >= size) return;
  real sum = bias_of(bias, static_cast<int>(element % g.n)) + (g.accumulate ? c[element] : 0);
  for (int part = 0; part < parts; ++part) sum += sums[part * size + element];
  c[element] = sum;
}

}  // namespace

// Enough for two blocks a multiprocessor of a large GPU (a fixed number, so that all GPUs sum in
// the same order), but none shorter than 64.
int parts(const GemmGeometry& g) {
  constexpr int blocks_wanted = 256, shortest = 64;
  const int tiles = static_cast<int>(
      std::min(tiles_of<Shape::tile_m, Shape::tile_n>(g.m, g.n), unsigned{blocks_wanted}));
  return std::max(1, std::min(blocks_wanted / tiles, g.k / shortest));
}

void gemm(const GemmGeometry& g, const real* a, const real* b, real* c) {
  gemm_with_bias(g, a, b, nullptr, c);
}

void gemm_with_bias(const GemmGeometry& g, const real* a, const real* b, const real* bias,
                    real* c) {
  // Each part is a whole number of steps, and the last one what is left, if anything is.
  const int steps = (g.k + Shape::tile_k - 1) / Shape::tile_k;
  const int length = (steps + parts(g) - 1) / parts(g) * Shape::tile_k;
  const int used = (g.k + length - 1) / length;
  const std::int64_t size = std::int64_t{g.m} * g.n;
  real* const sums = workspace(used * size);
  with_operands(g, a, b, [&]<class A, class B>(const A& a_operand, const B& b_operand) {
    const dim3 grid(tiles_of<Shape::tile_m, Shape::tile_n>(g.m, g.n), static_cast<unsigned>(used));
    LAUNCH((split_k_kernel<A, B>), grid, Shape::threads, 0, stream(), g, length, a_operand,
           b_operand, sums);
  });
  LAUNCH(add_parts_kernel, blocks_for(size), threads_a_block, 0, stream(), g, used, sums, bias, c);
}

}  // namespace longhand::cuda::split_k
