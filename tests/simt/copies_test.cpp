// Copies to shared memory that a thread starts and waits for later.
#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "tests/simt/device_array.h"
#include "tests/simt/kernels.h"
#include "tests/simt/orders.h"

using namespace longhand::test;

TEST_CASE("what is copied a round ahead is there when it is waited for") {
  constexpr int rounds = 5, threads = 64;
  std::vector<float> x(std::size_t{2} * rounds * threads);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i * i % 97);
  std::vector<float> expected(threads);
  for (std::size_t t = 0; t < threads; ++t) {
    for (std::size_t round = 0; round < rounds; ++round) {
      const std::size_t pair = 2 * (round * threads + (t + 1) % threads);
      expected[t] += x[pair] - x[pair + 1];
    }
  }
  const DeviceArray<float> device_x(x);
  in_all_orders([&] {
    const DeviceArray<float> y(threads);
    copied_ahead(rounds, device_x.data(), y.data());
    CHECK(y.values() == expected);
  });
}

TEST_CASE("the end of a copy may be zero instead") {
  const DeviceArray<float> x(std::vector<float>{1, 2, 3, 4}), y(4);
  zero_filled(x.data(), y.data());
  CHECK(y.values() == std::vector<float>{1, 2, 3, 0});
}

TEST_CASE("what is not waited for is not a number") {
  const DeviceArray<float> x(std::vector<float>{1}), y(1);
  not_waited_for(x.data(), y.data());
  CHECK(std::isnan(y.values()[0]));
}

TEST_CASE("a copy must be aligned to its size") {
  const DeviceArray<float> x(std::vector<float>{1, 2, 3, 4, 5}), y(4);
  CHECK_THROWS_WITH_AS(zero_filled(x.data() + 1, y.data()),
                       doctest::Contains("misaligned copy: kernel zero_filled_kernel"),
                       longhand::CudaError);
}
