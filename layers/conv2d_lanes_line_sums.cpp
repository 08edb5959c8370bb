// Winograd's convolution along lines over lanes, backward by weights.
#include <algorithm>

#include "core/lanes.h"
#include "core/layout.h"
#include "core/scratch.h"
#include "layers/conv2d_lanes_lines.h"
#include "layers/conv2d_lanes_points.h"
#include "layers/conv2d_line_matrices.h"

namespace longhand::fast::lanes {

void LineSums::prepare(const Conv2dGeometry& g) {
  if (g == g_) return;
  g_ = g;
  pairs_ = (g.y.w + 1) / 2;
  const std::int64_t v_row = std::int64_t{pairs_} * lane_count;
  offsets_.clear();
  sum_offsets_.clear();
  first_row_.clear();
  end_row_.clear();
  for (int kh = 0; kh < g.w.h; ++kh) {
    const int down = kh * g.dilation_h - g.padding_top;  // row of x - row of y
    first_row_.push_back(std::clamp(-down, 0, g.y.h));
    end_row_.push_back(std::clamp(g.x.h - down, first_row_.back(), g.y.h));
    for (int ci = 0; ci < g.w.c; ++ci) {
      offsets_.push_back((std::int64_t{ci} * g.x.h + kh * g.dilation_h) * v_row);
      sum_offsets_.push_back(std::int64_t{kh} * g.w.c + ci);
    }
  }
}

void LineSums::add(const real* x, const real* dy, int blocks, int first_channel, int end_channel,
                   real* dw) const {
  constexpr std::int64_t v_at_once = (1 << 19) / sizeof(real), u_at_once = (1 << 19) / sizeof(real);
  const Conv2dGeometry& g = g_;
  const int points = g.w.w + 1, out = g.y.c / g.groups;
  const std::int64_t row = std::int64_t{pairs_} * lane_count;
  const std::int64_t v_point = g.x.c * g.x.h * row, dy_channel = g.y.h * row;
  const int at_once = static_cast<int>(std::max<std::int64_t>(1, v_at_once / (points * v_point)));
  const int most_channels =
      static_cast<int>(std::max<std::int64_t>(1, u_at_once / (points * dy_channel)));
  for (int first = 0; first < blocks; first += at_once) {
    const int here = std::min(at_once, blocks - first);
    real* v = scratch<struct PointsOfX>(at_once * points * v_point);
    for (int i = 0; i < here; ++i) {  // [point][ci][row][pair]
      const std::int64_t x_row = std::int64_t{g.x.w} * lane_count, lines = g.x.c * g.x.h;
      input_points(g.w.w, seen_columns(g),
                   {.rows = static_cast<int>(lines),
                    .pairs = pairs_,
                    .from = x + (first + i) * lines * x_row,
                    .from_row = x_row,
                    .from_pair = 2 * lane_count,
                    .from_element = lane_count,
                    .to = v + i * points * v_point,
                    .to_row = row,
                    .to_pair = lane_count,
                    .to_element = v_point});
    }
    for (int co = first_channel; co < end_channel;) {
      const int group = co / out;
      const int channels = std::min({most_channels, (group + 1) * out - co, end_channel - co});
      add_channels(v + group * g.w.c * g.x.h * row, dy, first, here, co, channels, dw);
      co += channels;
    }
  }
}

void LineSums::add_channels(const real* v, const real* dy, int first_block, int blocks, int co,
                            int channels, real* dw) const {
  const Conv2dGeometry& g = g_;
  const int points = g.w.w + 1, taps = g.w.h * g.w.c;
  const std::int64_t row = std::int64_t{pairs_} * lane_count;
  const std::int64_t v_point = g.x.c * g.x.h * row;
  const std::int64_t u_channel = g.y.h * row, u_point = channels * u_channel;
  real* u = scratch<struct PointsOfY>(blocks * points * u_point);
  for (int i = 0; i < blocks; ++i) {
    const std::int64_t y_row = std::int64_t{g.y.w} * lane_count;
    gradient_points(g.w.w, {.width = g.y.w, .first = 0, .count = 2 * pairs_},
                    {.rows = channels * g.y.h,
                     .pairs = pairs_,
                     .from = dy + (std::int64_t{first_block + i} * g.y.c + co) * g.y.h * y_row,
                     .from_row = y_row,
                     .from_pair = 2 * lane_count,
                     .from_element = lane_count,
                     .to = u + i * points * u_point,
                     .to_row = row,
                     .to_pair = lane_count,
                     .to_element = u_point});
  }
  const std::int64_t sums_point = std::int64_t{channels} * taps;
  real* sums = scratch<struct PointSums>(points * sums_point);
  std::fill_n(sums, points * sums_point, real(0));
  for (int i = 0; i < points; ++i) {
    add_products({.channels = channels,
                  .groups = g.w.h,
                  .taps = g.w.c,
                  .run = 1,
                  .offset = offsets_.data(),
                  .dw_offset = sum_offsets_.data(),
                  .first_row = first_row_.data(),
                  .end_row = end_row_.data(),
                  .blocks = blocks,
                  .rows = g.y.h,
                  .places = pairs_,
                  .dy = u + i * u_point,
                  .dy_channel = u_channel,
                  .dy_block = points * u_point,
                  .dy_row = row,
                  .x = v + i * v_point,
                  .x_block = points * v_point,
                  .x_first = -g.padding_top * row,
                  .x_row = row,
                  .x_place = lane_count,
                  .dw = sums + i * sums_point,
                  .dw_channel = taps});
  }
  // dw += G^T sums
  static constexpr std::array<std::array<line_winograd::Row, 6>, 3> all = {
      line_winograd::all_rows<3>(line_winograd::weight_row),
      line_winograd::all_rows<4>(line_winograd::weight_row),
      line_winograd::all_rows<5>(line_winograd::weight_row)};
  const auto& matrix = all[static_cast<std::size_t>(g.w.w - 3)];
  real* kernels = scratch<struct LineKernels>(g.w.w * taps);
  for (int c = 0; c < channels; ++c) {
    std::fill_n(kernels, g.w.w * taps, real(0));
    for (int i = 0; i < points; ++i) {
      const real* sum = sums + i * sums_point + c * taps;
      for (int kw = 0; kw < g.w.w; ++kw) {
        const real factor = matrix[static_cast<std::size_t>(i)][static_cast<std::size_t>(kw)];
        if (factor == 0) continue;
        for (int tap = 0; tap < taps; ++tap) kernels[kw * taps + tap] += factor * sum[tap];
      }
    }
    real* to = dw + std::int64_t{co + c} * taps * g.w.w;
    for (int ci = 0; ci < g.w.c; ++ci) {
      for (int kh = 0; kh < g.w.h; ++kh) {
        for (int kw = 0; kw < g.w.w; ++kw) *to++ += kernels[kw * taps + kh * g.w.c + ci];
      }
    }
  }
}

}  // namespace longhand::fast::lanes
