#include "layers/mean_squared_error.h"

#include "tests/cuda/real_numbers.h"
#include "tests/simt/orders.h"

namespace longhand::test {

TEST_CASE("the kernels of mean_squared_error are ref's loops, in any order of threads") {
  // A sum goes through one warp, one block, several blocks, and more numbers than all the blocks
  // have threads.
  for (const int size : {1, 31, 257, 2000, 256 * 256 + 300}) {
    CAPTURE(size);
    const Tensor x = whole_numbers({size}, 1), target = whole_numbers({size}, 2);
    const DeviceArray<real> device_x = on_device(x), device_target = on_device(target);
    Tensor loss({1}), dx({size});
    ref::mean_squared_error_forward(size, x.data(), target.data(), loss.data());
    ref::mean_squared_error_backward(size, x.data(), target.data(), dx.data());
    in_all_orders([&] {
      for (const auto version :
           {cuda::mean_squared_error_forward_v1, cuda::mean_squared_error_forward}) {
        const DeviceArray<real> device_loss(1 + cuda::mean_squared_error_parts);
        version(size, device_x.data(), device_target.data(), device_loss.data());
        CHECK(device_loss.values()[0] == loss[0]);
      }
      const DeviceArray<real> device_dx = unwritten(dx);
      cuda::mean_squared_error_backward(size, device_x.data(), device_target.data(),
                                        device_dx.data());
      check_same("dx", device_dx, dx);
    });
  }
}

TEST_CASE("cuda mean_squared_error: the blocks' sums round less than one after the other") {
  const int size = 5000;
  const Tensor x = real_numbers({size}, 1), target = real_numbers({size}, 2);
  double sum = 0;
  for (int i = 0; i < size; ++i) {
    const double difference = static_cast<double>(x[i]) - static_cast<double>(target[i]);
    sum += difference * difference;
  }
  std::vector<real> first;
  in_all_orders([&] {
    const DeviceArray<real> loss(1 + cuda::mean_squared_error_parts);
    cuda::mean_squared_error_forward(size, on_device(x).data(), on_device(target).data(),
                                     loss.data());
    const std::vector<real> found{loss.values()[0]};
    CHECK(static_cast<double>(found[0]) == doctest::Approx(sum / size).epsilon(1e-6));
    if (first.empty()) first = found;
    CHECK(found == first);  // to the bit, in every order
  });
}

}  // namespace longhand::test
