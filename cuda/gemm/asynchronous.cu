// The eighth rung: copies that run beside the multiplications. A thread starts a copy from device
// to shared memory (cp.async) and goes on; while one pair of tiles is multiplied, the next one
// arrives, in buffers of its own, and through no register. One barrier a tile is left. tiles.h has
// the loop.
#include "cuda/gemm/element.h"
#include "cuda/gemm/grid.h"
#include "cuda/gemm/operands.h"
#include "cuda/gemm/rungs.h"

namespace longhand::cuda {

namespace {

template <class Shape, class A, class B>
__global__ __launch_bounds__(Shape::threads, Shape::blocks) void asynchronous_kernel(GemmGeometry g,
                                                                                     A a, B b,
                                                                                     real* c) {
  const auto [first_i, first_j] = tile_origin<Shape::tile_m, Shape::tile_n>(g.n);
  multiply_tiles<Shape>(g.m, g.n, 0, g.k, first_i, first_j, a, b,
                        [&](int i, int j, real sum) { store_element(g, c, i, j, sum); });
}

template <class Shape>
void launch(const GemmGeometry& g, const real* a, const real* b, real* c) {
  with_operands(g, a, b, [&]<class A, class B>(const A& a_operand, const B& b_operand) {
    LAUNCH((asynchronous_kernel<Shape, A, B>), (tiles_of<Shape::tile_m, Shape::tile_n>(g.m, g.n)),
           Shape::threads, 0, stream(), g, a_operand, b_operand, c);
  });
}

}  // namespace

void asynchronous::gemm(const GemmGeometry& g, const real* a, const real* b, real* c) {
  launch<LargeTiles>(g, a, b, c);
}

// With little to do, more blocks are worth more than large tiles.
void small_tile::gemm(const GemmGeometry& g, const real* a, const real* b, real* c) {
  launch<SmallTiles>(g, a, b, c);
}

}  // namespace longhand::cuda
