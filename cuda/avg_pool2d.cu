#include "layers/avg_pool2d.h"

#include "cuda/grid.h"
#include "cuda/launch.h"
#include "cuda/pool2d.h"

namespace longhand::cuda {

namespace {

__global__ void avg_pool2d_forward_kernel(Pool2dGeometry g, const real* x, real* y) {
  const std::int64_t i = global_index();
  if (i >= g.y.size()) return;
  const auto [n, c, oh, ow] = index_at(g.y, i);
  const Pool2dPart part(g, oh, ow);
  real sum = 0;
  for (int ih = part.h_begin; ih < part.h_end; ++ih) {
    for (int iw = part.w_begin; iw < part.w_end; ++iw) sum += x[at(g.x, n, c, ih, iw)];
  }
  y[at(g.y, n, c, oh, ow)] = sum / part.size;
}

__global__ void avg_pool2d_backward_kernel(Pool2dGeometry g, const real* dy, real* dx) {
  const std::int64_t i = global_index();
  if (i >= g.x.size()) return;
  const auto [n, c, ih, iw] = index_at(g.x, i);
  const Pool2dWindows windows(g, ih, iw);
  real sum = 0;
  for (int oh = windows.oh_begin; oh < windows.oh_end; ++oh) {
    for (int ow = windows.ow_begin; ow < windows.ow_end; ++ow) {
      const Pool2dPart part(g, oh, ow);
      const real share = dy[at(g.y, n, c, oh, ow)] / part.size;
      sum += share;
    }
  }
  dx[at(g.x, n, c, ih, iw)] = sum;
}

}  // namespace

void avg_pool2d_forward(const Pool2dGeometry& g, const real* x, real* y) {
  LAUNCH(avg_pool2d_forward_kernel, blocks_for(g.y.size()), threads_a_block, 0, stream(), g, x, y);
}

void avg_pool2d_backward(const Pool2dGeometry& g, const real* dy, real* dx) {
  LAUNCH(avg_pool2d_backward_kernel, blocks_for(g.x.size()), threads_a_block, 0, stream(), g, dy,
         dx);
}

}  // namespace longhand::cuda
