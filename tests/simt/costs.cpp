// Measures what the runtime costs: threads, barriers, shuffles and a matrix product.
#include <algorithm>
#include <chrono>
#include <cstdio>

#include "tests/simt/device_array.h"
#include "tests/simt/kernels.h"

using namespace longhand::test;

namespace {

// The least of several times that f took, in nanoseconds.
template <class F>
double nanoseconds(F f) {
  double best = 1e30;
  for (int i = 0; i < 15; ++i) {
    const auto start = std::chrono::steady_clock::now();
    f();
    const std::chrono::duration<double, std::nano> time = std::chrono::steady_clock::now() - start;
    best = std::min(best, time.count());
  }
  return best;
}

}  // namespace

int main() {
  constexpr int rounds = 1000;
  for (const int threads : {32, 128, 256, 1024}) {
    const DeviceArray<float> x(std::vector<float>(static_cast<std::size_t>(threads)));
    const double without = nanoseconds([&] { barriers(0, threads, x.data()); });
    const double with = nanoseconds([&] { barriers(rounds, threads, x.data()); });
    std::printf("block of %4d threads: a thread %6.1f ns, its wait at a barrier %5.1f ns\n",
                threads, without / threads, (with - without) / threads / rounds);
  }
  constexpr int n = 1 << 16;
  const DeviceArray<float> x(std::vector<float>(n, 1.0F));
  const DeviceArray<float> y(n);
  std::printf("a shuffle in a warp's sum: %.1f ns a thread\n",
              nanoseconds([&] { warp_sums(n, x.data(), y.data()); }) / n / 5);
  const DeviceArray<float> a(std::vector<float>(128 * 128, 1.0F));
  std::printf("sgemm of 128x128x128 by tiles of 16x16: %.2f ms\n",
              nanoseconds([&] { sgemm_tiled(128, a.data(), a.data(), x.data()); }) / 1e6);
}
