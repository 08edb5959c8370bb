// The convolution as a product of matrices: im2col writes the window's contents at every place of
// one image as the columns of a matrix, and then
//
//   y [out, places] = w [out, in kh kw]  *  columns [in kh kw, places]
//
// Images are spread over threads. See docs/conv2d.md.
#include <algorithm>
#include <cstdint>

#include "core/gemm.h"
#include "core/parallel.h"
#include "core/scratch.h"
#include "layers/conv2d_fast.h"

namespace longhand::fast::im2col {

namespace {

// The matrix of one image and one group. `rows` is in/groups * kh * kw, `places` is OH * OW.
struct Columns {
  explicit Columns(const Conv2dGeometry& g)
      : rows(g.w.c * g.w.h * g.w.w), places(g.y.h * g.y.w), size(std::int64_t{rows} * places) {}
  int rows, places;
  std::int64_t size;
};

// Calls body(row, first_place, ih, kw) for every line of the matrix that one row of outputs fills.
// im2col and col2im are the same walk over it in opposite directions.
template <class Body>
void for_each_line(const Conv2dGeometry& g, Body&& body) {
  int row = 0;
  for (int ci = 0; ci < g.w.c; ++ci) {
    for (int kh = 0; kh < g.w.h; ++kh) {
      for (int kw = 0; kw < g.w.w; ++kw, ++row) {
        for (int oh = 0; oh < g.y.h; ++oh) {
          body(row, oh * g.y.w, ci, oh * g.stride_h - g.padding_top + kh * g.dilation_h,
               kw * g.dilation_w - g.padding_left);
        }
      }
    }
  }
}

// The outputs [first, last) of a line whose column ow * stride + shift lies inside the image.
struct Span {
  Span(const Conv2dGeometry& g, int shift)
      : first(shift >= 0 ? 0 : std::min((-shift + g.stride_w - 1) / g.stride_w, g.y.w)),
        last(shift >= g.x.w ? first
                            : std::clamp((g.x.w - 1 - shift) / g.stride_w + 1, first, g.y.w)) {}
  int first, last;
};

// x: the group's channels of one image.
void im2col(const Conv2dGeometry& g, const real* x, real* columns) {
  const std::int64_t places = std::int64_t{g.y.h} * g.y.w;
  for_each_line(g, [&](int row, int place, int ci, int ih, int shift) {
    real* line = columns + row * places + place;
    if (ih < 0 || ih >= g.x.h) {
      std::fill_n(line, g.y.w, real(0));
      return;
    }
    const real* x_row = x + (std::int64_t{ci} * g.x.h + ih) * g.x.w;
    const Span span(g, shift);
    std::fill(line, line + span.first, real(0));
    if (g.stride_w == 1) {
      std::copy(x_row + span.first + shift, x_row + span.last + shift, line + span.first);
    } else {
      for (int ow = span.first; ow < span.last; ++ow) line[ow] = x_row[ow * g.stride_w + shift];
    }
    std::fill(line + span.last, line + g.y.w, real(0));
  });
}

// The transpose of im2col: adds every element of the columns to the pixel it came from.
void col2im(const Conv2dGeometry& g, const real* columns, real* dx) {
  const std::int64_t places = std::int64_t{g.y.h} * g.y.w;
  std::fill_n(dx, std::int64_t{g.w.c} * g.x.h * g.x.w, real(0));
  for_each_line(g, [&](int row, int place, int ci, int ih, int shift) {
    if (ih < 0 || ih >= g.x.h) return;
    const real* line = columns + row * places + place;
    real* dx_row = dx + (std::int64_t{ci} * g.x.h + ih) * g.x.w;
    const Span span(g, shift);
    for (int ow = span.first; ow < span.last; ++ow) dx_row[ow * g.stride_w + shift] += line[ow];
  });
}

// The channels of image n and group `group`, in x and in y.
std::int64_t x_offset(const Conv2dGeometry& g, std::int64_t n, int group) {
  return (n * g.x.c + std::int64_t{group} * g.w.c) * g.x.h * g.x.w;
}
std::int64_t y_offset(const Conv2dGeometry& g, std::int64_t n, int group) {
  return (n * g.y.c + std::int64_t{group} * (g.y.c / g.groups)) * g.y.h * g.y.w;
}

// Where the weights of a group begin.
std::int64_t w_offset(const Conv2dGeometry& g, int group) {
  return std::int64_t{group} * (g.w.n / g.groups) * g.w.c * g.w.h * g.w.w;
}

}  // namespace

void conv2d_forward(const Conv2dGeometry& g, const real* x, const real* w, const real* b, real* y) {
  const Columns matrix(g);
  const int out = g.y.c / g.groups;
  parallel_for(g.x.n, 1, [&](std::int64_t begin, std::int64_t end, int) {
    real* columns = scratch<struct Im2col>(matrix.size);
    for (std::int64_t n = begin; n < end; ++n) {
      for (int group = 0; group < g.groups; ++group) {
        real* y_group = y + y_offset(g, n, group);
        for (int co = 0; co < out; ++co) {
          const real start = b ? b[group * out + co] : 0;
          std::fill_n(y_group + std::int64_t{co} * matrix.places, matrix.places, start);
        }
        im2col(g, x + x_offset(g, n, group), columns);
        gemm({.m = out, .n = matrix.places, .k = matrix.rows, .accumulate = true},
             w + w_offset(g, group), columns, y_group);
      }
    }
  });
}

void conv2d_backward_data(const Conv2dGeometry& g, const real* dy, const real* w, real* dx) {
  const Columns matrix(g);
  const int out = g.y.c / g.groups;
  parallel_for(g.x.n, 1, [&](std::int64_t begin, std::int64_t end, int) {
    real* columns = scratch<struct Im2col>(matrix.size);
    for (std::int64_t n = begin; n < end; ++n) {
      for (int group = 0; group < g.groups; ++group) {
        gemm({.m = matrix.rows, .n = matrix.places, .k = out, .transpose_a = true},
             w + w_offset(g, group), dy + y_offset(g, n, group), columns);
        col2im(g, columns, dx + x_offset(g, n, group));
      }
    }
  });
}

void conv2d_backward_weights(const Conv2dGeometry& g, const real* x, const real* dy, real* dw) {
  const Columns matrix(g);
  const int out = g.y.c / g.groups;
  const int pieces = parallel_pieces(g.x.n, 1);
  const std::int64_t size = g.w.size();
  // Each piece of the batch sums its own dw; the pieces are then added in their order, so the
  // bits repeat for the same number of threads.
  real* sums = scratch<struct PieceSums>(pieces * size);
  std::fill_n(sums, pieces * size, real(0));
  parallel_for(g.x.n, 1, [&](std::int64_t begin, std::int64_t end, int piece) {
    real* columns = scratch<struct Im2col>(matrix.size);
    for (std::int64_t n = begin; n < end; ++n) {
      for (int group = 0; group < g.groups; ++group) {
        im2col(g, x + x_offset(g, n, group), columns);
        gemm({.m = out,
              .n = matrix.rows,
              .k = matrix.places,
              .transpose_b = true,
              .accumulate = true},
             dy + y_offset(g, n, group), columns, sums + piece * size + w_offset(g, group));
      }
    }
  });
  for (int piece = 0; piece < pieces; ++piece) {
    for (std::int64_t i = 0; i < size; ++i) dw[i] += sums[piece * size + i];
  }
}

}  // namespace longhand::fast::im2col
