// Winograd's convolution, forward and backward by data: the header has the idea.
//
// A block of rows of tiles is taken through all three steps, so that its V and M stay in the L2
// cache. The rows of all images count as one list, which threads share out: small images still give
// wide products.
#include "layers/conv2d_winograd.h"

#include <algorithm>
#include <cstdint>

#include "core/parallel.h"
#include "core/scratch.h"
#include "layers/conv2d_fast.h"
#include "layers/conv2d_winograd_blocks.h"
#include "layers/conv2d_winograd_tiles.h"

namespace longhand::fast::winograd {

namespace {

// Channels enough that the products outweigh the transformations; rows of tiles that fill a good
// part of a vector, in y or dx, and not many vectors (8 MB of V and M); and enough tiles for each
// thread to be worth transforming the weights, which are as much work as so many tiles.
bool pays(const Conv2dGeometry& g, const Shape& y) {
  const TileRows all(y);
  const int in = g.w.c, out = g.y.c / g.groups;
  const std::int64_t least = std::max(48, 24 * threads());
  return in >= 16 && out >= 16 && all.columns >= 4 &&
         row_numbers(in, out, all.columns) <= 1 << 21 && all.count * all.columns >= least;
}

// Of y's rows of tiles, `rows` from number `row` on. u: [group][point][out, in]. g.w is not looked
// at.
struct Block {
  const Conv2dGeometry& g;
  const TileRows& all;
  int in, out;  // channels of a group
  std::int64_t row;
  int rows;
  PointMatrices u_shape, v_shape, m_shape;

  void input(int group, const real* x, real* pixels, real* v) const {
    all.for_each_image(row, rows, [&](int n, int first, int count, int done) {
      transform_inputs(g, all, n, group, first, count, pixels, x,
                       v + std::int64_t{done} * all.columns, v_shape);
    });
  }

  void products(const real* u, const real* v, real* m) const {
    const Tiling tiling(tiles(), out, rows * all.columns);
    const int vectors = tiles().vectors_of(rows * all.columns);
    for (int p = 0; p < points; ++p) {
      multiply_tiles(tiling, out, in, vectors, {u + p * u_shape.point, u_shape.stride},
                     {v + p * v_shape.point, v_shape.stride}, m + p * m_shape.point, m_shape.stride,
                     false);
    }
  }

  void output(int group, const real* m, const real* b, real* y) const {
    all.for_each_image(row, rows, [&](int n, int first, int count, int done) {
      for (int co = 0; co < out; ++co) {
        const int channel = group * out + co;
        transform_output({.rows = count,
                          .columns = all.columns,
                          .m = m + co * m_shape.stride + done * all.columns,
                          .point_stride = m_shape.point,
                          .bias = b ? b[channel] : 0,
                          .h = g.y.h - 2 * first,
                          .w = g.y.w,
                          .y = y + at(g.y, n, channel, 2 * first, 0)});
      }
    });
  }
};

void convolve(const Conv2dGeometry& g, const real* x, const real* u, const real* b, real* y) {
  const int in = g.x.c / g.groups, out = g.y.c / g.groups;
  const TileRows all(g.y);
  const PointMatrices u_shape(out, in);
  const std::int64_t grain = grain_of_work(all.count, multiplications(g) / 2);
  parallel_for(all.count, grain, [&](std::int64_t begin, std::int64_t end, int) {
    const int most = rows_together(in, out, all.columns, static_cast<int>(end - begin));
    const PointMatrices v_shape(in, most * all.columns), m_shape(out, most * all.columns);
    real* v = scratch<struct WinogradV>(v_shape.size);
    real* m = scratch<struct WinogradM>(m_shape.size);
    real* pixels = zero_pixels(most, all.columns);
    for (int group = 0; group < g.groups; ++group) {
      for (std::int64_t row = begin; row < end; row += most) {
        const int rows = static_cast<int>(std::min<std::int64_t>(most, end - row));
        const Block block{g, all, in, out, row, rows, u_shape, v_shape, m_shape};
        block.input(group, x, pixels, v);
        block.products(u + group * u_shape.size, v, m);
        block.output(group, m, b, y);
      }
    }
  });
}

}  // namespace

bool suits_forward(const Conv2dGeometry& g) {
  return computes(g) && pays(g, g.y);
}

bool suits_backward_data(const Conv2dGeometry& g) {
  return computes(g) && pays(g, g.x);
}

// Every thread has a dU of its own: many of them must not take too much memory.
bool suits_backward_weights(const Conv2dGeometry& g) {
  const std::int64_t kernels = std::int64_t{g.w.n} * g.w.c;
  return computes(g) && pays(g, g.y) && points * kernels * threads() <= 1 << 25;
}

void conv2d_forward(const Conv2dGeometry& g, const real* x, const real* w, const real* b, real* y) {
  const int in = g.w.c, out = g.y.c / g.groups;
  const PointMatrices shape(out, in);
  real* u = scratch<struct WinogradU>(shape.size * g.groups);
  const std::int64_t grain = grain_of_work(g.y.c, 2 * g.w.size());
  parallel_for(g.y.c, grain, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t co = begin; co < end; ++co) {
      transform_weights(w + co * in * 9, 9, in, false,
                        u + co / out * shape.size + co % out * shape.stride, shape.point);
    }
  });
  convolve(g, x, u, b, y);
}

// dy's channels come in and dx's go out.
void conv2d_backward_data(const Conv2dGeometry& g, const real* dy, const real* w, real* dx) {
  const int in = g.w.c, out = g.y.c / g.groups;
  const PointMatrices shape(in, out);
  real* u = scratch<struct WinogradU>(shape.size * g.groups);
  const std::int64_t grain = grain_of_work(g.x.c, 2 * g.w.size());
  parallel_for(g.x.c, grain, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t c = begin; c < end; ++c) {
      const std::int64_t group = c / in, ci = c % in;
      transform_weights(w + (group * out * in + ci) * 9, std::int64_t{in} * 9, out, true,
                        u + group * shape.size + ci * shape.stride, shape.point);
    }
  });
  const Conv2dGeometry turned{.x = g.y,
                              .w = {g.x.c, out, 3, 3},
                              .y = g.x,
                              .padding_top = 2 - g.padding_top,
                              .padding_left = 2 - g.padding_left,
                              .groups = g.groups};
  convolve(turned, dy, u, nullptr, dx);
}

}  // namespace longhand::fast::winograd
