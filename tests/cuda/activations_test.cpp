#include <cmath>
#include <limits>
#include <string>

#include "layers/leaky_relu.h"
#include "layers/relu.h"
#include "layers/sigmoid.h"
#include "layers/tanh.h"
#include "tests/cuda/real_numbers.h"
#include "tests/simt/orders.h"

namespace longhand::test {
namespace {

constexpr real inf = std::numeric_limits<real>::infinity();
constexpr real nan = std::numeric_limits<real>::quiet_NaN();

// The two directions of an activation, in both versions. `kept` is what backward reads, x or y.
struct Activation {
  std::string name;
  bool keeps_x;
  void (*ref_forward)(std::int64_t size, const real* x, real* y);
  void (*cuda_forward)(std::int64_t size, const real* x, real* y);
  void (*ref_backward)(std::int64_t size, const real* kept, const real* dy, real* dx);
  void (*cuda_backward)(std::int64_t size, const real* kept, const real* dy, real* dx);
};

LeakyReluGeometry leaky(std::int64_t size) {
  return {size, real(0.3)};
}
TanhGeometry scaled(std::int64_t size) {
  return {size, real(1.7159), real(2.0 / 3.0)};
}

const Activation activations[] = {
    {"relu", true, ref::relu_forward, cuda::relu_forward, ref::relu_backward, cuda::relu_backward},
    {"relu_v1", true, ref::relu_forward, cuda::relu_forward_v1, ref::relu_backward,
     cuda::relu_backward_v1},
    {"sigmoid", false, ref::sigmoid_forward, cuda::sigmoid_forward, ref::sigmoid_backward,
     cuda::sigmoid_backward},
    {"leaky_relu", true,  //
     [](std::int64_t size, const real* x, real* y) { ref::leaky_relu_forward(leaky(size), x, y); },
     [](std::int64_t size, const real* x, real* y) { cuda::leaky_relu_forward(leaky(size), x, y); },
     [](std::int64_t size, const real* x, const real* dy, real* dx) {
       ref::leaky_relu_backward(leaky(size), x, dy, dx);
     },
     [](std::int64_t size, const real* x, const real* dy, real* dx) {
       cuda::leaky_relu_backward(leaky(size), x, dy, dx);
     }},
    {"tanh", false,  //
     [](std::int64_t size, const real* x, real* y) { ref::tanh_forward(scaled(size), x, y); },
     [](std::int64_t size, const real* x, real* y) { cuda::tanh_forward(scaled(size), x, y); },
     [](std::int64_t size, const real* y, const real* dy, real* dx) {
       ref::tanh_backward(scaled(size), y, dy, dx);
     },
     [](std::int64_t size, const real* y, const real* dy, real* dx) {
       cuda::tanh_backward(scaled(size), y, dy, dx);
     }},
};

void check_activation(const Activation& f, int size) {
  const Tensor x = real_numbers({size}, 1, real(0.1), 3), dy = real_numbers({size}, 2);
  Tensor mixed = x, y({size}), dx({size});
  for (int i = 1; i < size; i += 2) mixed[i] = -mixed[i];
  const DeviceArray<real> device_x = on_device(mixed), device_dy = on_device(dy);
  const DeviceArray<real> device_y = unwritten(y), device_dx = unwritten(dx);
  f.ref_forward(size, mixed.data(), y.data());
  f.cuda_forward(size, device_x.data(), device_y.data());
  check_near("y", device_y, y);
  f.ref_backward(size, f.keeps_x ? mixed.data() : y.data(), dy.data(), dx.data());
  f.cuda_backward(size, f.keeps_x ? device_x.data() : device_y.data(), device_dy.data(),
                  device_dx.data());
  check_near("dx", device_dx, dx);
}

}  // namespace

TEST_CASE("the kernels of the activations are ref's loops, in any order of threads") {
  in_all_orders([] {
    for (const Activation& f : activations) {
      CAPTURE(f.name);
      for (const int size : {1, 3, 4, 257, 1000, 1500, 2047, 2048, 2051, 5003})
        check_activation(f, size);
    }
  });
}

TEST_CASE("the kernels of the activations on arrays that begin off the edge of a vector") {
  // x, y, dy and dx in one memory, one after the other, each of an odd size; in the middle of it
  // all arrays begin off the edge.
  constexpr int size = 1029;
  const Tensor all = real_numbers({4 * size}, 1);
  Tensor x({size}), dy({size}), y({size}), dx({size});
  std::copy_n(all.data() + size, size, x.data());
  std::copy_n(all.data() + 3 * size, size, dy.data());
  for (const Activation& f : activations) {
    CAPTURE(f.name);
    f.ref_forward(size, x.data(), y.data());
    f.ref_backward(size, f.keeps_x ? x.data() : y.data(), dy.data(), dx.data());
    Tensor expected = all;
    const DeviceArray<real> device = on_device(all);
    real* const first = device.data();  // y, x, dx, dy
    f.cuda_forward(size, first + size, first);
    f.cuda_backward(size, f.keeps_x ? first + size : first, first + 3 * size, first + 2 * size);
    std::copy_n(y.data(), size, expected.data());
    std::copy_n(dx.data(), size, expected.data() + 2 * size);
    check_near("y, x, dx, dy", device, expected);
  }
}

TEST_CASE("the kernels of the activations in place") {
  constexpr int size = 2051;
  const Tensor x = real_numbers({size}, 1), dy = real_numbers({size}, 2);
  in_all_orders([&] {
    for (const Activation& f : activations) {
      CAPTURE(f.name);
      Tensor y({size}), dx({size});
      f.ref_forward(size, x.data(), y.data());
      f.ref_backward(size, f.keeps_x ? x.data() : y.data(), dy.data(), dx.data());
      const DeviceArray<real> device_x = on_device(x), device_y = on_device(x);
      const DeviceArray<real> device_dx = on_device(dy);
      f.cuda_forward(size, device_y.data(), device_y.data());
      check_near("y", device_y, y);
      f.cuda_backward(size, f.keeps_x ? device_x.data() : device_y.data(), device_dx.data(),
                      device_dx.data());
      check_near("dx", device_dx, dx);
    }
  });
}

TEST_CASE("the kernels of the activations: zeros, infinities and NaN") {
  const Tensor x({6}, {0, real(-0.0), inf, -inf, nan, 1000}), dy({6}, {1, 2, 3, 4, 5, 6});
  for (const Activation& f : activations) {
    CAPTURE(f.name);
    const DeviceArray<real> device_x = on_device(x), device_dy = on_device(dy);
    const DeviceArray<real> device_y = unwritten(x), device_dx = unwritten(x);
    Tensor y({6}), dx({6});
    f.ref_forward(6, x.data(), y.data());
    f.cuda_forward(6, device_x.data(), device_y.data());
    f.ref_backward(6, f.keeps_x ? x.data() : y.data(), dy.data(), dx.data());
    f.cuda_backward(6, f.keeps_x ? device_x.data() : device_y.data(), device_dy.data(),
                    device_dx.data());
    const std::vector<real> found_y = device_y.values(), found_dx = device_dx.values();
    for (std::size_t i = 0; i < 6; ++i) {
      CAPTURE(i);
      const auto at = static_cast<std::int64_t>(i);
      CHECK((found_y[i] == y[at] || (std::isnan(found_y[i]) && std::isnan(y[at]))));
      CHECK((found_dx[i] == dx[at] || (std::isnan(found_dx[i]) && std::isnan(dx[at]))));
    }
  }
}

}  // namespace longhand::test
