// The convolution as a product of matrices: im2col writes the window's contents at every place of
// one image as the columns of a matrix, and then
//
//   y [out, places] = w [out, in kh kw]  *  columns [in kh kw, places]
//
// image by image and group by group, as in layers/conv2d_im2col.cpp.
#include <cstdint>

#include "core/gemm.h"
#include "core/tensor.h"
#include "cuda/conv2d/versions.h"
#include "cuda/grid.h"
#include "cuda/launch.h"

namespace longhand::cuda::im2col {

namespace {

// The matrix of one image and one group. `rows` is in/groups * kh * kw, `places` is OH * OW.
struct Columns {
  explicit Columns(const Conv2dGeometry& g)
      : rows(g.w.c * g.w.h * g.w.w), places(g.y.h * g.y.w), size(std::int64_t{rows} * places) {}
  int rows, places;
  std::int64_t size;
};

// The matrix's rows are the elements of one kernel, its columns the places of one output channel.
constexpr Shape kernel_shape(const Conv2dGeometry& g) {
  return {1, g.w.c, g.w.h, g.w.w};
}
constexpr Shape places_shape(const Conv2dGeometry& g) {
  return {1, 1, g.y.h, g.y.w};
}
constexpr Shape image_shape(const Conv2dGeometry& g) {
  return {1, g.w.c, g.x.h, g.x.w};
}

__global__ void im2col_kernel(Conv2dGeometry g, const real* x, real* columns) {
  const Shape kernel = kernel_shape(g), places = places_shape(g), image = image_shape(g);
  if (global_index() >= kernel.size() * places.size()) return;
  const Index k = index_at(kernel, global_index() / places.size());
  const Index o = index_at(places, global_index() % places.size());
  const int ih = o.h * g.stride_h - g.padding_top + k.h * g.dilation_h;
  const int iw = o.w * g.stride_w - g.padding_left + k.w * g.dilation_w;
  columns[global_index()] = inside(image, ih, iw) ? x[at(image, 0, k.c, ih, iw)] : 0;
}

// Each pixel fetches what im2col made of it, as conv2d_backward_data fetches from the outputs.
__global__ void col2im_kernel(Conv2dGeometry g, const real* columns, real* dx) {
  const Shape kernel = kernel_shape(g), places = places_shape(g), image = image_shape(g);
  if (global_index() >= image.size()) return;
  const auto [n, ci, ih, iw] = index_at(image, global_index());
  real sum = 0;
  for (int kh = 0; kh < g.w.h; ++kh) {
    for (int kw = 0; kw < g.w.w; ++kw) {
      const int row = ih + g.padding_top - kh * g.dilation_h;
      const int column = iw + g.padding_left - kw * g.dilation_w;
      if (row % g.stride_h != 0 || column % g.stride_w != 0) continue;
      const int oh = row / g.stride_h, ow = column / g.stride_w;
      if (!inside(places, oh, ow)) continue;
      sum += columns[at(kernel, n, ci, kh, kw) * places.size() + at(places, n, 0, oh, ow)];
    }
  }
  dx[at(image, n, ci, ih, iw)] = sum;
}

// Every sum of y starts with its channel's bias.
__global__ void start_kernel(Shape shape, const real* b, real* y) {
  if (global_index() >= shape.size()) return;
  y[global_index()] = b ? b[index_at(shape, global_index()).c] : 0;
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

// At least `size` numbers of device memory, kept for the next call.
real* scratch(std::int64_t size) {
  static Tensor memory(Memory::cuda);
  if (memory.size() < size) memory.resize({1, 1, 1, static_cast<int>(size)});
  return memory.data();
}

}  // namespace

void im2col(const Conv2dGeometry& g, const real* x, real* columns) {
  const unsigned blocks = blocks_for(Columns(g).size);
  LAUNCH(im2col_kernel, blocks, threads_a_block, 0, stream(), g, x, columns);
}

void col2im(const Conv2dGeometry& g, const real* columns, real* dx) {
  const unsigned blocks = blocks_for(image_shape(g).size());
  LAUNCH(col2im_kernel, blocks, threads_a_block, 0, stream(), g, columns, dx);
}

void conv2d_forward(const Conv2dGeometry& g, const real* x, const real* w, const real* b, real* y) {
  const Columns matrix(g);
  const int out = g.y.c / g.groups;
  real* columns = scratch(matrix.size);
  LAUNCH(start_kernel, blocks_for(g.y.size()), threads_a_block, 0, stream(), g.y, b, y);
  for (int n = 0; n < g.x.n; ++n) {
    for (int group = 0; group < g.groups; ++group) {
      im2col(g, x + x_offset(g, n, group), columns);
      gemm({.m = out, .n = matrix.places, .k = matrix.rows, .accumulate = true},
           w + w_offset(g, group), columns, y + y_offset(g, n, group));
    }
  }
}

void conv2d_backward_data(const Conv2dGeometry& g, const real* dy, const real* w, real* dx) {
  const Columns matrix(g);
  const int out = g.y.c / g.groups;
  real* columns = scratch(matrix.size);
  for (int n = 0; n < g.x.n; ++n) {
    for (int group = 0; group < g.groups; ++group) {
      gemm({.m = matrix.rows, .n = matrix.places, .k = out, .transpose_a = true},
           w + w_offset(g, group), dy + y_offset(g, n, group), columns);
      col2im(g, columns, dx + x_offset(g, n, group));
    }
  }
}

void conv2d_backward_weights(const Conv2dGeometry& g, const real* x, const real* dy, real* dw) {
  const Columns matrix(g);
  const int out = g.y.c / g.groups;
  real* columns = scratch(matrix.size);
  for (int n = 0; n < g.x.n; ++n) {
    for (int group = 0; group < g.groups; ++group) {
      im2col(g, x + x_offset(g, n, group), columns);
      gemm(
          {.m = out, .n = matrix.rows, .k = matrix.places, .transpose_b = true, .accumulate = true},
          dy + y_offset(g, n, group), columns, dw + w_offset(g, group));
    }
  }
}

}  // namespace longhand::cuda::im2col
