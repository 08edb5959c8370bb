// One loop for two directions. Forward slides a window over x. Backward by the data asks at each dx
// for the outputs that saw it, and for the pixels that lie a stride apart those lie side by side:
// so it slides a window too, over dy. Kernels that compute a Correlation do both.
//
//   to[n, o, row, column] = b[o] + sum over i, th, tw of from[n, i, row', column'] * w[...]
//
// where along each axis the places of the window are numbered p and its taps t.
#pragma once

#include <numeric>

#include "layers/conv2d.h"

namespace longhand::cuda {

// Rows or columns: place p of the output is row to + p * to_step of its image; its tap t reads row
// from + p * from_step + t * tap_step of the input's image, and is row w + t * w_step of the
// kernel.
struct Axis {
  int places = 0;
  int to = 0, to_step = 1;
  int from = 0, from_step = 1;
  int taps = 0, tap_step = 1;
  int w = 0, w_step = 1;

  // How many rows of the input `count` places next to each other reach over.
  constexpr int reach(int count) const {
    return taps == 0 ? 0 : (count - 1) * from_step + (taps - 1) * tap_step + 1;
  }
};

struct Correlation {
  Shape from, to;  // x and y, or dy and dx
  int groups = 1;
  int from_c, to_c;  // channels of a group
  Axis rows, columns;
  // The weight of a group's output channel o, input channel i, and (kh, kw) is number
  //   group * w_group + o * w_to + i * w_from + kh * w_columns + kw
  int w_group, w_to, w_from, w_columns;

  constexpr int taps() const { return rows.taps * columns.taps; }
};

constexpr Correlation correlation_forward(const Conv2dGeometry& g) {
  const int out = g.y.c / g.groups, kernel = g.w.h * g.w.w;
  return {.from = g.x,
          .to = g.y,
          .groups = g.groups,
          .from_c = g.w.c,
          .to_c = out,
          .rows = {g.y.h, 0, 1, -g.padding_top, g.stride_h, g.w.h, g.dilation_h, 0, 1},
          .columns = {g.y.w, 0, 1, -g.padding_left, g.stride_w, g.w.w, g.dilation_w, 0, 1},
          .w_group = out * g.w.c * kernel,
          .w_to = g.w.c * kernel,
          .w_from = kernel,
          .w_columns = g.w.w};
}

// The rows i of dx for which (i + padding) % stride is `residue`. An output row o saw such a row
// through the tap k of the kernel for which o * stride = i + padding - k * dilation, so only taps
// with k * dilation % stride = residue count. Both lie at equal distances:
//
//   places   i = to, to + stride, to + 2 stride, ...; from one to the next o grows by 1
//   taps     k = first, first + step, ...; from one to the next o falls by step * dilation / stride
//
// Taken from the last tap to the first o rises, as it does in an Axis. There may be no taps: then
// no output saw these rows.
constexpr Axis axis_backward(int size, int kernel, int stride, int padding, int dilation,
                             int residue) {
  Axis axis;
  axis.to = (residue - padding % stride + stride) % stride;
  axis.to_step = stride;
  axis.places = axis.to < size ? (size - 1 - axis.to) / stride + 1 : 0;
  const int step = stride / std::gcd(stride, dilation);
  int first = 0;
  while (first < kernel && first * dilation % stride != residue) ++first;
  if (first >= kernel) return axis;
  axis.taps = (kernel - 1 - first) / step + 1;
  const int last = first + (axis.taps - 1) * step;
  axis.w = last;
  axis.w_step = -step;
  axis.tap_step = step * dilation / stride;
  // Both divisions have no remainder but the residue, which they share.
  axis.from = (axis.to + padding) / stride - last * dilation / stride;
  return axis;
}

// Calls f with the correlations, stride_h * stride_w at most, that together give all of dx.
template <class F>
void for_each_backward(const Conv2dGeometry& g, F f) {
  const int out = g.y.c / g.groups, kernel = g.w.h * g.w.w;
  for (int h = 0; h < g.stride_h; ++h) {
    for (int w = 0; w < g.stride_w; ++w) {
      const Correlation k{
          .from = g.y,
          .to = g.x,
          .groups = g.groups,
          .from_c = out,
          .to_c = g.w.c,
          .rows = axis_backward(g.x.h, g.w.h, g.stride_h, g.padding_top, g.dilation_h, h),
          .columns = axis_backward(g.x.w, g.w.w, g.stride_w, g.padding_left, g.dilation_w, w),
          .w_group = out * g.w.c * kernel,
          .w_to = kernel,
          .w_from = g.w.c * kernel,
          .w_columns = g.w.w};
      if (k.rows.places > 0 && k.columns.places > 0) f(k);
    }
  }
}

// Where the weight of a tap lies, without the channels.
constexpr int w_of_tap(const Correlation& k, int th, int tw) {
  return (k.rows.w + th * k.rows.w_step) * k.w_columns + k.columns.w + tw * k.columns.w_step;
}

}  // namespace longhand::cuda
