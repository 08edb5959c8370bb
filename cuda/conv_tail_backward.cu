// From the gradient of the pooled output to that of the convolution's output and of the bias, in
// one kernel: nothing in between is written.
#include "cuda/conv2d/parts.h"
#include "cuda/conv_tail.h"
#include "cuda/launch.h"
#include "cuda/pool2d.h"
#include "cuda/reduce.h"
#include "cuda/workspace.h"

namespace longhand::cuda {

namespace {

// What backward reads and writes.
struct TailArrays {
  const real *z, *b, *y;
  const std::int32_t* argmax;
  const real* dy;
  real* dz;
};

// A route is how a gradient goes from y to z. `items(g)` is the shape of what has a thread each:
// the elements of dz, or the windows where they tile it. route(n, c, h, w) does the item at (h, w),
// and returns the sum of what it has written.

template <class Formula>
struct NoPoolRoute {
  Formula formula;
  Pool2dPlan plan;
  TailArrays arrays;
  static Shape items(const Pool2dGeometry& g) { return g.y; }
  __device__ real operator()(int n, int c, int h, int w) const {
    const std::int64_t i = at(plan.g.y, n, c, h, w);
    const real gradient = formula.backward(arrays.y[i], arrays.dy[i]);
    arrays.dz[i] = gradient;
    return gradient;
  }
};

// All of the window's gradient goes to the winner, whose activation is the y of the window.
template <class Formula>
struct MaxTilesRoute {
  Formula formula;
  Pool2dPlan plan;
  TailArrays arrays;
  static Shape items(const Pool2dGeometry& g) { return g.y; }
  __device__ real operator()(int n, int c, int oh, int ow) const {
    const std::int64_t i = at(plan.g.y, n, c, oh, ow);
    const std::int32_t winner = arrays.argmax[i];
    const real gradient = formula.backward(arrays.y[i], arrays.dy[i]);
    write_tile(plan.g, oh, ow, arrays.dz + plane(plan.g.x, n, c),
               [=](std::int32_t place) { return place == winner ? gradient : 0; });
    return gradient;
  }
};

template <class Formula>
struct MaxRoute {
  Formula formula;
  Pool2dPlan plan;
  TailArrays arrays;
  static Shape items(const Pool2dGeometry& g) { return g.x; }
  __device__ real operator()(int n, int c, int ih, int iw) const {
    const std::int64_t y = plane(plan.g.y, n, c);
    const Pool2dWon won = sum_of_won(plan, ih, iw, arrays.dy + y, arrays.argmax + y);
    const real gradient = won.won < 0 ? 0 : formula.backward(arrays.y[y + won.won], won.sum);
    arrays.dz[at(plan.g.x, n, c, ih, iw)] = gradient;
    return gradient;
  }
};

// Each element of the window gets its share. The activation is worked out again from z, which costs
// less than to have kept it.
template <class Formula>
struct AverageTilesRoute {
  Formula formula;
  Pool2dPlan plan;
  TailArrays arrays;
  static Shape items(const Pool2dGeometry& g) { return g.y; }
  __device__ real operator()(int n, int c, int oh, int ow) const {
    const Activated<Formula> activated{formula, arrays.b ? arrays.b[c] : 0};
    const std::int64_t x = plane(plan.g.x, n, c);
    const real share = arrays.dy[at(plan.g.y, n, c, oh, ow)] / Pool2dPart(plan.g, oh, ow).size;
    real sum = 0;
    write_tile(plan.g, oh, ow, arrays.dz + x, [&](std::int32_t place) {
      const real gradient = formula.backward(activated(arrays.z[x + place]), share);
      sum += gradient;
      return gradient;
    });
    return sum;
  }
};

template <class Formula>
struct AverageRoute {
  Formula formula;
  Pool2dPlan plan;
  TailArrays arrays;
  static Shape items(const Pool2dGeometry& g) { return g.x; }
  __device__ real operator()(int n, int c, int ih, int iw) const {
    const Activated<Formula> activated{formula, arrays.b ? arrays.b[c] : 0};
    const std::int64_t i = at(plan.g.x, n, c, ih, iw);
    const real shares = sum_of_shares(plan, ih, iw, arrays.dy + plane(plan.g.y, n, c));
    const real gradient = formula.backward(activated(arrays.z[i]), shares);
    arrays.dz[i] = gradient;
    return gradient;
  }
};

constexpr int backward_threads = 512;

// A block takes one channel of every part_count-th image, and adds up its gradients: its part of
// the bias's. `parts` may be null.
template <class Route>
__global__ void __launch_bounds__(backward_threads)
    tail_backward_kernel(Route route, Shape items, Divisor plane_size, Divisor columns,
                         int part_count, real* parts) {
  const int c = static_cast<int>(blockIdx.x) / part_count;
  const int part = static_cast<int>(blockIdx.x) % part_count;
  const int images = (items.n - part - 1) / part_count + 1;
  const int count = images * plane_size.divisor;
  real sum = 0;
  for (int i = static_cast<int>(threadIdx.x); i < count; i += backward_threads) {
    const int place = i % plane_size;
    sum += route(part + i / plane_size * part_count, c, place / columns, place % columns);
  }
  if (parts == nullptr) return;
  sum = block_sum(sum);
  if (threadIdx.x == 0) parts[std::int64_t{part} * items.c + c] = sum;
}

template <class Route>
void launch_backward(const Route& route, real* db) {
  const Shape items = Route::items(route.plan.g);
  const int part_count = parts_for(items.c, items.n);
  real* const parts = db ? workspace(std::int64_t{part_count} * items.c) : nullptr;
  LAUNCH((tail_backward_kernel<Route>), static_cast<unsigned>(items.c * part_count),
         backward_threads, 0, stream(), route, items, Divisor(items.h * items.w), Divisor(items.w),
         part_count, parts);
  if (db) add_parts(part_count, items.c, parts, db);
}

template <class Formula>
void backward(const Formula& formula, const ConvTailGeometry& g, const TailArrays& arrays,
              real* db) {
  const Pool2dPlan plan(g.window);
  const bool tiled = is_tiled(g.window);
  switch (g.pool) {
    case ConvTailGeometry::Pool::none:
      launch_backward(NoPoolRoute<Formula>{formula, plan, arrays}, db);
      break;
    case ConvTailGeometry::Pool::max:
      if (tiled) {
        launch_backward(MaxTilesRoute<Formula>{formula, plan, arrays}, db);
      } else {
        launch_backward(MaxRoute<Formula>{formula, plan, arrays}, db);
      }
      break;
    case ConvTailGeometry::Pool::average:
      if (tiled) {
        launch_backward(AverageTilesRoute<Formula>{formula, plan, arrays}, db);
      } else {
        launch_backward(AverageRoute<Formula>{formula, plan, arrays}, db);
      }
      break;
  }
}

}  // namespace

void conv_tail_backward(const ConvTailGeometry& g, const real* z, const real* b, const real* y,
                        const std::int32_t* argmax, const real* dy, real* dz, real* db) {
  const TailArrays arrays{z, b, y, argmax, dy, dz};
  with_formula(g, [&](const auto& formula) { backward(formula, g, arrays, db); });
}

}  // namespace longhand::cuda
