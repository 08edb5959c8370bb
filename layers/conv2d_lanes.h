// The convolution in Layout::lanes: the loops of the formula, with a vector of 16 images in the
// place of each number. conv2d_fast.cpp chooses it; the three sums, one a file, are classes, so
// that fused_conv.cpp can run them block by block. See docs/fast_cpu.md.
#pragma once

#include <algorithm>
#include <vector>

#include "core/block_layer.h"
#include "core/parallel.h"
#include "core/scratch.h"
#include "layers/conv2d_fast.h"
#include "layers/conv2d_lanes_lines.h"

namespace longhand::fast::lanes {

void conv2d_forward(const Conv2dGeometry& g, const real* x, const real* w, const real* b, real* y);
void conv2d_backward_data(const Conv2dGeometry& g, const real* dy, const real* w, real* dx);
void conv2d_backward_weights(const Conv2dGeometry& g, const real* x, const real* dy, real* dw);
void conv2d_backward_bias(const Conv2dGeometry& g, const real* dy, real* db);

// The rows of a block's images with `left` columns of zeros before and `right` behind. Rows of
// padding are not needed: what falls on them is left out of the sums.
struct Frame {
  Frame() = default;
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

  int channels = 0, rows = 0, w = 0, left = 0, columns = 0;
};

// x with the padding that the windows reach.
Frame input_frame(const Conv2dGeometry& g);

// The taps (kh, ci, kw) of a window: all of one row kh follow each other, because rows kh that fall
// on padding are left out.
struct WindowTaps {
  std::vector<std::int64_t> offsets;    // of x, from the window's first element
  std::vector<std::int64_t> w_offsets;  // in w, from the output channel's first weight
  std::vector<int> first_row, end_row;  // for each kh, the outputs' rows whose x is in the image

  void find(const Conv2dGeometry& g, const Frame& frame);

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

// y = b + w * x, row by row. prepare() comes first, and again when w may have changed: it brings
// the weights into the order of the taps, unless they are those of the last time. rows() may then
// run on several threads.
class ForwardRows {
 public:
  void prepare(const Conv2dGeometry& g, const real* w);
  // The rows [first, end) of one block's y, from the whole of its x.
  void rows(const real* x, const real* b, int first, int end, real* y) const;

 private:
  Conv2dGeometry g_;
  LineRows lines_;  // used instead of what follows where it is faster
  WindowTaps taps_;
  std::vector<real> w_;       // the weights of each output channel in the order of the taps
  std::vector<real> last_w_;  // in their own order, as prepare() found them
};

// dx = w^T * dy, row by row.
class BackwardRows {
 public:
  void prepare(const Conv2dGeometry& g, const real* w);
  // The rows [first, end) of one block's dx, from the whole of its dy.
  void rows(const real* dy, int first, int end, real* dx) const;

 private:
  // Columns of dx that see the same taps (conv2d_lanes_data.cpp): `count` of them, from column
  // `input` of the image on, at column `first` of their phase.
  struct Strip {
    int first, count, input;
    int row_taps = 0;   // taps of one row kh
    std::size_t start;  // where its taps start
  };
  void find_strips();

  Conv2dGeometry g_;
  LineRows lines_;                         // used instead of what follows where it is faster
  Frame frame_;                            // of dy
  std::vector<Strip> strips_;              // of all phases
  std::vector<std::size_t> strip_starts_;  // of each phase of rows, and the end
  std::vector<std::int64_t> offsets_;      // of dy: [strip][kh][co][kw]
  std::vector<std::int64_t> w_offsets_;    // in w, from the group's first channel, the same
  std::vector<real> w_;                    // in their order: [strip][group][ci][kh][co][kw]
};

// dw += dy * x.
class WeightSums {
 public:
  void prepare(const Conv2dGeometry& g);
  // Adds what `blocks` blocks of x and dy, one behind the other, give to the weights of the output
  // channels [first_channel, end_channel).
  void add(const real* x, const real* dy, int blocks, int first_channel, int end_channel,
           real* dw) const;

 private:
  Conv2dGeometry g_;
  LineSums lines_;  // used instead of the taps where it is faster
  WindowTaps taps_;
};

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

// Adds what each piece of the blocks gives to result[0 .. size): compute(begin, end, sums) adds
// the blocks' share to `sums`. The pieces' sums are added in their order, so the bits repeat for
// the same number of threads.
template <class Compute>
void add_over_blocks(int blocks, std::int64_t size, real* result, Compute&& compute) {
  const int pieces = parallel_pieces(blocks, 1);
  if (pieces == 1) return compute(0, blocks, result);
  real* sums = scratch<struct PieceSums>(pieces * size);
  parallel_for(blocks, 1, [&](std::int64_t begin, std::int64_t end, int piece) {
    real* own = sums + piece * size;
    std::fill_n(own, size, real(0));
    compute(static_cast<int>(begin), static_cast<int>(end), own);
  });
  for (int piece = 0; piece < pieces; ++piece) {
    for (std::int64_t i = 0; i < size; ++i) result[i] += sums[piece * size + i];
  }
}

}  // namespace longhand::fast::lanes
