#include "core/random.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "core/init.h"
#include "layers/conv2d.h"
#include "layers/dense.h"

using namespace longhand;

TEST_CASE("the same seed gives the same numbers, here and everywhere") {
  Random a(42), b(42), c(43);
  const std::uint64_t first = a.below(1'000'000'000);
  CHECK(first == b.below(1'000'000'000));
  CHECK(first != c.below(1'000'000'000));
  // The 10000th output of a mt19937_64 that was seeded with 5489 is fixed by the C++ standard.
  Random standard(5489);
  std::uint64_t last = 0;
  for (int i = 0; i < 10000; ++i) last = standard.below(std::uint64_t{1} << 32);
  CHECK(last == 9981545732273789042ull % (std::uint64_t{1} << 32));
}

TEST_CASE("uniform and normal numbers have the moments they should") {
  Random random(1);
  const int count = 100000;
  double sum = 0, squares = 0, normal_sum = 0, normal_squares = 0;
  for (int i = 0; i < count; ++i) {
    const double u = random.uniform(-1, 3);
    REQUIRE(u >= -1);
    REQUIRE(u < 3.0001);
    sum += u;
    squares += u * u;
    const double z = random.normal(2, 3);
    normal_sum += z;
    normal_squares += z * z;
  }
  CHECK(sum / count == doctest::Approx(1).epsilon(0.02));
  CHECK(squares / count - 1 == doctest::Approx(16.0 / 12).epsilon(0.02));
  CHECK(normal_sum / count == doctest::Approx(2).epsilon(0.02));
  CHECK(normal_squares / count - 4 == doctest::Approx(9).epsilon(0.02));
}

TEST_CASE("shuffle keeps every item, and every order of three is as likely") {
  Random random(7);
  std::array<int, 6> seen{};
  for (int i = 0; i < 6000; ++i) {
    std::array<int, 3> items{0, 1, 2};
    random.shuffle(items);
    CHECK(items[0] + items[1] + items[2] == 3);
    seen[static_cast<std::size_t>(items[0] * 2 + (items[1] > items[2] ? 1 : 0))]++;
  }
  for (const int times : seen) CHECK(std::abs(times - 1000) < 150);
}

TEST_CASE("initial weights have the variance of their rule; biases stay zero") {
  Random random(3);
  const auto variance = [&](Layer& layer, Init init) {
    initialise(layer, init, random);
    const Tensor& w = layer.params()[0]->value;
    double sum = 0, squares = 0, largest = 0;
    for (std::int64_t i = 0; i < w.size(); ++i) {
      const double value = w[i];
      sum += value;
      squares += value * value;
      largest = std::max(largest, std::abs(value));
    }
    const Tensor& b = layer.params()[1]->value;
    for (std::int64_t i = 0; i < b.size(); ++i) CHECK(b[i] == 0);
    if (init == Init::xavier) {
      CHECK(largest <= std::sqrt(6.0 / (w.shape().c + w.shape().n) / w.shape().h / w.shape().w));
    }
    CHECK(std::abs(sum / static_cast<double>(w.size())) < 0.01);
    return squares / static_cast<double>(w.size());
  };
  Conv2d conv(16, 32, 5);  // fan_in 400, fan_out 800
  CHECK(variance(conv, Init::lecun) == doctest::Approx(1.0 / 400).epsilon(0.05));
  CHECK(variance(conv, Init::xavier) == doctest::Approx(2.0 / 1200).epsilon(0.05));
  CHECK(variance(conv, Init::he) == doctest::Approx(2.0 / 400).epsilon(0.05));
  Dense dense(300, 100);
  CHECK(variance(dense, Init::lecun) == doctest::Approx(1.0 / 300).epsilon(0.05));
  CHECK(variance(dense, Init::xavier) == doctest::Approx(2.0 / 400).epsilon(0.05));
}
