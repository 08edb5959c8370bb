// The transformations of Winograd's convolution (conv2d_winograd.h): pixels, kernels and outputs
// into the 16 points and back. Vectors hold 16 neighbouring tiles of a row, or 16 channels.
#pragma once

#include <cstdint>

#include "core/real.h"

namespace longhand::fast::winograd {

inline constexpr int points = 16;

// Rows of tiles of one channel of an image. Tile (r, t) has the pixels [2 r, 2 r + 4) x [2 t, 2 t +
// 4), counted from row `first_row` and column `first_column` of the image, which may lie outside of
// it: there pixels are zero.
struct InputTiles {
  int rows, columns;  // of tiles
  const real* image;
  int h, w;  // of the image
  int first_row, first_column;
};

// How many numbers `pixels` must have room for.
std::int64_t pixels_size(int tile_rows, int tile_columns);

// V of these tiles: point p of tile (r, t) is written to v[p * point_stride + r * columns + t]. Up
// to a vector of numbers after the last tile is overwritten. `pixels` holds a copy of the pixels
// with zeros around; before the first call they must be zeros.
void transform_input(const InputTiles& tiles, real* pixels, real* v, std::int64_t point_stride);

// y = A^T m A + bias for rows of tiles of one channel, point p of tile (r, t) being
// m[p * point_stride + r * columns + t]. Of their 2 `rows` x 2 `columns` outputs those in the first
// `h` rows and `w` columns are written to y, whose rows are w apart.
struct OutputTiles {
  int rows, columns;  // of tiles
  const real* m;
  std::int64_t point_stride;
  real bias;
  int h, w;
  real* y;
};
void transform_output(const OutputTiles& tiles);

// U of `count` kernels, the kernel i at w + i * stride, turned by 180 degrees with `turned`: point
// p of kernel i is written to u[p * point_stride + i]; a vector of numbers beyond the last one may
// be overwritten.
void transform_weights(const real* w, std::int64_t stride, int count, bool turned, real* u,
                       std::int64_t point_stride);

// dM = A dY A^T of rows of tiles, `channels` channels side by side: pixel i of the h x w outputs
// that the tiles cover is at dy + i * stride; point p of tile (r, t) goes to dm + p * point_stride
// + (r * columns + t) * stride, in whole vectors.
struct GradientTiles {
  int rows, columns;  // of tiles
  int h, w;
  const real* dy;
  int channels;
  std::int64_t stride;
};
void transform_gradient(const GradientTiles& tiles, real* dm, std::int64_t point_stride);

// dw += G^T dU G for `count` kernels, kernel i at dw + i * stride: point p is the sum of du[p *
// point_stride + i + piece * piece_stride] over the pieces.
void add_weight_gradient(const real* du, std::int64_t point_stride, int pieces,
                         std::int64_t piece_stride, int count, real* dw, std::int64_t stride);

}  // namespace longhand::fast::winograd
