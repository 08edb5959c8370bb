// The numbers of docs/softmax_cross_entropy.md.
#include "layers/softmax_cross_entropy.h"

#include <cmath>
#include <vector>

#include "core/error.h"
#include "core/random.h"
#include "tests/layers/golden.h"
#include "tests/support/checks.h"

namespace longhand::test {
namespace {

// Runs forward and backward on every device and the loops by themselves: the loss, the
// probabilities p and the gradient dx must be these.
void check(const Tensor& x, const std::vector<int>& labels, double loss, const Tensor& p,
           const Tensor& dx) {
  for (const Device device : devices) {
    CAPTURE(to_string(device));
    SoftmaxCrossEntropy cross_entropy;
    cross_entropy.to(device);
    CHECK(cross_entropy.forward(x, labels) == about(loss));
    check_close("p", cross_entropy.probabilities(), p);
    check_close("dx", cross_entropy.backward(), dx);
  }
  const SoftmaxCrossEntropyGeometry g{x.shape().n, x.shape().c};
  Tensor found_p(x.shape()), found_dx(x.shape());
  real found_loss = 0;
  ref::softmax_cross_entropy_forward(g, x.data(), labels.data(), found_p.data(), &found_loss);
  ref::softmax_cross_entropy_backward(g, found_p.data(), labels.data(), found_dx.data());
  CHECK(found_loss == about(loss));
  check_close("p", found_p, p);
  check_close("dx", found_dx, dx);
}

}  // namespace

TEST_CASE("one image: scores 1 2 3, label 2") {
  check({{1, 3}, {1, 2, 3}}, {2}, 0.407606, decimals({1, 3}, {0.090031, 0.244728, 0.665241}),
        decimals({1, 3}, {0.090031, 0.244728, -0.334759}));
}

TEST_CASE("two images: the loss is their mean, and each gradient is halved") {
  check({{2, 3}, {1, 2, 3, 0, 0, 0}}, {2, 0}, 0.753109,
        decimals({2, 3}, {0.090031, 0.244728, 0.665241, 0.333333, 0.333333, 0.333333}),
        decimals({2, 3}, {0.045015, 0.122364, -0.167380, -0.333333, 0.166667, 0.166667}));
}

TEST_CASE("adding the same number to every score of an image changes nothing") {
  check({{2, 3}, {101, 102, 103, -50, -50, -50}}, {2, 0}, 0.753109,
        decimals({2, 3}, {0.090031, 0.244728, 0.665241, 0.333333, 0.333333, 0.333333}),
        decimals({2, 3}, {0.045015, 0.122364, -0.167380, -0.333333, 0.166667, 0.166667}));
}

TEST_CASE("scores of 1000 and -1000 overflow nothing") {
  const Tensor x({1, 3}, {1000, 0, -1000});
  check(x, {0}, 0, {{1, 3}, {1, 0, 0}}, {{1, 3}, {0, 0, 0}});
  check(x, {1}, 1000, {{1, 3}, {1, 0, 0}}, {{1, 3}, {1, -1, 0}});
  check(x, {2}, 2000, {{1, 3}, {1, 0, 0}}, {{1, 3}, {1, 0, -1}});
  check({{1, 2}, {1000, 1000}}, {1}, std::log(2.0), {{1, 2}, {0.5, 0.5}}, {{1, 2}, {0.5, -0.5}});
  check({{1, 2}, {-1000, -1000}}, {0}, std::log(2.0), {{1, 2}, {0.5, 0.5}}, {{1, 2}, {-0.5, 0.5}});
}

TEST_CASE("ten classes that the network cannot tell apart: the loss is log 10") {
  const Tensor x({4, 10});
  const std::vector<int> labels{0, 3, 9, 3};
  for (const Device device : devices) {
    SoftmaxCrossEntropy cross_entropy;
    cross_entropy.to(device);
    CHECK(cross_entropy.forward(x, labels) == about(2.302585));
  }
}

TEST_CASE("an image's gradients add up to zero") {
  const Tensor x = decimals({3, 4}, {0.3, -1.2, 2.5, 0.1, 7, 7, -7, 0, -0.5, 0.25, 1, 4});
  const std::vector<int> labels{1, 2, 3};
  for (const Device device : devices) {
    CAPTURE(to_string(device));
    SoftmaxCrossEntropy cross_entropy;
    cross_entropy.to(device);
    cross_entropy.forward(x, labels);
    const Tensor& dx = cross_entropy.backward();
    for (int n = 0; n < 3; ++n) {
      double sum = 0, largest = 0;
      for (int k = 0; k < 4; ++k) {
        sum += dx.at(n, k, 0, 0);
        largest = std::max(largest, std::abs(double{dx.at(n, k, 0, 0)}));
        CHECK((dx.at(n, k, 0, 0) < 0) == (k == labels[static_cast<std::size_t>(n)]));
      }
      CHECK(sum == doctest::Approx(0).epsilon(1e-6));
      CHECK(largest > 0.005);
    }
  }
}

TEST_CASE("a NaN among the scores is not hidden") {
  const std::vector<int> labels{0};
  for (const int place : {0, 1}) {
    CAPTURE(place);
    Tensor x({1, 2}, {1, 2});
    x[place] = std::nanf("");
    SoftmaxCrossEntropy cross_entropy;
    CHECK(std::isnan(cross_entropy.forward(x, labels)));
    CHECK(std::isnan(cross_entropy.backward()[0]));
  }
}

TEST_CASE("labels in the device's memory give the same loss and gradient, left there") {
  const std::vector<int> labels{2, 0, 1};
  Random random(4);
  Tensor x({3, 4});
  for (std::int64_t i = 0; i < x.size(); ++i) x[i] = random.uniform(-2, 2);
  for (const Device device : {Device::reference, Device::cpu, Device::cuda}) {
    CAPTURE(to_string(device));
    const Memory memory = memory_of(device);
    SoftmaxCrossEntropy one, other;
    one.to(device);
    other.to(device);
    Buffer<int> there(memory);
    there.assign(labels.data(), 3);
    const Tensor x_there = x.on(memory);
    const real loss = one.forward(x_there, labels);
    const Tensor dx = one.backward().on(Memory::host);
    const std::int64_t copies = cuda::copy_count();
    const Tensor& loss_there = other.forward(x_there, there);
    const Tensor& dx_there = other.backward();
    CHECK(cuda::copy_count() == copies);
    REQUIRE(loss_there.memory() == memory);
    CHECK(loss_there.on(Memory::host)[0] == loss);
    const Tensor other_dx = dx_there.on(Memory::host);
    for (std::int64_t i = 0; i < dx.size(); ++i) CHECK(other_dx[i] == dx[i]);

    Buffer<int> elsewhere(memory == Memory::host ? Memory::cuda : Memory::host);
    elsewhere.assign(labels.data(), 3);
    CHECK_THROWS_AS(other.forward(x_there, elsewhere), DeviceError);
    CHECK_THROWS_AS(other.backward(), OrderError);
    const std::vector<int> no_class{2, 0, 4};
    there.assign(no_class.data(), 3);
    if (device == Device::cuda) {
      CHECK(std::isnan(other.forward(x_there, there).on(Memory::host)[0]));
    } else {
      CHECK_THROWS_AS(other.forward(x_there, there), ValueError);
    }
  }
}

TEST_CASE("shapes and labels that do not fit are refused") {
  SoftmaxCrossEntropy cross_entropy;
  const std::vector<int> two{0, 1};
  const auto shape_message = [&](const Shape& shape) {
    return message_of<ShapeError>([&] { cross_entropy.forward(Tensor(shape), two); });
  };
  check_mentions(shape_message({3, 10}), {"softmax_cross_entropy", "3x10x1x1", "3 labels", "2"});
  check_mentions(shape_message({2, 10, 2, 1}), {"softmax_cross_entropy", "2x10x2x1"});
  check_mentions(shape_message({2, 10, 1, 3}), {"softmax_cross_entropy", "2x10x1x3"});
  check_mentions(
      message_of<ShapeError>([&] { cross_entropy.forward(Tensor(), std::vector<int>()); }),
      {"softmax_cross_entropy", "0x1x1x1"});

  const auto label_message = [&](int label) {
    const std::vector<int> labels{0, label};
    return message_of<ValueError>([&] { cross_entropy.forward(Tensor({2, 10}), labels); });
  };
  check_mentions(label_message(10), {"softmax_cross_entropy", "label 10", "0..9"});
  check_mentions(label_message(-1), {"softmax_cross_entropy", "label -1", "0..9"});

  check_mentions(message_of<OrderError>([&] { cross_entropy.backward(); }),
                 {"softmax_cross_entropy", "forward"});
  const Tensor x({2, 10});
  cross_entropy.forward(x, two);
  cross_entropy.backward();
  CHECK_THROWS_AS(cross_entropy.backward(), OrderError);
  cross_entropy.forward(x, two);
  CHECK_THROWS_AS(cross_entropy.forward(x, std::vector<int>()), ShapeError);
  CHECK_THROWS_AS(cross_entropy.backward(), OrderError);  // the last forward did not succeed
}

}  // namespace longhand::test

TEST_CASE("softmax_cross_entropy: gradient check, contract and parity, with every option") {
  longhand::test::run_cases("softmax_cross_entropy");
}
