#include "layers/softmax.h"

#include <cmath>
#include <limits>
#include <string>

#include "tests/cuda/real_numbers.h"
#include "tests/simt/orders.h"

namespace longhand::test {
namespace {

struct Version {
  std::string name;
  decltype(&cuda::softmax_forward) forward;
  decltype(&cuda::softmax_backward) backward;
};
const Version versions[] = {{"a thread a row", cuda::softmax_forward_v1, cuda::softmax_backward_v1},
                            {"a team a row, or v1", cuda::softmax_forward, cuda::softmax_backward}};

// Every version against ref, with the numbers of x moved up by `offset`.
void check_shape(const Shape& shape, real offset = 0) {
  CAPTURE(to_string(shape));
  Tensor x = real_numbers(shape, 1), y(shape), dx(shape);
  for (std::int64_t i = 0; i < x.size(); ++i) x[i] += offset;
  const Tensor dy = real_numbers(shape, 2);
  ref::softmax_forward(shape, x.data(), y.data());
  ref::softmax_backward(shape, y.data(), dy.data(), dx.data());
  const DeviceArray<real> device_x = on_device(x), device_dy = on_device(dy);
  for (const Version& version : versions) {
    CAPTURE(version.name);
    const DeviceArray<real> device_y = unwritten(y), device_dx = unwritten(dx);
    version.forward(shape, device_x.data(), device_y.data());
    check_near("y", device_y, y);
    version.backward(shape, on_device(y).data(), device_dy.data(), device_dx.data());
    if (shape.c > 1) {
      check_near("dx", device_dx, dx);
    } else {  // y is 1 wherever x is
      for (const real value : device_dx.values()) CHECK(std::abs(value) < real(1e-6));
    }
  }
}

}  // namespace

TEST_CASE("the kernels of softmax are ref's loops, in any order of threads") {
  in_all_orders([] {
    check_shape({1, 1});
    check_shape({1, 2});
    check_shape({3, 10});
    check_shape({33, 10});
    check_shape({2, 32});
    check_shape({2, 33});
    check_shape({5, 128});
    check_shape({5, 129});
    check_shape({2, 256});
    check_shape({2, 257});
    check_shape({2, 1000});
    check_shape({2, 4, 3, 5});
    check_shape({2, 40, 1, 3});
  });
}

TEST_CASE("cuda softmax: scores that exp could not bear") {
  check_shape({2, 5}, 1000);
  check_shape({2, 70}, -1000);
}

TEST_CASE("cuda softmax: a NaN makes its own row NaN, wherever it stands") {
  for (const int place : {0, 1, 40, 69}) {
    CAPTURE(place);
    Tensor x = real_numbers({2, 70}, 1);
    x.at(1, place, 0, 0) = std::numeric_limits<real>::quiet_NaN();
    for (const Version& version : versions) {
      CAPTURE(version.name);
      const DeviceArray<real> y = unwritten(x);
      version.forward(x.shape(), on_device(x).data(), y.data());
      const std::vector<real> values = y.values();
      for (std::size_t i = 0; i < 140; ++i) CHECK(std::isnan(values[i]) == (i >= 70));
    }
  }
}

}  // namespace longhand::test
