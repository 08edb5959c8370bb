#include "core/shuffle.h"

#include <algorithm>
#include <set>

#include "tests/cuda/on_device.h"
#include "tests/simt/orders.h"

namespace longhand::test {
namespace {

std::vector<int> order_of(int count, std::uint64_t key) {
  std::vector<int> order(static_cast<std::size_t>(count), -1);
  ref::shuffle(count, &key, order.data());
  return order;
}

}  // namespace

TEST_CASE("random_bits are SplitMix64's") {
  // The first numbers of the generator as its authors publish it, from the seed 1234567.
  CHECK(random_bits(1234567, 0) == 6457827717110365317U);
  CHECK(random_bits(1234567, 1) == 3203168211198807973U);
  CHECK(random_bits(1234567, 2) == 9817491932198370423U);
}

TEST_CASE("an order has every image once, whatever the count and the key") {
  for (const int count : {1, 2, 3, 4, 5, 15, 16, 17, 63, 64, 65, 1000, 4096, 60000}) {
    for (const std::uint64_t key : {0U, 1U, 77U}) {
      CAPTURE(count);
      CAPTURE(key);
      std::vector<int> order = order_of(count, key);
      std::ranges::sort(order);
      for (int i = 0; i < count; ++i) REQUIRE(order[static_cast<std::size_t>(i)] == i);
    }
  }
}

TEST_CASE("every order of a few images comes, and every image at every place as often") {
  std::set<std::vector<int>> orders;
  for (std::uint64_t key = 0; key < 2000; ++key) orders.insert(order_of(4, key));
  CHECK(orders.size() == 24);

  constexpr int count = 25, keys = 10000, expected = keys / count;
  std::vector<int> seen(count * count);
  for (std::uint64_t key = 0; key < keys; ++key) {
    const std::vector<int> order = order_of(count, key);
    for (int i = 0; i < count; ++i) {
      ++seen[static_cast<std::size_t>(i * count + order[static_cast<std::size_t>(i)])];
    }
  }
  // A count's deviation is its root, 20: none of 625 should be five of them away.
  for (const int times : seen) CHECK(std::abs(times - expected) < 100);
}

TEST_CASE("neighbours do not stay together") {
  const std::vector<int> order = order_of(60000, 5);
  int neighbours = 0, rising = 0;
  for (std::size_t i = 1; i < order.size(); ++i) {
    neighbours += std::abs(order[i] - order[i - 1]) == 1 ? 1 : 0;
    rising += order[i] > order[i - 1] ? 1 : 0;
  }
  CHECK(neighbours < 12);  // two are expected
  CHECK(std::abs(rising - 30000) < 400);
}

TEST_CASE("the kernel of shuffle is ref's loop, in any order of threads") {
  in_all_orders([] {
    for (const int count : {1, 2, 31, 256, 257, 1000}) {
      const DeviceArray<std::uint64_t> key(std::vector<std::uint64_t>{99});
      const DeviceArray<int> order(static_cast<std::size_t>(count));
      cuda::shuffle(count, key.data(), order.data());
      CHECK(order.values() == order_of(count, 99));
    }
  });
}

}  // namespace longhand::test
