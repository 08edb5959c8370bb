#include "layers/concat.h"
#include "layers/residual.h"
#include "tests/cuda/real_numbers.h"
#include "tests/simt/orders.h"

namespace longhand::test {

TEST_CASE("the kernel of add is ref's loop, also into one of its inputs") {
  in_all_orders([] {
    for (const int size : {1, 31, 256, 257, 1000}) {
      CAPTURE(size);
      const Tensor a = real_numbers({size}, 1), b = real_numbers({size}, 2);
      Tensor sum({size});
      ref::add(size, a.data(), b.data(), sum.data());
      const DeviceArray<real> device_a = on_device(a), device_b = on_device(b);
      const DeviceArray<real> device_sum = unwritten(sum);
      cuda::add(size, device_a.data(), device_b.data(), device_sum.data());
      check_same("sum", device_sum, sum);
      cuda::add(size, device_a.data(), device_b.data(), device_a.data());
      check_same("sum in place", device_a, sum);
    }
  });
}

TEST_CASE("the kernels of concat are ref's loops, and leave the other channels alone") {
  in_all_orders([] {
    const ConcatGeometry cases[] = {{{1, 1, 1, 1}, {1, 1, 1, 1}, 0},
                                    {{2, 5, 3, 4}, {2, 2, 3, 4}, 0},
                                    {{2, 5, 3, 4}, {2, 1, 3, 4}, 2},
                                    {{2, 5, 3, 4}, {2, 2, 3, 4}, 3},
                                    {{17, 9, 4, 5}, {17, 7, 4, 5}, 1}};
    for (const ConcatGeometry& g : cases) {
      CAPTURE(to_string(g.whole));
      CAPTURE(g.first);
      const Tensor part = real_numbers(g.part, 1), before = real_numbers(g.whole, 2);
      Tensor whole = before, cut(g.part);
      ref::concat_forward(g, part.data(), whole.data());
      ref::concat_backward(g, before.data(), cut.data());
      const DeviceArray<real> device_whole = on_device(before), device_cut = unwritten(cut);
      cuda::concat_forward(g, on_device(part).data(), device_whole.data());
      check_same("whole", device_whole, whole);
      cuda::concat_backward(g, on_device(before).data(), device_cut.data());
      check_same("part", device_cut, cut);
    }
  });
}

}  // namespace longhand::test
