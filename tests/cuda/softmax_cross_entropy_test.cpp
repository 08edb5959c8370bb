#include "layers/softmax_cross_entropy.h"

#include <string>

#include "tests/cuda/real_numbers.h"
#include "tests/simt/orders.h"

namespace longhand::test {
namespace {

struct Version {
  std::string name;
  decltype(&cuda::softmax_cross_entropy_forward) forward;
};
const Version versions[] = {{"a thread an image", cuda::softmax_cross_entropy_forward_v1},
                            {"a team an image", cuda::softmax_cross_entropy_forward}};

// With scores from -scale to scale.
void check_case(const SoftmaxCrossEntropyGeometry& g, real scale) {
  CAPTURE(g.n);
  CAPTURE(g.classes);
  CAPTURE(scale);
  const Shape s{g.n, g.classes};
  const Tensor x = real_numbers(s, 1, -scale, scale);
  std::vector<int> labels;
  for (int n = 0; n < g.n; ++n) labels.push_back((n * 7 + g.classes - 1) % g.classes);
  Tensor p(s), dx(s), loss({1});
  ref::softmax_cross_entropy_forward(g, x.data(), labels.data(), p.data(), loss.data());
  ref::softmax_cross_entropy_backward(g, p.data(), labels.data(), dx.data());

  const DeviceArray<real> device_x = on_device(x);
  const DeviceArray<int> device_labels(labels);
  for (const Version& version : versions) {
    CAPTURE(version.name);
    const DeviceArray<real> device_p = unwritten(p);
    const DeviceArray<real> device_loss(static_cast<std::size_t>(1 + g.n));
    version.forward(g, device_x.data(), device_labels.data(), device_p.data(), device_loss.data());
    check_near("p", device_p, p);
    const std::vector<real> losses = device_loss.values();
    CHECK(losses[0] == doctest::Approx(loss[0]).epsilon(2e-6));
    for (int n = 0; n < g.n; ++n) {
      real image = 0;
      ref::softmax_cross_entropy_forward({1, g.classes}, x.data() + std::int64_t{n} * g.classes,
                                         labels.data() + n, p.data() + std::int64_t{n} * g.classes,
                                         &image);
      CHECK(losses[static_cast<std::size_t>(1 + n)] == doctest::Approx(image).epsilon(2e-6));
    }
  }
  const DeviceArray<real> device_dx = unwritten(dx);
  cuda::softmax_cross_entropy_backward(g, on_device(p).data(), device_labels.data(),
                                       device_dx.data());
  check_same("dx", device_dx, dx);
}

}  // namespace

TEST_CASE("the kernels of softmax_cross_entropy are ref's loops, in any order of threads") {
  in_all_orders([] {
    check_case({1, 2}, 3);
    check_case({4, 10}, 3);
    check_case({33, 10}, 3);
    check_case({3, 32}, 3);
    check_case({3, 33}, 3);
    check_case({5, 128}, 3);
    check_case({5, 129}, 3);
    check_case({2, 1000}, 3);
    check_case({300, 3}, 3);
  });
}

TEST_CASE("cuda softmax_cross_entropy: scores that exp could not bear") {
  check_case({5, 10}, 10000);
  check_case({5, 100}, 10000);
}

TEST_CASE("cuda softmax_cross_entropy gives the same bits whatever the order of threads") {
  const SoftmaxCrossEntropyGeometry g{70, 100};
  const DeviceArray<real> x = on_device(real_numbers({g.n, g.classes}, 1));
  const DeviceArray<int> labels(std::vector<int>(70, 3));
  std::vector<real> first;
  in_all_orders([&] {
    const DeviceArray<real> p(7000), loss(71);
    cuda::softmax_cross_entropy_forward(g, x.data(), labels.data(), p.data(), loss.data());
    if (first.empty()) first = loss.values();
    CHECK(loss.values() == first);
  });
}

}  // namespace longhand::test
