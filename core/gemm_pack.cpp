#include "core/gemm_pack.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "core/cpu.h"
#include "core/gemm_tile.h"
#include "core/transpose.h"

namespace longhand::fast {

namespace {

struct PackTransposed {
  template <class Isa>
  [[gnu::always_inline]] static void run(const real* b, std::int64_t stride, int depth, int columns,
                                         real* panel) {
    using Vector = typename SquareTranspose<Isa>::Vector;
    using Stored = typename SquareTranspose<Isa>::Stored;
    constexpr int lanes = SquareTranspose<Isa>::lanes;
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
          LONGHAND_UNROLL
          for (int j = 0; j < lanes; ++j) {
            rows[j] = *reinterpret_cast<const Stored*>(source + j * stride + l);
          }
        } else {  // a vector holds more than b has here: not beyond the last of its numbers
          for (int j = 0; j < lanes; ++j) {
            rows[j] = Vector{};
            if (source + j * stride + lanes <= end) {
              rows[j] = *reinterpret_cast<const Stored*>(source + j * stride);
            } else {
              std::copy_n(source + j * stride, depth, reinterpret_cast<real*>(&rows[j]));
            }
          }
        }
        SquareTranspose<Isa>::run(rows);
        real* to = panel + l * width + v * lanes;
        LONGHAND_UNROLL
        for (int j = 0; j < lanes; ++j) {
          if (j < depth) *reinterpret_cast<Stored*>(to + j * width) = rows[j];
        }
      }
    }
  }
};

struct PackCopy {
  template <class Isa>
  [[gnu::always_inline]] static void run(const real* b, std::int64_t stride, int depth, int columns,
                                         real* panel) {
    using Stored = typename SquareTranspose<Isa>::Stored;
    constexpr int lanes = SquareTranspose<Isa>::lanes;
    const int vectors = (columns + lanes - 1) / lanes;
    for (int l = 0; l < depth; ++l) {
      for (int v = 0; v + 1 < vectors; ++v) {
        *reinterpret_cast<Stored*>(panel + v * lanes) =
            *reinterpret_cast<const Stored*>(b + v * lanes);
      }
      *reinterpret_cast<Stored*>(panel + (vectors - 1) * lanes) =
          *reinterpret_cast<const Stored*>(b + columns - lanes);
      b += stride;
      panel += vectors * lanes;
    }
  }
};

struct PackPanels {
  static constexpr int rows_ahead = 4;  // are fetched from memory

  template <class Isa>
  [[gnu::always_inline]] static void run(const real* b, std::int64_t stride, int depth, int panels,
                                         int width, std::int64_t distance, real* packed) {
    using Stored = typename SquareTranspose<Isa>::Stored;
    constexpr int lanes = SquareTranspose<Isa>::lanes;
    for (int l = 0; l < depth; ++l) {
      const real* from = b + l * stride;
      const real* later = from + std::min(rows_ahead, depth - 1 - l) * stride;
      real* to = packed + std::int64_t{l} * width;
      for (int panel = 0; panel < panels; ++panel) {
        for (int j = 0; j < width; j += lanes) {
          __builtin_prefetch(later + j);
          *reinterpret_cast<Stored*>(to + j) = *reinterpret_cast<const Stored*>(from + j);
        }
        from += width;
        later += width;
        to += distance;
      }
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
    using Stored = typename SquareTranspose<Isa>::Stored;
    constexpr int lanes = SquareTranspose<Isa>::lanes;
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
          *reinterpret_cast<Stored*>(to + q) = *reinterpret_cast<const Stored*>(from + q);
        }
      }
      panel += width;
    }
  }
};

// Squares of pixels are transposed, which begin anew in every line. The last of a line overlaps the
// one before; of a line that is shorter than a vector the first rows are written only.
struct PackTurnedPictures {
  template <class Isa>
  [[gnu::always_inline]] static void run(const Pictures* b, int l0, int depth, int j, int columns,
                                         real* panel) {
    using Vector = typename SquareTranspose<Isa>::Vector;
    using Stored = typename SquareTranspose<Isa>::Stored;
    constexpr int lanes = SquareTranspose<Isa>::lanes;
    for (int l = 0; l < depth;) {
      const int first = (l0 + l) % b->width, count = std::min(b->width - first, depth - l);
      const real* line = b->pixels + (l0 + l) / b->width * b->pitch + first;
      for (int q = 0; q < count; q += lanes) {
        const int pixel = std::max(std::min(q, count - lanes), 0);
        real* to = panel + std::int64_t{l + pixel} * columns;
        for (int v = 0; v < columns; v += lanes) {
          Vector rows[lanes];
          LONGHAND_UNROLL
          for (int i = 0; i < lanes; ++i) {
            rows[i] = *reinterpret_cast<const Stored*>(line + b->offset[j + v + i] + pixel);
          }
          SquareTranspose<Isa>::run(rows);
          LONGHAND_UNROLL
          for (int i = 0; i < lanes; ++i) {
            if (i < count) *reinterpret_cast<Stored*>(to + i * columns + v) = rows[i];
          }
        }
      }
      l += count;
    }
  }
};

// Lines of a picture, one after the other, each in whole vectors.
struct PackRow {
  template <class Isa>
  [[gnu::always_inline]] static void run(const Pictures* a, int i, int l0, int depth,
                                         real* packed) {
    using Stored = typename SquareTranspose<Isa>::Stored;
    constexpr int lanes = SquareTranspose<Isa>::lanes;
    const int first = l0 % a->width;
    const real* line = a->pixels + a->offset[i] + l0 / a->width * a->pitch + first;
    int count = std::min(a->width - first, depth);
    for (int l = 0; l < depth;) {
      for (int q = 0; q < count; q += lanes) {
        *reinterpret_cast<Stored*>(packed + l + q) = *reinterpret_cast<const Stored*>(line + q);
      }
      line += l == 0 ? a->pitch - first : a->pitch;
      l += count;
      count = std::min(a->width, depth - l);
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

void pack_panels(const real* b, std::int64_t stride, int depth, int panels, int width,
                 std::int64_t distance, real* packed) {
  run_kernel<PackPanels>(b, stride, depth, panels, width, distance, packed);
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

void add_transposed(int rows, int columns, const real* from, std::int64_t from_stride, real* to,
                    std::int64_t to_stride) {
  run_kernel<TransposeInto<true>>(rows, columns, from, from_stride, to, to_stride);
}

void pack_panel(const Pictures& b, int l0, int depth, int j, int columns, real* panel) {
  run_kernel<PackPictures>(&b, l0, depth, j, columns, panel);
}

void pack_turned_panel(const Pictures& b, int l0, int depth, int j, int columns, real* panel) {
  run_kernel<PackTurnedPictures>(&b, l0, depth, j, columns, panel);
}

void pack_row(const Pictures& a, int i, int l0, int depth, real* packed) {
  run_kernel<PackRow>(&a, i, l0, depth, packed);
}

}  // namespace longhand::fast
