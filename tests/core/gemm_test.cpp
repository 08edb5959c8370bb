#include "core/gemm.h"

#include <doctest/doctest.h>

#include <limits>
#include <vector>

#include "core/compare.h"
#include "core/gradcheck.h"
#include "core/parallel.h"
#include "tests/support/same_bits.h"

using namespace longhand;

namespace {

std::vector<double> numbers(const Tensor& t) {
  return {t.data(), t.data() + t.size()};
}

// fast against ref, in all four transpositions, over garbage or adding to what is there.
void check_shape(int m, int n, int k) {
  for (int bits = 0; bits < 8; ++bits) {
    const GemmGeometry g{m, n, k, (bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0};
    const Tensor a = spread_values({m, k}, 1), b = spread_values({k, n}, 2);
    const Tensor before = spread_values({m, n}, 3);
    Tensor expected = before, c = before;
    ref::gemm(g, a.data(), b.data(), expected.data());
    fast::gemm(g, a.data(), b.data(), c.data());
    std::vector<std::int64_t> offsets;
    for (std::int64_t i = 0; i < c.size(); ++i) offsets.push_back(i);
    const Comparison result = compare("c", c.shape(), offsets, numbers(c), numbers(expected),
                                      sizeof(real) == 8 ? 1e-12 : 1e-4, 1e-2);
    CHECK_MESSAGE(result.passed(),
                  m << "x" << n << "x" << k << " bits " << bits << " " << result.report());
  }
}

}  // namespace

TEST_CASE("ref gemm: numbers worked by hand") {
  const real a[] = {1, 2, 3, 4, 5, 6};  // 2x3
  const real b[] = {1, 0, 2, 1, 0, 3};  // 3x2
  real c[] = {100, 100, 100, 100};
  ref::gemm({.m = 2, .n = 2, .k = 3}, a, b, c);
  CHECK(c[0] == 5);
  CHECK(c[1] == 11);
  CHECK(c[2] == 14);
  CHECK(c[3] == 23);
  ref::gemm({.m = 2, .n = 2, .k = 3, .accumulate = true}, a, b, c);
  CHECK(c[0] == 10);
  CHECK(c[3] == 46);
  // a^T is 3x2 stored as 2x3; b^T is 2x3 stored as 3x2
  real d[9];
  ref::gemm({.m = 3, .n = 3, .k = 2, .transpose_a = true, .transpose_b = true}, a, b, d);
  CHECK(d[0] == 1);   // 1*1 + 4*0
  CHECK(d[1] == 6);   // 1*2 + 4*1
  CHECK(d[8] == 18);  // 3*0 + 6*3
}

TEST_CASE("fast gemm is ref gemm, on and off the tile") {
  for (const int m : {1, 6, 13}) {
    for (const int n : {1, 31, 33, 64}) {
      for (const int k : {1, 7}) check_shape(m, n, k);
    }
  }
  check_shape(14, 32, 256);    // whole tiles and a whole block of k
  check_shape(97, 5, 257);     // one more than a block of k, columns for less than a vector
  check_shape(3, 1030, 300);   // more than a block of columns
  check_shape(470, 70, 20);    // more than a block of rows
  check_shape(40, 600, 140);   // b is packed, its columns end inside a vector
  check_shape(64, 10, 84);     // computed as c^T
  check_shape(200, 17, 1030);  // a is packed: its rows are far apart
  check_shape(130, 620, 300);  // large enough for a matrix unit
  check_shape(620, 130, 300);
}

// Every number of rows and of vectors that a tile has, and every number of columns left over.
TEST_CASE("fast gemm is ref gemm for every tile") {
  for (int m = 2; m <= 15; ++m) check_shape(m, 68, 3);
  for (int n = 2; n <= 81; ++n) check_shape(5, n, 2);
  for (int n = 17; n <= 34; ++n) check_shape(33, n, 18);
  for (int k = 1; k <= 18; ++k) check_shape(31, 37, k);  // less than a square to transpose
}

TEST_CASE("fast gemm is ref gemm with a large b, which is copied panel by panel") {
  for (int m = 14; m <= 29; ++m) check_shape(m, 1025, 5);  // two tiles, mostly unequal
  check_shape(17, 1024, 1);
  check_shape(17, 1030, 131);
  check_shape(24, 1057, 257);   // one more than a piece of k, a vector left over
  check_shape(50, 1100, 70);    // columns end inside a vector
  check_shape(33, 1025, 780);   // four pieces of k, and tiles not turned as squares at the end
  check_shape(129, 1041, 20);   // c's rows do not begin with a cache line: too many of them
  check_shape(129, 1040, 20);   // they do
  check_shape(140, 300, 150);   // many rows of a, shorter ones of b; ten equal tiles
  check_shape(300, 1024, 3);    // rows are shared out to threads
  check_shape(257, 200, 520);   // three pieces of k
  check_shape(1040, 130, 256);  // two blocks of a
}

TEST_CASE("fast gemm is ref gemm with a smaller b that is transposed, in wide tiles") {
  for (int m = 64; m <= 69; ++m) check_shape(m, 64, 97);  // every number of rows left over
  check_shape(64, 64, 96);                                // as many k values as a piece has
  check_shape(71, 64, 98);     // pieces of k that are no multiple of four steps
  check_shape(130, 128, 195);  // two panels, three pieces of k
  check_shape(1030, 64, 101);
  check_shape(1030, 128, 101);  // more of c than stays in the cache
}

// Up to four columns that a vector would be too long for are computed by themselves.
TEST_CASE("fast gemm is ref gemm in its last columns") {
  for (const int m : {8, 9, 11, 18, 33}) {
    for (const int n : {17, 18, 19, 20, 36}) {
      for (int k = 4; k <= 8; ++k) check_shape(m, n, k);
    }
  }
  check_shape(16, 100, 150);
  check_shape(21, 196, 390);  // more than a block of k
}

TEST_CASE("an infinity stays in its row or column") {
  const real infinity = std::numeric_limits<real>::infinity();
  const int m = 19, n = 20;
  for (int k = 4; k <= 7; ++k) {
    for (int l = 0; l < k; ++l) {
      for (const bool in_a : {true, false}) {
        for (const bool transpose_b : {true, false}) {
          Tensor a({m, k}), b({k, n}), c({m, n});
          a.fill(1);
          b.fill(1);
          if (in_a) a[17 * k + l] = infinity;
          if (!in_a) b[transpose_b ? 17 * k + l : l * n + 17] = infinity;
          fast::gemm({.m = m, .n = n, .k = k, .transpose_b = transpose_b}, a.data(), b.data(),
                     c.data());
          for (int i = 0; i < m; ++i) {
            for (int j = 0; j < n; ++j) {
              REQUIRE(c[i * n + j] == ((in_a ? i : j) == 17 ? infinity : static_cast<real>(k)));
            }
          }
        }
      }
    }
  }
}

TEST_CASE("a vector times a matrix") {
  for (const int n : {2, 15, 16, 63, 65, 200}) {
    for (const int k : {1, 7, 9, 33, 300}) {
      check_shape(1, n, k);
      check_shape(n, 1, k);
    }
  }
  check_shape(1, 700, 130);  // large enough for more than one thread
  check_shape(700, 1, 130);
}

TEST_CASE("a vector times the same matrix again, which is then read from its end") {
  for (const int n : {7, 203}) {
    const GemmGeometry g{.m = 1, .n = n, .k = 50, .transpose_b = true};
    const Tensor a = spread_values({1, g.k}, 1), b = spread_values({g.n, g.k}, 2);
    Tensor first({1, n});
    fast::gemm(g, a.data(), b.data(), first.data());
    for (int time = 0; time < 2; ++time) {
      Tensor again({1, n});
      again.fill(-1);
      fast::gemm(g, a.data(), b.data(), again.data());
      CHECK(test::same_bits(again, first));
    }
  }
}

TEST_CASE("the bits do not depend on the number of threads") {
  const int before = threads();
  for (const Shape& mnk :
       {Shape{70, 150, 90}, Shape{300, 90, 120}, Shape{90, 300, 120}, Shape{200, 11, 1100},
        Shape{60, 250, 400}, Shape{17, 130, 700}, Shape{150, 250, 400}, Shape{1, 900, 200},
        Shape{1, 200, 900}, Shape{71, 100, 150}, Shape{130, 620, 300}, Shape{620, 130, 300},
        Shape{45, 1060, 200}, Shape{20, 1030, 150}, Shape{128, 128, 300}, Shape{200, 64, 200}}) {
    const int m = mnk.n, n = mnk.c, k = mnk.h;
    const Tensor a = spread_values({m, k}, 1), b = spread_values({k, n}, 2);
    for (int bits = 0; bits < 4; ++bits) {
      CAPTURE(bits);
      const GemmGeometry g{m, n, k, (bits & 1) != 0, (bits & 2) != 0};
      Tensor one({m, n}), many({m, n});
      set_threads(1);
      fast::gemm(g, a.data(), b.data(), one.data());
      for (const int count : {2, 3}) {
        set_threads(count);
        many.fill(-1);
        fast::gemm(g, a.data(), b.data(), many.data());
        CHECK(test::same_bits(one, many));
      }
    }
  }
  set_threads(before);
}
