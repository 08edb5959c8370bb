// The convolution over lanes, forward: a row of outputs is one call of lanes::sum, whose taps are
// the elements (kh, ci, kw) of the window. Columns of padding are read from a copy of the image
// that has them written out; rows of padding are left out of the sum. Where that takes fewer
// operations, it is done along lines (conv2d_lanes_lines.h).
#include <cstring>

#include "core/lanes.h"
#include "layers/conv2d_lanes.h"

namespace longhand::fast::lanes {

// x with the padding that the windows reach.
Frame input_frame(const Conv2dGeometry& g) {
  const int last = (g.y.w - 1) * g.stride_w - g.padding_left + (g.w.w - 1) * g.dilation_w;
  return {g.x, g.padding_left, last - g.x.w + 1};
}

namespace {

int input_row(const Conv2dGeometry& g, int oh, int kh) {
  return oh * g.stride_h - g.padding_top + kh * g.dilation_h;
}

}  // namespace

void WindowTaps::find(const Conv2dGeometry& g, const Frame& frame) {
  offsets.clear();
  w_offsets.clear();
  first_row.clear();
  end_row.clear();
  for (int kh = 0; kh < g.w.h; ++kh) {
    int first = 0, end = g.y.h;
    while (first < end && input_row(g, first, kh) < 0) ++first;
    while (first < end && input_row(g, end - 1, kh) >= g.x.h) --end;
    first_row.push_back(first);
    end_row.push_back(end);
    for (int ci = 0; ci < g.w.c; ++ci) {
      for (int kw = 0; kw < g.w.w; ++kw) {
        offsets.push_back(ci * frame.channel_size() + kh * g.dilation_h * frame.row_size() +
                          std::int64_t{kw} * g.dilation_w * lane_count);
        w_offsets.push_back((std::int64_t{ci} * g.w.h + kh) * g.w.w + kw);
      }
    }
  }
}

void ForwardRows::prepare(const Conv2dGeometry& g, const real* w) {
  if (lines_pay_forward(g)) {
    g_ = g;
    return lines_.prepare_forward(g, w);
  }
  const auto size = static_cast<std::size_t>(g.w.size());
  if (!(g == g_)) {
    g_ = g;
    taps_.find(g, input_frame(g));
    w_.resize(size);
    last_w_.clear();
  }
  // A sixth of the time that it takes to order them; weights that differ mostly do so at once.
  if (last_w_.size() == size && std::memcmp(last_w_.data(), w, size * sizeof(real)) == 0) return;
  last_w_.assign(w, w + size);
  real* packed = w_.data();
  for (int co = 0; co < g.w.n; ++co, w += taps_.w_offsets.size()) {
    for (const std::int64_t offset : taps_.w_offsets) *packed++ = w[offset];
  }
}

void ForwardRows::rows(const real* x, const real* b, int first, int end, real* y) const {
  const Conv2dGeometry& g = g_;
  if (lines_pay_forward(g)) return lines_.rows(x, b, first, end, y);
  const Frame frame = input_frame(g);
  const real* image = frame.fill(x, scratch<struct PaddedInput>(frame.plain() ? 0 : frame.size()));
  const int out = g.y.c / g.groups, row_taps = g.w.c * g.w.w, all_taps = g.w.h * row_taps;
  const std::int64_t y_channel = std::int64_t{g.y.h} * g.y.w * lane_count;
  for (int oh = first; oh < end; ++oh) {
    const int kh = taps_.begin_kh(oh), count = std::max(0, taps_.end_kh(oh) - kh) * row_taps;
    for (int group = 0; group < g.groups; ++group) {
      const int co = group * out;
      sum({.channels = out,
           .places = g.y.w,
           .taps = count,
           .offset = taps_.offsets.data() + kh * row_taps,
           .w = w_.data() + std::int64_t{co} * all_taps + kh * row_taps,
           .w_channel = all_taps,
           .w_tap = 1,
           .b = b ? b + co : nullptr,
           .x = image + group * g.w.c * frame.channel_size(),
           .x_first = frame.at(oh * g.stride_h - g.padding_top, -g.padding_left),
           .x_place = std::int64_t{g.stride_w} * lane_count,
           .y = y + co * y_channel + std::int64_t{oh} * g.y.w * lane_count,
           .y_channel = y_channel,
           .y_place = lane_count});
    }
  }
}

void conv2d_forward(const Conv2dGeometry& g, const real* x, const real* w, const real* b, real* y) {
  thread_local ForwardRows own;
  ForwardRows& forward = own;  // this thread's, also in the pieces of the others
  forward.prepare(g, w);
  const std::int64_t rows = std::int64_t{lane_blocks(g.x.n)} * g.y.h;
  parallel_for(rows, grain_of_work(rows, multiplications(g)),
               [&](std::int64_t begin, std::int64_t end, int) {
                 for_each_block(begin, end, g.y.h, [&](std::int64_t block, int first, int last) {
                   forward.rows(x + block * block_size(g.x), b, first, last,
                                y + block * block_size(g.y));
                 });
               });
}

}  // namespace longhand::fast::lanes
