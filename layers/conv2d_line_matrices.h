// The matrices of Winograd's convolution along lines (conv2d_line_winograd.h), for r taps: B^T has
// a row of r + 1 numbers for each of r + 1 points, G one of r numbers.
#pragma once

#include <array>
#include <cstddef>
#include <type_traits>

#include "core/cpu.h"
#include "core/real.h"

namespace longhand::fast::line_winograd {

// r elements ("taps") of a kernel have the first r of these points, and infinity.
inline constexpr int most_taps = 5, most_points = most_taps + 1;
inline constexpr std::array<real, most_taps> values = {0, 1, -1, 2, real(-0.5)};

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

// Row `column` of B, which takes the gradients of the points back to the columns.
constexpr Row column_row(int taps, int column) {
  Row row{};
  for (int i = 0; i <= taps; ++i) {
    row[static_cast<std::size_t>(i)] = input_row(taps, i)[static_cast<std::size_t>(column)];
  }
  return row;
}

// Row `point` of G: the powers of the point's value, over the product of its differences from the
// others.
constexpr Row weight_row(int taps, int point) {
  Row row{};
  if (point == taps) {
    row[static_cast<std::size_t>(taps - 1)] = 1;
    return row;
  }
  const double value = values[static_cast<std::size_t>(point)];
  double power = 1;
  for (int i = 0; i < taps; ++i) {
    if (i != point) power /= value - values[static_cast<std::size_t>(i)];
  }
  for (int j = 0; j < taps; ++j, power *= value) {
    row[static_cast<std::size_t>(j)] = static_cast<real>(power);
  }
  return row;
}

// Row `output` of A^T, 0 or 1: its numbers are the shares of the points.
constexpr Row output_row(int taps, int output) {
  Row row{};
  for (int i = 0; i < taps; ++i) {
    row[static_cast<std::size_t>(i)] = output == 0 ? 1 : values[static_cast<std::size_t>(i)];
  }
  row[static_cast<std::size_t>(taps)] = output == 0 ? 0 : 1;
  return row;
}

// Row `point` of A, which takes two outputs' gradients to the points.
constexpr Row gradient_row(int taps, int point) {
  const auto i = static_cast<std::size_t>(point);
  return {output_row(taps, 0)[i], output_row(taps, 1)[i]};
}

// Row `tap` of G^T, which takes the gradients of the points to those of the taps.
constexpr Row tap_row(int taps, int tap) {
  Row row{};
  for (int i = 0; i <= taps; ++i) {
    row[static_cast<std::size_t>(i)] = weight_row(taps, i)[static_cast<std::size_t>(tap)];
  }
  return row;
}

// The first `count` rows of a matrix.
template <int taps, int count, class OneRow>
constexpr std::array<Row, count> all_rows(OneRow&& one_row) {
  std::array<Row, count> matrix{};
  for (int i = 0; i < count; ++i) matrix[static_cast<std::size_t>(i)] = one_row(taps, i);
  return matrix;
}

// to = the sum of row[j] * from[j]. The compiler knows the row: a 0 costs nothing, a 1 an addition.
template <class Vector, int count>
[[gnu::always_inline]] inline void multiply_row(const Row& row, const Vector (&from)[count],
                                                Vector& to) {
  bool first = true;
  LONGHAND_UNROLL
  for (int j = 0; j < count; ++j) {
    const real factor = row[static_cast<std::size_t>(j)];
    if (factor == 0) continue;
    to = first ? factor * from[j] : to + factor * from[j];
    first = false;
  }
}

// Calls body(taps) with a number that the compiler knows, from `least` on.
template <int least = 1, class Body>
void with_taps(int taps, Body&& body) {
  if constexpr (least < most_taps) {
    if (taps > least) return with_taps<least + 1>(taps, body);
  }
  body(std::integral_constant<int, least>());
}

}  // namespace longhand::fast::line_winograd
