#include "layers/dense.h"

#include "layers/cases.h"
#include "tests/cuda/on_device.h"
#include "tests/simt/orders.h"

namespace longhand::test {
namespace {

struct Version {
  const char* name;
  decltype(&ref::dense_forward) forward;
  decltype(&ref::dense_backward_data) backward_data;
  decltype(&ref::dense_backward_weights) backward_weights;
  decltype(&ref::dense_backward_bias) backward_bias;
};
constexpr Version versions[] = {
    {"v1", cuda::dense_forward_v1, cuda::dense_backward_data_v1, cuda::dense_backward_weights_v1,
     cuda::dense_backward_bias_v1},
    {"gemm", cuda::dense_forward, cuda::dense_backward_data, cuda::dense_backward_weights,
     cuda::dense_backward_bias},
};

void check_case(const Version& version, const DenseGeometry& g, bool bias) {
  CAPTURE(version.name);
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
  version.forward(g, device_x.data(), device_w.data(), bias ? device_b.data() : nullptr,
                  device_y.data());
  check_same("y", device_y, y);
  ref::dense_backward_data(g, dy.data(), w.data(), dx.data());
  version.backward_data(g, device_dy.data(), device_w.data(), device_dx.data());
  check_same("dx", device_dx, dx);
  ref::dense_backward_weights(g, x.data(), dy.data(), dw.data());
  version.backward_weights(g, device_x.data(), device_dy.data(), device_dw.data());
  check_same("dw", device_dw, dw);
  ref::dense_backward_bias(g, dy.data(), db.data());
  version.backward_bias(g, device_dy.data(), device_db.data());
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
      for (const Version& version : versions) {
        check_case(version, {.n = c.x.n, .in = w.c, .out = w.n}, dense.params().size() == 2);
      }
    }
  });
}

// Shapes for which gemm picks other rungs: sums cut into parts, few and many tiles.
TEST_CASE("the kernels of dense are ref's loops for more images and features") {
  for (const Version& version : versions) {
    check_case(version, {.n = 70, .in = 200, .out = 33}, true);
    check_case(version, {.n = 130, .in = 3, .out = 65}, true);
    check_case(version, {.n = 1, .in = 300, .out = 1}, false);
  }
}

}  // namespace longhand::test
