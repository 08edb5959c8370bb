// What the directions of the implicit gemm share (conv2d_implicit.cpp, conv2d_implicit_data.cpp):
// copies of images in which every element of the kernel sees its pixels side by side.
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

#include "core/gemm_tile.h"
#include "core/parallel.h"
#include "core/scratch.h"
#include "layers/conv2d_fast.h"

namespace longhand::fast::implicit {

// The channels of image n and group `group`, in x and in y, and the group's weights.
inline std::int64_t x_offset(const Conv2dGeometry& g, std::int64_t n, int group) {
  return (n * g.x.c + std::int64_t{group} * g.w.c) * g.x.h * g.x.w;
}
inline std::int64_t y_offset(const Conv2dGeometry& g, std::int64_t n, int group) {
  return (n * g.y.c + std::int64_t{group} * (g.y.c / g.groups)) * g.y.h * g.y.w;
}
inline std::int64_t w_offset(const Conv2dGeometry& g, int group) {
  return std::int64_t{group} * (g.w.n / g.groups) * g.w.c * g.w.h * g.w.w;
}

// A kernel of one pixel: the planes of the channels are the rows of im2col's matrix.
inline bool one_pixel(const Conv2dGeometry& g) {
  return g.w.h == 1 && g.w.w == 1;
}
// Without padding dy is the matrix that backward multiplies: every output has seen a pixel.
inline bool one_pixel_of_image(const Conv2dGeometry& g) {
  return one_pixel(g) && g.padding_top == 0 && g.padding_left == 0 &&
         (g.y.h - 1) * g.stride_h < g.x.h && (g.y.w - 1) * g.stride_w < g.x.w;
}
// If it moves by one, the image itself is im2col's matrix, too.
inline bool pointwise(const Conv2dGeometry& g) {
  return one_pixel_of_image(g) && g.x.h == g.y.h && g.x.w == g.y.w;
}

// One direction of the image, rows or columns: an element k of the kernel sees the pixels
// o * stride + k * dilation - padding, o = 0 ... out - 1.
struct Axis {
  int in, out, kernel, stride, dilation, padding;

  // Forward: pixel p of the padded image lies in plane p % stride at place p / stride.
  int reach() const { return (kernel - 1) * dilation; }
  int phases() const { return std::min(stride, reach() + 1); }
  int plane() const { return out + reach() / stride; }
  int phase_of(int k) const { return k * dilation % stride; }
  int shift_of(int k) const { return k * dilation / stride; }
};

// For some `lines` of the output, or all.
inline Axis rows_of(const Conv2dGeometry& g, int lines) {
  return {g.x.h, lines, g.w.h, g.stride_h, g.dilation_h, g.padding_top};
}
inline Axis rows_of(const Conv2dGeometry& g) {
  return rows_of(g, g.y.h);
}
inline Axis columns_of(const Conv2dGeometry& g) {
  return {g.x.w, g.y.w, g.w.w, g.stride_w, g.dilation_w, g.padding_left};
}

// A plane: [i, j] is pixel [first_h + i * step_h, first_w + j * step_w] of an image, zero where
// there is none.
struct Plane {
  int first_h, step_h, first_w, step_w;
  int rows, columns;
  std::int64_t size() const { return std::int64_t{rows} * columns; }
};

// Rows [begin, end) of the plane of an image of h x w pixels, into their places at `to`.
void copy_plane(const real* image, int h, int w, const Plane& plane, int begin, int end, real* to);

// The planes of x: one for each channel, phase of the rows and phase of the columns. They hold what
// `lines` lines of the output need: all of them, or some at a time.
struct InputPlanes {
  explicit InputPlanes(const Conv2dGeometry& g) : InputPlanes(g, g.y.h) {}
  InputPlanes(const Conv2dGeometry& g, int lines)
      : rows(rows_of(g, lines)),
        columns(columns_of(g)),
        channel(std::int64_t{rows.plane()} * columns.plane() * rows.phases() * columns.phases()) {}

  // Channels [c0, c1) of x, what rows [oh0, oh1) of the output need of them, `lines` at most;
  // channel c is at planes + (c - c0) * channel, what row oh0 needs in the planes' first rows.
  void copy(const real* x, int c0, int c1, int oh0, int oh1, real* planes) const;

  // For every (ci, kh, kw) in order: where its picture begins, relative to channel 0.
  void offsets(int channels, std::vector<int>& offset) const;

  Axis rows, columns;
  std::int64_t channel;  // numbers in the planes of one channel
};

// This thread's memory for planes of so many numbers, with the few more that Pictures may read.
inline real* plane_memory(std::int64_t size) {
  return scratch<struct Pixels>(size + tiles().lanes);
}

// Calls body(n, group, row0, row1), spread over threads, so that all images and groups get all
// `rows` of their output. Where images and groups do not share out evenly, the rows are cut too,
// into pieces of several tiles. A row has `width` places.
template <class Body>
void for_each_part(const Conv2dGeometry& g, int rows, int width, Body&& body) {
  const int items = g.x.n * g.groups;
  const int least = 4 * tiles().lanes / width + 2;
  const int workers = parallel_pieces(threads(), 1);
  int parts = workers / std::gcd(items, workers);
  parts = std::clamp(parts, 1, std::max(rows / least, 1));
  const std::int64_t count = std::int64_t{items} * parts;
  parallel_for(count, grain_of_work(count, multiplications(g)),
               [&](std::int64_t begin, std::int64_t end, int) {
                 for (std::int64_t i = begin; i < end; ++i) {
                   const int item = static_cast<int>(i / parts), part = static_cast<int>(i % parts);
                   body(item / g.groups, item % g.groups, rows * part / parts,
                        rows * (part + 1) / parts);
                 }
               });
}

// How many lines of y have their planes copied and used before the next lines: few enough for the
// planes to stay in the L2 cache. An even number: tiles take two lines at a time. All of them where
// that would be so few that most of a copy is rows that the next lines need again.
int lines_at_a_time(const Conv2dGeometry& g);

}  // namespace longhand::fast::implicit
