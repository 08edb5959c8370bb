// exp, tanh and friends for vectors, in a few additions and multiplications each.
//
// In float each is an approximation of ours, its largest error over all floats measured by
// tests/core/vector_math_test.cpp. In double, which is for gradient checks, they are the standard
// library's.
#pragma once

#include <cmath>

#include "core/vector.h"
#include "core/vector_tables.h"

namespace longhand {

inline constexpr bool standard_math = sizeof(real) == sizeof(double);

template <class Vector>
inline constexpr int lanes_of = static_cast<int>(sizeof(Vector) / sizeof(real));

// Whether such a vector's numbers are looked up in the tables of core/vector_tables.h. (clang takes
// no AVX-512 instruction in a template that is inlined into AVX-512 code.)
template <class Vector>
#if defined(__x86_64__) && !defined(__clang__)
inline constexpr bool has_tables = sizeof(Vector) == 64 && !standard_math;
#else
inline constexpr bool has_tables = false;
#endif

// y = a < b ? a : b and y = a > b ? a : b: b where one of them is NaN. (g++ takes two instructions
// for the comparison, and there are eight of these in two tanh; the instruction is there.)
template <class Vector>
[[gnu::always_inline]] inline void minimum(const Vector& a, const Vector& b, Vector& y) {
#if defined(__x86_64__) && !defined(__clang__)
  if constexpr (sizeof(Vector) >= 32 && sizeof(real) == 4) {
    asm("vminps %2, %1, %0" : "=v"(y) : "v"(a), "v"(b));
    return;
  }
#endif
  y = a < b ? a : b;
}
template <class Vector>
[[gnu::always_inline]] inline void maximum(const Vector& a, const Vector& b, Vector& y) {
#if defined(__x86_64__) && !defined(__clang__)
  if constexpr (sizeof(Vector) >= 32 && sizeof(real) == 4) {
    asm("vmaxps %2, %1, %0" : "=v"(y) : "v"(a), "v"(b));
    return;
  }
#endif
  y = a > b ? a : b;
}

// y = t less the multiple of 1/32 below it: 0, and not NaN, if t is infinite.
template <class Vector>
[[gnu::always_inline]] inline void above_32nd([[maybe_unused]] const Vector& t,
                                              [[maybe_unused]] Vector& y) {
#if defined(__x86_64__) && !defined(__clang__)
  asm("vreduceps $0x59, %1, %0" : "=v"(y) : "v"(t));
#endif
}

// y = 2^t, given `more`, which is 2^r - 1 for r = above_32nd(t): right to the smallest float, 0 for
// -infinity, NaN for NaN. (What t's own rounding took away may be added to r.)
//
// t is k + j / 32 + r with whole numbers k and j < 32, so 2^t is 2^k times 2^(j / 32), which comes
// from a table, times 1 + more.
template <class Vector>
[[gnu::always_inline]] inline void exp2_by_table([[maybe_unused]] const Vector& t,
                                                 [[maybe_unused]] const Vector& more,
                                                 [[maybe_unused]] Vector& y) {
#if defined(__x86_64__) && !defined(__clang__)
  typedef std::int32_t Integers __attribute__((vector_size(sizeof(Vector))));
  const Vector zero{};
  // Added to 1.5 * 2^18 a float is rounded to a multiple of 1/32, here downwards ("rd"), and how
  // many 32nds there are stands in its last bits: j in the last five, all that a look-up heeds.
  const Vector shift = zero + real(393216);
  Vector shifted;
  asm("vaddps %{rd-sae%}, %2, %1, %0" : "=v"(shifted) : "v"(t), "v"(shift));
  const auto* table = reinterpret_cast<const Vector*>(exp_table.power);
  const Vector scale = __builtin_shuffle(table[0], table[1], reinterpret_cast<Integers>(shifted));
  const Vector e = scale * more + scale;
  asm("vscalefps %2, %1, %0" : "=v"(y) : "v"(e), "v"(t));  // e * 2^floor(t)
#endif
}

// y = a b + c with one rounding, in builds too in which the compiler fuses nothing by itself. (For
// vectors with tables.)
template <class Vector>
[[gnu::always_inline]] inline void multiply_add([[maybe_unused]] const Vector& a,
                                                [[maybe_unused]] const Vector& b,
                                                [[maybe_unused]] const Vector& c,
                                                [[maybe_unused]] Vector& y) {
#if defined(__x86_64__) && !defined(__clang__)
  Vector sum = c;
  asm("vfmadd231ps %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
  y = sum;
#endif
}

// y = exp(x) for x <= 0, and NaN for NaN. Where exp(x) is below the smallest normal float
// (x < -87.336), it is 0, or by the table still right to the smallest float. Relative error in
// float: at most 1.2e-7.
//
// exp(x) = 2^k exp(r) with k = round(x / log 2) and r = x - k log 2 in [-0.347, 0.347], where
// exp(r) = 1 + r + r^2 q(r). q is the polynomial of degree 4 whose largest relative error in exp(r)
// is smallest (3e-9), fitted to 4000 points by least squares with weights that grow where the error
// is largest (Lawson 1961).
template <class Vector>
[[gnu::always_inline]] inline void exp_of_negative(const Vector& x, Vector& y) {
  if constexpr (standard_math) {
    Vector result{};
    for (int i = 0; i < lanes_of<Vector>; ++i) result[i] = std::exp(x[i]);
    y = result;
  } else if constexpr (has_tables<Vector>) {
    const Vector zero{}, lowest = zero - real(104), log2_e = zero + real(1.44269502);
    Vector in_range, r;
    maximum(lowest, x, in_range);
    const Vector t = in_range * log2_e;
    Vector lost = t;  // by t's rounding; in C++ it would be t - t
    asm("vfmsub231ps %2, %1, %0" : "+v"(lost) : "v"(in_range), "v"(log2_e));
    above_32nd(t, r);
    r += in_range * real(1.92596303e-8) + lost;
    // 2^r - 1, fitted like q below: to 3e-10
    const Vector more = ((r * real(0.0560841858) + real(0.240216002)) * r + real(0.693147242)) * r;
    exp2_by_table<Vector>(t, more, y);
  } else {
    typedef std::int32_t Integers __attribute__((vector_size(sizeof(Vector))));
    const Vector zero{}, lowest = zero - real(87.336544);
    Vector in_range;
    maximum(lowest, x, in_range);
    // Added to 1.5 * 2^23 a float is rounded to a whole number, which stands in its last bits.
    const Vector shift = zero + real(12582912);
    const Vector shifted = in_range * real(1.44269504) + shift;
    const Vector k = shifted - shift;
    // log 2 in two parts: k times the first has no rounding error.
    const Vector r = (in_range - k * real(0.693359375)) + k * real(2.12194440e-4);
    Vector q = zero + real(1.38144670e-3);
    q = q * r + real(8.36878050e-3);
    q = q * r + real(4.16683942e-2);
    q = q * r + real(1.66665201e-1);
    q = q * r + real(4.99999934e-1);
    const Vector e = (q * r) * r + (r + real(1));
    // 2^k: k into the bits of the exponent
    const Integers bits = (reinterpret_cast<Integers>(shifted) << 23) + (127 << 23);
    y = x < lowest ? zero : e * reinterpret_cast<Vector>(bits);
  }
}

// The same for an x that is a difference. Relative error by the table, where this takes less time:
// at most 1.8e-7 + 7.5e-8 |x|, and the difference's rounding alone makes up to 6e-8 |x|.
template <class Vector>
[[gnu::always_inline]] inline void exp_of_difference(const Vector& x, Vector& y) {
  if constexpr (has_tables<Vector>) {
    const Vector t = x * real(1.44269502);
    Vector r;
    above_32nd(t, r);
    // 2^r - 1, fitted like q above: to 6.5e-8
    const Vector more = (r * real(0.242652699) + real(0.693123758)) * r;
    exp2_by_table<Vector>(t, more, y);
  } else {
    exp_of_negative(x, y);
  }
}

// The fraction n / q that tanh x is, before it is divided. For a NaN n is NaN, and q 1.
template <class Vector>
[[gnu::always_inline]] inline void tanh_fraction(const Vector& x, Vector& n, Vector& q) {
  const Vector zero{}, one = zero + real(1), largest = zero + real(9.02);
  Vector u;
  minimum(largest, x, u);
  maximum(-largest, u, u);
  const Vector z = u * u;
  Vector p = zero + real(1.33186662e-8);
  p = p * z + real(2.0583484e-5);
  p = p * z + real(0.00349403406);
  p = p * z + real(0.133797154);
  p = p * z + one;
  const Vector number = z == z ? z : zero;  // NOLINT(misc-redundant-expression): not for NaN
  q = zero + real(7.76194895e-7);
  q = q * number + real(0.000328309543);
  q = q * number + real(0.0258710645);
  q = q * number + real(0.467130303);
  q = q * number + one;
  n = u * p;
}

// y = tanh(x), from -1 to 1, and NaN for NaN. Relative error in float: at most 3.0e-7, and 4.0e-7
// on CPUs without fused multiply-adds.
//
// x p(x^2) / q(x^2) with p and q of degree 4, the one whose largest relative error up to x = 9.02
// (where tanh becomes 1 in float) is smallest: 2.1e-8, fitted as above, with the errors multiplied
// by q of the round before. The rounding of so short a sum is ten times that; moving the
// coefficients by a few units in their last places, at random, as long as the largest error fell,
// took a third of it away.
template <class Vector>
[[gnu::always_inline]] inline void tanh(const Vector& x, Vector& y) {
  if constexpr (standard_math) {
    Vector result{};
    for (int i = 0; i < lanes_of<Vector>; ++i) result[i] = std::tanh(x[i]);
    y = result;
  } else {
    const Vector zero{}, one = zero + real(1);
    Vector n, q;
    tanh_fraction(x, n, q);
    y = n / q;
    minimum(one, y, y);
    maximum(-one, y, y);
  }
}

// tanh of two vectors with one division, which takes as long as all the rest: n0 / q0 is
// n0 q1 / (q0 q1). (q is between 1 and 500.) Relative error: at most 5e-7.
template <class Vector>
[[gnu::always_inline]] inline void tanh(const Vector& x0, const Vector& x1, Vector& y0,
                                        Vector& y1) {
  if constexpr (standard_math) {
    tanh(x0, y0);
    tanh(x1, y1);
  } else {
    const Vector zero{}, one = zero + real(1);
    Vector n0, q0, n1, q1;
    tanh_fraction(x0, n0, q0);
    tanh_fraction(x1, n1, q1);
    const Vector share = one / (q0 * q1);
    y0 = n0 * q1 * share;
    y1 = n1 * q0 * share;
    minimum(one, y0, y0);
    minimum(one, y1, y1);
    maximum(-one, y0, y0);
    maximum(-one, y1, y1);
  }
}

// y = amplitude * tanh(slope * x), both positive: from -amplitude to amplitude, and NaN for NaN.
// Relative error by the table: at most 3.6e-7 for amplitude = slope = 1, and 4.5e-7 for those of
// the tests; else as that of tanh.
struct FastTanh {
  real amplitude, slope;

  template <class Vector>
  [[gnu::always_inline]] void operator()(const Vector& x, Vector& y) const {
    if constexpr (has_tables<Vector>) {
      look_up(x, y);
    } else {
      tanh(slope * x, y);
      y *= amplitude;
    }
  }

  // Two vectors, in less time where there is a division to share.
  template <class Vector>
  [[gnu::always_inline]] void two(const Vector& x0, const Vector& x1, Vector& y0,
                                  Vector& y1) const {
    if constexpr (has_tables<Vector>) {
      look_up(x0, y0);
      look_up(x1, y1);
    } else {
      tanh(slope * x0, slope * x1, y0, y1);
      y0 *= amplitude;
      y1 *= amplitude;
    }
  }

 private:
  // tanh(u) for u = |slope x|, with the sign of x.
  template <class Vector>
  [[gnu::always_inline]] void look_up([[maybe_unused]] const Vector& x,
                                      [[maybe_unused]] Vector& y) const {
#if defined(__x86_64__) && !defined(__clang__)
    typedef std::int32_t Integers __attribute__((vector_size(sizeof(Vector))));
    const Vector zero{}, limit = zero + TanhTable::limit / slope;
    Vector all_but_sign;  // bits
    asm("vpbroadcastd %1, %0" : "=v"(all_but_sign) : "r"(0x7fffffff));
    Vector size;  // the smaller of |x| and limit, or NaN
    asm("vandps %2, %1, %0" : "=v"(size) : "v"(x), "v"(all_but_sign));
    minimum(limit, size, size);
    const Vector scale = zero + slope * TanhTable::scale, offset = zero + TanhTable::offset;
    Vector place;
    multiply_add(size, scale, offset, place);
    const Integers piece = reinterpret_cast<Integers>(place) >> TanhTable::shift;
    Vector sum{};
    for (int k = TanhTable::degree; k >= 0; --k) {
      // Coefficients of powers of |x|; these products are made before the loop over all x.
      real factor = amplitude;
      for (int i = 0; i < k; ++i) factor *= slope;
      const auto* c = reinterpret_cast<const Vector*>(tanh_table.c[k]);
      const Vector here = __builtin_shuffle(c[0] * factor, c[1] * factor, piece);
      if (k == TanhTable::degree) {
        sum = here;
      } else {
        multiply_add(sum, size, here, sum);
      }
    }
    y = sum;
    // y or (x and not all_but_sign)
    asm("vpternlogd $0xf4, %2, %1, %0" : "+v"(y) : "v"(x), "v"(all_but_sign));
#endif
  }
};

}  // namespace longhand
