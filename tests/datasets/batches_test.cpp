// Batches: every image once an epoch, in the seed's order, without taking memory.
#include "datasets/batches.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>

#include "apps/support/allocations.h"
#include "core/error.h"

using namespace longhand;

namespace {

// Images of 2x1x3; all of an image's six bytes are its place times 10, its label is place mod 10.
Dataset numbered(int count) {
  Dataset data;
  data.image = {1, 2, 1, 3};
  for (int i = 0; i < count; ++i) {
    data.pixels.insert(data.pixels.end(), 6, static_cast<std::uint8_t>(i * 10));
    data.labels.push_back(static_cast<std::uint8_t>(i % 10));
  }
  return data;
}

// One epoch's images by their places, each checked against its label.
std::vector<int> epoch(Batches& batches) {
  std::vector<int> places;
  batches.start();
  while (batches.next()) {
    CHECK(batches.x().shape() == Shape{batches.count(), 2, 1, 3});
    REQUIRE(batches.labels().size() == static_cast<std::size_t>(batches.count()));
    for (int n = 0; n < batches.count(); ++n) {
      const real x = batches.x().at(n, 0, 0, 0);
      CHECK(batches.x().at(n, 1, 0, 2) == x);
      const int place = static_cast<int>(x * 255 / 10 + real(0.5));
      CHECK(batches.labels()[static_cast<std::size_t>(n)] == place % 10);
      places.push_back(place);
    }
  }
  CHECK_FALSE(batches.next());
  return places;
}

}  // namespace

TEST_CASE("without chance the order is the data's, and the last batch has the rest") {
  const Dataset data = numbered(10);
  Batches batches(data, 4);
  CHECK(batches.batches() == 3);
  std::vector<int> counts;
  batches.start();
  while (batches.next()) counts.push_back(batches.count());
  CHECK(counts == std::vector<int>{4, 4, 2});
  for (int time = 0; time < 2; ++time) {
    CHECK(epoch(batches) == std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
  }
}

TEST_CASE("a batch may divide the images, be all of them, or be larger") {
  const Dataset data = numbered(6);
  for (const auto& [batch, expected] : std::vector<std::pair<int, int>>{
           {1, 6}, {3, 2}, {5, 2}, {6, 1}, {100, 1}, {std::numeric_limits<int>::max(), 1}}) {
    Batches batches(data, batch);
    CHECK(batches.batches() == expected);
    int seen = 0;
    batches.start();
    while (batches.next()) ++seen;
    CHECK(seen == expected);
    CHECK(epoch(batches).size() == 6);
  }
}

TEST_CASE("the same seed gives the same orders, each epoch another") {
  const Dataset data = numbered(25);
  Random random_a(7), random_b(7), random_c(8);
  Batches a(data, 4, {}, &random_a), b(data, 4, {}, &random_b), c(data, 4, {}, &random_c);
  std::vector<int> last;
  for (int time = 0; time < 3; ++time) {
    std::vector<int> order = epoch(a);
    CHECK(order == epoch(b));
    CHECK(order != epoch(c));
    CHECK(order != last);
    last = order;
    std::ranges::sort(order);
    for (int i = 0; i < 25; ++i) CHECK(order[static_cast<std::size_t>(i)] == i);
  }
}

TEST_CASE("an epoch's order depends on the state of random alone") {
  const Dataset data = numbered(25);
  Random random(7);
  Batches batches(data, 4, {}, &random);
  epoch(batches);
  Random same = random;  // as a resumed training would have it
  Batches resumed(data, 4, {}, &same);
  CHECK(epoch(resumed) == epoch(batches));
}

TEST_CASE("an epoch can be broken off") {
  const Dataset data = numbered(9);
  Random random(1);
  Batches batches(data, 2, {}, &random);
  batches.start();
  REQUIRE(batches.next());
  CHECK(epoch(batches).size() == 9);
}

TEST_CASE("pixels are scaled") {
  Dataset data = numbered(1);
  data.pixels = {0, 1, 100, 128, 254, 255};
  Batches plain(data, 1);
  plain.start();
  REQUIRE(plain.next());
  CHECK(plain.x()[0] == 0);
  CHECK(plain.x()[1] == doctest::Approx(1.0 / 255));
  CHECK(plain.x()[5] == 1);

  Batches scaled(data, 1, {.mean = real(0.1307), .deviation = real(0.3081)});
  scaled.start();
  REQUIRE(scaled.next());
  for (int i = 0; i < 6; ++i) {
    const double expected = (data.pixels[static_cast<std::size_t>(i)] / 255.0 - 0.1307) / 0.3081;
    CHECK(scaled.x()[i] == doctest::Approx(expected));
  }
}

TEST_CASE("no memory is taken after the constructor") {
  const Dataset data = numbered(23);
  Random random(3);
  Batches batches(data, 5, {}, &random);
  const real* memory = batches.x().data();
  allocations.reset();
  int seen = 0;
  for (int time = 0; time < 3; ++time) {
    batches.start();
    while (batches.next()) seen += batches.count();
  }
  CHECK(allocations.count == 0);
  CHECK(seen == 3 * 23);
  CHECK(batches.x().data() == memory);
}

TEST_CASE("what cannot be") {
  const Dataset data = numbered(4);
  CHECK_THROWS_WITH_AS(Batches(data, 0), doctest::Contains("at least 1, but is 0"), ValueError);
  CHECK_THROWS_WITH_AS(Batches(data, -3), doctest::Contains("but is -3"), ValueError);
  CHECK_THROWS_WITH_AS(Batches(Dataset{}, 1), doctest::Contains("no images"), ValueError);
  const real nan = std::numeric_limits<real>::quiet_NaN();
  for (const real deviation : {real(0), real(-1), nan, std::numeric_limits<real>::infinity()}) {
    CHECK_THROWS_WITH_AS(Batches(data, 1, {.mean = 0, .deviation = deviation}),
                         doctest::Contains("deviation above 0"), ValueError);
  }
  CHECK_THROWS_WITH_AS(Batches(data, 1, {.mean = nan, .deviation = 1}),
                       doctest::Contains("finite mean"), ValueError);
  Dataset short_of = numbered(4);
  short_of.pixels.pop_back();
  CHECK_THROWS_WITH_AS(Batches(short_of, 1), doctest::Contains("23 pixels"), ValueError);
  Batches batches(data, 1);
  CHECK_THROWS_WITH_AS(batches.next(), doctest::Contains("before start"), OrderError);
  batches.start();
  REQUIRE(batches.next());
  CHECK_THROWS_WITH_AS(batches.gather(), doctest::Contains("without a new advance"), OrderError);
  Random random(1);
  for (const int shift : {-1, 1}) {
    CHECK_THROWS_WITH_AS(Batches(data, 1, {}, &random, {.shift = shift}),
                         doctest::Contains("cannot be shifted"), ValueError);
  }
  CHECK_THROWS_WITH_AS(Batches(data, 1, {}, nullptr, {.flip = true}),
                       doctest::Contains("needs random"), ValueError);
}

TEST_CASE("augmentation: other moves each epoch, the same ones from the same seed") {
  const Dataset data = numbered(10);
  const auto epochs = [&](std::uint64_t seed) {
    Random random(seed);
    Dataset steps = data;  // an image whose pixels differ
    for (std::size_t i = 0; i < steps.pixels.size(); ++i) {
      steps.pixels[i] = static_cast<std::uint8_t>(1 + i % 6);
    }
    Batches batches(steps, 10, {}, &random, {.flip = true});
    std::vector<std::vector<real>> result;
    for (int time = 0; time < 2; ++time) {
      batches.start();
      REQUIRE(batches.next());
      result.emplace_back(batches.x().data(), batches.x().data() + batches.x().size());
    }
    return result;
  };
  const std::vector<std::vector<real>> first = epochs(1);
  CHECK(first == epochs(1));
  CHECK(first != epochs(2));
  CHECK(first[0] != first[1]);
  int mirrored = 0;
  for (std::size_t n = 0; n < 10; ++n) {
    const bool mirror = first[0][n * 6] > first[0][n * 6 + 2];
    for (const std::size_t c : {0U, 1U}) {
      for (std::size_t w = 0; w < 3; ++w) {
        const std::size_t byte = 1 + c * 3 + (mirror ? 2 - w : w);
        CHECK(first[0][n * 6 + c * 3 + w] == doctest::Approx(static_cast<double>(byte) / 255));
      }
    }
    mirrored += mirror ? 1 : 0;
  }
  CHECK(mirrored > 0);
  CHECK(mirrored < 10);
}

TEST_CASE("on cuda the same batches lie in its memory") {
  const Dataset data = numbered(7);
  Random random(3), same(3);
  const Augmentation flip{.flip = true};
  Batches host(data, 3, {.mean = real(0.25), .deviation = 2}, &random, flip);
  Batches device(data, 3, {.mean = real(0.25), .deviation = 2}, &same, flip);
  device.to(Device::cuda);
  const std::int64_t allocated = cuda::allocation_count();
  for (int epochs = 0; epochs < 2; ++epochs) {
    host.start();
    device.start();
    while (host.next()) {
      REQUIRE(device.next());
      REQUIRE(device.x().memory() == Memory::cuda);
      REQUIRE(device.device_labels().memory() == Memory::cuda);
      REQUIRE(device.device_labels().size() == device.count());
      const Tensor x = device.x().on(Memory::host);
      REQUIRE(x.shape() == host.x().shape());
      for (std::int64_t i = 0; i < x.size(); ++i) CHECK(x[i] == host.x()[i]);
      CHECK(std::equal(device.labels().begin(), device.labels().end(), host.labels().begin(),
                       host.labels().end()));
    }
    CHECK_FALSE(device.next());
  }
  CHECK(cuda::allocation_count() == allocated);
}
