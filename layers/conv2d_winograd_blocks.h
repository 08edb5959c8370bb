// What the directions of Winograd's convolution share: how its tiles are cut into blocks.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/gemm_blocks.h"
#include "core/scratch.h"
#include "core/shape.h"
#include "layers/conv2d.h"
#include "layers/conv2d_winograd_tiles.h"

namespace longhand::fast::winograd {

// All rows of tiles of a batch as one list. Tiles cover y with 2 x 2 outputs each.
struct TileRows {
  explicit TileRows(const Shape& y)
      : rows((y.h + 1) / 2), columns((y.w + 1) / 2), count(std::int64_t{y.n} * rows) {}

  // Calls body(n, first, count, done) for every image that has some of the rows [row, row + total):
  // its rows [first, first + count), before which come `done` of the images before.
  template <class Body>
  void for_each_image(std::int64_t row, int total, Body&& body) const {
    for (int done = 0; done < total;) {
      const int n = static_cast<int>((row + done) / rows);
      const int first = static_cast<int>((row + done) % rows);
      const int here = std::min(rows - first, total - done);
      body(n, first, here, done);
      done += here;
    }
  }

  int rows, columns;  // of tiles in an image
  std::int64_t count;
};

// Numbers from one row of a matrix to the next: whole vectors and one more, because what is written
// in whole vectors may go past the end; the odd line spreads rows over the cache.
inline std::int64_t spread(int columns) {
  return round_up(columns, 16) + 16;
}

// The matrices of the 16 points, one after another. One line more spreads the points over the
// cache, too: a tile reads or writes all of them.
struct PointMatrices {
  PointMatrices(int rows_, int columns)
      : rows(rows_), stride(spread(columns)), point(rows * stride + 16), size(points * point) {}
  std::int64_t rows, stride, point, size;
};

// V and M of one row of tiles.
inline std::int64_t row_numbers(int in, int out, int columns) {
  return std::int64_t{points} * (in + out) * columns;
}

// How many of `rows` rows of tiles make a block: as many as let V and M, which have so many
// channels together, stay in the L2 cache beside U, if that is small; a large U is read anew for
// every block, so there should be few. And few vectors should stay partly empty.
inline int rows_together(int in, int out, int columns, int rows) {
  const std::int64_t u_numbers = std::int64_t{points} * in * out;
  const std::int64_t block_numbers = u_numbers <= 128 << 10 ? 256 << 10 : 512 << 10;
  const int most = static_cast<int>(
      std::clamp<std::int64_t>(block_numbers / row_numbers(in, out, columns), 1, rows));
  // Columns of tiles that are computed in all, and for each block some more for reading U.
  const auto cost = [&](int together) {
    const auto block = [&](int count) {
      return count > 0 ? round_up(count * columns, 2 * tiles().lanes) + 16 : 0;
    };
    return std::int64_t{rows / together} * block(together) + block(rows % together);
  };
  int best = 1;
  for (int i = 2; i <= most; ++i) {
    if (cost(i) <= cost(best)) best = i;
  }
  return best;
}

// This piece's copy of pixels, as transform_input wants it at first.
inline real* zero_pixels(int rows, int columns) {
  const std::int64_t size = pixels_size(rows, columns);
  real* pixels = scratch<struct WinogradPixels>(size);
  std::fill_n(pixels, size, real(0));
  return pixels;
}

// V of the rows of tiles [first, first + count) of image n, all channels of a group.
inline void transform_inputs(const Conv2dGeometry& g, const TileRows& all, int n, int group,
                             int first, int count, real* pixels, const real* x, real* v,
                             const PointMatrices& shape) {
  const int in = g.x.c / g.groups;
  for (int ci = 0; ci < in; ++ci) {
    transform_input({.rows = count,
                     .columns = all.columns,
                     .image = x + at(g.x, n, group * in + ci, 0, 0),
                     .h = g.x.h,
                     .w = g.x.w,
                     .first_row = 2 * first - g.padding_top,
                     .first_column = -g.padding_left},
                    pixels, v + ci * shape.stride, shape.point);
  }
}

struct Operand {
  const real* data;
  std::int64_t stride;  // from row to row
};

// c [m, columns] = a [m, k] * b [k, columns], or += with `add`, `vectors` vectors of columns. What
// lies after the last column is computed along. (multiply_range would pack; here V and U lie as the
// tiles read them best.)
inline void multiply_tiles(const Tiling& tiling, int m, int k, int vectors, const Operand& a,
                           const Operand& b, real* c, std::int64_t c_stride, bool add) {
  const Tiles& t = tiles();
  for (int j = 0; j < vectors; j += tiling.vectors) {  // these columns of b stay in L1
    const int count = std::min(tiling.vectors, vectors - j);
    for (int i = 0; i < m; i += tiling.rows) {
      const int rows = std::min(tiling.rows, m - i);
      const Tile tile{.depth = k,
                      .a = a.data + i * a.stride,
                      .a_stride = a.stride,
                      .b = b.data + j * t.lanes,
                      .b_stride = b.stride,
                      .b_last = (count - 1) * t.lanes,
                      .c = c + i * c_stride + j * t.lanes,
                      .c_stride = c_stride,
                      .c_last = (count - 1) * t.lanes,
                      .add = add};
      t.function(rows, count, TileOrder::by_row)(&tile);
    }
  }
}

}  // namespace longhand::fast::winograd
