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

template <int taps, class OneRow>
constexpr std::array<Row, most_points> all_rows(OneRow&& one_row) {
  std::array<Row, most_points> matrix{};
  for (int i = 0; i <= taps; ++i) matrix[static_cast<std::size_t>(i)] = one_row(taps, i);
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

// V = B^T d, with what the rows have in common computed once. q(z) is the product of (z -
// values[i]) for the points behind 0, 1 and -1, and e[j] = the sum of q[k] * d[j + k]; the points'
// polynomials are
//
//   0: (z^2 - 1) q   1: (z^2 + z) q   -1: (z^2 - z) q   infinity: (z^3 - z) q
//   2: (z^3 - z) (z + 1/2)   -1/2: (z^3 - z) (z - 2), or what of them there is
template <int taps, class Vector>
[[gnu::always_inline]] inline void multiply_input(const Vector (&d)[taps + 1],
                                                  Vector (&v)[taps + 1]) {
  if constexpr (taps < 3) {
    constexpr auto matrix = all_rows<taps>(input_row);
    for (int i = 0; i <= taps; ++i) multiply_row(matrix[static_cast<std::size_t>(i)], d, v[i]);
  } else {
    Vector e[4];
    LONGHAND_UNROLL
    for (int j = 0; j < 4; ++j) {
      if constexpr (taps == 3) e[j] = d[j];
      if constexpr (taps == 4) e[j] = d[j + 1] - values[3] * d[j];
      if constexpr (taps == 5) {
        constexpr real sum = values[3] + values[4], product = values[3] * values[4];
        e[j] = d[j + 2] - sum * d[j + 1] + product * d[j];
      }
    }
    v[0] = e[2] - e[0];
    v[1] = e[2] + e[1];
    v[2] = e[2] - e[1];
    v[taps] = e[3] - e[1];
    if constexpr (taps == 4) v[3] = d[3] - d[1];
    if constexpr (taps == 5) {
      const Vector low = d[3] - d[1], high = d[4] - d[2];
      v[3] = high - values[4] * low;
      v[4] = high - values[3] * low;
    }
  }
}

// d = B m: what V's gradient m sends back to d, step by step backwards.
template <int taps, class Vector>
[[gnu::always_inline]] inline void multiply_input_transposed(const Vector (&m)[taps + 1],
                                                             Vector (&d)[taps + 1]) {
  static_assert(taps >= 3);
  const Vector e[4] = {-m[0], m[1] - m[2] - m[taps], m[0] + m[1] + m[2], m[taps]};
  if constexpr (taps == 3) {
    LONGHAND_UNROLL
    for (int j = 0; j < 4; ++j) d[j] = e[j];
  }
  if constexpr (taps == 4) {
    d[0] = -values[3] * e[0];
    LONGHAND_UNROLL
    for (int j = 1; j < 4; ++j) d[j] = e[j - 1] - values[3] * e[j];
    d[4] = e[3];
    d[1] -= m[3];
    d[3] += m[3];
  }
  if constexpr (taps == 5) {
    constexpr real sum = values[3] + values[4], product = values[3] * values[4];
    const Vector high = m[3] + m[4], low = values[4] * m[3] + values[3] * m[4];
    d[0] = product * e[0];
    d[1] = product * e[1] - sum * e[0] + low;
    d[2] = product * e[2] - sum * e[1] + e[0] - high;
    d[3] = product * e[3] - sum * e[2] + e[1] - low;
    d[4] = e[2] - sum * e[3] + high;
    d[5] = e[3];
  }
}

// Calls body(taps) with a number that the compiler knows.
template <int count = 1, class Body>
void with_taps(int taps, Body&& body) {
  if constexpr (count < most_taps) {
    if (taps > count) return with_taps<count + 1>(taps, body);
  }
  body(std::integral_constant<int, count>());
}

}  // namespace longhand::fast::line_winograd
