#include "layers/max_pool2d.h"

#include <cmath>
#include <limits>

#include "tests/cuda/pool2d_windows.h"
#include "tests/cuda/real_numbers.h"
#include "tests/simt/orders.h"

namespace longhand::test {

TEST_CASE("the kernels of max_pool2d are ref's loops, in any order of threads") {
  in_all_orders([] {
    for_each_pool2d([](const Pool2dGeometry& g) {
      const Tensor x = whole_numbers(g.x, 1), dy = whole_numbers(g.y, 2);
      const DeviceArray<real> device_x = on_device(x), device_dy = on_device(dy);
      Tensor y(g.y), dx(g.x);
      std::vector<std::int32_t> argmax(static_cast<std::size_t>(y.size()));
      const DeviceArray<real> device_y = unwritten(y), device_dx = unwritten(dx);
      const DeviceArray<real> scattered = unwritten(dx);
      const DeviceArray<std::int32_t> device_argmax(argmax.size());

      ref::max_pool2d_forward(g, x.data(), y.data(), argmax.data());
      cuda::max_pool2d_forward(g, device_x.data(), device_y.data(), device_argmax.data());
      check_same("y", device_y, y);
      CHECK(device_argmax.values() == argmax);

      const DeviceArray<real> y_v1 = unwritten(y), dx_v1 = unwritten(dx);
      const DeviceArray<std::int32_t> argmax_v1(argmax.size());
      cuda::max_pool2d_forward_v1(g, device_x.data(), y_v1.data(), argmax_v1.data());
      check_same("y of v1", y_v1, y);
      CHECK(argmax_v1.values() == argmax);

      ref::max_pool2d_backward(g, dy.data(), argmax.data(), dx.data());
      cuda::max_pool2d_backward_v1(g, device_dy.data(), device_argmax.data(), dx_v1.data());
      check_same("dx of v1", dx_v1, dx);
      cuda::max_pool2d_backward(g, device_dy.data(), device_argmax.data(), device_dx.data());
      check_same("dx", device_dx, dx);
      cuda::max_pool2d_backward_scatter(g, device_dy.data(), device_argmax.data(),
                                        scattered.data());
      check_same("dx by scattering", scattered, dx);
    });
  });
}

TEST_CASE("cuda max_pool2d: equal numbers, infinities and NaN choose the reference's winner") {
  constexpr real inf = std::numeric_limits<real>::infinity();
  constexpr real nan = std::numeric_limits<real>::quiet_NaN();
  const Tensor x({1, 1, 2, 8}, {7, 7, -inf, -inf, 1, nan, nan, inf,  //
                                7, 7, -inf, -inf, 9, nan, 2, nan});
  const Pool2dGeometry g = pool2d_geometry(x.shape(), {.kernel = 2, .stride = 2}, "max_pool2d");
  const DeviceArray<real> device_x = on_device(x), y(4);
  const DeviceArray<std::int32_t> argmax(4);
  cuda::max_pool2d_forward(g, device_x.data(), y.data(), argmax.data());
  CHECK(argmax.values() == std::vector<std::int32_t>{0, 2, 5, 6});
  const std::vector<real> values = y.values();
  CHECK(values[0] == 7);
  CHECK(values[1] == -inf);
  CHECK(std::isnan(values[2]));
  CHECK(std::isnan(values[3]));
}

// Sums of many roundings, so that another order would show.
TEST_CASE("cuda max_pool2d backward gives the reference's bits, whatever the order of threads") {
  const Pool2dGeometry g =
      pool2d_geometry({2, 2, 9, 9}, {.kernel = 5, .padding = Padding::all(2)}, "max_pool2d");
  const Tensor x = real_numbers(g.x, 1), dy = real_numbers(g.y, 2);
  Tensor y(g.y), dx(g.x);
  std::vector<std::int32_t> argmax(static_cast<std::size_t>(y.size()));
  ref::max_pool2d_forward(g, x.data(), y.data(), argmax.data());
  ref::max_pool2d_backward(g, dy.data(), argmax.data(), dx.data());
  const DeviceArray<real> device_dy = on_device(dy);
  const DeviceArray<std::int32_t> device_argmax(argmax);
  in_all_orders([&] {
    const DeviceArray<real> device_dx = unwritten(dx), scattered = unwritten(dx);
    cuda::max_pool2d_backward(g, device_dy.data(), device_argmax.data(), device_dx.data());
    check_same("dx", device_dx, dx);
    cuda::max_pool2d_backward_scatter(g, device_dy.data(), device_argmax.data(), scattered.data());
    check_near("dx by scattering", scattered, dx);
  });
}

}  // namespace longhand::test
