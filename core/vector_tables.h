// Tables of 32 numbers, in which AVX-512 looks 16 up by one instruction. The compiler fills them,
// in double.
#pragma once

#include "core/real.h"

namespace longhand {

// tanh(u) / u in 32 pieces, each a polynomial. Piece i is around u = i / 4, from 1/8 below to 1/8
// above: there tanh(u) / u is c[0][i] + c[1][i] t + ... + c[4][i] t^4 with t = u - i / 4, to 1.4e-7
// of it. (tanh(u) itself would take one more power of t, since near 0 a small error is a large part
// of it.)
struct TanhTable {
  static constexpr int pieces = 32, degree = 4;
  alignas(64) real c[degree + 1][pieces];
};

// The polynomials have the right values at Chebyshev's points.
consteval TanhTable make_tanh_table() {
  constexpr int points = TanhTable::degree + 1;
  // cos((2 j + 1) pi / 10) / 8
  constexpr double at[points] = {0.1188820645368942, 0.0734731565365591, 0.0, -0.0734731565365591,
                                 -0.1188820645368942};
  // tanh(u) / u = sinh(u) / u / cosh(u) for u / 16 by Taylor's series, doubled four times:
  // tanh(2 u) = 2 tanh(u) / (1 + tanh(u)^2)
  const auto quotient = [](double u) {
    const double z = u * u / 256;
    double sinh = 1, cosh = 1;
    for (int k = 8; k > 0; --k) {
      sinh = 1 + sinh * z / (2 * k * (2 * k + 1));
      cosh = 1 + cosh * z / (2 * k * (2 * k - 1));
    }
    double q = sinh / cosh;  // tanh(u / 16) / (u / 16)
    double v = u / 16;
    for (int i = 0; i < 4; ++i) {
      q = q / (1 + q * q * v * v);
      v *= 2;
    }
    return q;
  };
  TanhTable table{};
  for (int piece = 0; piece < TanhTable::pieces; ++piece) {
    // Newton's divided differences, then from his products of (t - at[j]) to powers of t.
    double d[points] = {}, c[points] = {};
    for (int j = 0; j < points; ++j) d[j] = quotient(piece / 4.0 + at[j]);
    for (int k = 1; k < points; ++k) {
      for (int j = points - 1; j >= k; --j) d[j] = (d[j] - d[j - 1]) / (at[j] - at[j - k]);
    }
    for (int j = points - 1; j >= 0; --j) {
      for (int k = points - 1; k > 0; --k) c[k] = c[k - 1] - at[j] * c[k];
      c[0] = d[j] - at[j] * c[0];
    }
    // tanh(u) / u is even, and so 1 + 0 t at 0: exactly, for the smallest u
    for (int k = 0; k < points; ++k) table.c[k][piece] = static_cast<real>(c[k]);
  }
  return table;
}

inline constexpr TanhTable tanh_table = make_tanh_table();

// power[j] = 2^(j / 32)
struct ExpTable {
  static constexpr int pieces = 32;
  alignas(64) real power[pieces];
};

consteval ExpTable make_exp_table() {
  ExpTable table{};
  for (int j = 0; j < ExpTable::pieces; ++j) {
    const double x = j * 0.6931471805599453 / ExpTable::pieces;
    double sum = 1;  // Taylor's series
    for (int k = 20; k > 0; --k) sum = 1 + sum * x / k;
    table.power[j] = static_cast<real>(sum);
  }
  return table;
}

inline constexpr ExpTable exp_table = make_exp_table();

}  // namespace longhand
