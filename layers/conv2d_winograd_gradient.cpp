// The transformations of conv2d_winograd_tiles.h that backward by weights needs. Vectors hold 16
// output channels.
#include <algorithm>

#include "core/cpu.h"
#include "core/vector.h"
#include "layers/conv2d_winograd_tiles.h"

namespace longhand::fast::winograd {

namespace {

template <class Vector>
[[gnu::always_inline]] inline void gradient_points(const Vector (&y)[2], Vector (&m)[4]) {  // A y
  m[0] = y[0];
  m[1] = y[0] + y[1];
  m[2] = y[0] - y[1];
  m[3] = -y[1];
}

template <class Vector>
[[gnu::always_inline]] inline void weights(const Vector (&u)[4], Vector (&g)[3]) {  // G^T u
  const Vector sum = real(0.5) * (u[1] + u[2]);
  g[0] = u[0] + sum;
  g[1] = real(0.5) * (u[1] - u[2]);
  g[2] = sum + u[3];
}

struct TransformGradient {
  template <class Isa>
  [[gnu::always_inline]] static void run(const GradientTiles* tiles, real* dm,
                                         std::int64_t point_stride) {
    using V = Vectors<Isa>;
    using Vector = typename V::Vector;
    const std::int64_t stride = tiles->stride;
    for (int r = 0; r < tiles->rows; ++r) {
      for (int t = 0; t < tiles->columns; ++t) {
        const bool below = 2 * r + 1 < tiles->h, right = 2 * t + 1 < tiles->w;
        const real* dy = tiles->dy + (std::int64_t{2 * r} * tiles->w + 2 * t) * stride;
        for (int c = 0; c < tiles->channels; c += V::lanes, dy += V::lanes) {
          Vector y[2][2] = {};  // zero where the tile hangs over the edge
          V::load(dy, y[0][0]);
          if (right) V::load(dy + stride, y[0][1]);
          if (below) V::load(dy + tiles->w * stride, y[1][0]);
          if (below && right) V::load(dy + (tiles->w + 1) * stride, y[1][1]);
          Vector half[2][4];
          gradient_points(y[0], half[0]);
          gradient_points(y[1], half[1]);
          real* to = dm + (std::int64_t{r} * tiles->columns + t) * stride + c;
          LONGHAND_UNROLL
          for (int j = 0; j < 4; ++j) {
            const Vector column[2] = {half[0][j], half[1][j]};
            Vector point[4];
            gradient_points(column, point);
            LONGHAND_UNROLL
            for (int i = 0; i < 4; ++i) V::store(point[i], to + (4 * i + j) * point_stride);
          }
        }
      }
    }
  }
};

struct AddWeightGradient {
  template <class Isa>
  [[gnu::always_inline]] static void run(const real* du, std::int64_t point_stride, int pieces,
                                         std::int64_t piece_stride, int count, real* dw,
                                         std::int64_t stride) {
    using V = Vectors<Isa>;
    using Vector = typename V::Vector;
    for (int block = 0; block < count; block += V::lanes) {
      Vector half[3][4];
      LONGHAND_UNROLL
      for (int j = 0; j < 4; ++j) {
        Vector u[4];
        LONGHAND_UNROLL
        for (int i = 0; i < 4; ++i) {
          const real* from = du + (4 * i + j) * point_stride + block;
          V::load(from, u[i]);
          for (int piece = 1; piece < pieces; ++piece) {
            Vector more;
            V::load(from + piece * piece_stride, more);
            u[i] += more;
          }
        }
        Vector column[3];
        weights(u, column);
        for (int i = 0; i < 3; ++i) half[i][j] = column[i];
      }
      real all[9][V::lanes];
      LONGHAND_UNROLL
      for (int i = 0; i < 3; ++i) {
        Vector line[3];
        weights(half[i], line);
        for (int j = 0; j < 3; ++j) V::store(line[j], all[3 * i + j]);
      }
      const int kernels = std::min(V::lanes, count - block);
      for (int kernel = 0; kernel < kernels; ++kernel) {
        real* to = dw + (block + kernel) * stride;
        for (int i = 0; i < 9; ++i) to[i] += all[i][kernel];
      }
    }
  }
};

}  // namespace

void transform_gradient(const GradientTiles& tiles, real* dm, std::int64_t point_stride) {
  run_kernel<TransformGradient>(&tiles, dm, point_stride);
}

void add_weight_gradient(const real* du, std::int64_t point_stride, int pieces,
                         std::int64_t piece_stride, int count, real* dw, std::int64_t stride) {
  run_kernel<AddWeightGradient>(du, point_stride, pieces, piece_stride, count, dw, stride);
}

}  // namespace longhand::fast::winograd
