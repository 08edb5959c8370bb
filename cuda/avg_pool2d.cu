#include "layers/avg_pool2d.h"

#include "cuda/grid.h"
#include "cuda/launch.h"
#include "cuda/pool2d.h"

namespace longhand::cuda {

namespace {

__global__ void avg_pool2d_forward_kernel(Pool2dPlan plan, const real* x, real* y) {
  const Pool2dGeometry& g = plan.g;
  const std::int64_t i = global_index();
  if (i >= g.y.size()) return;
  const auto [n, c, oh, ow] = plan.y(i);
  y[i] =
      window_mean(g, Pool2dPart(g, oh, ow), x + plane(g.x, n, c), [](real value) { return value; });
}

__global__ void avg_pool2d_backward_kernel(Pool2dPlan plan, const real* dy, real* dx) {
  const Pool2dGeometry& g = plan.g;
  const std::int64_t i = global_index();
  if (i >= g.x.size()) return;
  const auto [n, c, ih, iw] = plan.x(i);
  dx[i] = sum_of_shares(plan, ih, iw, dy + plane(g.y, n, c));
}

__global__ void avg_pool2d_backward_tiles_kernel(Pool2dPlan plan, const real* dy, real* dx) {
  const Pool2dGeometry& g = plan.g;
  const std::int64_t i = global_index();
  if (i >= g.y.size()) return;
  const auto [n, c, oh, ow] = plan.y(i);
  const real share = dy[i] / Pool2dPart(g, oh, ow).size;
  write_tile(g, oh, ow, dx + plane(g.x, n, c), [=](std::int32_t) { return share; });
}

}  // namespace

void avg_pool2d_forward(const Pool2dGeometry& g, const real* x, real* y) {
  LAUNCH(avg_pool2d_forward_kernel, blocks_for(g.y.size()), threads_a_block, 0, stream(),
         Pool2dPlan(g), x, y);
}

void avg_pool2d_backward(const Pool2dGeometry& g, const real* dy, real* dx) {
  if (is_tiled(g)) {
    LAUNCH(avg_pool2d_backward_tiles_kernel, blocks_for(g.y.size()), threads_a_block, 0, stream(),
           Pool2dPlan(g), dy, dx);
  } else {
    LAUNCH(avg_pool2d_backward_kernel, blocks_for(g.x.size()), threads_a_block, 0, stream(),
           Pool2dPlan(g), dy, dx);
  }
}

}  // namespace longhand::cuda
