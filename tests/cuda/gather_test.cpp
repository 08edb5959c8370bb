#include "core/gather.h"

#include "tests/cuda/real_numbers.h"
#include "tests/simt/orders.h"

namespace longhand::test {

TEST_CASE("gather: images and labels of a data set, worked by hand") {
  const std::vector<std::uint8_t> pixels{0, 1, 2, 3, 255, 254}, labels{7, 8, 9};
  const std::vector<int> indices{2, 0};
  std::vector<real> scaled(256);
  for (std::size_t byte = 0; byte < 256; ++byte) scaled[byte] = static_cast<real>(byte) / 2;
  Tensor x({2, 2});
  std::vector<int> batch(2);
  ref::gather_images({2, 2}, pixels.data(), indices.data(), scaled.data(), x.data());
  ref::gather_labels({2, 2}, labels.data(), indices.data(), batch.data());
  CHECK(x[0] == real(127.5));
  CHECK(x[1] == 127);
  CHECK(x[2] == 0);
  CHECK(x[3] == real(0.5));
  CHECK(batch == std::vector<int>{9, 7});
}

TEST_CASE("the kernels of gather are ref's loops, in any order of threads") {
  const int count = 40;
  Random random(1);
  std::vector<real> scaled(256);
  for (real& number : scaled) number = random.uniform(-1, 1);
  const DeviceArray<real> device_scaled(scaled);
  for (const GatherGeometry& g : {GatherGeometry{1, 1}, {3, 7}, {16, 16}, {33, 25}}) {
    CAPTURE(g.n);
    std::vector<std::uint8_t> pixels(static_cast<std::size_t>(count * g.size)), labels(count);
    for (std::uint8_t& byte : pixels) byte = static_cast<std::uint8_t>(random.below(256));
    for (std::uint8_t& label : labels) label = static_cast<std::uint8_t>(random.below(256));
    std::vector<int> indices(static_cast<std::size_t>(g.n));
    for (int& index : indices) index = static_cast<int>(random.below(count));
    Tensor x({g.n, static_cast<int>(g.size)});
    std::vector<int> batch(indices.size());
    ref::gather_images(g, pixels.data(), indices.data(), scaled.data(), x.data());
    ref::gather_labels(g, labels.data(), indices.data(), batch.data());

    const DeviceArray<std::uint8_t> device_pixels(pixels), device_labels(labels);
    const DeviceArray<int> device_indices(indices);
    in_all_orders([&] {
      const DeviceArray<real> device_x = unwritten(x);
      const DeviceArray<int> device_batch(batch.size());
      cuda::gather_images(g, device_pixels.data(), device_indices.data(), device_scaled.data(),
                          device_x.data());
      check_same("x", device_x, x);
      cuda::gather_labels(g, device_labels.data(), device_indices.data(), device_batch.data());
      CHECK(device_batch.values() == batch);
    });
  }
}

}  // namespace longhand::test
