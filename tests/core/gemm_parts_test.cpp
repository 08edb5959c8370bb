// Products by the matrix unit, at sizes that reach every edge of them: whether they pay or not.
#include "core/gemm_parts.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "core/compare.h"
#include "core/cpu.h"
#include "core/gemm_parts_tile.h"
#include "core/gradcheck.h"
#include "core/random.h"
#include "tests/support/skip.h"

using namespace longhand;
using namespace longhand::fast;

namespace {

bool without_unit() {
  if (has_matrix_unit()) return false;
  test::skip("this CPU has no matrix unit, or LONGHAND_ISA or `real` is not for it");
  return true;
}

std::vector<real> random_numbers(std::int64_t count, std::uint64_t seed) {
  Random random(seed);
  std::vector<real> numbers(static_cast<std::size_t>(count));
  for (real& number : numbers) number = static_cast<real>(random.uniform(-1, 1));
  return numbers;
}

// Element [i, j] as the product must come out, and the sum of the terms' sizes.
struct Exact {
  double sum = 0, size = 0;
};
Exact exact(const Product& p, const real* before, int i, int j) {
  const auto picture = [](const Pictures& q, int row, int place) {
    return q.pixels[q.offset[row] + place / q.width * q.pitch + place % q.width];
  };
  Exact result;
  if (p.add) result.sum = before[i * p.c_stride + j];
  result.size = std::abs(result.sum);
  for (int l = 0; l < p.k; ++l) {
    const double a = p.a_pictures.pixels ? picture(p.a_pictures, i, l) : *p.a.at(i, l);
    const double b = !p.b_pictures.pixels ? *p.b.at(l, j)
                     : p.b.columns_first  ? picture(p.b_pictures, j, l)
                                          : picture(p.b_pictures, l, j);
    result.sum += a * b;
    result.size += std::abs(a * b);
  }
  return result;
}

// Computes the range of p and compares: all of it, and nothing else, is written. The error may be
// some roundings of the sum of the terms' sizes.
void check(Product p, const Range& range) {
  std::vector<real> c = random_numbers(p.m * p.c_stride, 3);
  const std::vector<real> before = c;
  p.c = c.data();
  p.in_parts = true;
  multiply_range(tiles(), p, range);
  int wrong = 0;
  for (int i = 0; i < p.m; ++i) {
    for (int j = 0; j < p.c_stride; ++j) {
      const real here = c[static_cast<std::size_t>(i * p.c_stride + j)];
      if (i < range.m0 || i >= range.m1 || j < range.n0 || j >= range.n1) {
        wrong += here != before[static_cast<std::size_t>(i * p.c_stride + j)];
        continue;
      }
      const Exact expected = exact(p, before.data(), i, j);
      wrong += !(std::abs(here - expected.sum) <= 3e-7 * expected.size);
    }
  }
  CHECK_MESSAGE(wrong == 0, p.m << " x " << p.n << " x " << p.k << ": " << wrong << " wrong");
}

void check_size(int m, int n, int k) {
  const std::vector<real> a = random_numbers(std::int64_t{m} * k, 1);
  const std::vector<real> b = random_numbers(std::int64_t{n} * k, 2);
  for (int bits = 0; bits < 8; ++bits) {
    CAPTURE(bits);
    const bool ta = (bits & 1) != 0, tb = (bits & 2) != 0;
    check({m,
           n,
           k,
           {a.data(), ta ? m : k, ta},
           {b.data(), tb ? k : n, tb},
           nullptr,
           n + 3,
           (bits & 4) != 0},
          {0, m, 0, n});
  }
}

}  // namespace

TEST_CASE("a number is the sum of its three parts, exactly") {
  if (without_unit()) return;
  Random random(7);
  for (int time = 0; time < 2000; ++time) {
    std::vector<real> row(parts::step);
    for (real& x : row) {
      x = static_cast<real>(std::ldexp(random.uniform(-1, 1), static_cast<int>(time % 200) - 90));
    }
    row[3] = 0;
    row[4] = std::nextafter(real(1), real(2));
    row[5] = -std::nextafter(real(1), real(0));
    row[6] = std::numeric_limits<real>::max();
    alignas(64) unsigned char tiles[parts::count * parts::tile_bytes] = {};
    parts::split_rows(row.data(), parts::step, parts::step, 1, 1, tiles);
    for (int l = 0; l < parts::step; ++l) {
      double sum = 0;
      for (int part = 0; part < parts::count; ++part) {
        std::uint16_t half = 0;  // number l is one of pair l % 16
        std::memcpy(&half, tiles + part * parts::tile_bytes + l % 16 * 4 + l / 16 * 2, 2);
        const std::uint32_t bits = std::uint32_t{half} << 16;
        float value = 0;
        std::memcpy(&value, &bits, 4);
        sum += value;
      }
      REQUIRE(sum == row[static_cast<std::size_t>(l)]);
    }
  }
}

TEST_CASE("products in parts, on and off the tiles") {
  if (without_unit()) return;
  for (const int m : {1, 2, 15, 16, 17, 33, 47, 48, 49, 63, 64, 65, 97, 130}) check_size(m, 35, 40);
  for (const int n : {16, 17, 31, 32, 33, 48, 49, 100}) check_size(50, n, 33);
  for (const int k : {1, 2, 15, 16, 17, 31, 32, 33, 63, 64, 65, 96, 1024, 1030, 2100}) {
    check_size(37, 18, k);
  }
  check_size(2, 17, 40961);   // the last piece of k is one value
  check_size(256, 33, 150);   // four groups of rows, the most for which b is not packed
  check_size(257, 33, 150);   // and five
  check_size(2200, 20, 33);   // more groups of rows than are split at once
  check_size(6401, 17, 3);    // one row more than whole groups
  check_size(20, 4200, 33);   // more columns than are copied at once
  check_size(20, 150, 1000);  // the last of which are fewer than a panel
}

TEST_CASE("products in parts: a range of c") {
  if (without_unit()) return;
  const int m = 100, n = 90, k = 50;
  const std::vector<real> a = random_numbers(m * k, 1), b = random_numbers(n * k, 2);
  for (const bool add : {false, true}) {
    for (const Range& range : {Range{0, 40, 16, 50}, Range{60, 61, 0, 16}, Range{7, 100, 30, 90}}) {
      check({m, n, k, {a.data(), k, false}, {b.data(), n, false}, nullptr, n, add}, range);
    }
  }
}

TEST_CASE("products in parts of matrices of pictures") {
  if (without_unit()) return;
  for (const int width : {5, 16, 21, 40}) {
    CAPTURE(width);
    const int lines = 7, pitch = width + 3, k = 45, places = lines * width;
    const std::vector<real> pixels = random_numbers(k * 11 + lines * pitch + 64, 1);
    std::vector<int> offset;
    for (int l = 0; l < k; ++l) offset.push_back(l * 11 % 97 + l);
    const Pictures pictures{pixels.data(), offset.data(), width, pitch};
    const std::vector<real> other = random_numbers(std::int64_t{50} * std::max(k, places), 2);
    check({.m = 50,
           .n = places,
           .k = k,
           .a = {other.data(), k, false},
           .b = {nullptr, 0, false},
           .c = nullptr,
           .c_stride = places,
           .add = false,
           .b_pictures = pictures},
          {0, 50, 0, places});
    check({.m = k,
           .n = 50,
           .k = places,
           .a = {nullptr, 0, false},
           .b = {other.data(), 50, false},
           .c = nullptr,
           .c_stride = 50,
           .add = true,
           .a_pictures = pictures},
          {0, k, 0, 50});
    check({.m = 50,
           .n = k,
           .k = places,
           .a = {other.data(), places, false},
           .b = {nullptr, 0, true},
           .c = nullptr,
           .c_stride = k,
           .add = true,
           .b_pictures = pictures},
          {0, 50, 0, k});
  }
}

TEST_CASE("sums in parts are about as exact as those of the loop over vectors") {
  if (without_unit()) return;
  const int m = 64, n = 64;
  for (const int k : {16, 100, 1000, 4000}) {
    const std::vector<real> a = random_numbers(m * k, 1), b = random_numbers(n * k, 2);
    std::vector<real> c(m * n);
    Product p{m, n, k, {a.data(), k, false}, {b.data(), n, false}, c.data(), n, false};
    double error[2] = {};  // root of the mean square
    for (const bool in_parts : {false, true}) {
      p.in_parts = in_parts;
      multiply_range(tiles(), p, {0, m, 0, n});
      for (int i = 0; i < m; ++i) {
        for (int j = 0; j < n; ++j) {
          const double e = c[static_cast<std::size_t>(i * n + j)] - exact(p, nullptr, i, j).sum;
          error[in_parts] += e * e / (m * n);
        }
      }
      error[in_parts] = std::sqrt(error[in_parts]);
    }
    MESSAGE("k = " << k << ": " << error[0] << " by vectors, " << error[1] << " in parts");
    CHECK(error[0] > 0);
    CHECK(error[1] < (k <= 1000 ? 0.9 : 1.6) * error[0]);
  }
}

TEST_CASE("small whole numbers are multiplied exactly") {
  if (without_unit()) return;
  const int m = 70, n = 50, k = 300;
  std::vector<real> a(m * k), b(n * k), c(m * n);
  for (int i = 0; i < m * k; ++i)
    a[static_cast<std::size_t>(i)] = static_cast<real>(i * 37 % 199 - 99);
  for (int i = 0; i < n * k; ++i)
    b[static_cast<std::size_t>(i)] = static_cast<real>(i * 53 % 201 - 100);
  Product p{m, n, k, {a.data(), k, false}, {b.data(), n, false}, c.data(), n, false};
  p.in_parts = true;
  multiply_range(tiles(), p, {0, m, 0, n});
  for (int i = 0; i < m; ++i) {
    for (int j = 0; j < n; ++j) {
      REQUIRE(c[static_cast<std::size_t>(i * n + j)] == exact(p, nullptr, i, j).sum);
    }
  }
}

TEST_CASE("NaN and infinity reach their row or column, and no other") {
  if (without_unit()) return;
  const int m = 60, n = 40, k = 70;
  const real nan = std::numeric_limits<real>::quiet_NaN();
  for (const real bad : {nan, std::numeric_limits<real>::infinity()}) {
    std::vector<real> a = random_numbers(m * k, 1), b = random_numbers(n * k, 2), c(m * n);
    a[11 * k + 69] = bad;  // a[11, 69]
    b[33 * n + 22] = bad;  // b[33, 22]
    Product p{m, n, k, {a.data(), k, false}, {b.data(), n, false}, c.data(), n, false};
    p.in_parts = true;
    multiply_range(tiles(), p, {0, m, 0, n});
    for (int i = 0; i < m; ++i) {
      for (int j = 0; j < n; ++j) {
        REQUIRE(std::isnan(c[static_cast<std::size_t>(i * n + j)]) == (i == 11 || j == 22));
      }
    }
  }
}
