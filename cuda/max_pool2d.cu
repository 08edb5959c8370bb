#include "layers/max_pool2d.h"

#include <cmath>

#include "cuda/grid.h"
#include "cuda/launch.h"
#include "cuda/pool2d.h"

namespace longhand::cuda {

namespace {

__global__ void max_pool2d_forward_v1_kernel(Pool2dGeometry g, const real* x, real* y,
                                             std::int32_t* argmax) {
  const std::int64_t i = global_index();
  if (i >= g.y.size()) return;
  const auto [n, c, oh, ow] = index_at(g.y, i);
  const Pool2dPart part(g, oh, ow);  // never empty, as padding < kernel
  std::int32_t winner = part.h_begin * g.x.w + part.w_begin;
  real largest = x[at(g.x, n, c, part.h_begin, part.w_begin)];
  for (int ih = part.h_begin; ih < part.h_end; ++ih) {
    for (int iw = part.w_begin; iw < part.w_end; ++iw) {
      const real value = x[at(g.x, n, c, ih, iw)];
      if (value > largest || (std::isnan(value) && !std::isnan(largest))) {
        largest = value;
        winner = ih * g.x.w + iw;
      }
    }
  }
  y[at(g.y, n, c, oh, ow)] = largest;
  argmax[at(g.y, n, c, oh, ow)] = winner;
}

__global__ void max_pool2d_backward_scatter_kernel(Pool2dGeometry g, const real* dy,
                                                   const std::int32_t* argmax, real* dx) {
  const std::int64_t i = global_index();
  if (i >= g.y.size()) return;
  const auto [n, c, oh, ow] = index_at(g.y, i);
  const std::int32_t winner = argmax[at(g.y, n, c, oh, ow)];
  // atomic because the threads of windows that overlap may share their winner
  atomicAdd(&dx[at(g.x, n, c, winner / g.x.w, winner % g.x.w)], dy[at(g.y, n, c, oh, ow)]);
}

__global__ void max_pool2d_backward_v1_kernel(Pool2dPlan plan, const real* dy,
                                              const std::int32_t* argmax, real* dx) {
  const Pool2dGeometry& g = plan.g;
  const std::int64_t i = global_index();
  if (i >= g.x.size()) return;
  const auto [n, c, ih, iw] = index_at(g.x, i);
  const Pool2dWindows windows(plan, ih, iw);
  real sum = 0;
  for (int oh = windows.oh_begin; oh < windows.oh_end; ++oh) {
    for (int ow = windows.ow_begin; ow < windows.ow_end; ++ow) {
      const std::int32_t winner = argmax[at(g.y, n, c, oh, ow)];
      if (winner == ih * g.x.w + iw) sum += dy[at(g.y, n, c, oh, ow)];
    }
  }
  dx[at(g.x, n, c, ih, iw)] = sum;
}

// The same without a division, the loops over the window and the windows in cuda/pool2d.h.
__global__ void max_pool2d_forward_kernel(Pool2dPlan plan, const real* x, real* y,
                                          std::int32_t* argmax) {
  const Pool2dGeometry& g = plan.g;
  const std::int64_t i = global_index();
  if (i >= g.y.size()) return;
  const auto [n, c, oh, ow] = plan.y(i);
  const Pool2dLargest largest = window_largest(g, Pool2dPart(g, oh, ow), x + plane(g.x, n, c),
                                               [](real value) { return value; });
  y[i] = largest.value;
  argmax[i] = largest.place;
}

__global__ void max_pool2d_backward_kernel(Pool2dPlan plan, const real* dy,
                                           const std::int32_t* argmax, real* dx) {
  const Pool2dGeometry& g = plan.g;
  const std::int64_t i = global_index();
  if (i >= g.x.size()) return;
  const auto [n, c, ih, iw] = plan.x(i);
  const std::int64_t y = plane(g.y, n, c);
  dx[i] = sum_of_won(plan, ih, iw, dy + y, argmax + y).sum;
}

__global__ void max_pool2d_backward_tiles_kernel(Pool2dPlan plan, const real* dy,
                                                 const std::int32_t* argmax, real* dx) {
  const Pool2dGeometry& g = plan.g;
  const std::int64_t i = global_index();
  if (i >= g.y.size()) return;
  const auto [n, c, oh, ow] = plan.y(i);
  const std::int32_t winner = argmax[i];
  const real gradient = dy[i];
  write_tile(g, oh, ow, dx + plane(g.x, n, c),
             [=](std::int32_t place) { return place == winner ? gradient : 0; });
}

}  // namespace

void max_pool2d_forward_v1(const Pool2dGeometry& g, const real* x, real* y, std::int32_t* argmax) {
  LAUNCH(max_pool2d_forward_v1_kernel, blocks_for(g.y.size()), threads_a_block, 0, stream(), g, x,
         y, argmax);
}

void max_pool2d_backward_scatter(const Pool2dGeometry& g, const real* dy,
                                 const std::int32_t* argmax, real* dx) {
  CUDA_CHECK(cudaMemsetAsync(dx, 0, static_cast<std::size_t>(g.x.size()) * sizeof(real), stream()));
  LAUNCH(max_pool2d_backward_scatter_kernel, blocks_for(g.y.size()), threads_a_block, 0, stream(),
         g, dy, argmax, dx);
}

void max_pool2d_backward_v1(const Pool2dGeometry& g, const real* dy, const std::int32_t* argmax,
                            real* dx) {
  LAUNCH(max_pool2d_backward_v1_kernel, blocks_for(g.x.size()), threads_a_block, 0, stream(),
         Pool2dPlan(g), dy, argmax, dx);
}

void max_pool2d_forward(const Pool2dGeometry& g, const real* x, real* y, std::int32_t* argmax) {
  LAUNCH(max_pool2d_forward_kernel, blocks_for(g.y.size()), threads_a_block, 0, stream(),
         Pool2dPlan(g), x, y, argmax);
}

void max_pool2d_backward(const Pool2dGeometry& g, const real* dy, const std::int32_t* argmax,
                         real* dx) {
  if (is_tiled(g)) {
    LAUNCH(max_pool2d_backward_tiles_kernel, blocks_for(g.y.size()), threads_a_block, 0, stream(),
           Pool2dPlan(g), dy, argmax, dx);
  } else {
    LAUNCH(max_pool2d_backward_kernel, blocks_for(g.x.size()), threads_a_block, 0, stream(),
           Pool2dPlan(g), dy, argmax, dx);
  }
}

}  // namespace longhand::cuda
