// The error of exp and tanh for vectors, over all floats that matter.
#include "core/vector_math.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "core/elementwise.h"
#include "core/reciprocal.h"

namespace longhand {
namespace {

constexpr bool is_double = sizeof(real) == sizeof(double);
constexpr real inf = std::numeric_limits<real>::infinity();
constexpr real nan = std::numeric_limits<real>::quiet_NaN();

// One vector at a time, without `two`.
struct Tanh {
  FastTanh both;
  template <class Vector>
  [[gnu::always_inline]] void operator()(const Vector& x, Vector& y) const {
    both(x, y);
  }
};

const real amplitude = real(1.7159), slope = real(2.0 / 3.0);
const FastTanh plain{1, 1}, scaled{amplitude, slope};

struct Divide {
  template <class Vector>
  [[gnu::always_inline]] void operator()(const Vector& a, const Vector& b, Vector& y) const {
    divide(a, b, y);
  }
};

struct ExpOfDifference {
  template <class Vector>
  [[gnu::always_inline]] void operator()(const Vector& x, Vector& y) const {
    exp_of_difference(x, y);
  }
};

struct Exp {
  template <class Vector>
  [[gnu::always_inline]] void operator()(const Vector& x, Vector& y) const {
    exp_of_negative(x, y);
  }
};

#if defined(LONGHAND_SANITIZED)
constexpr std::uint32_t step = 61;  // slow builds, which look for other faults
#else
constexpr std::uint32_t step = 3;
#endif

// Every third float of [low, high], both positive: 3 is prime to every pattern of bits.
std::vector<real> every_third_float(float low, float high) {
  std::vector<real> values;
  for (auto bits = std::bit_cast<std::uint32_t>(low); bits <= std::bit_cast<std::uint32_t>(high);
       bits += step) {
    values.push_back(static_cast<real>(std::bit_cast<float>(bits)));
  }
  return values;
}

template <class F>
std::vector<real> values_of(F f, const std::vector<real>& x) {
  std::vector<real> y(x.size());
  elementwise(f, elementwise_grain, static_cast<std::int64_t>(x.size()), y.data(), x.data());
  return y;
}

// The largest |y / expected - 1| over the floats of [low, high] times sign; NaN if there is one.
template <class F>
double worst_error(F f, double (*expected)(double), float low, float high, real sign) {
  double worst = 0;
  for (float from = low; from < high; from *= 2) {
    std::vector<real> x = every_third_float(from, std::min(2 * from, high));
    for (real& value : x) value *= sign;
    const std::vector<real> y = values_of(f, x);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double error = std::abs(static_cast<double>(y[i]) / expected(x[i]) - 1);
      if (!(error <= worst)) worst = error;
    }
  }
  return worst;
}

}  // namespace

TEST_CASE("tanh: the relative error over all floats") {
  const double most = is_double ? 1e-15 : 4e-7;
  for (const real sign : {real(1), real(-1)}) {
    // From where tanh x is x to where it is 1.
    const double worst = worst_error(
        Tanh{plain}, [](double x) { return std::tanh(x); }, 1e-5F, is_double ? 1e-4F : 20.0F, sign);
    MESSAGE("tanh: " << worst);
    CHECK(worst <= most);
    const double worst_of_two = worst_error(
        plain, [](double x) { return std::tanh(x); }, 1e-5F, is_double ? 1e-4F : 20.0F, sign);
    MESSAGE("tanh, two vectors at a time: " << worst_of_two);
    CHECK(worst_of_two <= (is_double ? most : 5e-7));
  }
  const std::vector<real> y = values_of(Tanh{plain}, {0, inf, -inf, nan, real(1e30), real(1e-30)});
  CHECK(y[0] == 0);
  CHECK(y[1] == 1);
  CHECK(y[2] == -1);
  CHECK(std::isnan(y[3]));
  CHECK(y[4] == 1);
  CHECK(y[5] == real(1e-30));
}

TEST_CASE("tanh never leaves -1 to 1") {
  for (const real y : values_of(Tanh{plain}, every_third_float(4.0F, 16.0F)))
    REQUIRE(std::abs(y) <= 1);
  for (const real y : values_of(plain, every_third_float(4.0F, 16.0F))) {
    REQUIRE(std::abs(y) <= 1);
  }
}

TEST_CASE("scaled tanh: the relative error over all floats") {
  const auto expected = [](double x) { return double{amplitude} * std::tanh(double{slope} * x); };
  for (const real sign : {real(1), real(-1)}) {
    const double worst = worst_error(scaled, expected, 1e-5F, is_double ? 1e-4F : 30.0F, sign);
    MESSAGE("scaled tanh: " << worst);
    CHECK(worst <= (is_double ? 1e-15 : 5e-7));
  }
  const std::vector<real> x = {0, inf, -inf, nan, real(1e30), real(1e-30)};
  const std::vector<real> y = values_of(scaled, x);
  CHECK(y[0] == 0);
  CHECK(y[1] == amplitude);
  CHECK(y[2] == -amplitude);
  CHECK(std::isnan(y[3]));
  CHECK(y[4] == amplitude);
  CHECK(y[5] == doctest::Approx(double{amplitude} * slope * 1e-30).epsilon(1e-6));
}

TEST_CASE("scaled tanh never leaves its amplitudes") {
  const std::vector<real> x = every_third_float(4.0F, 16.0F);
  for (const real a : {amplitude, real(0.7), real(1.001), real(12345.67)}) {
    for (const real s : {slope, real(1), real(1.3)}) {
      for (const real y : values_of(FastTanh{a, s}, x)) REQUIRE(std::abs(y) <= a);
    }
  }
}

TEST_CASE("tanh of two vectors: NaN and infinity change no other number") {
  const std::size_t size = 64;  // two vectors of 16 floats, twice
  const std::vector<real> x(size, real(0.5));
  const real expected = values_of(plain, x)[0];
  for (const real odd : {nan, inf, -inf}) {
    for (std::size_t place = 0; place < size; ++place) {
      std::vector<real> with_odd = x;
      with_odd[place] = odd;
      const std::vector<real> y = values_of(plain, with_odd);
      for (std::size_t i = 0; i < size; ++i) {
        if (i != place) REQUIRE(y[i] == doctest::Approx(expected).epsilon(1e-6));
      }
      if (std::isnan(odd)) {
        REQUIRE(std::isnan(y[place]));
      } else {
        REQUIRE(y[place] == (odd > 0 ? 1 : -1));
      }
    }
  }
}

TEST_CASE("divide: the relative error") {
  // Every third float of an octave, and the same ones times powers of two.
  const std::vector<real> octave = every_third_float(1.0F, 2.0F);
  const std::size_t size = octave.size();
  double worst = 0;
  for (const real scale : {real(1), real(1e-8), real(1e-36), real(1e37) / 2}) {
    std::vector<real> a(size), b(size), y(size);
    for (std::size_t i = 0; i < size; ++i) {
      b[i] = octave[i] * scale;
      a[i] = octave[(7919 * i) % size] * (scale < 1 ? real(1e-3) : real(-1e9));
    }
    elementwise(Divide{}, elementwise_grain, static_cast<std::int64_t>(size), y.data(), a.data(),
                b.data());
    for (std::size_t i = 0; i < size; ++i) {
      const double error = std::abs(double{y[i]} / (double{a[i]} / double{b[i]}) - 1);
      if (!(error <= worst)) worst = error;
    }
  }
  MESSAGE("divide: " << worst);
  CHECK(worst <= (is_double ? 1e-15 : 1.2e-7));
  const auto quotient = [](real a, real b) {
    real y = 0;
    elementwise(Divide{}, elementwise_grain, 1, &y, &a, &b);
    return y;
  };
  CHECK(quotient(6, 3) == 2);
  CHECK(quotient(0, 3) == 0);
  CHECK(std::abs(quotient(-5, inf)) <= real(6e-37));
  CHECK(quotient(0, real(1e-8)) == 0);
  CHECK(std::isnan(quotient(nan, 1)));
  CHECK(std::isnan(quotient(1, nan)));
  CHECK(quotient(1, real(1e-8)) == doctest::Approx(1e8));
}

TEST_CASE("exp of negative numbers: the relative error over all floats") {
  const double most = is_double ? 1e-15 : 1.2e-7;
  const double worst = worst_error(
      Exp{}, [](double x) { return std::exp(x); }, 1e-8F, is_double ? 1e-7F : 87.33F, -1);
  MESSAGE("exp: " << worst);
  CHECK(worst <= most);
  const std::vector<real> y = values_of(Exp{}, {0, -inf, nan, -1000, -real(1e30)});
  CHECK(y[0] == 1);
  CHECK(y[1] == 0);
  CHECK(std::isnan(y[2]));
  CHECK(y[3] == 0);
  CHECK(y[4] == 0);
}

TEST_CASE("exp of a difference: the relative error over all floats") {
  const double per_unit = is_double ? 1e-15 : 7.5e-8;
  for (float low = 1e-8F; low < 87; low *= 2) {
    const float high = std::min(2 * low, is_double ? 1e-7F : 87.0F);
    if (high <= low) break;
    const double worst = worst_error(
        ExpOfDifference{}, [](double x) { return std::exp(x); }, low, high, -1);
    CAPTURE(low);
    MESSAGE("exp: " << worst);
    CHECK(worst <= (is_double ? 1e-15 : 1.8e-7) + per_unit * double{high});
  }
  const std::vector<real> y = values_of(ExpOfDifference{}, {0, -inf, nan, -1000, -real(3e38)});
  CHECK(y[0] == 1);
  CHECK(y[1] == 0);
  CHECK(std::isnan(y[2]));
  CHECK(y[3] == 0);
  CHECK(y[4] == 0);
}

}  // namespace longhand
