#include "core/gemm.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "core/error.h"
#include "tests/cuda/real_numbers.h"
#include "tests/simt/orders.h"

namespace longhand::test {
namespace {

// All of them are exact here: whole numbers to 4 are also tf32's and bf16's.
std::vector<cuda::GemmRung> rungs() {
  std::vector<cuda::GemmRung> all;
  for (int i = 0; i < cuda::gemm_rung_count; ++i) all.push_back(static_cast<cuda::GemmRung>(i));
  return all;
}

// The rungs against ref, in all four transpositions, over garbage or adding to what is there.
void check_shape(int m, int n, int k, const std::vector<cuda::GemmRung>& checked = rungs()) {
  const Tensor a = whole_numbers({m, k}, 1), b = whole_numbers({k, n}, 2);
  const Tensor before = whole_numbers({m, n}, 3);
  const DeviceArray<real> device_a = on_device(a), device_b = on_device(b);
  for (int bits = 0; bits < 8; ++bits) {
    const GemmGeometry g{m, n, k, (bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0};
    Tensor expected = before;
    ref::gemm(g, a.data(), b.data(), expected.data());
    for (const cuda::GemmRung rung : checked) {
      CAPTURE(to_string(rung));
      CAPTURE(to_string(Shape{m, n, k}));
      CAPTURE(bits);
      const DeviceArray<real> c = g.accumulate
                                      ? on_device(before)
                                      : DeviceArray<real>(static_cast<std::size_t>(before.size()));
      cuda::gemm(rung, g, device_a.data(), device_b.data(), c.data());
      check_same("c", c, expected);
    }
  }
}

}  // namespace

TEST_CASE("cuda gemm: numbers worked by hand") {
  const DeviceArray<real> a(std::vector<real>{1, 2, 3, 4, 5, 6});  // 2x3
  const DeviceArray<real> b(std::vector<real>{1, 0, 2, 1, 0, 3});  // 3x2
  for (const cuda::GemmRung rung : rungs()) {
    CAPTURE(to_string(rung));
    const DeviceArray<real> c(std::vector<real>(4, 100)), d(std::vector<real>(9, 100));
    cuda::gemm(rung, {.m = 2, .n = 2, .k = 3}, a.data(), b.data(), c.data());
    check_same("a b", c, {{2, 2}, {5, 11, 14, 23}});
    cuda::gemm(rung, {.m = 2, .n = 2, .k = 3, .accumulate = true}, a.data(), b.data(), c.data());
    check_same("a b added", c, {{2, 2}, {10, 22, 28, 46}});
    cuda::gemm(rung, {.m = 3, .n = 3, .k = 2, .transpose_a = true, .transpose_b = true}, a.data(),
               b.data(), d.data());
    check_same("a^T b^T", d, {{3, 3}, {1, 6, 12, 2, 9, 15, 3, 12, 18}});
  }
}

TEST_CASE("cuda gemm is ref gemm for small shapes, in any order of threads") {
  in_all_orders([] {
    check_shape(1, 1, 1);
    check_shape(17, 33, 35);
  });
}

// Tiles are 32, 64 or 128 wide, steps 8, 16 or 32 long, and packs 4 numbers.
TEST_CASE("cuda gemm is ref gemm on and off the tile") {
  check_shape(16, 32, 1);
  check_shape(64, 64, 64);
  check_shape(132, 68, 20);   // whole packs, but no whole tiles
  check_shape(129, 130, 17);  // neither
}

TEST_CASE("cuda gemm is ref gemm for long and for thin matrices") {
  check_shape(300, 1, 2);
  check_shape(1, 300, 2);
  check_shape(2, 3, 1000);
  check_shape(1, 1, 131);
}

// Packs must not be read where they would be misaligned.
TEST_CASE("cuda gemm takes operands that are not aligned to 16 bytes") {
  const int m = 20, n = 24, k = 28;
  const Tensor a = whole_numbers({m, k}, 1), b = whole_numbers({k, n}, 2);
  Tensor expected({m, n});
  ref::gemm({m, n, k}, a.data(), b.data(), expected.data());
  std::vector<real> shifted_a(1), shifted_b(1);
  shifted_a.insert(shifted_a.end(), a.data(), a.data() + a.size());
  shifted_b.insert(shifted_b.end(), b.data(), b.data() + b.size());
  const DeviceArray<real> device_a(shifted_a), device_b(shifted_b);
  for (const cuda::GemmRung rung : rungs()) {
    CAPTURE(to_string(rung));
    const DeviceArray<real> c(static_cast<std::size_t>(expected.size()));
    cuda::gemm(rung, {m, n, k}, device_a.data() + 1, device_b.data() + 1, c.data());
    check_same("c", c, expected);
  }
}

// More rows of tiles than a grid may be high.
TEST_CASE("cuda gemm of more than a million rows") {
  const int m = 65536 * 16 + 1;
  const Tensor a = whole_numbers({m, 1}, 1), b = whole_numbers({1, 1}, 2);
  Tensor expected({m, 1});
  ref::gemm({.m = m}, a.data(), b.data(), expected.data());
  const DeviceArray<real> device_a = on_device(a), device_b = on_device(b);
  for (const cuda::GemmRung rung : {cuda::GemmRung::naive, cuda::GemmRung::small_tile}) {
    CAPTURE(to_string(rung));
    const DeviceArray<real> c(static_cast<std::size_t>(m));
    cuda::gemm(rung, {.m = m}, device_a.data(), device_b.data(), c.data());
    check_same("c", c, expected);
  }
}

// The bounds that cuda/gemm/tensor_cores.cu derives, and that they are not far too wide.
TEST_CASE("tensor cores are as exact as is said") {
  const int m = 40, n = 30, k = 200;
  const Tensor a = real_numbers({m, k}, 1), b = real_numbers({k, n}, 2);
  const DeviceArray<real> device_a = on_device(a), device_b = on_device(b);
  for (const auto& precision : {std::pair{cuda::GemmRung::tf32, 11}, {cuda::GemmRung::bf16, 8}}) {
    const cuda::GemmRung rung = precision.first;
    const int bits = precision.second;
    CAPTURE(to_string(rung));
    const DeviceArray<real> c(static_cast<std::size_t>(m * n));
    cuda::gemm(rung, {m, n, k}, device_a.data(), device_b.data(), c.data());
    const std::vector<real> found = c.values();
    const double rounding = std::ldexp(1.0, -bits), of_float = k * std::ldexp(1.0, -23);
    double worst = 0;  // of the bound
    for (int i = 0; i < m; ++i) {
      for (int j = 0; j < n; ++j) {
        double sum = 0, size = 0;
        for (int l = 0; l < k; ++l) {
          const double product = double{a[i * k + l]} * double{b[l * n + j]};
          sum += product;
          size += std::abs(product);
        }
        const double error = std::abs(double{found[static_cast<std::size_t>(i * n + j)]} - sum);
        const double bound = (2 * rounding * (1 + rounding) + of_float) * size;
        CHECK_MESSAGE(!(!(error <= bound)), i, ", ", j, ": off by ", error, " of ", bound);
        worst = std::max(worst, error / bound);
      }
    }
    CHECK(worst > 0.02);  // it did round
  }
}

TEST_CASE("a shape picks its rung") {
  using cuda::GemmRung;
  CHECK(cuda::gemm_rung({4096, 4096, 4096}) == GemmRung::asynchronous);
  CHECK(cuda::gemm_rung({1024, 1024, 64}) == GemmRung::small_tile);
  CHECK(cuda::gemm_rung({64, 10, 84}) == GemmRung::small_tile);
  CHECK(cuda::gemm_rung({512, 120, 400}) == GemmRung::split_k);
  CHECK(cuda::gemm_rung({10, 10, 100000}) == GemmRung::split_k);
  const DeviceArray<real> a(std::vector<real>{2}), b(std::vector<real>{3}), c(1);
  cuda::gemm({}, a.data(), b.data(), c.data());
  check_same("c", c, {{1}, {6}});
}

TEST_CASE("a rung is known by its name") {
  for (const cuda::GemmRung rung : rungs()) {
    CHECK(cuda::parse_gemm_rung(cuda::to_string(rung)) == rung);
  }
  CHECK_THROWS_WITH_AS(
      cuda::parse_gemm_rung("fast"),
      "unknown rung 'fast': choose naive, coalesced, shared_tile, register_tile_1d, "
      "register_tile_2d, vectorised, warp_tile, asynchronous, small_tile, split_k, tf32 or bf16",
      ValueError);
}

}  // namespace longhand::test
