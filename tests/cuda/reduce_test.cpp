#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/cuda/real_numbers.h"
#include "tests/cuda/reduce_kernels.h"
#include "tests/simt/orders.h"

namespace longhand::test {
namespace {

// What each of `threads` threads gets.
template <class F>
std::vector<real> results(F f, const Tensor& x) {
  const DeviceArray<real> y = unwritten(x);
  f(static_cast<int>(x.size()), on_device(x).data(), y.data());
  return y.values();
}

}  // namespace

TEST_CASE("every thread gets the sum and the maximum of its warp and of its block") {
  in_all_orders([] {
    for (const int threads : {32, 64, 96, 256, 1024}) {
      CAPTURE(threads);
      const Tensor x = whole_numbers({threads}, 1);
      const std::vector<real> warp_sum = results(warp_sums, x), block_sum = results(block_sums, x);
      const std::vector<real> warp_max = results(warp_maxima, x);
      const std::vector<real> block_max = results(block_maxima, x);
      const std::vector<real> both = results(several, x);
      const real* end = x.data() + threads;
      const real sum = std::accumulate(x.data(), end, real(0));
      const real largest = *std::max_element(x.data(), end);
      for (int i = 0; i < threads; ++i) {
        const auto at = static_cast<std::size_t>(i);
        const real* warp = x.data() + i / 32 * 32;
        REQUIRE(warp_sum[at] == std::accumulate(warp, warp + 32, real(0)));
        REQUIRE(warp_max[at] == *std::max_element(warp, warp + 32));
        REQUIRE(block_sum[at] == sum);
        REQUIRE(block_max[at] == largest);
        REQUIRE(both[at] == 5 * sum + largest + static_cast<real>(threads));
      }
    }
  });
}

TEST_CASE("sums that round give every thread the same bits, in every order of threads") {
  const Tensor x = real_numbers({256}, 1);
  std::vector<real> first;
  in_all_orders([&] {
    const std::vector<real> sums = results(block_sums, x);
    if (first.empty()) first = sums;
    CHECK(sums == first);
    CHECK(std::count(sums.begin(), sums.end(), sums[0]) == 256);
    CHECK(static_cast<double>(sums[0]) ==
          doctest::Approx(std::accumulate(x.data(), x.data() + 256, 0.0)).epsilon(1e-5));
  });
}

TEST_CASE("the maximum where all numbers are negative, and with a NaN among them") {
  for (const int threads : {32, 96}) {
    for (int place = 0; place < threads; place += 19) {
      Tensor x({threads});
      x.fill(-std::numeric_limits<real>::infinity());
      x[place] = -5;
      for (const real value : results(block_maxima, x)) REQUIRE(value == -5);
      x[place] = std::numeric_limits<real>::quiet_NaN();
      x[(place + 1) % threads] = 7;
      for (const real value : results(block_maxima, x)) REQUIRE(std::isnan(value));
    }
  }
}

}  // namespace longhand::test
