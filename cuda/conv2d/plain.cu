// One thread an element of what is computed, the loops around it being the grid. Each sum runs in
// the order of ref, whatever the order of the threads.
#include "cuda/conv2d/versions.h"
#include "cuda/grid.h"
#include "cuda/launch.h"

namespace longhand::cuda {

namespace {

__global__ void conv2d_forward_kernel(Conv2dGeometry g, const real* x, const real* w, const real* b,
                                      real* y) {
  if (global_index() >= g.y.size()) return;
  const auto [n, co, oh, ow] = index_at(g.y, global_index());
  const int first = co / (g.y.c / g.groups) * g.w.c;  // the first input channel of co's group
  real sum = b ? b[co] : 0;
  for (int ci = 0; ci < g.w.c; ++ci) {
    for (int kh = 0; kh < g.w.h; ++kh) {
      for (int kw = 0; kw < g.w.w; ++kw) {
        const int ih = oh * g.stride_h - g.padding_top + kh * g.dilation_h;
        const int iw = ow * g.stride_w - g.padding_left + kw * g.dilation_w;
        if (!inside(g.x, ih, iw)) continue;
        sum += x[at(g.x, n, first + ci, ih, iw)] * w[at(g.w, co, ci, kh, kw)];
      }
    }
  }
  y[at(g.y, n, co, oh, ow)] = sum;
}

// ref hands each dy to all x of its window; two threads that did so would meet at the same dx. Here
// each dx fetches what comes to it: from every output whose window lay over it, which is, for the
// kernel's element (kh, kw), the output with oh * stride = ih + padding_top - kh * dilation, if
// there is one. Outputs come in ref's order when kh and kw run backwards.
__global__ void conv2d_backward_data_kernel(Conv2dGeometry g, const real* dy, const real* w,
                                            real* dx) {
  if (global_index() >= g.x.size()) return;
  const auto [n, c, ih, iw] = index_at(g.x, global_index());
  const int group = c / g.w.c, ci = c % g.w.c;
  const int out = g.y.c / g.groups;  // output channels of a group
  real sum = 0;
  for (int co = group * out; co < (group + 1) * out; ++co) {
    for (int kh = g.w.h - 1; kh >= 0; --kh) {
      for (int kw = g.w.w - 1; kw >= 0; --kw) {
        const int row = ih + g.padding_top - kh * g.dilation_h;
        const int column = iw + g.padding_left - kw * g.dilation_w;
        if (row % g.stride_h != 0 || column % g.stride_w != 0) continue;
        const int oh = row / g.stride_h, ow = column / g.stride_w;
        if (!inside(g.y, oh, ow)) continue;
        sum += dy[at(g.y, n, co, oh, ow)] * w[at(g.w, co, ci, kh, kw)];
      }
    }
  }
  dx[at(g.x, n, c, ih, iw)] = sum;
}

__global__ void conv2d_backward_weights_kernel(Conv2dGeometry g, const real* x, const real* dy,
                                               real* dw) {
  if (global_index() >= g.w.size()) return;
  const auto [co, ci, kh, kw] = index_at(g.w, global_index());
  const int first = co / (g.y.c / g.groups) * g.w.c;
  real sum = dw[at(g.w, co, ci, kh, kw)];
  for (int n = 0; n < g.y.n; ++n) {
    for (int oh = 0; oh < g.y.h; ++oh) {
      for (int ow = 0; ow < g.y.w; ++ow) {
        const int ih = oh * g.stride_h - g.padding_top + kh * g.dilation_h;
        const int iw = ow * g.stride_w - g.padding_left + kw * g.dilation_w;
        if (!inside(g.x, ih, iw)) continue;
        sum += dy[at(g.y, n, co, oh, ow)] * x[at(g.x, n, first + ci, ih, iw)];
      }
    }
  }
  dw[at(g.w, co, ci, kh, kw)] = sum;
}

__global__ void conv2d_backward_bias_v1_kernel(Conv2dGeometry g, const real* dy, real* db) {
  if (global_index() >= g.y.c) return;
  const int co = static_cast<int>(global_index());
  real sum = db[co];
  for (int n = 0; n < g.y.n; ++n) {
    for (int oh = 0; oh < g.y.h; ++oh) {
      for (int ow = 0; ow < g.y.w; ++ow) sum += dy[at(g.y, n, co, oh, ow)];
    }
  }
  db[co] = sum;
}

}  // namespace

namespace plain {

void conv2d_forward(const Conv2dGeometry& g, const real* x, const real* w, const real* b, real* y) {
  const unsigned blocks = blocks_for(g.y.size());
  LAUNCH(conv2d_forward_kernel, blocks, threads_a_block, 0, stream(), g, x, w, b, y);
}

void conv2d_backward_data(const Conv2dGeometry& g, const real* dy, const real* w, real* dx) {
  const unsigned blocks = blocks_for(g.x.size());
  LAUNCH(conv2d_backward_data_kernel, blocks, threads_a_block, 0, stream(), g, dy, w, dx);
}

void conv2d_backward_weights(const Conv2dGeometry& g, const real* x, const real* dy, real* dw) {
  const unsigned blocks = blocks_for(g.w.size());
  LAUNCH(conv2d_backward_weights_kernel, blocks, threads_a_block, 0, stream(), g, x, dy, dw);
}

}  // namespace plain

void conv2d_backward_bias_v1(const Conv2dGeometry& g, const real* dy, real* db) {
  LAUNCH(conv2d_backward_bias_v1_kernel, blocks_for(g.y.c), threads_a_block, 0, stream(), g, dy,
         db);
}

}  // namespace longhand::cuda
