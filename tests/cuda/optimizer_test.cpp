#include "core/optimizer.h"

#include "tests/cuda/real_numbers.h"
#include "tests/simt/orders.h"

namespace longhand::test {
namespace {

constexpr int sizes[] = {1, 31, 256, 257, 1000};

}  // namespace

TEST_CASE("the kernel of sgd is ref's loop, in any order of threads") {
  const SgdOptions variants[] = {
      {.learning_rate = real(0.1)},
      {.learning_rate = real(0.1), .momentum = real(0.9)},
      {.learning_rate = real(0.1), .momentum = real(0.9), .nesterov = true},
      {.learning_rate = real(0.1), .momentum = real(0.5), .weight_decay = real(0.2)}};
  in_all_orders([&] {
    for (const SgdOptions& options : variants) {
      for (const int size : sizes) {
        CAPTURE(size);
        Tensor v = real_numbers({size}, 1), w = real_numbers({size}, 2);
        const DeviceArray<real> device_v = on_device(v), device_w = on_device(w);
        for (std::uint64_t step = 0; step < 3; ++step) {
          const Tensor grad = real_numbers({size}, 3 + step);
          ref::sgd_step(options, size, grad.data(), v.data(), w.data());
          cuda::sgd_step(options, size, on_device(grad).data(), device_v.data(), device_w.data());
        }
        check_near("v", device_v, v);
        check_near("w", device_w, w);
      }
    }
  });
}

TEST_CASE("the kernel of adam is ref's loop, in any order of threads") {
  const AdamOptions variants[] = {{},
                                  {.learning_rate = real(0.1),
                                   .beta1 = real(0.5),
                                   .beta2 = real(0.9),
                                   .epsilon = real(0.01),
                                   .weight_decay = real(0.2)}};
  in_all_orders([&] {
    for (const AdamOptions& options : variants) {
      for (const int size : sizes) {
        CAPTURE(size);
        Tensor m = real_numbers({size}, 1), v = real_numbers({size}, 2, 0, 3);
        Tensor w = real_numbers({size}, 3);
        const DeviceArray<real> device_m = on_device(m), device_v = on_device(v);
        const DeviceArray<real> device_w = on_device(w);
        for (std::int64_t t = 1; t <= 3; ++t) {
          const Tensor grad = real_numbers({size}, 3 + static_cast<std::uint64_t>(t));
          ref::adam_step(options, t, size, grad.data(), m.data(), v.data(), w.data());
          cuda::adam_step(options, t, size, on_device(grad).data(), device_m.data(),
                          device_v.data(), device_w.data());
        }
        check_near("m", device_m, m);
        check_near("v", device_v, v);
        check_near("w", device_w, w);
      }
    }
  });
}

}  // namespace longhand::test
