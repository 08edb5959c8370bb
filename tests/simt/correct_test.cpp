// Kernels without a bug give the right numbers, whatever the order of threads and blocks.
#include <doctest/doctest.h>

#include <numeric>

#include "tests/simt/device_array.h"
#include "tests/simt/kernels.h"
#include "tests/simt/orders.h"

using namespace longhand::test;

namespace {

// Small whole numbers, whose sums and products are exact in any order.
std::vector<float> numbers(int n) {
  std::vector<float> values(static_cast<std::size_t>(n));
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(i * 7 % 11) - 5;
  }
  return values;
}

}  // namespace

TEST_CASE("sgemm by tiles in shared memory") {
  in_all_orders([] {
    for (const int n : {1, 16, 45, 64}) {
      const std::vector<float> a = numbers(n * n);
      std::vector<float> b = numbers(n * n);
      std::swap(b.front(), b.back());
      DeviceArray<float> c(a.size());
      sgemm_tiled(n, DeviceArray<float>(a).data(), DeviceArray<float>(b).data(), c.data());
      const std::vector<float> found = c.values();
      const auto at = [n](int i, int j) { return static_cast<std::size_t>(i * n + j); };
      for (int i = 0; i < n; ++i) {
        for (int j = 0; j < n; ++j) {
          float sum = 0;
          for (int k = 0; k < n; ++k) sum += a[at(i, k)] * b[at(k, j)];
          REQUIRE(found[at(i, j)] == sum);
        }
      }
    }
  });
}

TEST_CASE("sums by shuffles, by a block and by the whole grid") {
  in_all_orders([] {
    const int n = 2048;
    const std::vector<float> x = numbers(n);
    const float sum = std::accumulate(x.begin(), x.end(), 0.0F);
    const DeviceArray<float> device(x);

    DeviceArray<float> warps(n / 32);
    warp_sums(n, device.data(), warps.data());
    const std::vector<float> found = warps.values();
    for (std::size_t w = 0; w < found.size(); ++w) {
      const auto first = x.begin() + static_cast<std::ptrdiff_t>(32 * w);
      REQUIRE(found[w] == std::accumulate(first, first + 32, 0.0F));
    }

    DeviceArray<float> total(1);
    block_sum(n, device.data(), total.data());
    REQUIRE(total.values()[0] == sum);

    DeviceArray<float> partial(n / 256), again(1);
    const DeviceArray<unsigned> tickets(std::vector<unsigned>{0});
    grid_sum(n, device.data(), partial.data(), tickets.data(), again.data());
    REQUIRE(again.values()[0] == sum);
  });
}

TEST_CASE("a histogram by atomic additions") {
  in_all_orders([] {
    std::vector<int> x(1000), expected(64);
    for (std::size_t i = 0; i < x.size(); ++i) {
      x[i] = static_cast<int>(i * i % 64);
      ++expected[static_cast<std::size_t>(x[i])];
    }
    const DeviceArray<int> counts(std::vector<int>(64, 0));
    histogram(1000, DeviceArray<int>(x).data(), counts.data());
    REQUIRE(counts.values() == expected);
  });
}

TEST_CASE("a transposition through shared memory") {
  in_all_orders([] {
    const std::vector<float> x = numbers(33 * 50);
    DeviceArray<float> y(x.size());
    transpose(33, 50, DeviceArray<float>(x).data(), y.data());
    const std::vector<float> found = y.values();
    for (std::size_t i = 0; i < 33; ++i) {
      for (std::size_t j = 0; j < 50; ++j) REQUIRE(found[j * 33 + i] == x[i * 50 + j]);
    }
  });
}
