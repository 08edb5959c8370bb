// Bias, activation and pooling in one kernel: each number of the convolution's output is read once,
// and what comes between it and the pooled output stays in registers.
#include "cuda/conv_tail.h"

#include "cuda/grid.h"
#include "cuda/launch.h"
#include "cuda/pool2d.h"
#include "cuda/vector.h"

namespace longhand::cuda {

namespace {

// A thread for each number of y. `b` may be null.

template <class Formula>
__global__ void tail_max_forward_kernel(Formula formula, Pool2dPlan plan, const real* z,
                                        const real* b, real* y, std::int32_t* argmax) {
  const Pool2dGeometry& g = plan.g;
  const std::int64_t i = global_index();
  if (i >= g.y.size()) return;
  const auto [n, c, oh, ow] = plan.y(i);
  const Activated<Formula> activated{formula, b ? b[c] : 0};
  const Pool2dLargest largest =
      window_largest(g, Pool2dPart(g, oh, ow), z + plane(g.x, n, c), activated);
  y[i] = largest.value;
  argmax[i] = largest.place;
}

template <class Formula>
__global__ void tail_average_forward_kernel(Formula formula, Pool2dPlan plan, const real* z,
                                            const real* b, real* y) {
  const Pool2dGeometry& g = plan.g;
  const std::int64_t i = global_index();
  if (i >= g.y.size()) return;
  const auto [n, c, oh, ow] = plan.y(i);
  const Activated<Formula> activated{formula, b ? b[c] : 0};
  y[i] = window_mean(g, Pool2dPart(g, oh, ow), z + plane(g.x, n, c), activated);
}

// Without pooling a thread takes `width` neighbours, which are of one channel: `packs` is y's shape
// with a channel's numbers in one row, and that row counted in packs.
template <int width, class Formula>
__global__ void tail_forward_kernel(Formula formula, Shape packs, Places places, const real* z,
                                    const real* b, real* y) {
  const std::int64_t i = global_index();
  if (i >= packs.size()) return;
  const int c = places(i).c;
  const Activated<Formula> activated{formula, b ? b[c] : 0};
  Pack<width> pack = load<width>(z + i * width);
  for (int k = 0; k < width; ++k) pack.v[k] = activated(pack.v[k]);
  store(pack, y + i * width);
}

template <int width, class Formula>
void forward_without_pool(const Formula& formula, const Shape& y_shape, const real* z,
                          const real* b, real* y) {
  const Shape packs{y_shape.n, y_shape.c, 1, y_shape.h * y_shape.w / width};
  LAUNCH((tail_forward_kernel<width, Formula>), blocks_for(packs.size()), threads_a_block, 0,
         stream(), formula, packs, Places(packs), z, b, y);
}

template <class Formula>
void forward(const Formula& formula, const ConvTailGeometry& g, const real* z, const real* b,
             real* y, std::int32_t* argmax) {
  const Shape& y_shape = g.window.y;
  switch (g.pool) {
    case ConvTailGeometry::Pool::none:
      if (aligned(z, y) && y_shape.h * y_shape.w % vector_size == 0) {
        forward_without_pool<vector_size>(formula, y_shape, z, b, y);
      } else {
        forward_without_pool<1>(formula, y_shape, z, b, y);
      }
      break;
    case ConvTailGeometry::Pool::max:
      LAUNCH((tail_max_forward_kernel<Formula>), blocks_for(y_shape.size()), threads_a_block, 0,
             stream(), formula, Pool2dPlan(g.window), z, b, y, argmax);
      break;
    case ConvTailGeometry::Pool::average:
      LAUNCH((tail_average_forward_kernel<Formula>), blocks_for(y_shape.size()), threads_a_block, 0,
             stream(), formula, Pool2dPlan(g.window), z, b, y);
      break;
  }
}

}  // namespace

void conv_tail_forward(const ConvTailGeometry& g, const real* z, const real* b, real* y,
                       std::int32_t* argmax) {
  with_formula(g, [&](const auto& formula) { forward(formula, g, z, b, y, argmax); });
}

}  // namespace longhand::cuda
