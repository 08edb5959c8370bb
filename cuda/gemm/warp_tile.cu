// The seventh rung: the elements of a warp lie close together, 64 x 32 of them, and a thread's 8 x
// 8 in four pieces of 4 x 4. The rung before reads the same numbers, but its warps are 16 x 128
// elements, and their lanes read b 32 bytes apart, half of them from the same banks. Here the
// lanes' packs of a are 8 and those of b are 4 beside each other: no bank is asked twice (tiles.h
// has the places and the products).
#include "cuda/gemm/element.h"
#include "cuda/gemm/grid.h"
#include "cuda/gemm/load_packs.h"
#include "cuda/gemm/operands.h"
#include "cuda/gemm/rungs.h"

namespace longhand::cuda::warp_tile {

namespace {

using Shape = LargeTiles;

template <class A, class B>
__global__ __launch_bounds__(Shape::threads, Shape::blocks) void warp_tile_kernel(GemmGeometry g,
                                                                                  A a, B b,
                                                                                  real* c) {
  __shared__ __align__(16) SharedTile<Shape::tile_m> a_tile;
  __shared__ __align__(16) SharedTile<Shape::tile_n> b_tile;
  const auto [first_i, first_j] = tile_origin<Shape::tile_m, Shape::tile_n>(g.n);
  const TilePlace<Shape> place;
  TileSums<Shape> sums;
  for (int first_l = 0; first_l < g.k; first_l += Shape::tile_k) {
    load_packs<Shape::threads, Shape::tile_m>(a, g.m, g.k, first_i, first_l, a_tile);
    load_packs<Shape::threads, Shape::tile_n>(b, g.n, g.k, first_j, first_l, b_tile);
    __syncthreads();
    add_products(place, a_tile, b_tile, sums);
    __syncthreads();
  }
  store_sums(place, g.m, g.n, first_i, first_j, sums,
             [&](int i, int j, real sum) { store_element(g, c, i, j, sum); });
}

}  // namespace

void gemm(const GemmGeometry& g, const real* a, const real* b, real* c) {
  with_operands(g, a, b, [&]<class A, class B>(const A& a_operand, const B& b_operand) {
    LAUNCH((warp_tile_kernel<A, B>), (tiles_of<Shape::tile_m, Shape::tile_n>(g.m, g.n)),
           Shape::threads, 0, stream(), g, a_operand, b_operand, c);
  });
}

}  // namespace longhand::cuda::warp_tile
