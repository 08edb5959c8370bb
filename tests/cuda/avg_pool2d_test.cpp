#include "layers/avg_pool2d.h"

#include "tests/cuda/pool2d_windows.h"
#include "tests/cuda/real_numbers.h"
#include "tests/simt/orders.h"

namespace longhand::test {

// Both go over the same windows in the same order, so their bits agree although they round.
TEST_CASE("the kernels of avg_pool2d are ref's loops, in any order of threads") {
  in_all_orders([] {
    for_each_pool2d([](Pool2dGeometry g) {
      for (const bool count_padding : {true, false}) {
        CAPTURE(count_padding);
        g.count_padding = count_padding;
        const Tensor x = real_numbers(g.x, 1), dy = real_numbers(g.y, 2);
        const DeviceArray<real> device_x = on_device(x), device_dy = on_device(dy);
        Tensor y(g.y), dx(g.x);
        const DeviceArray<real> device_y = unwritten(y), device_dx = unwritten(dx);

        ref::avg_pool2d_forward(g, x.data(), y.data());
        cuda::avg_pool2d_forward(g, device_x.data(), device_y.data());
        check_same("y", device_y, y);
        ref::avg_pool2d_backward(g, dy.data(), dx.data());
        cuda::avg_pool2d_backward(g, device_dy.data(), device_dx.data());
        check_same("dx", device_dx, dx);
      }
    });
  });
}

}  // namespace longhand::test
