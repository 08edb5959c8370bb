#include "layers/conv2d_winograd_tiles.h"

#include <algorithm>

#include "core/cpu.h"
#include "core/gemm_pack.h"
#include "core/gemm_tile.h"
#include "core/scratch.h"
#include "core/vector.h"
#include "core/vector_pairs.h"

namespace longhand::fast::winograd {

namespace {

// The one-dimensional transformations. A kernel has them inline, for its own vectors.
template <class Vector>
[[gnu::always_inline]] inline void input_points(const Vector (&d)[4], Vector (&v)[4]) {  // B^T d
  v[0] = d[0] - d[2];
  v[1] = d[1] + d[2];
  v[2] = d[2] - d[1];
  v[3] = d[1] - d[3];
}

template <class Vector>
[[gnu::always_inline]] inline void outputs(const Vector (&m)[4], Vector (&y)[2]) {  // A^T m
  y[0] = m[0] + m[1] + m[2];
  y[1] = m[1] - m[2] - m[3];
}

template <class Vector>
[[gnu::always_inline]] inline void weight_points(const Vector (&g)[3], Vector (&u)[4]) {  // G g
  const Vector outer = real(0.5) * (g[0] + g[2]), middle = real(0.5) * g[1];
  u[0] = g[0];
  u[1] = outer + middle;
  u[2] = outer - middle;
  u[3] = g[2];
}

// to[i] = from[i] for i < count, by the widest vectors that fit: the last one overlaps.
template <int bytes>
[[gnu::always_inline]] inline void copy_numbers(const real* from, int count, real* to) {
  constexpr int lanes = bytes / static_cast<int>(sizeof(real));
  if constexpr (lanes < 2) {
    for (int i = 0; i < count; ++i) to[i] = from[i];
  } else {
    typedef real Stored __attribute__((vector_size(bytes), aligned(sizeof(real)), may_alias));
    if (count < lanes) return copy_numbers<bytes / 2>(from, count, to);
    for (int i = 0; i + lanes < count; i += lanes) {
      *reinterpret_cast<Stored*>(to + i) = *reinterpret_cast<const Stored*>(from + i);
    }
    const int last = count - lanes;
    *reinterpret_cast<Stored*>(to + last) = *reinterpret_cast<const Stored*>(from + last);
  }
}

int pixels_pitch(int tile_columns, int lanes) {
  return 2 * std::max(tile_columns, lanes) + 2;
}

struct TransformInput {
  // B^T over columns 2 t ... 2 t + 3 of one line, for the tiles of a vector.
  template <class Isa>
  [[gnu::always_inline]] static void line_points(const real* line,
                                                 typename Vectors<Isa>::Vector (&v)[4]) {
    typename Vectors<Isa>::Vector d[4];
    Pairs<Isa>::split(line, d[0], d[1]);
    Pairs<Isa>::split(line + 2, d[2], d[3]);
    input_points(d, v);
  }

  template <class Isa>
  [[gnu::always_inline]] static void copy_pixels(const InputTiles& tiles, int pitch, real* pixels) {
    // Columns [begin, end) of the copy are pixels; the others stay zero.
    const int begin = std::max(-tiles.first_column, 0);
    const int end = std::min(tiles.w - tiles.first_column, 2 * tiles.columns + 2);
    for (int i = 0; i < 2 * tiles.rows + 2; ++i) {
      const int ih = tiles.first_row + i;
      real* to = pixels + std::int64_t{i} * pitch;
      if (ih < 0 || ih >= tiles.h) {
        std::fill_n(to, pitch, real(0));
      } else if (begin < end) {
        // The same pixels of the next channel will be wanted next.
        const real* next = tiles.image + (std::int64_t{tiles.h} + ih) * tiles.w;
        for (int j = 0; j < tiles.w; j += cache_line) __builtin_prefetch(next + j);
        copy_numbers<Isa::vector_bytes>(
            tiles.image + std::int64_t{ih} * tiles.w + tiles.first_column + begin, end - begin,
            to + begin);
      }
    }
  }

  template <class Isa>
  [[gnu::always_inline]] static void run(const InputTiles* tiles, real* pixels, real* v,
                                         std::int64_t point_stride) {
    using V = Vectors<Isa>;
    using Vector = typename V::Vector;
    const int columns = tiles->columns, pitch = pixels_pitch(columns, V::lanes);
    copy_pixels<Isa>(*tiles, pitch, pixels);
    for (int block = 0; block < columns; block += V::lanes) {
      // The last vector overlaps the one before; or the next row, which overwrites it.
      const int t = std::max(std::min(block, columns - V::lanes), 0);
      const real* line = pixels + 2 * t;
      Vector h[4][4];  // the points of four lines; the lower two are the next row's upper two
      line_points<Isa>(line, h[0]);
      line_points<Isa>(line + pitch, h[1]);
      for (int r = 0; r < tiles->rows; ++r) {
        line += 2 * pitch;
        line_points<Isa>(line, h[2]);
        line_points<Isa>(line + pitch, h[3]);
        real* to = v + std::int64_t{r} * columns + t;
        LONGHAND_UNROLL
        for (int j = 0; j < 4; ++j) {
          const Vector d[4] = {h[0][j], h[1][j], h[2][j], h[3][j]};
          Vector point[4];
          input_points(d, point);
          LONGHAND_UNROLL
          for (int i = 0; i < 4; ++i) V::store(point[i], to + (4 * i + j) * point_stride);
          h[0][j] = h[2][j];
          h[1][j] = h[3][j];
        }
      }
    }
  }
};

struct TransformOutput {
  template <class Isa>
  [[gnu::always_inline]] static void run(const OutputTiles* tiles) {
    using V = Vectors<Isa>;
    using Vector = typename V::Vector;
    const int columns = tiles->columns;
    const real bias = tiles->bias;
    for (int r = 0; r < tiles->rows; ++r) {
      for (int block = 0; block < columns; block += V::lanes) {
        const int t = std::max(std::min(block, columns - V::lanes), 0);
        const real* m = tiles->m + std::int64_t{r} * columns + t;
        Vector half[4][2];  // A^T over the lines of m
        LONGHAND_UNROLL
        for (int j = 0; j < 4; ++j) {
          Vector column[4];
          LONGHAND_UNROLL
          for (int i = 0; i < 4; ++i) V::load(m + (4 * i + j) * tiles->point_stride, column[i]);
          outputs(column, half[j]);
        }
        const int count = tiles->w - 2 * t;
        real* to = tiles->y + std::int64_t{2 * r} * tiles->w + 2 * t;
        for (int i = 0; i < 2 && 2 * r + i < tiles->h; ++i) {
          const Vector line[4] = {half[0][i], half[1][i], half[2][i], half[3][i]};
          Vector y[2];
          outputs(line, y);
          y[0] += bias;
          y[1] += bias;
          if (count >= 2 * V::lanes) {
            Pairs<Isa>::join(y[0], y[1], to);
          } else {
            real all[2 * V::lanes];
            Pairs<Isa>::join(y[0], y[1], all);
            copy_numbers<Isa::vector_bytes>(all, count, to);
          }
          to += tiles->w;
        }
      }
    }
  }
};

// `g` holds the nine elements of the kernels, `width` apart.
struct TransformWeights {
  template <class Isa>
  [[gnu::always_inline]] static void run(const real* g, int width, int count, bool turned, real* u,
                                         std::int64_t point_stride) {
    using V = Vectors<Isa>;
    using Vector = typename V::Vector;
    for (int block = 0; block < width; block += V::lanes) {
      // In the panel that pack_panel wrote, the last vector holds the last kernels.
      const int kernel = block + V::lanes < width ? block : std::max(count - V::lanes, 0);
      Vector half[3][4];  // G over the kernel's lines
      LONGHAND_UNROLL
      for (int i = 0; i < 3; ++i) {
        Vector line[3];
        LONGHAND_UNROLL
        for (int j = 0; j < 3; ++j) {
          const int element = 3 * i + j;
          V::load(g + (turned ? 8 - element : element) * width + block, line[j]);
        }
        weight_points(line, half[i]);
      }
      LONGHAND_UNROLL
      for (int j = 0; j < 4; ++j) {
        const Vector column[3] = {half[0][j], half[1][j], half[2][j]};
        Vector point[4];
        weight_points(column, point);
        LONGHAND_UNROLL
        for (int i = 0; i < 4; ++i) V::store(point[i], u + (4 * i + j) * point_stride + kernel);
      }
    }
  }
};

}  // namespace

std::int64_t pixels_size(int tile_rows, int tile_columns) {
  return std::int64_t{2 * tile_rows + 2} * pixels_pitch(tile_columns, tiles().lanes);
}

void transform_input(const InputTiles& tiles, real* pixels, real* v, std::int64_t point_stride) {
  run_kernel<TransformInput>(&tiles, pixels, v, point_stride);
}

void transform_output(const OutputTiles& tiles) {
  run_kernel<TransformOutput>(&tiles);
}

void transform_weights(const real* w, std::int64_t stride, int count, bool turned, real* u,
                       std::int64_t point_stride) {
  const int width = round_up(count, tiles().lanes);
  real* elements = scratch<struct KernelElements>(std::int64_t{9} * width);
  pack_panel(w, stride, true, 9, count, elements);
  run_kernel<TransformWeights>(elements, width, count, turned, u, point_stride);
}

}  // namespace longhand::fast::winograd
