#include "layers/conv2d_lanes_points.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "core/lanes_tile.h"
#include "core/scratch.h"
#include "core/vector.h"
#include "layers/conv2d_line_matrices.h"

namespace longhand::fast::lanes {

namespace {

using line_winograd::multiply_row;
using line_winograd::Row;
using line_winograd::with_taps;

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

// `row` says what row i is.
template <int in, int out, Row (*row)(int, int), int taps>
struct PlainMatrix {
  static constexpr int elements = in, results = out;
  static constexpr auto rows = line_winograd::all_rows<taps, out>(row);
  template <class Vector>
  [[gnu::always_inline]] static void multiply(const Vector (&x)[in], Vector (&y)[out]) {
    LONGHAND_UNROLL
    for (int i = 0; i < out; ++i) multiply_row(rows[static_cast<std::size_t>(i)], x, y[i]);
  }
};
template <int taps>
using InputMatrix = PlainMatrix<taps + 1, taps + 1, line_winograd::input_row, taps>;
template <int taps>
using ColumnMatrix = PlainMatrix<taps + 1, taps + 1, line_winograd::column_row, taps>;
template <int taps>
using OutputMatrix = PlainMatrix<taps + 1, 2, line_winograd::output_row, taps>;
template <int taps>
using GradientMatrix = PlainMatrix<2, taps + 1, line_winograd::gradient_row, taps>;
template <int taps>
using TapMatrix = PlainMatrix<taps + 1, taps, line_winograd::tap_row, taps>;

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
          ColumnMatrix<taps>::multiply(m, d);
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

// dw += G^T dU, by vectors of lines.
template <int taps>
struct AddTapsKernel {
  template <class Isa>
  [[gnu::always_inline]] static void run(int lines, const real* du, std::int64_t du_point,
                                         real* dw) {
    using V = Vectors<Isa>;
    using Vector = typename V::Vector;
    for (int l = 0; l < lines; l += V::lanes, dw += V::lanes * taps) {
      const int count = std::min(V::lanes, lines - l);
      Vector point[taps + 1], tap[taps];
      for (int i = 0; i <= taps; ++i) {
        const real* from = du + i * du_point + l;
        count < V::lanes ? V::load(from, count, point[i]) : V::load(from, point[i]);
      }
      TapMatrix<taps>::multiply(point, tap);
      for (int lane = 0; lane < count; ++lane) {
        for (int j = 0; j < taps; ++j) dw[lane * taps + j] += tap[j][lane];
      }
    }
  }
};

template <template <int> class Matrix>
void transform(int taps, const PairLines& lines) {
  with_taps<3>(taps, [&](auto count) { run_kernel<PairKernel<Matrix<count>>>(&lines); });
}

// Lines with a place for every one of the columns, zeros where the image has none.
class PaddedLines {
 public:
  static constexpr int most = 8;  // at a time

  explicit PaddedLines(const LineColumns& columns)
      : begin(std::clamp(-columns.first, 0, columns.count)),
        end(std::clamp(columns.width - columns.first, begin, columns.count)),
        count(columns.count),
        column(columns.first + begin) {}

  bool needed() const { return begin > 0 || end < count; }
  std::int64_t row() const { return std::int64_t{count} * lane_count; }
  real* memory() const { return scratch<struct PaddedLinesMemory>(most * row()); }

  void read(const real* image, std::int64_t image_row, int lines, real* padded) const {
    for (int i = 0; i < lines; ++i, image += image_row) {
      padded = std::fill_n(padded, begin * lane_count, real(0));
      padded = std::copy_n(image + column * lane_count, (end - begin) * lane_count, padded);
      padded = std::fill_n(padded, (count - end) * lane_count, real(0));
    }
  }
  void write(const real* padded, int lines, real* image, std::int64_t image_row) const {
    for (int i = 0; i < lines; ++i, image += image_row, padded += row()) {
      std::copy_n(padded + begin * lane_count, (end - begin) * lane_count,
                  image + column * lane_count);
    }
  }

 private:
  int begin, end, count;  // the image has the columns [begin, end) of them,
  int column;             // from its column `column` on
};

// Calls body(lines) for lines that begin with the first of the columns: those of the image, or some
// padded ones at a time.
template <class Body>
void from_image(const LineColumns& columns, const PairLines& all, Body&& body) {
  const PaddedLines padded(columns);
  PairLines some = all;
  if (!padded.needed()) {
    some.from += columns.first * lane_count;
    return body(some);
  }
  real* memory = padded.memory();
  some.from = memory;
  some.from_row = padded.row();
  for (int r = 0; r < all.rows; r += PaddedLines::most) {
    some.rows = std::min(PaddedLines::most, all.rows - r);
    padded.read(all.from + r * all.from_row, all.from_row, some.rows, memory);
    some.to = all.to + r * all.to_row;
    body(some);
  }
}

template <class Body>
void to_image(const LineColumns& columns, const PairLines& all, Body&& body) {
  const PaddedLines padded(columns);
  PairLines some = all;
  if (!padded.needed()) {
    some.to += columns.first * lane_count;
    return body(some);
  }
  some.to = padded.memory();
  some.to_row = padded.row();
  for (int r = 0; r < all.rows; r += PaddedLines::most) {
    some.rows = std::min(PaddedLines::most, all.rows - r);
    some.from = all.from + r * all.from_row;
    body(some);
    padded.write(some.to, some.rows, all.to + r * all.to_row, all.to_row);
  }
}

}  // namespace

LineColumns seen_columns(const Conv2dGeometry& g) {
  return {.width = g.x.w, .first = -g.padding_left, .count = (g.y.w + 1) / 2 * 2 + g.w.w - 1};
}

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
    with_taps<3>(taps, [&](auto count) { run_kernel<OverlapKernel<count>>(&some); });
  });
}

void add_taps(int taps, int lines, const real* du, std::int64_t du_point, real* dw) {
  with_taps<3>(taps,
               [&](auto count) { run_kernel<AddTapsKernel<count>>(lines, du, du_point, dw); });
}

}  // namespace longhand::fast::lanes
