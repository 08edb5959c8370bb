#include "core/gemm_pack.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "core/cpu.h"
#include "core/gemm_tile.h"

namespace longhand::fast {

namespace {

// A square of numbers, as many rows as a vector has lanes, turned about its diagonal in registers.
// In each round, rows `step` apart swap the halves of their blocks of 2 * step lanes.
template <class Vector, int lanes, int step, std::size_t... j>
[[gnu::always_inline]] inline void swap_blocks(Vector& low, Vector& high,
                                               std::index_sequence<j...> /*lanes*/) {
  const Vector l = low, h = high;
  low = __builtin_shufflevector(
      l, h, (j & step ? lanes + static_cast<int>(j) - step : static_cast<int>(j))...);
  high = __builtin_shufflevector(
      l, h, (j & step ? lanes + static_cast<int>(j) : static_cast<int>(j) + step)...);
}

template <class Vector, int lanes, int step = 1>
[[gnu::always_inline]] inline void turn(Vector (&rows)[lanes]) {
  if constexpr (step < lanes) {
#pragma GCC unroll 16
    for (int i = 0; i < lanes; ++i) {
      if ((i & step) == 0) {
        swap_blocks<Vector, lanes, step>(rows[i], rows[i + step],
                                         std::make_index_sequence<std::size_t{lanes}>());
      }
    }
    turn<Vector, lanes, 2 * step>(rows);
  }
}

struct PackTransposed {
  template <class Isa>
  [[gnu::always_inline]] static void run(const real* b, std::int64_t stride, int depth, int columns,
                                         real* panel) {
    typedef real Vector
        __attribute__((vector_size(Isa::vector_bytes), aligned(sizeof(real)), may_alias));
    constexpr int lanes = Isa::vector_bytes / static_cast<int>(sizeof(real));
    const int vectors = (columns + lanes - 1) / lanes;
    const std::int64_t width = std::int64_t{vectors} * lanes;
    const real* end = b + (columns - 1) * stride + depth;
    for (int v = 0; v < vectors; ++v) {
      const real* source = b + (v + 1 < vectors ? v * lanes : columns - lanes) * stride;
      for (int block = 0; block < depth; block += lanes) {
        // The last square overlaps the one before: it writes the same numbers there again.
        const int l = std::max(std::min(block, depth - lanes), 0);
        Vector rows[lanes];
        if (depth >= lanes) {
#pragma GCC unroll 16
          for (int j = 0; j < lanes; ++j) {
            rows[j] = *reinterpret_cast<const Vector*>(source + j * stride + l);
          }
        } else {  // a vector holds more than b has here: not beyond the last of its numbers
          for (int j = 0; j < lanes; ++j) {
            rows[j] = Vector{};
            if (source + j * stride + lanes <= end) {
              rows[j] = *reinterpret_cast<const Vector*>(source + j * stride);
            } else {
              std::copy_n(source + j * stride, depth, reinterpret_cast<real*>(&rows[j]));
            }
          }
        }
        turn<Vector, lanes>(rows);
        real* to = panel + l * width + v * lanes;
#pragma GCC unroll 16
        for (int j = 0; j < lanes; ++j) {
          if (j < depth) *reinterpret_cast<Vector*>(to + j * width) = rows[j];
        }
      }
    }
  }
};

struct PackCopy {
  template <class Isa>
  [[gnu::always_inline]] static void run(const real* b, std::int64_t stride, int depth, int columns,
                                         real* panel) {
    typedef real Vector
        __attribute__((vector_size(Isa::vector_bytes), aligned(sizeof(real)), may_alias));
    constexpr int lanes = Isa::vector_bytes / static_cast<int>(sizeof(real));
    const int vectors = (columns + lanes - 1) / lanes;
    for (int l = 0; l < depth; ++l) {
      for (int v = 0; v + 1 < vectors; ++v) {
        *reinterpret_cast<Vector*>(panel + v * lanes) =
            *reinterpret_cast<const Vector*>(b + v * lanes);
      }
      *reinterpret_cast<Vector*>(panel + (vectors - 1) * lanes) =
          *reinterpret_cast<const Vector*>(b + columns - lanes);
      b += stride;
      panel += vectors * lanes;
    }
  }
};

// The panel's columns lie in a few runs of pixels, the same in every picture. Each is copied in
// whole vectors: what that writes too much, the next run or the next row of the panel overwrites.
struct PackPictures {
  struct Run {
    int from, to, count;  // places in the picture and in a row of the panel
  };

  template <class Isa>
  [[gnu::always_inline]] static void run(const Pictures* b, int l0, int depth, int j, int columns,
                                         real* panel) {
    typedef real Vector
        __attribute__((vector_size(Isa::vector_bytes), aligned(sizeof(real)), may_alias));
    constexpr int lanes = Isa::vector_bytes / static_cast<int>(sizeof(real));
    const int vectors = (columns + lanes - 1) / lanes, width = vectors * lanes;
    Run runs[Tiles::most_vectors * lanes + 1];
    int count = 0;
    for (int to = 0; to < width;) {  // the last vector holds the last columns
      const bool last = to >= width - lanes;
      const int place = last ? j + columns - width + to : j + to;
      const int column = place % b->width, end = last ? width : width - lanes;
      Run& next = runs[count++];
      next = {place / b->width * b->pitch + column, to, std::min(b->width - column, end - to)};
      to += next.count;
    }
    for (int l = l0; l < l0 + depth; ++l) {
      const real* picture = b->pixels + b->offset[l];
      for (int r = 0; r < count; ++r) {
        const real* from = picture + runs[r].from;
        real* to = panel + runs[r].to;
        for (int q = 0; q < runs[r].count; q += lanes) {
          *reinterpret_cast<Vector*>(to + q) = *reinterpret_cast<const Vector*>(from + q);
        }
      }
      panel += width;
    }
  }
};

// Lines of a picture, one after the other, each in whole vectors.
struct PackRow {
  template <class Isa>
  [[gnu::always_inline]] static void run(const Pictures* a, int i, int l0, int depth,
                                         real* packed) {
    typedef real Vector
        __attribute__((vector_size(Isa::vector_bytes), aligned(sizeof(real)), may_alias));
    constexpr int lanes = Isa::vector_bytes / static_cast<int>(sizeof(real));
    const int first = l0 % a->width;
    const real* line = a->pixels + a->offset[i] + l0 / a->width * a->pitch + first;
    int count = std::min(a->width - first, depth);
    for (int l = 0; l < depth;) {
      for (int q = 0; q < count; q += lanes) {
        *reinterpret_cast<Vector*>(packed + l + q) = *reinterpret_cast<const Vector*>(line + q);
      }
      line += l == 0 ? a->pitch - first : a->pitch;
      l += count;
      count = std::min(a->width, depth - l);
    }
  }
};

// c's rows are t's columns: `rows` of them in whole vectors, what is left one by one.
struct Transpose {
  template <class Isa>
  [[gnu::always_inline]] static void run(const real* t, std::int64_t t_stride, int rows,
                                         int columns, bool add, real* c, std::int64_t c_stride) {
    typedef real Vector
        __attribute__((vector_size(Isa::vector_bytes), aligned(sizeof(real)), may_alias));
    constexpr int lanes = Isa::vector_bytes / static_cast<int>(sizeof(real));
    const int whole_rows = rows / lanes * lanes, whole_columns = columns / lanes * lanes;
    for (int i = 0; i < whole_rows; i += lanes) {
      for (int j = 0; j < whole_columns; j += lanes) {
        Vector square[lanes];
#pragma GCC unroll 16
        for (int q = 0; q < lanes; ++q) {
          square[q] = *reinterpret_cast<const Vector*>(t + (i + q) * t_stride + j);
        }
        turn<Vector, lanes>(square);
#pragma GCC unroll 16
        for (int q = 0; q < lanes; ++q) {
          Vector& to = *reinterpret_cast<Vector*>(c + (j + q) * c_stride + i);
          to = add ? to + square[q] : square[q];
        }
      }
    }
    for (int j = 0; j < columns; ++j) {
      for (int i = j < whole_columns ? whole_rows : 0; i < rows; ++i) {
        real& to = c[j * c_stride + i];
        to = add ? to + t[i * t_stride + j] : t[i * t_stride + j];
      }
    }
  }
};

}  // namespace

void pack_panel(const real* b, std::int64_t stride, bool transposed, int depth, int columns,
                real* panel) {
  const int lanes = tiles().lanes;
  if (columns >= lanes) {
    if (transposed) {
      run_kernel<PackTransposed>(b, stride, depth, columns, panel);
    } else {
      run_kernel<PackCopy>(b, stride, depth, columns, panel);
    }
    return;
  }
  for (int l = 0; l < depth; ++l) {
    for (int j = 0; j < lanes; ++j) {
      panel[l * lanes + j] = j >= columns ? 0 : transposed ? b[j * stride + l] : b[l * stride + j];
    }
  }
}

void pack_rows_by_k(const real* a, std::int64_t stride, int depth, int rows, int width,
                    real* packed) {
  // A vector of more than `rows` is quicker than rows one by one. The rows after the last of
  // a matrix are the first of its next line, so only the last line must be copied exactly.
  if (depth > 1 && stride >= width) {
    run_kernel<PackCopy>(a, stride, depth - 1, width, packed);
  } else {
    for (int l = 0; l + 1 < depth; ++l) std::copy_n(a + l * stride, rows, packed + l * width);
  }
  std::copy_n(a + (depth - 1) * stride, rows, packed + std::int64_t{depth - 1} * width);
}

void transpose(const real* t, std::int64_t t_stride, int rows, int columns, bool add, real* c,
               std::int64_t c_stride) {
  run_kernel<Transpose>(t, t_stride, rows, columns, add, c, c_stride);
}

void pack_panel(const Pictures& b, int l0, int depth, int j, int columns, real* panel) {
  run_kernel<PackPictures>(&b, l0, depth, j, columns, panel);
}

void pack_row(const Pictures& a, int i, int l0, int depth, real* packed) {
  run_kernel<PackRow>(&a, i, l0, depth, packed);
}

}  // namespace longhand::fast
