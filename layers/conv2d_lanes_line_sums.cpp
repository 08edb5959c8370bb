// Winograd's convolution along lines over lanes, backward by weights.
#include <algorithm>

#include "core/lanes.h"
#include "core/layout.h"
#include "core/scratch.h"
#include "layers/conv2d_lanes_lines.h"
#include "layers/conv2d_lanes_points.h"

namespace longhand::fast::lanes {

void LineSums::prepare(const Conv2dGeometry& g) {
  if (g == g_) return;
  g_ = g;
  pairs_ = (g.y.w + 1) / 2;
  const std::int64_t v_row = std::int64_t{pairs_} * lane_count;
  offsets_.clear();
  du_offsets_.clear();
  first_row_.clear();
  end_row_.clear();
  for (int kh = 0; kh < g.w.h; ++kh) {
    const int down = kh * g.dilation_h - g.padding_top;  // row of x - row of y
    first_row_.push_back(std::clamp(-down, 0, g.y.h));
    end_row_.push_back(std::clamp(g.x.h - down, first_row_.back(), g.y.h));
    for (int ci = 0; ci < g.w.c; ++ci) {
      offsets_.push_back((std::int64_t{ci} * g.x.h + kh * g.dilation_h) * v_row);
      du_offsets_.push_back(std::int64_t{ci} * g.w.h + kh);
    }
  }
}

void LineSums::add(const real* x, const real* dy, int blocks, int first_channel, int end_channel,
                   real* dw) const {
  constexpr std::int64_t at_once =
      (1 << 19) / sizeof(real);  // numbers of V and of dM, to stay in L2
  const Conv2dGeometry& g = g_;
  const int points = g.w.w + 1, out = g.y.c / g.groups, lines = g.x.c * g.x.h;
  const std::int64_t x_row = std::int64_t{g.x.w} * lane_count;
  const std::int64_t y_block = std::int64_t{g.y.c} * g.y.h * g.y.w * lane_count;
  const std::int64_t row = std::int64_t{pairs_} * lane_count, v_point = lines * row;
  const std::int64_t v_block = points * v_point, m_channel = points * g.y.h * row;
  const int most_blocks = static_cast<int>(std::max<std::int64_t>(1, at_once / v_block));
  const int most_channels = static_cast<int>(std::max<std::int64_t>(1, at_once / m_channel));
  real* v = scratch<PointsOfX>(std::min(most_blocks, blocks) * v_block);
  for (int first = 0; first < blocks; first += most_blocks) {
    const int here = std::min(most_blocks, blocks - first);
    for (int i = 0; i < here; ++i) {  // [point][ci][row][pair]
      input_points(g.w.w, seen_columns(g),
                   {.rows = lines,
                    .pairs = pairs_,
                    .from = x + (first + i) * lines * x_row,
                    .from_row = x_row,
                    .from_pair = 2 * lane_count,
                    .from_element = lane_count,
                    .to = v + i * v_block,
                    .to_row = row,
                    .to_pair = lane_count,
                    .to_element = v_point});
    }
    for (int co = first_channel; co < end_channel;) {
      const int group = co / out;
      const int channels = std::min({most_channels, (group + 1) * out - co, end_channel - co});
      add_channels(v + group * g.w.c * g.x.h * row, dy + first * y_block, here, co, channels, dw);
      co += channels;
    }
  }
}

// What `channels` output channels of a group, from co on, get from V and dy of some blocks.
void LineSums::add_channels(const real* v, const real* dy, int blocks, int co, int channels,
                            real* dw) const {
  const Conv2dGeometry& g = g_;
  const int points = g.w.w + 1, lines = g.w.c * g.w.h;  // of an output channel's kernel
  const std::int64_t row = std::int64_t{pairs_} * lane_count, v_point = g.x.c * g.x.h * row;
  const std::int64_t m_channel = g.y.h * row, m_point = channels * m_channel;
  const std::int64_t y_row = std::int64_t{g.y.w} * lane_count, y_channel = g.y.h * y_row;
  real* m = scratch<PointsOfY>(blocks * points * m_point);
  for (int i = 0; i < blocks; ++i) {
    gradient_points(g.w.w, {.width = g.y.w, .first = 0, .count = 2 * pairs_},
                    {.rows = channels * g.y.h,
                     .pairs = pairs_,
                     .from = dy + (std::int64_t{i} * g.y.c + co) * y_channel,
                     .from_row = y_row,
                     .from_pair = 2 * lane_count,
                     .from_element = lane_count,
                     .to = m + i * points * m_point,
                     .to_row = row,
                     .to_pair = lane_count,
                     .to_element = m_point});
  }
  const std::int64_t du_point = std::int64_t{channels} * lines;
  real* du = scratch<struct PointsOfW>(points * du_point);
  std::fill_n(du, points * du_point, real(0));
  for (int i = 0; i < points; ++i) {
    add_products({.channels = channels,
                  .groups = g.w.h,
                  .taps = g.w.c,
                  .run = 1,
                  .offset = offsets_.data(),
                  .dw_offset = du_offsets_.data(),
                  .first_row = first_row_.data(),
                  .end_row = end_row_.data(),
                  .blocks = blocks,
                  .rows = g.y.h,
                  .places = pairs_,
                  .dy = m + i * m_point,
                  .dy_channel = m_channel,
                  .dy_block = points * m_point,
                  .dy_row = row,
                  .x = v + i * v_point,
                  .x_block = points * v_point,
                  .x_first = -g.padding_top * row,
                  .x_row = row,
                  .x_place = lane_count,
                  .dw = du + i * du_point,
                  .dw_channel = lines});
  }
  for (int c = 0; c < channels; ++c) {
    add_taps(g.w.w, lines, du + std::int64_t{c} * lines, du_point,
             dw + std::int64_t{co + c} * lines * g.w.w);
  }
}

}  // namespace longhand::fast::lanes
