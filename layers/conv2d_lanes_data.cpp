// The convolution over lanes, backward by data: each input gathers what the outputs that saw it
// send back, so a row of dx is again a call of lanes::sum.
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

// dy with zeros before and behind its rows, wherever an input's taps reach.
Frame gradient_frame(const Conv2dGeometry& g) {
  int before = 0, after = 0;
  for (int rest = 0; rest < g.stride_w; ++rest) {
    const Phase phase = column_phase(g, rest);
    for (int k = 0; k < phase.kernel; ++k) {
      if (!phase.sees(k) || phase.count() == 0) continue;
      before = std::max(before, phase.shift(k) - phase.first());
      after = std::max(after, phase.first() + phase.count() - phase.shift(k) - g.y.w);
    }
  }
  return {g.y, before, after};
}

// Calls body(co, kh, kw) for the taps of a phase.
template <class Body>
void for_each_tap(const Conv2dGeometry& g, const Phase& rows, const Phase& columns, Body&& body) {
  for (int kh = 0; kh < g.w.h; ++kh) {
    for (int co = 0; co < g.y.c / g.groups; ++co) {
      for (int kw = 0; kw < g.w.w; ++kw) {
        if (rows.sees(kh) && columns.sees(kw)) body(co, kh, kw);
      }
    }
  }
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

void BackwardRows::prepare(const Conv2dGeometry& g, const real* w) {
  g_ = g;
  const Frame frame = gradient_frame(g);
  const int out = g.y.c / g.groups;
  offsets_.clear();
  starts_.clear();
  w_.resize(static_cast<std::size_t>(g.w.size()));
  for (int rest_h = 0; rest_h < g.stride_h; ++rest_h) {
    for (int rest_w = 0; rest_w < g.stride_w; ++rest_w) {
      const std::size_t start = offsets_.size();
      starts_.push_back(static_cast<int>(start));
      const Phase rows = row_phase(g, rest_h), columns = column_phase(g, rest_w);
      for_each_tap(g, rows, columns, [&](int co, int kh, int kw) {
        offsets_.push_back(co * frame.channel_size() - rows.shift(kh) * frame.row_size() -
                           std::int64_t{columns.shift(kw)} * lane_count);
      });
      real* packed = w_.data() + start * static_cast<std::size_t>(g.groups * g.w.c);
      for (int group = 0; group < g.groups; ++group) {
        for (int ci = 0; ci < g.w.c; ++ci) {
          for_each_tap(g, rows, columns, [&](int co, int kh, int kw) {
            *packed++ = w[longhand::at(g.w, group * out + co, ci, kh, kw)];
          });
        }
      }
    }
  }
  starts_.push_back(static_cast<int>(offsets_.size()));
}

void BackwardRows::rows(const real* dy, int first, int end, real* dx) const {
  const Conv2dGeometry& g = g_;
  const Frame frame = gradient_frame(g);
  const real* image =
      frame.fill(dy, scratch<struct PaddedGradient>(frame.plain() ? 0 : frame.size()));
  const int out = g.y.c / g.groups;
  const std::int64_t dx_channel = std::int64_t{g.x.h} * g.x.w * lane_count;
  for (int ih = first; ih < end; ++ih) {
    const int rest_h = (ih + g.padding_top) % g.stride_h;
    const int j = (ih + g.padding_top) / g.stride_h;
    const SeenRows seen(g, row_phase(g, rest_h), j);
    for (int rest_w = 0; rest_w < g.stride_w; ++rest_w) {
      const Phase columns = column_phase(g, rest_w);
      if (columns.count() == 0) continue;
      const auto phase = static_cast<std::size_t>(rest_h * g.stride_w + rest_w);
      const int start = starts_[phase], all_taps = starts_[phase + 1] - start;
      const int row_taps = all_taps / std::max(1, seen.all);
      const int first_tap = seen.begin * row_taps;
      for (int group = 0; group < g.groups; ++group) {
        const int ci = group * g.w.c;
        sum({.channels = g.w.c,
             .places = columns.count(),
             .taps = (seen.end - seen.begin) * row_taps,
             .offset = offsets_.data() + start + first_tap,
             .w = w_.data() + std::int64_t{start} * g.groups * g.w.c + std::int64_t{ci} * all_taps +
                  first_tap,
             .w_channel = all_taps,
             .w_tap = 1,
             .x = image + group * out * frame.channel_size(),
             .x_first = frame.at(j, columns.first()),
             .x_place = lane_count,
             .y = dx + ci * dx_channel +
                  (std::int64_t{ih} * g.x.w + columns.input(columns.first())) * lane_count,
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
