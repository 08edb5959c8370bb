// The convolution over lanes, backward by data: each input gathers what the outputs that saw it
// send back, so a row of dx is again a call of lanes::sum. Where that takes fewer operations, it is
// done along lines (conv2d_lanes_lines.h).
#include <algorithm>
#include <array>
#include <vector>

#include "core/lanes.h"
#include "layers/conv2d_lanes.h"

namespace longhand::fast::lanes {

namespace {

// One phase of backward by data, in rows or in columns. With a stride, the inputs ih whose
// ih + padding leaves the rest `rest` see only the taps k with k * dilation = rest (mod stride):
//
//   ih = stride * j + rest - padding,   dx[ih] = sum over those k of w[k] * dy[j - shift(k)],
//   shift(k) = (k * dilation - rest) / stride
//
// So each phase is a convolution of dy with stride 1; with stride 1 there is one phase.
struct Phase {
  int rest, size, kernel, stride, padding, dilation;

  // The j whose ih lie in the image: [first, first + count).
  int first() const { return std::max(0, padding - rest + stride - 1) / stride; }
  int count() const {
    const int last = size - 1 + padding - rest;
    return last < 0 ? 0 : std::max(0, last / stride - first() + 1);
  }
  int input(int j) const { return stride * j + rest - padding; }

  bool sees(int k) const { return (k * dilation - rest) % stride == 0; }
  int shift(int k) const { return (k * dilation - rest) / stride; }
};

Phase row_phase(const Conv2dGeometry& g, int rest) {
  return {rest, g.x.h, g.w.h, g.stride_h, g.padding_top, g.dilation_h};
}
Phase column_phase(const Conv2dGeometry& g, int rest) {
  return {rest, g.x.w, g.w.w, g.stride_w, g.padding_left, g.dilation_w};
}

// Columns [first, first + count) of a phase, which see the taps kw in [begin_kw, end_kw) at most.
struct Columns {
  int first, count, begin_kw, end_kw;
};

// A phase's columns cut into three: those at the edges see fewer taps, and summing zeros for the
// others took a quarter of the time of a convolution over 14 columns. (Some may be empty.)
std::array<Columns, 3> cut_columns(const Conv2dGeometry& g, const Phase& phase) {
  constexpr int widest = 3;  // measured: of 1 to 4 the best for kernels of 3 and 5
  const int end = phase.first() + phase.count();
  // The columns [full, end_full) see every tap.
  int full = phase.first(), end_full = end;
  for (int k = 0; k < phase.kernel; ++k) {
    if (!phase.sees(k)) continue;
    full = std::max(full, phase.shift(k));
    end_full = std::min(end_full, phase.shift(k) + g.y.w);
  }
  const int left_end = std::min({full, phase.first() + widest, end});
  const int right = std::max({end_full, end - widest, left_end});
  std::array<Columns, 3> parts{{{phase.first(), left_end - phase.first(), phase.kernel, 0},
                                {left_end, right - left_end, phase.kernel, 0},
                                {right, end - right, phase.kernel, 0}}};
  for (Columns& part : parts) {
    for (int k = 0; k < phase.kernel && part.count > 0; ++k) {
      const int shift = phase.shift(k);  // the columns from there on see dy's first
      if (!phase.sees(k) || part.first + part.count <= shift || part.first >= shift + g.y.w) {
        continue;
      }
      part.begin_kw = std::min(part.begin_kw, k);
      part.end_kw = k + 1;
    }
  }
  return parts;
}

// Calls body(kw) for the taps of these columns of a phase.
template <class Body>
void for_each_kw(const Phase& phase, const Columns& columns, Body&& body) {
  for (int kw = columns.begin_kw; kw < columns.end_kw; ++kw) {
    if (phase.sees(kw)) body(kw);
  }
}

// dy with zeros before and behind its rows, wherever an input's taps reach.
Frame gradient_frame(const Conv2dGeometry& g) {
  int before = 0, after = 0;
  for (int rest = 0; rest < g.stride_w; ++rest) {
    const Phase phase = column_phase(g, rest);
    for (const Columns& columns : cut_columns(g, phase)) {
      for_each_kw(phase, columns, [&](int kw) {
        before = std::max(before, phase.shift(kw) - columns.first);
        after = std::max(after, columns.first + columns.count - phase.shift(kw) - g.y.w);
      });
    }
  }
  return {g.y, before, after};
}

// Which of a phase's rows of taps, counted from its first, see a row of dy at all: [begin, end).
struct SeenRows {
  SeenRows(const Conv2dGeometry& g, const Phase& rows, int j) {
    for (int kh = 0; kh < g.w.h; ++kh) {
      if (!rows.sees(kh)) continue;
      ++all;
      if (j - rows.shift(kh) >= g.y.h) ++begin;  // too far below: the first of them
      if (j - rows.shift(kh) >= 0) ++end;        // not too far above: all but the last of them
    }
    begin = std::min(begin, end);
  }
  int all = 0, begin = 0, end = 0;
};

}  // namespace

void BackwardRows::find_strips() {
  const Conv2dGeometry& g = g_;
  frame_ = gradient_frame(g);
  const int out = g.y.c / g.groups;
  offsets_.clear();
  w_offsets_.clear();
  strips_.clear();
  strip_starts_.clear();
  for (int rest_h = 0; rest_h < g.stride_h; ++rest_h) {
    const Phase rows = row_phase(g, rest_h);
    strip_starts_.push_back(strips_.size());
    for (int rest_w = 0; rest_w < g.stride_w; ++rest_w) {
      const Phase phase = column_phase(g, rest_w);
      for (const Columns& columns : cut_columns(g, phase)) {
        if (columns.count == 0) continue;
        Strip strip{.first = columns.first,
                    .count = columns.count,
                    .input = phase.input(columns.first),
                    .start = offsets_.size()};
        for_each_kw(phase, columns, [&](int) { strip.row_taps += out; });
        for (int kh = 0; kh < g.w.h; ++kh) {
          for (int co = 0; co < out && rows.sees(kh); ++co) {
            for_each_kw(phase, columns, [&](int kw) {
              offsets_.push_back(co * frame_.channel_size() - rows.shift(kh) * frame_.row_size() -
                                 std::int64_t{phase.shift(kw)} * lane_count);
              w_offsets_.push_back(longhand::at(g.w, co, 0, kh, kw));
            });
          }
        }
        strips_.push_back(strip);
      }
    }
  }
  strip_starts_.push_back(strips_.size());
  w_.resize(offsets_.size() * static_cast<std::size_t>(g.groups * g.w.c));
}

void BackwardRows::prepare(const Conv2dGeometry& g, const real* w) {
  if (lines_pay_backward_data(g)) {
    g_ = g;
    return lines_.prepare_backward(g, w);
  }
  if (!(g == g_)) {
    g_ = g;
    find_strips();
  }
  const std::int64_t kernel = std::int64_t{g.w.h} * g.w.w, group_size = g.w.size() / g.groups;
  real* packed = w_.data();
  for (std::size_t s = 0; s < strips_.size(); ++s) {
    const auto from = w_offsets_.begin() + static_cast<std::ptrdiff_t>(strips_[s].start);
    const auto to = s + 1 < strips_.size()
                        ? w_offsets_.begin() + static_cast<std::ptrdiff_t>(strips_[s + 1].start)
                        : w_offsets_.end();
    for (int group = 0; group < g.groups; ++group) {
      for (int ci = 0; ci < g.w.c; ++ci) {
        const real* w_of_ci = w + group * group_size + ci * kernel;
        for (auto offset = from; offset < to; ++offset) *packed++ = w_of_ci[*offset];
      }
    }
  }
}

void BackwardRows::rows(const real* dy, int first, int end, real* dx) const {
  const Conv2dGeometry& g = g_;
  if (lines_pay_backward_data(g)) return lines_.rows(dy, nullptr, first, end, dx);
  const real* image =
      frame_.fill(dy, scratch<struct PaddedGradient>(frame_.plain() ? 0 : frame_.size()));
  const int out = g.y.c / g.groups;
  const std::int64_t dx_channel = std::int64_t{g.x.h} * g.x.w * lane_count;
  for (int ih = first; ih < end; ++ih) {
    const int rest_h = (ih + g.padding_top) % g.stride_h;
    const int j = (ih + g.padding_top) / g.stride_h;
    const SeenRows seen(g, row_phase(g, rest_h), j);
    const auto phase = static_cast<std::size_t>(rest_h);
    for (std::size_t s = strip_starts_[phase]; s < strip_starts_[phase + 1]; ++s) {
      const Strip& strip = strips_[s];
      const auto start = static_cast<std::int64_t>(strip.start);
      const int all_taps = seen.all * strip.row_taps, first_tap = seen.begin * strip.row_taps;
      for (int group = 0; group < g.groups; ++group) {
        const int ci = group * g.w.c;
        sum({.channels = g.w.c,
             .places = strip.count,
             .taps = (seen.end - seen.begin) * strip.row_taps,
             .offset = offsets_.data() + start + first_tap,
             .w = w_.data() + start * g.groups * g.w.c + std::int64_t{ci} * all_taps + first_tap,
             .w_channel = all_taps,
             .w_tap = 1,
             .x = image + group * out * frame_.channel_size(),
             .x_first = frame_.at(j, strip.first),
             .x_place = lane_count,
             .y = dx + ci * dx_channel + (std::int64_t{ih} * g.x.w + strip.input) * lane_count,
             .y_channel = dx_channel,
             .y_place = std::int64_t{g.stride_w} * lane_count});
      }
    }
  }
}

void conv2d_backward_data(const Conv2dGeometry& g, const real* dy, const real* w, real* dx) {
  thread_local BackwardRows own;
  BackwardRows& backward = own;  // this thread's, also in the pieces of the others
  backward.prepare(g, w);
  const std::int64_t rows = std::int64_t{lane_blocks(g.x.n)} * g.x.h;
  parallel_for(rows, grain_of_work(rows, multiplications(g)),
               [&](std::int64_t begin, std::int64_t end, int) {
                 for_each_block(begin, end, g.x.h, [&](std::int64_t block, int first, int last) {
                   backward.rows(dy + block * block_size(g.y), first, last,
                                 dx + block * block_size(g.x));
                 });
               });
}

}  // namespace longhand::fast::lanes
