#include "layers/conv2d_lanes_points.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "core/lanes_tile.h"
#include "core/scratch.h"
#include "layers/conv2d_line_matrices.h"

namespace longhand::fast::lanes {

namespace {

using line_winograd::multiply_row;
using line_winograd::Row;

// results = matrix * elements, for each pair. Matrix says how many of both, and has the numbers.
template <class Matrix>
struct PairKernel {
  template <class Isa>
  [[gnu::always_inline]] static void run(const PairLines* all) {
    using Vector = typename Registers<Isa>::Vector;
    const PairLines lines = *all;
    for (int r = 0; r < lines.rows; ++r) {
      const real* from = lines.from + r * lines.from_row;
      real* to = lines.to + r * lines.to_row;
      for (int p = 0; p < lines.pairs; ++p, from += lines.from_pair, to += lines.to_pair) {
        for (int part = 0; part < lane_count; part += Registers<Isa>::lanes) {
          Vector element[Matrix::elements];
          LONGHAND_UNROLL
          for (int j = 0; j < Matrix::elements; ++j) {
            element[j] = *reinterpret_cast<const Vector*>(from + j * lines.from_element + part);
            keep_in_register(element[j]);
          }
          Vector result[Matrix::results];
          Matrix::multiply(element, result);
          LONGHAND_UNROLL
          for (int i = 0; i < Matrix::results; ++i) {
            *reinterpret_cast<Vector*>(to + i * lines.to_element + part) = result[i];
          }
        }
      }
    }
  }
};

template <int taps>
struct InputMatrix {
  static constexpr int elements = taps + 1, results = taps + 1;
  template <class Vector>
  [[gnu::always_inline]] static void multiply(const Vector (&d)[elements], Vector (&v)[results]) {
    line_winograd::multiply_input<taps>(d, v);
  }
};

// `row` says what row i is.
template <int in, int out, Row (*row)(int, int), int taps>
struct PlainMatrix {
  static constexpr int elements = in, results = out;
  static constexpr auto rows = line_winograd::all_rows<taps>(row);
  template <class Vector>
  [[gnu::always_inline]] static void multiply(const Vector (&x)[in], Vector (&y)[out]) {
    LONGHAND_UNROLL
    for (int i = 0; i < out; ++i) multiply_row(rows[static_cast<std::size_t>(i)], x, y[i]);
  }
};
template <int taps>
using OutputMatrix = PlainMatrix<taps + 1, 2, line_winograd::output_row, taps>;
template <int taps>
using GradientMatrix = PlainMatrix<2, taps + 1, line_winograd::gradient_row, taps>;

// d = B M for each pair, what neighbouring pairs give to the same column added up.
template <int taps>
struct OverlapKernel {
  template <class Isa>
  [[gnu::always_inline]] static void run(const PairLines* all) {
    using Vector = typename Registers<Isa>::Vector;
    const PairLines lines = *all;
    for (int r = 0; r < lines.rows; ++r) {
      for (int part = 0; part < lane_count; part += Registers<Isa>::lanes) {
        const real* from = lines.from + r * lines.from_row + part;
        real* to = lines.to + r * lines.to_row + part;
        Vector shared[taps - 1] = {};  // of the pair's first columns, by the pairs before
        for (int p = 0; p < lines.pairs; ++p, from += lines.from_pair, to += lines.to_pair) {
          Vector m[taps + 1], d[taps + 1];
          LONGHAND_UNROLL
          for (int j = 0; j <= taps; ++j) {
            m[j] = *reinterpret_cast<const Vector*>(from + j * lines.from_element);
          }
          line_winograd::multiply_input_transposed<taps>(m, d);
          LONGHAND_UNROLL
          for (int j = 0; j < taps - 1; ++j) d[j] += shared[j];
          LONGHAND_UNROLL
          for (int j = 0; j < 2; ++j) {
            *reinterpret_cast<Vector*>(to + j * lines.to_element) = d[j];
          }
          LONGHAND_UNROLL
          for (int j = 0; j < taps - 1; ++j) shared[j] = d[j + 2];
        }
        LONGHAND_UNROLL
        for (int j = 0; j < taps - 1; ++j) {
          *reinterpret_cast<Vector*>(to + j * lines.to_element) = shared[j];
        }
      }
    }
  }
};

template <template <int> class Matrix>
void transform(int taps, const PairLines& lines) {
  line_winograd::with_taps(taps,
                           [&](auto count) { run_kernel<PairKernel<Matrix<count>>>(&lines); });
}

constexpr int padded_lines = 8;  // that are copied at a time

// Which of the columns the image has: [begin, end), counted from the first.
struct Inside {
  explicit Inside(const LineColumns& columns)
      : begin(std::clamp(-columns.first, 0, columns.count)),
        end(std::clamp(columns.width - columns.first, begin, columns.count)) {}
  int begin, end;
};

// Calls body(lines) for some lines at a time, which begin with the first of the columns: in memory
// of their own, with zeros where the image has none, unless it has them all.
template <class Body>
void from_image(const LineColumns& columns, PairLines lines, Body&& body) {
  const Inside inside(columns);
  const std::int64_t size = std::int64_t{columns.count} * lane_count;
  lines.from += std::int64_t{columns.first} * lane_count;
  if (inside.begin == 0 && inside.end == columns.count) return body(lines);
  real* padded = scratch<struct PaddedLines>(padded_lines * size);
  const PairLines all = lines;
  lines.from = padded;
  lines.from_row = size;
  for (int r = 0; r < all.rows; r += padded_lines) {
    lines.rows = std::min(padded_lines, all.rows - r);
    for (int i = 0; i < lines.rows; ++i) {
      const real* line = all.from + (r + i) * all.from_row;
      real* to = padded + i * size;
      to = std::fill_n(to, inside.begin * lane_count, real(0));
      to = std::copy(line + inside.begin * lane_count, line + inside.end * lane_count, to);
      std::fill_n(to, (columns.count - inside.end) * lane_count, real(0));
    }
    lines.to = all.to + r * all.to_row;
    body(lines);
  }
}

// The same the other way round: of what body(lines) writes, the image gets the columns it has.
template <class Body>
void to_image(const LineColumns& columns, PairLines lines, Body&& body) {
  const Inside inside(columns);
  const std::int64_t size = std::int64_t{columns.count} * lane_count;
  lines.to += std::int64_t{columns.first} * lane_count;
  if (inside.begin == 0 && inside.end == columns.count) return body(lines);
  real* padded = scratch<struct PaddedLines>(padded_lines * size);
  const PairLines all = lines;
  lines.to = padded;
  lines.to_row = size;
  for (int r = 0; r < all.rows; r += padded_lines) {
    lines.rows = std::min(padded_lines, all.rows - r);
    lines.from = all.from + r * all.from_row;
    body(lines);
    for (int i = 0; i < lines.rows; ++i) {
      const real* line = padded + i * size;
      std::copy(line + inside.begin * lane_count, line + inside.end * lane_count,
                all.to + (r + i) * all.to_row + inside.begin * lane_count);
    }
  }
}

}  // namespace

void input_points(int taps, const LineColumns& columns, const PairLines& lines) {
  from_image(columns, lines, [&](const PairLines& some) { transform<InputMatrix>(taps, some); });
}

void gradient_points(int taps, const LineColumns& columns, const PairLines& lines) {
  from_image(columns, lines, [&](const PairLines& some) { transform<GradientMatrix>(taps, some); });
}

void output_pairs(int taps, const LineColumns& columns, const PairLines& lines) {
  to_image(columns, lines, [&](const PairLines& some) { transform<OutputMatrix>(taps, some); });
}

void overlap_pairs(int taps, const LineColumns& columns, const PairLines& lines) {
  to_image(columns, lines, [&](const PairLines& some) {
    if (taps == 3) return run_kernel<OverlapKernel<3>>(&some);
    if (taps == 4) return run_kernel<OverlapKernel<4>>(&some);
    run_kernel<OverlapKernel<5>>(&some);
  });
}

}  // namespace longhand::fast::lanes
