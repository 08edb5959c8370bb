#include "layers/conv2d_line_points.h"

#include <algorithm>
#include <cstddef>

#include "core/cpu.h"
#include "core/gemm_tile.h"
#include "core/vector.h"
#include "core/vector_pairs.h"

namespace longhand::fast::line_winograd {

namespace {

using Row = std::array<real, most_points>;

// Row `point` of B^T: the coefficients of the product of all (z - values[i]) but the point's own.
constexpr Row input_row(int taps, int point) {
  Row row{1};
  for (int i = 0; i < taps; ++i) {
    if (i == point) continue;
    const real value = values[static_cast<std::size_t>(i)];
    for (std::size_t j = row.size() - 1; j > 0; --j) row[j] = row[j - 1] - value * row[j];
    row[0] *= -value;
  }
  return row;
}

constexpr std::array<Row, most_points> input_matrix(int taps) {
  std::array<Row, most_points> matrix{};
  for (int i = 0; i <= taps; ++i) matrix[static_cast<std::size_t>(i)] = input_row(taps, i);
  return matrix;
}

template <int taps>
struct TransformLines {
  static constexpr std::array<Row, most_points> matrix = input_matrix(taps);

  template <class Isa>
  [[gnu::always_inline]] static void run(const real* pixels, int rows, int pairs, real* v,
                                         std::int64_t point_stride) {
    using V = Vectors<Isa>;
    using Vector = typename V::Vector;
    const int pitch = pixels_pitch(pairs);
    for (int r = 0; r < rows; ++r, pixels += pitch, v += pairs) {
      for (int block = 0; block < pairs; block += V::lanes) {
        // The last vector overlaps the one before; or the next row, which overwrites it.
        const int p = std::max(std::min(block, pairs - V::lanes), 0);
        Vector d[taps + 2];
        LONGHAND_UNROLL
        for (int j = 0; j <= taps; j += 2) Pairs<Isa>::split(pixels + 2 * p + j, d[j], d[j + 1]);
        LONGHAND_UNROLL
        for (int i = 0; i <= taps; ++i) {
          Vector sum = {};
          LONGHAND_UNROLL
          for (int j = 0; j <= taps; ++j) {
            const real factor = matrix[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)];
            if (factor != 0) sum += factor * d[j];
          }
          V::store(sum, v + i * point_stride + p);
        }
      }
    }
  }
};

// Row `point` of G: the powers of the point's value, over the product of its differences from the
// others.
std::array<real, most_taps> weight_row(int taps, int point) {
  std::array<real, most_taps> row{};
  const auto value_of = [](int i) { return double{values[static_cast<std::size_t>(i)]}; };
  if (point == taps) {
    row[static_cast<std::size_t>(taps - 1)] = 1;
    return row;
  }
  double power = 1;
  for (int i = 0; i < taps; ++i) {
    if (i != point) power /= value_of(point) - value_of(i);
  }
  for (int j = 0; j < taps; ++j, power *= value_of(point)) {
    row[static_cast<std::size_t>(j)] = static_cast<real>(power);
  }
  return row;
}

struct TransformTaps {
  template <class Isa>
  [[gnu::always_inline]] static void run(int taps, const real* row, const KernelLines* kernels,
                                         real* u) {
    using V = Vectors<Isa>;
    const KernelLines k = *kernels;
    const std::int64_t step = std::int64_t{k.step} * k.width,
                       line = std::int64_t{k.pitch} * k.width;
    for (int l = 0; l < k.lines; ++l, u += k.channels) {
      for (int c = 0; c < k.channels; c += V::lanes) {
        const real* g = k.g + l * line + c;
        typename V::Vector sum = {};
        for (int j = 0; j < taps; ++j, g += step) {
          typename V::Vector element;
          V::load(g, element);
          sum += row[j] * element;
        }
        V::store(sum, u + c);
      }
    }
  }
};

}  // namespace

int pixels_pitch(int pairs) {
  return 2 * std::max(pairs, tiles().lanes) + most_taps + 1;
}

void transform_lines(int taps, const real* pixels, int rows, int pairs, real* v,
                     std::int64_t point_stride) {
  switch (taps) {
    case 1:
      return run_kernel<TransformLines<1>>(pixels, rows, pairs, v, point_stride);
    case 2:
      return run_kernel<TransformLines<2>>(pixels, rows, pairs, v, point_stride);
    case 3:
      return run_kernel<TransformLines<3>>(pixels, rows, pairs, v, point_stride);
    case 4:
      return run_kernel<TransformLines<4>>(pixels, rows, pairs, v, point_stride);
    default:
      return run_kernel<TransformLines<5>>(pixels, rows, pairs, v, point_stride);
  }
}

void transform_taps(int taps, int point, const KernelLines& kernels, real* u) {
  const std::array<real, most_taps> row = weight_row(taps, point);
  run_kernel<TransformTaps>(taps, row.data(), &kernels, u);
}

}  // namespace longhand::fast::line_winograd
