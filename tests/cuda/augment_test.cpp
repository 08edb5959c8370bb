#include "core/augment.h"

#include <array>

#include "tests/cuda/real_numbers.h"
#include "tests/simt/orders.h"

namespace longhand::test {
namespace {

// What each byte becomes, no two the same.
std::vector<real> scaled_bytes() {
  std::vector<real> scaled(256);
  for (std::size_t byte = 0; byte < 256; ++byte) scaled[byte] = static_cast<real>(byte) / 2 + 1;
  return scaled;
}

}  // namespace

TEST_CASE("augment: a moved and a mirrored image, worked by hand") {
  // The first keys whose move is wanted.
  const auto key_of = [](const Augmentation& augmentation, const Move& wanted) {
    for (std::uint64_t key = 0;; ++key) {
      const Move move = move_of(augmentation, key, 0);
      if (move.down == wanted.down && move.right == wanted.right &&
          move.mirrored == wanted.mirrored) {
        return key;
      }
    }
  };
  const std::vector<std::uint8_t> pixels{10, 20, 30, 40, 50, 60};  // 2 rows of 3
  const std::vector<int> indices{0};
  const std::vector<real> scaled = scaled_bytes();
  const auto seen = [&](const Augmentation& augmentation, const Move& wanted) {
    const std::uint64_t key = key_of(augmentation, wanted);
    std::vector<real> x(6);
    ref::augment_images({{1, 1, 2, 3}, augmentation}, &key, pixels.data(), indices.data(),
                        scaled.data(), x.data());
    std::vector<int> bytes;
    for (const real number : x) bytes.push_back(static_cast<int>((number - 1) * 2));
    return bytes;
  };
  CHECK(seen({.shift = 1}, {0, 0, false}) == std::vector<int>{10, 20, 30, 40, 50, 60});
  CHECK(seen({.shift = 1}, {1, 0, false}) == std::vector<int>{40, 50, 60, 0, 0, 0});
  CHECK(seen({.shift = 1}, {-1, 0, false}) == std::vector<int>{0, 0, 0, 10, 20, 30});
  CHECK(seen({.shift = 1}, {0, 1, false}) == std::vector<int>{20, 30, 0, 50, 60, 0});
  CHECK(seen({.shift = 1}, {1, -1, false}) == std::vector<int>{0, 40, 50, 0, 0, 0});
  CHECK(seen({.flip = true}, {0, 0, true}) == std::vector<int>{30, 20, 10, 60, 50, 40});
  CHECK(seen({.shift = 1, .flip = true}, {0, 1, true}) == std::vector<int>{0, 30, 20, 0, 60, 50});
}

TEST_CASE("moves are as likely as each other, and others in another epoch") {
  constexpr int images = 9000;
  const Augmentation augmentation{.shift = 1, .flip = true};
  std::array<int, 18> seen{};
  int same = 0;
  for (int image = 0; image < images; ++image) {
    const Move move = move_of(augmentation, 3, image), next = move_of(augmentation, 4, image);
    REQUIRE(std::abs(move.down) <= 1);
    REQUIRE(std::abs(move.right) <= 1);
    ++seen[static_cast<std::size_t>((move.down + 1) * 6 + (move.right + 1) * 2 +
                                    (move.mirrored ? 1 : 0))];
    same += move.down == next.down && move.right == next.right ? 1 : 0;
  }
  for (const int times : seen) CHECK(std::abs(times - images / 18) < 110);  // five deviations
  CHECK(std::abs(same - images / 9) < 150);
  for (int image = 0; image < 100; ++image) {
    CHECK_FALSE(move_of({.shift = 2}, 3, image).mirrored);
    CHECK(move_of({.flip = true}, 3, image).down == 0);
    CHECK(move_of({.flip = true}, 3, image).right == 0);
  }
}

TEST_CASE("the kernel of augment is ref's loop, in any order of threads") {
  const int count = 40;
  Random random(1);
  const std::vector<real> scaled = scaled_bytes();
  const DeviceArray<real> device_scaled(scaled);
  const AugmentGeometry cases[] = {{{1, 1, 1, 1}, {.flip = true}},
                                   {{3, 2, 4, 5}, {.shift = 2}},
                                   {{17, 3, 5, 4}, {.shift = 3, .flip = true}},
                                   {{2, 1, 28, 28}, {.shift = 2}}};
  for (const AugmentGeometry& g : cases) {
    std::vector<std::uint8_t> pixels(static_cast<std::size_t>(g.x.size() / g.x.n * count));
    for (std::uint8_t& byte : pixels) byte = static_cast<std::uint8_t>(random.below(256));
    std::vector<int> indices(static_cast<std::size_t>(g.x.n));
    for (int& index : indices) index = static_cast<int>(random.below(count));
    const std::uint64_t key = random.bits();
    Tensor x(g.x);
    ref::augment_images(g, &key, pixels.data(), indices.data(), scaled.data(), x.data());

    const DeviceArray<std::uint64_t> device_key(std::vector<std::uint64_t>{key});
    const DeviceArray<std::uint8_t> device_pixels(pixels);
    const DeviceArray<int> device_indices(indices);
    in_all_orders([&] {
      const DeviceArray<real> device_x = unwritten(x);
      cuda::augment_images(g, device_key.data(), device_pixels.data(), device_indices.data(),
                           device_scaled.data(), device_x.data());
      check_same("x", device_x, x);
    });
  }
}

}  // namespace longhand::test
