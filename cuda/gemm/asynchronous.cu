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
__global__ __launch_bounds__(Shape::threads,
                             Shape::blocks) void asynchronous_kernel(GemmGeometry g, A a, B b,
                                                                     const real* bias, real* c) {
  const auto [first_i, first_j] = tile_origin<Shape::tile_m, Shape::tile_n>(g.n);
  multiply_tiles<Shape>(g.m, g.n, 0, g.k, first_i, first_j, a, b, [&](int i, int j, real sum) {
    store_element(g, c, i, j, bias_of(bias, j) + sum);
  });
}

template <class Shape>
void launch(const GemmGeometry& g, const real* a, const real* b, const real* bias, real* c) {
  with_operands(g, a, b, [&]<class A, class B>(const A& a_operand, const B& b_operand) {
    LAUNCH((asynchronous_kernel<Shape, A, B>), (tiles_of<Shape::tile_m, Shape::tile_n>(g.m, g.n)),
           Shape::threads, 0, stream(), g, a_operand, b_operand, bias, c);
  });
}

}  // namespace

void asynchronous::gemm(const GemmGeometry& g, const real* a, const real* b, real* c) {
  gemm_with_bias(g, a, b, nullptr, c);
}
void asynchronous::gemm_with_bias(const GemmGeometry& g, const real* a, const real* b,
                                  const real* bias, real* c) {
  launch<LargeTiles>(g, a, b, bias, c);
}

// With little to do, more blocks are worth more than large tiles.
void small_tile::gemm(const GemmGeometry& g, const real* a, const real* b, real* c) {
  gemm_with_bias(g, a, b, nullptr, c);
}
void small_tile::gemm_with_bias(const GemmGeometry& g, const real* a, const real* b,
                                const real* bias, real* c) {
  launch<SmallTiles>(g, a, b, bias, c);
}

}  // namespace longhand::cuda
