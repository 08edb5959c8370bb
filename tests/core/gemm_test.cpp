#include "core/gemm.h"

#include <doctest/doctest.h>

#include <vector>

#include "core/compare.h"
#include "core/gradcheck.h"
#include "core/parallel.h"

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
  check_shape(12, 32, 256);  // whole tiles and a whole block of k
  check_shape(97, 5, 257);   // one more than a block of rows and of k
  check_shape(3, 1030, 300);
}

TEST_CASE("the bits do not depend on the number of threads") {
  const int m = 70, n = 150, k = 90;
  const Tensor a = spread_values({m, k}, 1), b = spread_values({k, n}, 2);
  Tensor one({m, n}), three({m, n});
  const int before = threads();
  set_threads(1);
  fast::gemm({.m = m, .n = n, .k = k}, a.data(), b.data(), one.data());
  set_threads(3);
  fast::gemm({.m = m, .n = n, .k = k}, a.data(), b.data(), three.data());
  set_threads(before);
  for (std::int64_t i = 0; i < one.size(); ++i) REQUIRE(one[i] == three[i]);
}
