#include "layers/softmax.h"

#include <algorithm>
#include <cmath>

#include "cuda/grid.h"
#include "cuda/launch.h"
#include "cuda/reduce.h"

namespace longhand::cuda {

namespace {

// Softmax is taken over the channels at one n, h, w: a row. So many rows there are.
constexpr Shape rows_of(const Shape& g) {
  return {g.n, 1, g.h, g.w};
}

__global__ void softmax_forward_v1_kernel(Shape g, const real* x, real* y) {
  const std::int64_t i = global_index();
  if (i >= rows_of(g).size()) return;
  const auto [n, zero, h, w] = index_at(rows_of(g), i);
  real largest = x[at(g, n, 0, h, w)];
  for (int c = 1; c < g.c; ++c) largest = std::max(largest, x[at(g, n, c, h, w)]);
  real sum = 0;
  for (int c = 0; c < g.c; ++c) {
    const real e = std::exp(x[at(g, n, c, h, w)] - largest);
    y[at(g, n, c, h, w)] = e;
    sum += e;
  }
  for (int c = 0; c < g.c; ++c) y[at(g, n, c, h, w)] /= sum;
}

__global__ void softmax_backward_v1_kernel(Shape g, const real* y, const real* dy, real* dx) {
  const std::int64_t i = global_index();
  if (i >= rows_of(g).size()) return;
  const auto [n, zero, h, w] = index_at(rows_of(g), i);
  real mean = 0;  // of dy, weighted by the probabilities
  for (int c = 0; c < g.c; ++c) mean += dy[at(g, n, c, h, w)] * y[at(g, n, c, h, w)];
  for (int c = 0; c < g.c; ++c) {
    dx[at(g, n, c, h, w)] = y[at(g, n, c, h, w)] * (dy[at(g, n, c, h, w)] - mean);
  }
}

// A team a row, where an image is one pixel: its threads share the channels.
template <class Team>
__global__ void softmax_forward_kernel(Shape g, const real* x, real* y) {
  const int n = Team::row(), begin = Team::first(), threads = Team::threads();
  if (n >= g.n) return;
  real largest = -std::numeric_limits<real>::infinity();
  for (int c = begin; c < g.c; c += threads) largest = larger(largest, x[at(g, n, c, 0, 0)]);
  largest = Team::max(largest);
  real sum = 0;
  for (int c = begin; c < g.c; c += threads) {
    const real e = std::exp(x[at(g, n, c, 0, 0)] - largest);
    y[at(g, n, c, 0, 0)] = e;
    sum += e;
  }
  sum = Team::sum(sum);
  for (int c = begin; c < g.c; c += threads) y[at(g, n, c, 0, 0)] /= sum;
}

template <class Team>
__global__ void softmax_backward_kernel(Shape g, const real* y, const real* dy, real* dx) {
  const int n = Team::row(), begin = Team::first(), threads = Team::threads();
  if (n >= g.n) return;
  real mean = 0;
  for (int c = begin; c < g.c; c += threads) {
    mean += dy[at(g, n, c, 0, 0)] * y[at(g, n, c, 0, 0)];
  }
  mean = Team::sum(mean);
  for (int c = begin; c < g.c; c += threads) {
    dx[at(g, n, c, 0, 0)] = y[at(g, n, c, 0, 0)] * (dy[at(g, n, c, 0, 0)] - mean);
  }
}

}  // namespace

void softmax_forward_v1(const Shape& g, const real* x, real* y) {
  LAUNCH(softmax_forward_v1_kernel, blocks_for(rows_of(g).size()), threads_a_block, 0, stream(), g,
         x, y);
}

void softmax_backward_v1(const Shape& g, const real* y, const real* dy, real* dx) {
  LAUNCH(softmax_backward_v1_kernel, blocks_for(rows_of(g).size()), threads_a_block, 0, stream(), g,
         y, dy, dx);
}

// Threads side by side should read numbers side by side. Where an image has several pixels these
// are those of neighbouring rows, which v1's threads read; in an image of one pixel, a row's own.
void softmax_forward(const Shape& g, const real* x, real* y) {
  if (g.h * g.w > 1) {
    softmax_forward_v1(g, x, y);
  } else {
    LAUNCH_FOR_ROWS(softmax_forward_kernel, g.n, g.c, g, x, y);
  }
}

void softmax_backward(const Shape& g, const real* y, const real* dy, real* dx) {
  if (g.h * g.w > 1) {
    softmax_backward_v1(g, y, dy, dx);
  } else {
    LAUNCH_FOR_ROWS(softmax_backward_kernel, g.n, g.c, g, y, dy, dx);
  }
}

}  // namespace longhand::cuda
