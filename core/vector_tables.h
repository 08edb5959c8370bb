// Tables of 32 numbers, in which AVX-512 looks 16 up by one instruction. The compiler fills them,
// in double.
#pragma once

#include "core/real.h"

namespace longhand {

// tanh(u) for u >= 0 in 32 pieces, each a polynomial c[0][i] + c[1][i] u + ... + c[4][i] u^4 that
// is right to 2.2e-8 of it. In w = scale u + offset, each octave has eight pieces as wide as each
// other, so pieces are narrow where tanh is curved, and a piece's number is in the bits of w: the
// three highest of the mantissa and, above them, the exponent, of which a look-up heeds the last
// two. The last piece, from u = 8, is the constant 1, and ends behind `limit`.
struct TanhTable {
  static constexpr int pieces = 32, degree = 4, shift = 20;
  static constexpr real scale = real(0.9296875), offset = real(0.5625), limit = real(8.25);
  alignas(64) real c[degree + 1][pieces];
};

// The polynomials have the right values at Chebyshev's points.
consteval TanhTable make_tanh_table() {
  constexpr int points = TanhTable::degree + 1;
  // cos((2 j + 1) pi / 10), and cos((2 j + 1) pi / 8)
  constexpr double five[] = {0.9510565162951535, 0.5877852522924731, 0, -0.5877852522924731,
                             -0.9510565162951535};
  constexpr double four[] = {0.9238795325112867, 0.3826834323650898, -0.3826834323650898,
                             -0.9238795325112867};
  // sinh(u) / cosh(u) for u / 16 by Taylor's series, doubled four times:
  // tanh(2 u) = 2 tanh(u) / (1 + tanh(u)^2)
  const auto tanh = [](double u) {
    const double z = u * u / 256;
    double sinh = 1, cosh = 1;
    for (int k = 8; k > 0; --k) {
      sinh = 1 + sinh * z / (2 * k * (2 * k + 1));
      cosh = 1 + cosh * z / (2 * k * (2 * k - 1));
    }
    double y = u / 16 * sinh / cosh;
    for (int i = 0; i < 4; ++i) y = 2 * y / (1 + y * y);
    return y;
  };
  // Where the n-th piece begins.
  const auto begin = [](int n) {
    const int eighths = n + 1;  // since w = 0.5: offset is the second eighth of its octave
    double octave = 0.5;
    for (int i = 0; i < eighths / 8; ++i) octave *= 2;
    const double w = octave * (1 + eighths % 8 / 8.0);
    return (w - double{TanhTable::offset}) / double{TanhTable::scale};
  };
  TanhTable table{};
  for (int n = 0; n < TanhTable::pieces; ++n) {
    const int piece = (n + 17) % TanhTable::pieces;  // w = 0.5625 is 126 * 8 + 1 = 17 mod 32
    if (n == TanhTable::pieces - 1) {
      table.c[0][piece] = 1;
      continue;
    }
    // The first piece has no constant term, or small u would have large errors.
    const double middle = (begin(n) + begin(n + 1)) / 2, half = (begin(n + 1) - begin(n)) / 2;
    double at[points] = {};
    for (int j = 0; j < points; ++j) at[j] = middle + half * five[j];
    if (n == 0) {
      at[0] = 0;
      for (int j = 1; j < points; ++j) at[j] = middle + half * four[j - 1];
    }
    // Newton's divided differences, then from his products of (u - at[j]) to powers of u.
    double d[points] = {}, c[points] = {};
    for (int j = 0; j < points; ++j) d[j] = tanh(at[j]);
    for (int k = 1; k < points; ++k) {
      for (int j = points - 1; j >= k; --j) d[j] = (d[j] - d[j - 1]) / (at[j] - at[j - k]);
    }
    for (int j = points - 1; j >= 0; --j) {
      for (int k = points - 1; k > 0; --k) c[k] = c[k - 1] - at[j] * c[k];
      c[0] = d[j] - at[j] * c[0];
    }
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
