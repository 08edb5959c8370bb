// The convolution over blocks [channel][row][column][16 images]: the loops of the formula, with a
// vector of 16 images in the place of each number. A row of outputs is one call of lanes::sum,
// whose taps are the elements (ci, kh, kw) of the window; what falls on padding is read from a copy
// of the image that has its padding written out. See docs/fast_cpu.md.
#include "layers/conv2d_lanes.h"

#include <algorithm>
#include <vector>

#include "core/lanes.h"
#include "core/parallel.h"
#include "core/scratch.h"
#include "layers/dense.h"

namespace longhand::fast::lanes {

namespace {

constexpr std::int64_t grain = 1 << 15;  // multiplications that are worth waking a thread for

// Whether every output sees the whole image: then, and only then, the convolution is a dense layer
// of the image's numbers, because they lie in a block in the same order as in a window.
bool is_dense(const Conv2dGeometry& g) {
  return g.y.h == 1 && g.y.w == 1 && g.w.h == g.x.h && g.w.w == g.x.w && g.padding_top == 0 &&
         g.padding_left == 0 && g.groups == 1 && (g.dilation_h == 1 || g.w.h == 1) &&
         (g.dilation_w == 1 || g.w.w == 1);
}

DenseGeometry dense_geometry(const Conv2dGeometry& g) {
  return {g.x.n, g.x.c * g.x.h * g.x.w, g.y.c, Layout::lanes};
}

// The rows of a block's images with `left` columns of zeros before and `right` behind. Rows of
// padding are not needed: what falls on them is left out of the sums.
struct Frame {
  Frame(const Shape& image, int left_, int right)
      : channels(image.c),
        rows(image.h),
        w(image.w),
        left(std::max(0, left_)),
        columns(left + w + std::max(0, right)) {}

  bool plain() const { return columns == w; }
  std::int64_t row_size() const { return std::int64_t{columns} * lane_count; }
  std::int64_t channel_size() const { return rows * row_size(); }
  std::int64_t size() const { return channels * channel_size(); }

  // Where row h and column w of the image lie from its channel's start; h may be outside.
  std::int64_t at(int row, int column) const {
    return row * row_size() + std::int64_t{column + left} * lane_count;
  }

  // The block itself where there is no padding, else a copy of it in `memory`.
  const real* fill(const real* block, real* memory) const {
    if (plain()) return block;
    const std::int64_t image_row = std::int64_t{w} * lane_count;
    real* out = memory;
    for (int row = 0; row < channels * rows; ++row, block += image_row) {
      out = std::fill_n(out, left * lane_count, real(0));
      out = std::copy_n(block, image_row, out);
      out = std::fill_n(out, (columns - left - w) * lane_count, real(0));
    }
    return memory;
  }

  int channels, rows, w, left, columns;
};

// x with the padding that the windows reach.
Frame input_frame(const Conv2dGeometry& g) {
  const int last = (g.y.w - 1) * g.stride_w - g.padding_left + (g.w.w - 1) * g.dilation_w;
  return {g.x, g.padding_left, last - g.x.w + 1};
}

// The taps (kh, ci, kw) of a window: all of one row kh follow each other, because rows kh that fall
// on padding are left out.
struct WindowTaps {
  std::vector<std::int64_t> offsets;    // of x, from the window's first element
  std::vector<std::int64_t> w_offsets;  // in w, from the output channel's first weight
  std::vector<int> first_row, end_row;  // for each kh, the outputs' rows whose x is in the image

  void find(const Conv2dGeometry& g, const Frame& frame) {
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

  static int input_row(const Conv2dGeometry& g, int oh, int kh) {
    return oh * g.stride_h - g.padding_top + kh * g.dilation_h;
  }

  // The rows kh of the window that lie in the image for the outputs' row oh: [begin, end).
  int begin_kh(int oh) const {
    int kh = 0;
    while (kh < kernel() && !sees(oh, kh)) ++kh;
    return kh;
  }
  int end_kh(int oh) const {
    int kh = kernel();
    while (kh > 0 && !sees(oh, kh - 1)) --kh;
    return kh;
  }

 private:
  int kernel() const { return static_cast<int>(first_row.size()); }
  bool sees(int oh, int kh) const {
    const auto i = static_cast<std::size_t>(kh);
    return oh >= first_row[i] && oh < end_row[i];
  }
};

// w with the numbers of each output channel in the order of the taps.
const real* in_order(const Conv2dGeometry& g, const WindowTaps& taps, const real* w) {
  real* ordered = scratch<struct OrderedWeights>(g.w.size());
  real* out = ordered;
  for (int co = 0; co < g.w.n; ++co, w += taps.w_offsets.size()) {
    for (const std::int64_t offset : taps.w_offsets) *out++ = w[offset];
  }
  return ordered;
}

// Calls body(block, first_row, end_row) for what piece [begin, end) of all blocks' rows holds.
template <class Body>
void for_each_block(std::int64_t begin, std::int64_t end, int rows, Body&& body) {
  while (begin < end) {
    const std::int64_t block = begin / rows;
    const std::int64_t block_end = std::min(end, (block + 1) * rows);
    body(block, static_cast<int>(begin - block * rows), static_cast<int>(block_end - block * rows));
    begin = block_end;
  }
}

// Rows of a tensor with `columns` columns that are worth a thread.
std::int64_t grain_of(const Conv2dGeometry& g, std::int64_t rows) {
  const std::int64_t work = std::int64_t{g.y.c} * g.y.h * g.y.w * g.w.c * g.w.h * g.w.w;
  return grain * rows / (work * lane_count) + 1;
}

}  // namespace

void conv2d_forward(const Conv2dGeometry& g, const real* x, const real* w, const real* b, real* y) {
  if (is_dense(g)) return fast::dense_forward(dense_geometry(g), x, w, b, y);
  const Frame frame = input_frame(g);
  thread_local WindowTaps own_taps;
  WindowTaps& taps = own_taps;  // this thread's, also in the pieces of the others
  taps.find(g, frame);
  const real* ordered = in_order(g, taps, w);
  const int out = g.y.c / g.groups, row_taps = g.w.c * g.w.w, all_taps = g.w.h * row_taps;
  const std::int64_t x_block = g.x.size() / g.x.n * lane_count;
  const std::int64_t y_channel = std::int64_t{g.y.h} * g.y.w * lane_count;
  const std::int64_t rows = std::int64_t{lane_blocks(g.x.n)} * g.y.h;
  parallel_for(rows, grain_of(g, g.y.h), [&](std::int64_t begin, std::int64_t end, int) {
    real* memory = scratch<struct PaddedInput>(frame.plain() ? 0 : frame.size());
    for_each_block(begin, end, g.y.h, [&](std::int64_t block, int first, int last) {
      const real* image = frame.fill(x + block * x_block, memory);
      for (int oh = first; oh < last; ++oh) {
        const int kh = taps.begin_kh(oh), count = std::max(0, taps.end_kh(oh) - kh) * row_taps;
        for (int group = 0; group < g.groups; ++group) {
          const int co = group * out;
          lanes::sum(
              {.channels = out,
               .places = g.y.w,
               .taps = count,
               .offset = taps.offsets.data() + kh * row_taps,
               .w = ordered + std::int64_t{co} * all_taps + kh * row_taps,
               .w_channel = all_taps,
               .w_tap = 1,
               .b = b ? b + co : nullptr,
               .x = image + group * g.w.c * frame.channel_size(),
               .x_first = frame.at(oh * g.stride_h - g.padding_top, -g.padding_left),
               .x_place = std::int64_t{g.stride_w} * lane_count,
               .y = y + (block * g.y.c + co) * y_channel + std::int64_t{oh} * g.y.w * lane_count,
               .y_channel = y_channel,
               .y_place = lane_count});
        }
      }
    });
  });
}

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

// The taps (kh, co, kw) of every phase, one after the other, and the weights in their order:
// weights[group][ci][tap of the phase].
struct PhaseTaps {
  std::vector<std::int64_t> offsets;
  std::vector<int> starts;  // of each phase's taps, [rest_h][rest_w], and the end
  std::vector<real> weights;

  void find(const Conv2dGeometry& g, const Frame& frame, const real* w) {
    const int out = g.y.c / g.groups;
    offsets.clear();
    starts.clear();
    weights.resize(static_cast<std::size_t>(g.w.size()));
    for (int rest_h = 0; rest_h < g.stride_h; ++rest_h) {
      for (int rest_w = 0; rest_w < g.stride_w; ++rest_w) {
        const std::size_t start = offsets.size();
        starts.push_back(static_cast<int>(start));
        const Phase rows = row_phase(g, rest_h), columns = column_phase(g, rest_w);
        for_each_tap(g, rows, columns, [&](int co, int kh, int kw) {
          offsets.push_back(co * frame.channel_size() - rows.shift(kh) * frame.row_size() -
                            std::int64_t{columns.shift(kw)} * lane_count);
        });
        real* packed = weights.data() + start * static_cast<std::size_t>(g.groups * g.w.c);
        for (int group = 0; group < g.groups; ++group) {
          for (int ci = 0; ci < g.w.c; ++ci) {
            for_each_tap(g, rows, columns, [&](int co, int kh, int kw) {
              *packed++ = w[longhand::at(g.w, group * out + co, ci, kh, kw)];
            });
          }
        }
      }
    }
    starts.push_back(static_cast<int>(offsets.size()));
  }

  template <class Body>
  static void for_each_tap(const Conv2dGeometry& g, const Phase& rows, const Phase& columns,
                           Body&& body) {
    for (int kh = 0; kh < g.w.h; ++kh) {
      for (int co = 0; co < g.y.c / g.groups; ++co) {
        for (int kw = 0; kw < g.w.w; ++kw) {
          if (rows.sees(kh) && columns.sees(kw)) body(co, kh, kw);
        }
      }
    }
  }
};

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

void conv2d_backward_data(const Conv2dGeometry& g, const real* dy, const real* w, real* dx) {
  if (is_dense(g)) return fast::dense_backward_data(dense_geometry(g), dy, w, dx);
  const Frame frame = gradient_frame(g);
  thread_local PhaseTaps own_taps;
  PhaseTaps& taps = own_taps;  // this thread's, also in the other threads' pieces
  taps.find(g, frame, w);
  const int out = g.y.c / g.groups;
  const std::int64_t dy_block = g.y.size() / g.y.n * lane_count;
  const std::int64_t dx_channel = std::int64_t{g.x.h} * g.x.w * lane_count;
  const std::int64_t rows = std::int64_t{lane_blocks(g.x.n)} * g.x.h;
  parallel_for(rows, grain_of(g, g.x.h), [&](std::int64_t begin, std::int64_t end, int) {
    real* memory = scratch<struct PaddedGradient>(frame.plain() ? 0 : frame.size());
    for_each_block(begin, end, g.x.h, [&](std::int64_t block, int first, int last) {
      const real* image = frame.fill(dy + block * dy_block, memory);
      for (int ih = first; ih < last; ++ih) {
        const int rest_h = (ih + g.padding_top) % g.stride_h;
        const int j = (ih + g.padding_top) / g.stride_h;
        const SeenRows seen(g, row_phase(g, rest_h), j);
        for (int rest_w = 0; rest_w < g.stride_w; ++rest_w) {
          const Phase columns = column_phase(g, rest_w);
          if (columns.count() == 0) continue;
          const auto phase = static_cast<std::size_t>(rest_h * g.stride_w + rest_w);
          const int start = taps.starts[phase], all_taps = taps.starts[phase + 1] - start;
          const int row_taps = all_taps / std::max(1, seen.all);
          const int first_tap = seen.begin * row_taps;
          for (int group = 0; group < g.groups; ++group) {
            const int ci = group * g.w.c;
            lanes::sum(
                {.channels = g.w.c,
                 .places = columns.count(),
                 .taps = (seen.end - seen.begin) * row_taps,
                 .offset = taps.offsets.data() + start + first_tap,
                 .w = taps.weights.data() + std::int64_t{start} * g.groups * g.w.c +
                      std::int64_t{ci} * all_taps + first_tap,
                 .w_channel = all_taps,
                 .w_tap = 1,
                 .x = image + group * out * frame.channel_size(),
                 .x_first = frame.at(j, columns.first()),
                 .x_place = lane_count,
                 .y = dx + (block * g.x.c + ci) * dx_channel +
                      (std::int64_t{ih} * g.x.w + columns.input(columns.first())) * lane_count,
                 .y_channel = dx_channel,
                 .y_place = std::int64_t{g.stride_w} * lane_count});
          }
        }
      }
    });
  });
}

namespace {

// Adds what each piece of the blocks gives to result[0 .. size): compute(begin, end, sums) adds
// the blocks' share to `sums`. The pieces' sums are added in their order, so the bits repeat for
// the same number of threads.
template <class Compute>
void add_over_blocks(int blocks, std::int64_t size, real* result, Compute&& compute) {
  const int pieces = parallel_pieces(blocks, 1);
  if (pieces == 1) return compute(0, blocks, result);
  real* sums = scratch<struct PieceSums>(pieces * size);
  std::fill_n(sums, pieces * size, real(0));
  parallel_for(blocks, 1, [&](std::int64_t begin, std::int64_t end, int piece) {
    compute(static_cast<int>(begin), static_cast<int>(end), sums + piece * size);
  });
  for (int piece = 0; piece < pieces; ++piece) {
    for (std::int64_t i = 0; i < size; ++i) result[i] += sums[piece * size + i];
  }
}

}  // namespace

void conv2d_backward_weights(const Conv2dGeometry& g, const real* x, const real* dy, real* dw) {
  if (is_dense(g)) return fast::dense_backward_weights(dense_geometry(g), x, dy, dw);
  constexpr std::int64_t cache = (1 << 20) / sizeof(real);  // numbers of x that stay in an L2
  const Frame frame = input_frame(g);
  thread_local WindowTaps own_taps;
  WindowTaps& taps = own_taps;
  taps.find(g, frame);
  const int out = g.y.c / g.groups;
  const int at_once = static_cast<int>(std::max<std::int64_t>(1, cache / frame.size()));
  const std::int64_t x_block = g.x.size() / g.x.n * lane_count;
  const std::int64_t dy_channel = std::int64_t{g.y.h} * g.y.w * lane_count;
  add_over_blocks(lane_blocks(g.x.n), g.w.size(), dw, [&](int begin, int end, real* sums) {
    real* memory = scratch<struct PaddedInputs>(frame.plain() ? 0 : at_once * frame.size());
    for (int first = begin; first < end; first += at_once) {
      const int blocks = std::min(at_once, end - first);
      const real* images = x + first * x_block;
      for (int i = 0; i < blocks && !frame.plain(); ++i) {
        frame.fill(images + i * x_block, memory + i * frame.size());
      }
      if (!frame.plain()) images = memory;
      for (int group = 0; group < g.groups; ++group) {
        const int co = group * out;
        lanes::add_products({.channels = out,
                             .groups = g.w.h,
                             .taps = g.w.c * g.w.w,
                             .offset = taps.offsets.data(),
                             .dw_offset = taps.w_offsets.data(),
                             .first_row = taps.first_row.data(),
                             .end_row = taps.end_row.data(),
                             .blocks = blocks,
                             .rows = g.y.h,
                             .places = g.y.w,
                             .dy = dy + (std::int64_t{first} * g.y.c + co) * dy_channel,
                             .dy_channel = dy_channel,
                             .dy_block = g.y.c * dy_channel,
                             .dy_row = std::int64_t{g.y.w} * lane_count,
                             .x = images + group * g.w.c * frame.channel_size(),
                             .x_block = frame.size(),
                             .x_first = frame.at(-g.padding_top, -g.padding_left),
                             .x_row = g.stride_h * frame.row_size(),
                             .x_place = std::int64_t{g.stride_w} * lane_count,
                             .dw = sums + std::int64_t{co} * g.w.c * g.w.h * g.w.w,
                             .dw_channel = std::int64_t{g.w.c} * g.w.h * g.w.w});
      }
    }
  });
}

void conv2d_backward_bias(const Conv2dGeometry& g, const real* dy, real* db) {
  const std::int64_t places = std::int64_t{g.y.h} * g.y.w;
  add_over_blocks(lane_blocks(g.x.n), g.y.c, db, [&](int begin, int end, real* sums) {
    lanes::add_sums(g.y.c, end - begin, places, dy + begin * g.y.c * places * lane_count, sums);
  });
}

}  // namespace longhand::fast::lanes
