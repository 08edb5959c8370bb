#include "layers/dense.h"

#include "layers/cases.h"
#include "tests/cuda/on_device.h"
#include "tests/simt/orders.h"

namespace longhand::test {
namespace {

void check_case(const DenseGeometry& g, bool bias) {
  const Tensor x = whole_numbers({g.n, g.in}, 1), w = whole_numbers({g.out, g.in}, 2);
  const Tensor b = whole_numbers({g.out}, 3), dy = whole_numbers({g.n, g.out}, 4);
  const DeviceArray<real> device_x = on_device(x), device_w = on_device(w);
  const DeviceArray<real> device_b = on_device(b), device_dy = on_device(dy);

  // y and dx are garbage before; dw and db hold what earlier batches have added.
  Tensor y({g.n, g.out}), dx({g.n, g.in}), dw({g.out, g.in}), db({g.out});
  dw.fill(1);
  db.fill(1);
  DeviceArray<real> device_y(static_cast<std::size_t>(y.size()));
  DeviceArray<real> device_dx(static_cast<std::size_t>(dx.size()));
  const DeviceArray<real> device_dw = on_device(dw), device_db = on_device(db);

  ref::dense_forward(g, x.data(), w.data(), bias ? b.data() : nullptr, y.data());
  cuda::dense_forward(g, device_x.data(), device_w.data(), bias ? device_b.data() : nullptr,
                      device_y.data());
  check_same("y", device_y, y);
  ref::dense_backward_data(g, dy.data(), w.data(), dx.data());
  cuda::dense_backward_data(g, device_dy.data(), device_w.data(), device_dx.data());
  check_same("dx", device_dx, dx);
  ref::dense_backward_weights(g, x.data(), dy.data(), dw.data());
  cuda::dense_backward_weights(g, device_x.data(), device_dy.data(), device_dw.data());
  check_same("dw", device_dw, dw);
  ref::dense_backward_bias(g, dy.data(), db.data());
  cuda::dense_backward_bias(g, device_dy.data(), device_db.data());
  check_same("db", device_db, db);
}

}  // namespace

TEST_CASE("the kernels of dense are ref's loops, in any order of threads") {
  in_all_orders([] {
    for (const LayerCase& c : layer_cases("dense")) {
      CAPTURE(c.name);
      const auto layer = c.make();
      auto& dense = dynamic_cast<Dense&>(*layer);
      const Shape& w = dense.weight().value.shape();
      check_case({.n = c.x.n, .in = w.c, .out = w.n}, dense.params().size() == 2);
    }
  });
}

}  // namespace longhand::test
