// Winograd's convolution along lines over lanes, forward and backward by data.
#include "layers/conv2d_lanes_lines.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/lanes.h"
#include "core/layout.h"
#include "core/scratch.h"
#include "core/vector.h"
#include "layers/conv2d_lanes_points.h"
#include "layers/conv2d_line_points.h"
#include "layers/conv2d_line_weights.h"

namespace longhand::fast::lanes {

namespace {

// a mod b, also of a negative a.
int wrapped(int a, int b) {
  return (a % b + b) % b;
}

// Whether a row of y, or its share in the gradients, takes fewer operations by points than by taps.
// Beside the products, a point of a pair takes so many for each channel of x and of y. (The
// compared numbers are those of one group: all have as many.)
bool pays(const Conv2dGeometry& g, int x_operations, int y_operations) {
  const std::int64_t in = g.w.c, out = g.y.c / g.groups, products = in * out * g.w.h;
  const std::int64_t pair_points = (g.y.w + 1) / 2 * std::int64_t{g.w.w + 1};
  return lines_compute(g) && pair_points * (products + x_operations * in + y_operations * out) <
                                 std::int64_t{g.y.w} * g.w.w * products;
}

}  // namespace

bool lines_compute(const Conv2dGeometry& g) {
  return g.stride_h == 1 && g.stride_w == 1 && g.dilation_w == 1 && g.w.w >= 3 &&
         g.w.w <= line_winograd::most_taps;
}

// The numbers of operations fit what was measured: loads and stores count, too, and sums over taps
// do not all run at the same speed. docs/fast_cpu.md has the table.
bool lines_pay_forward(const Conv2dGeometry& g) {
  return pays(g, 8, 5);
}
bool lines_pay_backward_data(const Conv2dGeometry& g) {
  return pays(g, 10, 8);
}
bool lines_pay_backward_weights(const Conv2dGeometry& g) {
  // All of a block's V is there at a time, and is read for every few channels of y.
  constexpr std::int64_t most = (1 << 22) / sizeof(float);
  const std::int64_t pairs = (g.y.w + 1) / 2;
  const std::int64_t v = std::int64_t{g.x.c} * g.x.h * pairs * (g.w.w + 1) * lane_count;
  return pays(g, 16, 20) && v <= most;
}

void LineRows::prepare_forward(const Conv2dGeometry& g, const real* w) {
  backward_ = false;
  prepare(g, w);
}

void LineRows::prepare_backward(const Conv2dGeometry& g, const real* w) {
  backward_ = true;
  prepare(g, w);
}

void LineRows::prepare(const Conv2dGeometry& g, const real* w) {
  const auto size = static_cast<std::size_t>(g.w.size());
  if (!(g == g_)) {
    g_ = g;
    from_ = backward_ ? g.y : g.x;
    to_ = backward_ ? g.x : g.y;
    kernel_ = {to_.c / g.groups, from_.c / g.groups, g.w.h, g.w.w};
    dilation_ = g.dilation_h;
    above_ = backward_ ? window() - 1 - g.padding_top : g.padding_top;
    pairs_ = (g.y.w + 1) / 2;
    find_offsets();
    u_.resize(size / static_cast<std::size_t>(g.w.w) * static_cast<std::size_t>(g.w.w + 1));
    by_element_.resize(size / static_cast<std::size_t>(g.groups) + cache_line);
    last_w_.clear();
  }
  // (ForwardRows has what this saves.)
  if (last_w_.size() == size && std::memcmp(last_w_.data(), w, size * sizeof(real)) == 0) return;
  last_w_.assign(w, w + size);
  transform_kernels(w);
}

void LineRows::find_offsets() {
  const std::int64_t v_row = std::int64_t{pairs_} * lane_count;
  v_channel_ = window() * v_row;
  v_point_ = from_.c * v_channel_;
  offsets_.clear();
  for (int first = 0; first < window(); ++first) {
    for (int kh = 0; kh < kernel_.h; ++kh) {
      for (int channel = 0; channel < kernel_.c; ++channel) {
        offsets_.push_back(channel * v_channel_ + (first + kh * dilation_) % window() * v_row);
      }
    }
  }
}

void LineRows::transform_kernels(const real* w) {
  const int points = kernel_.w + 1, elements = kernel_.h * kernel_.w;
  const std::int64_t size = kernel_.size(), one_point = size / kernel_.w;
  line_winograd::Kernels kernels = line_winograd::forward_kernels(g_, w);
  if (backward_) std::swap(kernels.in, kernels.out);
  for (int group = 0; group < g_.groups; ++group) {
    line_winograd::transpose_kernels(kernel_, kernels, group, by_element_.data());
    for (int kh = 0; kh < kernel_.h; ++kh) {
      line_winograd::KernelLines lines{
          .g = by_element_.data() + std::int64_t{kh} * kernel_.w * kernel_.n,
          .lines = kernel_.c,
          .pitch = elements,
          .step = 1,
          .width = kernel_.n,
          .channels = kernel_.n,
          .u = {}};
      // Backward, the last row of the kernel sees the first row of dy.
      const int place = backward_ ? kernel_.h - 1 - kh : kh;
      for (int i = 0; i < points; ++i) {
        lines.u[static_cast<std::size_t>(i)] =
            u_.data() + (group * points + i) * one_point + place * (one_point / kernel_.h);
      }
      line_winograd::transform_taps(kernel_.w, lines);
    }
  }
}

// Row `row` of x (dy) to its place in V (dM), all points and channels.
void LineRows::to_points(const real* from, int row, real* v) const {
  const std::int64_t line = std::int64_t{from_.w} * lane_count;
  const PairLines lines{.rows = from_.c,
                        .pairs = pairs_,
                        .from = from + row * line,
                        .from_row = from_.h * line,
                        .from_pair = 2 * lane_count,
                        .from_element = lane_count,
                        .to = v + std::int64_t{row % window()} * pairs_ * lane_count,
                        .to_row = v_channel_,
                        .to_pair = lane_count,
                        .to_element = v_point_};
  if (backward_) return gradient_points(g_.w.w, {from_.w, 0, 2 * pairs_}, lines);
  input_points(g_.w.w, seen_columns(g_), lines);
}

// Row `row` of y (dx), of a group's channels from `channel` on, from M (dV).
void LineRows::from_points(const real* m, int row, int channel, real* to) const {
  const std::int64_t m_channel = std::int64_t{pairs_} * lane_count;
  const std::int64_t line = std::int64_t{to_.w} * lane_count;
  const PairLines lines{.rows = kernel_.n,
                        .pairs = pairs_,
                        .from = m,
                        .from_row = m_channel,
                        .from_pair = lane_count,
                        .from_element = kernel_.n * m_channel,
                        .to = to + (std::int64_t{channel} * to_.h + row) * line,
                        .to_row = to_.h * line,
                        .to_pair = 2 * lane_count,
                        .to_element = lane_count};
  if (backward_) return overlap_pairs(g_.w.w, seen_columns(g_), lines);
  output_pairs(g_.w.w, {to_.w, 0, 2 * pairs_}, lines);
}

void LineRows::rows(const real* from, const real* b, int first, int end, real* to) const {
  const int points = kernel_.w + 1, out = kernel_.n;
  const int row_taps = kernel_.c, all_taps = kernel_.h * row_taps;
  const std::int64_t m_channel = std::int64_t{pairs_} * lane_count, m_point = out * m_channel;
  real* v = scratch<PointsOfX>(points * v_point_);
  real* m = scratch<PointsOfY>(points * m_point);
  // So many of the rows `top`, top + dilation_, ... of a window are above row `row`.
  const auto rows_above = [&](int row, int top) {
    return std::clamp((row - top + dilation_ - 1) / dilation_, 0, kernel_.h);
  };
  int made = std::max(0, first - above_);  // rows of V
  for (int row = first; row < end; ++row) {
    const int top = row - above_;
    for (; made < std::min(top + window(), from_.h); ++made) to_points(from, made, v);
    const int kh = rows_above(0, top), rows_seen = std::max(0, rows_above(from_.h, top) - kh);
    const std::int64_t first_tap = std::int64_t{kh} * row_taps;
    for (int group = 0; group < g_.groups; ++group) {
      for (int i = 0; i < points; ++i) {
        // A pair's first output gets all of the first point, 0, and its second all of infinity; the
        // other does not see it.
        const bool with_bias = b != nullptr && (i == 0 || i == points - 1);
        sum({.channels = out,
             .places = pairs_,
             .taps = rows_seen * row_taps,
             .offset = offsets_.data() + wrapped(top, window()) * all_taps + first_tap,
             .w = u_.data() + ((group * points + i) * all_taps + first_tap) * out,
             .w_channel = 1,
             .w_tap = out,
             .b = with_bias ? b + group * out : nullptr,
             .x = v + i * v_point_ + group * kernel_.c * v_channel_,
             .x_place = lane_count,
             .y = m + i * m_point,
             .y_channel = m_channel,
             .y_place = lane_count});
      }
      from_points(m, row, group * out, to);
    }
  }
}

}  // namespace longhand::fast::lanes
