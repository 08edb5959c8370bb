#include "core/gemm.h"

#include "tests/cuda/on_device.h"
#include "tests/simt/orders.h"

namespace longhand::test {
namespace {

struct Version {
  const char* name;
  void (*gemm)(const GemmGeometry& g, const real* a, const real* b, real* c);
};
constexpr Version versions[] = {{"gemm_v1", cuda::gemm_v1}, {"gemm", cuda::gemm}};

// Every version against ref, in all four transpositions, over garbage or adding to what is there.
void check_shape(int m, int n, int k) {
  const Tensor a = whole_numbers({m, k}, 1), b = whole_numbers({k, n}, 2);
  const Tensor before = whole_numbers({m, n}, 3);
  const DeviceArray<real> device_a = on_device(a), device_b = on_device(b);
  for (int bits = 0; bits < 8; ++bits) {
    const GemmGeometry g{m, n, k, (bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0};
    Tensor expected = before;
    ref::gemm(g, a.data(), b.data(), expected.data());
    for (const Version& version : versions) {
      CAPTURE(version.name);
      CAPTURE(to_string(Shape{m, n, k}));
      CAPTURE(bits);
      const DeviceArray<real> c = on_device(before);
      version.gemm(g, device_a.data(), device_b.data(), c.data());
      check_same("c", c, expected);
    }
  }
}

}  // namespace

TEST_CASE("cuda gemm: numbers worked by hand") {
  const DeviceArray<real> a(std::vector<real>{1, 2, 3, 4, 5, 6});  // 2x3
  const DeviceArray<real> b(std::vector<real>{1, 0, 2, 1, 0, 3});  // 3x2
  for (const Version& version : versions) {
    CAPTURE(version.name);
    const DeviceArray<real> c(std::vector<real>(4, 100)), d(std::vector<real>(9, 100));
    version.gemm({.m = 2, .n = 2, .k = 3}, a.data(), b.data(), c.data());
    check_same("a b", c, {{2, 2}, {5, 11, 14, 23}});
    version.gemm({.m = 2, .n = 2, .k = 3, .accumulate = true}, a.data(), b.data(), c.data());
    check_same("a b added", c, {{2, 2}, {10, 22, 28, 46}});
    version.gemm({.m = 3, .n = 3, .k = 2, .transpose_a = true, .transpose_b = true}, a.data(),
                 b.data(), d.data());
    check_same("a^T b^T", d, {{3, 3}, {1, 6, 12, 2, 9, 15, 3, 12, 18}});
  }
}

TEST_CASE("cuda gemm is ref gemm, on and off the tile, in any order of threads") {
  in_all_orders([] {
    for (const int m : {1, 15, 16, 17}) {
      for (const int n : {1, 16, 33}) {
        for (const int k : {1, 16, 35}) check_shape(m, n, k);
      }
    }
  });
}

TEST_CASE("cuda gemm is ref gemm for long and for thin matrices") {
  check_shape(300, 1, 2);
  check_shape(1, 300, 2);
  check_shape(2, 3, 1000);
  check_shape(70, 90, 50);
}

// More rows of tiles than a grid may be high.
TEST_CASE("cuda gemm of more than a million rows") {
  const int m = 65536 * 16 + 1;
  const Tensor a = whole_numbers({m, 1}, 1), b = whole_numbers({1, 1}, 2);
  Tensor expected({m, 1});
  ref::gemm({.m = m}, a.data(), b.data(), expected.data());
  const DeviceArray<real> device_a = on_device(a), device_b = on_device(b);
  for (const Version& version : versions) {
    CAPTURE(version.name);
    DeviceArray<real> c(static_cast<std::size_t>(m));
    version.gemm({.m = m}, device_a.data(), device_b.data(), c.data());
    check_same("c", c, expected);
  }
}

}  // namespace longhand::test
