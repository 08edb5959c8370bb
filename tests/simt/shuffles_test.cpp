// Shuffles and votes against what CUDA's documentation says of them, lane by lane.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>

#include "tests/simt/device_array.h"
#include "tests/simt/kernels.h"
#include "tests/simt/orders.h"

using namespace longhand::test;

namespace {

constexpr int block_sizes[] = {32, 40, 64, 96, 256, 1000, 1024};

// The lane that `lane` reads; lanes of the warp are counted from 0.
int source_lane(Shuffle kind, int amount, int width, int lane) {
  const int first = lane / width * width;
  switch (kind) {
    case Shuffle::index:
      return first + (amount % width + width) % width;
    case Shuffle::up:
      return lane - amount < first ? lane : lane - amount;
    case Shuffle::down:
    case Shuffle::down_of_doubles:
      return lane + amount >= first + width ? lane : lane + amount;
    case Shuffle::exclusive_or:
      return (lane ^ amount) >= first + width ? lane : lane ^ amount;
  }
  return lane;
}

void check_shuffle(Shuffle kind, int amount, int width, int threads) {
  CAPTURE(static_cast<int>(kind));
  CAPTURE(amount);
  CAPTURE(width);
  DeviceArray<double> y(static_cast<std::size_t>(threads));
  shuffle(kind, amount, width, threads, y.data());
  const std::vector<double> found = y.values();
  for (int t = 0; t < threads; ++t) {
    const int source = t / 32 * 32 + source_lane(kind, amount, width, t % 32);
    CAPTURE(t);
    const double value = found[static_cast<std::size_t>(t)];
    if (kind == Shuffle::down_of_doubles) {
      if (source < threads) REQUIRE(value == 0.5 * (1000 + source));
      if (source >= threads) REQUIRE(std::isnan(value));  // a lane that there is not
    } else {
      REQUIRE(value == (source < threads ? 1000 + source : -1));
    }
  }
}

}  // namespace

TEST_CASE("shuffles move what they should, in every order and for every shape of block") {
  in_all_orders([] {
    for (const int threads : block_sizes) {
      CAPTURE(threads);
      for (const int width : {32, 16, 8, 2, 1}) {
        for (const int amount : {0, 1, 3, 16, 31}) {
          check_shuffle(Shuffle::index, amount, width, threads);
          check_shuffle(Shuffle::up, amount, width, threads);
          check_shuffle(Shuffle::down, amount, width, threads);
          check_shuffle(Shuffle::exclusive_or, amount, width, threads);
          check_shuffle(Shuffle::down_of_doubles, amount, width, threads);
        }
        check_shuffle(Shuffle::index, -1, width, threads);
        check_shuffle(Shuffle::index, 45, width, threads);
      }
    }
  });
}

TEST_CASE("votes count the lanes that there are") {
  in_all_orders([] {
    for (const int threads : block_sizes) {
      for (const int period : {1, 2, 7, 64}) {
        DeviceArray<double> y(static_cast<std::size_t>(threads));
        votes(period, threads, y.data());
        const std::vector<double> found = y.values();
        for (int first = 0; first < threads; first += 32) {
          std::uint64_t ballot = 0, lanes = 0;
          for (int lane = 0; lane < 32 && first + lane < threads; ++lane) {
            lanes |= std::uint64_t{1} << lane;
            if ((first + lane) % period == 0) ballot |= std::uint64_t{1} << lane;
          }
          const auto any = std::uint64_t{ballot != 0} << 32;
          const auto all = std::uint64_t{ballot == lanes} << 33;
          for (int lane = 0; lane < 32 && first + lane < threads; ++lane) {
            REQUIRE(found[static_cast<std::size_t>(first + lane)] ==
                    static_cast<double>(ballot + any + all));
          }
        }
      }
    }
  });
}

TEST_CASE("the block's votes count its threads") {
  in_all_orders([] {
    for (const int threads : block_sizes) {
      for (const int period : {1, 2, 7, 2000}) {
        DeviceArray<double> y(static_cast<std::size_t>(threads));
        block_votes(period, threads, y.data());
        const int count = (threads + period - 1) / period;
        for (const double value : y.values()) {
          REQUIRE(value == count + 10000 * (count == threads) + 100000);
        }
      }
    }
  });
}
