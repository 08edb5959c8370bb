#include "core/gather.h"

#include "tests/cuda/real_numbers.h"
#include "tests/simt/orders.h"

namespace longhand::test {

TEST_CASE("gather: a batch of a data set, worked by hand") {
  const std::vector<std::uint8_t> pixels{0, 1, 2, 3, 255, 254}, labels{7, 8, 9};
  const std::vector<int> indices{2, 0};
  std::vector<real> scaled(256);
  for (std::size_t byte = 0; byte < 256; ++byte) scaled[byte] = static_cast<real>(byte) / 2;
  Tensor x({2, 2});
  ref::gather_images({2, 2}, pixels.data(), indices.data(), scaled.data(), x.data());
  CHECK(x[0] == real(127.5));
  CHECK(x[1] == 127);
  CHECK(x[2] == 0);
  CHECK(x[3] == real(0.5));

  const std::vector<int> order{1, 2, 0};
  int position = 1;
  std::vector<int> taken(2), batch(2);
  ref::take_batch({2, 2}, order.data(), labels.data(), &position, taken.data(), batch.data());
  CHECK(taken == indices);
  CHECK(batch == std::vector<int>{9, 7});
  CHECK(position == 3);
}

TEST_CASE("the kernels of gather are ref's loops, in any order of threads") {
  const int count = 40;
  Random random(1);
  std::vector<real> scaled(256);
  for (real& number : scaled) number = random.uniform(-1, 1);
  const DeviceArray<real> device_scaled(scaled);
  for (const GatherGeometry& g : {GatherGeometry{1, 1}, {3, 7}, {16, 16}, {33, 25}}) {
    CAPTURE(g.n);
    std::vector<std::uint8_t> pixels(static_cast<std::size_t>(count * g.size));
    for (std::uint8_t& byte : pixels) byte = static_cast<std::uint8_t>(random.below(256));
    std::vector<int> indices(static_cast<std::size_t>(g.n));
    for (int& index : indices) index = static_cast<int>(random.below(count));
    Tensor x({g.n, static_cast<int>(g.size)});
    ref::gather_images(g, pixels.data(), indices.data(), scaled.data(), x.data());

    const DeviceArray<std::uint8_t> device_pixels(pixels);
    const DeviceArray<int> device_indices(indices);
    in_all_orders([&] {
      const DeviceArray<real> device_x = unwritten(x);
      cuda::gather_images(g, device_pixels.data(), device_indices.data(), device_scaled.data(),
                          device_x.data());
      check_same("x", device_x, x);
    });
  }
}

TEST_CASE("the kernel of take_batch is ref's loop, and goes through an epoch by itself") {
  const int count = 700;
  Random random(2);
  std::vector<std::uint8_t> labels(count);
  for (std::uint8_t& label : labels) label = static_cast<std::uint8_t>(random.below(256));
  std::vector<int> order(count);
  for (int i = 0; i < count; ++i) order[static_cast<std::size_t>(i)] = count - 1 - i;
  const DeviceArray<std::uint8_t> device_labels(labels);
  const DeviceArray<int> device_order(order);
  in_all_orders([&] {
    int position = 0;
    const DeviceArray<int> device_position(std::vector<int>{0});
    for (const int n : {1, 31, 256, 400, 12}) {
      CAPTURE(n);
      std::vector<int> indices(static_cast<std::size_t>(n)), batch(indices.size());
      ref::take_batch({n, 1}, order.data(), labels.data(), &position, indices.data(), batch.data());
      const DeviceArray<int> device_indices(indices.size()), device_batch(indices.size());
      cuda::take_batch({n, 1}, device_order.data(), device_labels.data(), device_position.data(),
                       device_indices.data(), device_batch.data());
      CHECK(device_indices.values() == indices);
      CHECK(device_batch.values() == batch);
      CHECK(device_position.values()[0] == position);
    }
    CHECK(position == count);
  });
}

}  // namespace longhand::test
