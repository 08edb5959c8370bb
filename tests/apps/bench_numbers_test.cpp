// The arithmetic of the bench program: operations, windows, floors.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "apps/bench/ceiling.h"
#include "apps/bench/flops.h"
#include "apps/bench/windows.h"
#include "apps/zoo/lenet.h"
#include "layers/conv2d.h"

using namespace longhand;
using namespace longhand::bench;

namespace {

NetworkFlop lenet_flop(const std::string& model, int batch) {
  return network_flop(*make_lenet(model), {batch, 1, 28, 28});
}

TimeWindow window(std::int64_t steps, std::optional<double> other_cores) {
  return {.seconds = 2, .steps = steps, .other_cores = other_cores, .allocations = 1};
}

}  // namespace

TEST_CASE("the networks take the published numbers of operations") {
  // conv 1->6 28x28, conv 6->16 10x10, conv 16->120 1x1, dense 120->84, dense 84->10
  const double classic = 2.0 * (784 * 6 * 25 + 100 * 16 * 150 + 120 * 400 + 120 * 84 + 84 * 10);
  CHECK(classic == 833'040);
  CHECK(lenet_flop("classic", 1).forward == classic);
  CHECK(lenet_flop("classic", 1).training == 2'263'920);
  CHECK(lenet_flop("modern", 1).forward == 13'044'000);
  CHECK(lenet_flop("modern", 1).training == 38'348'000);
  CHECK(lenet_flop("zagreb", 1).forward == 2'633'728);
  CHECK(lenet_flop("zagreb", 1).training == 7'440'384);
  CHECK(lenet_flop("modern", 64).training == 64 * lenet_flop("modern", 1).training);
}

TEST_CASE("a group's outputs sum over its own channels only") {
  Conv2d conv(4, 6, 3, {.groups = 2});
  CHECK(forward_flop(conv, {5, 4, 7, 7}) == 2.0 * (5 * 6 * 5 * 5) * (2 * 3 * 3));
}

TEST_CASE("the median, the smallest and the largest") {
  const Spread odd = spread_of({3, 1, 10});
  CHECK(odd.median == 3);
  CHECK(odd.min == 1);
  CHECK(odd.max == 10);
  CHECK(spread_of({4, 1, 2, 10}).median == 3);
  CHECK(spread_of({7}).median == 7);
}

TEST_CASE("disturbed windows are left out where enough are quiet") {
  Measurement m;
  m.windows = {window(20, 0.0), window(2, 1.0), window(40, 0.15), window(4, 0.16),
               window(60, std::nullopt)};
  CHECK(m.disturbed() == 2);
  CHECK(m.only_quiet());
  CHECK(m.rates(1).min == 10);
  CHECK(m.rates(1).median == 20);
  CHECK(m.rates(3).max == 90);
  CHECK(m.times(3).min == 0.1);
  CHECK(m.spread([](std::size_t i) { return static_cast<double>(i); }).median == 2);

  m.windows.erase(m.windows.begin());
  CHECK(m.disturbed() == 2);
  CHECK_FALSE(m.only_quiet());
  CHECK(m.rates(1).min == 1);
  CHECK(m.rates(1).median == 11);
}

TEST_CASE("measure does the work in every window and counts what it asked for") {
  int steps = 0, begun = 0;
  const Measurement m = measure(
      {.count = 3, .seconds = 0.002},
      [&] {
        ++steps;
        allocations.add(1);
        allocations.add(1);
      },
      [&] { ++begun; });
  REQUIRE(m.windows.size() == 3);
  CHECK(begun == 3);
  std::int64_t timed = 0;
  for (const TimeWindow& w : m.windows) {
    CHECK(w.steps >= 1);
    CHECK(w.seconds >= 0.002);
    CHECK(w.allocations == 2 * static_cast<std::size_t>(w.steps));
    timed += w.steps;
  }
  CHECK(timed < steps);  // there was a warm-up
  if (allocations_are_counted) {
    CHECK(m.allocations() == 2 * static_cast<std::size_t>(timed));
  } else {
    CHECK_FALSE(m.allocations().has_value());
  }
}

TEST_CASE("the floor is the larger of what operations and bytes take") {
  Options options;
  options.windows.seconds = 0.002;
  Floors floors(options);
  const double operations = floors.seconds(1e6, 0), bytes = floors.seconds(0, 1e6);
  CHECK(operations > 0);
  CHECK(bytes > 0);
  CHECK(floors.seconds(1e6, 1e6) == std::max(operations, bytes));  // measured once
  CHECK(floors.seconds(3e6, 0) == doctest::Approx(3 * operations));
  CHECK(floors.seconds(1e6, 3) == operations);
}

TEST_CASE("the smallest cache that holds the bytes, shared out among the threads") {
  const auto [l2, l3] = caches();
  CHECK(cache_level(l2 * threads()) == 0);
  CHECK(cache_level(2 * std::max(l3, l2 * threads())) == 2);
}
