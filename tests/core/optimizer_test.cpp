#include "core/optimizer.h"

#include <doctest/doctest.h>

#include <memory>

#include "core/error.h"
#include "core/gradcheck.h"
#include "core/parallel.h"

using namespace longhand;

namespace {

constexpr double tolerance = sizeof(real) == 8 ? 1e-12 : 1e-6;

// One weight of 1 whose gradient is 0.5 before the first step and -0.25 before the second.
template <class Step>
void two_steps(Param& p, Step&& step) {
  p.value[0] = 1;
  p.grad[0] = real(0.5);
  step();
  p.grad[0] = real(-0.25);
  step();
}

}  // namespace

TEST_CASE("sgd: two steps worked by hand") {
  Param p("w", {1}, 1);
  const auto after = [&](const SgdOptions& options) {
    Sgd sgd({&p}, options);
    two_steps(p, [&] { sgd.step(); });
    return static_cast<double>(p.value[0]);
  };
  // plain: 1 - 0.1 * 0.5 + 0.1 * 0.25
  CHECK(after({.learning_rate = real(0.1)}) == doctest::Approx(0.975).epsilon(tolerance));
  // momentum: v = 0.5, then 0.9 * 0.5 - 0.25 = 0.2; 1 - 0.05 - 0.02
  CHECK(after({.learning_rate = real(0.1), .momentum = real(0.9)}) ==
        doctest::Approx(0.93).epsilon(tolerance));
  // Nesterov: steps of 0.5 + 0.9 * 0.5 = 0.95 and -0.25 + 0.9 * 0.2 = -0.07
  CHECK(after({.learning_rate = real(0.1), .momentum = real(0.9), .nesterov = true}) ==
        doctest::Approx(1 - 0.095 + 0.007).epsilon(tolerance));
  // weight decay: g = 0.5 + 0.2 * 1, w = 0.93; g = -0.25 + 0.2 * 0.93 = -0.064
  CHECK(after({.learning_rate = real(0.1), .weight_decay = real(0.2)}) ==
        doctest::Approx(0.9364).epsilon(tolerance));
}

TEST_CASE("adam: two steps worked by hand") {
  Param p("w", {1}, 1);
  Adam adam({&p}, {.learning_rate = real(0.1)});
  p.value[0] = 1;
  p.grad[0] = real(0.5);
  adam.step();
  // m_hat = g and v_hat = g^2, whatever g is: the first step is the learning rate
  CHECK(static_cast<double>(p.value[0]) == doctest::Approx(0.9).epsilon(1e-6));
  p.grad[0] = real(-0.25);
  adam.step();
  // m = 0.9 * 0.05 - 0.025 = 0.02, m_hat = 0.02 / 0.19; v = 0.999 * 0.00025 + 0.0000625,
  // v_hat = 0.00031225 / 0.001999; 0.9 - 0.1 * 0.1052632 / 0.3952221
  CHECK(static_cast<double>(p.value[0]) == doctest::Approx(0.8733659).epsilon(1e-5));

  // Weight decay adds to the gradient: with a gradient of 0 the weight still shrinks.
  Param q("q", {1}, 1);
  q.value[0] = 1;
  Adam decaying({&q}, {.learning_rate = real(0.1), .weight_decay = real(0.1)});
  decaying.step();
  CHECK(static_cast<double>(q.value[0]) == doctest::Approx(0.9).epsilon(1e-5));
}

TEST_CASE("all devices take the same steps, cpu to the bit with any number of threads") {
  // Several params, so that a thread's piece begins and ends inside of one, off a vector's edge: of
  // the large ones in any case, of the small ones where backward has cut their gradients.
  const auto trained = [](bool large, bool adam, Device device, int thread_count) {
    const Shape shapes[] = {{3, 50, 9, large ? 131 : 1}, {7}, {1}, {61, 67}, {129}};
    set_threads(thread_count);
    std::vector<std::unique_ptr<Param>> params;
    std::vector<Param*> pointers;
    for (const Shape& shape : shapes) {
      params.push_back(std::make_unique<Param>("w", shape, 4));
      params.back()->value = spread_values(shape, 1);
      params.back()->to(device);
      if (!large) params.back()->shares = static_cast<int>(params.size()) % 4 + 1;
      pointers.push_back(params.back().get());
    }
    std::unique_ptr<Optimizer> optimizer;
    if (adam) {
      optimizer = std::make_unique<Adam>(pointers, AdamOptions{.weight_decay = real(0.01)});
    } else {
      optimizer = std::make_unique<Sgd>(
          pointers, SgdOptions{.momentum = real(0.9), .weight_decay = real(0.1), .nesterov = true});
    }
    optimizer->to(device);
    for (std::uint64_t step = 0; step < 3; ++step) {
      optimizer->zero_grad();
      for (Param* p : pointers) {
        const Tensor grad = p->grad.on(Memory::host);
        for (std::int64_t i = 0; i < grad.size(); ++i) REQUIRE(grad[i] == 0);
        p->grad = spread_values(p->value.shape(), 10 + step).on(memory_of(device));
      }
      optimizer->step();
    }
    for (Param* p : pointers) p->to(Device::reference);
    return params;
  };
  const int before = threads();
  for (const bool large : {false, true}) {
    for (const bool adam : {false, true}) {
      const auto reference = trained(large, adam, Device::reference, 1);
      const auto one = trained(large, adam, Device::cpu, 1);
      const auto two = trained(large, adam, Device::cpu, 2);
      const auto three = trained(large, adam, Device::cpu, 3);
      const auto cuda = trained(large, adam, Device::cuda, 1);
      CHECK(reference[0]->value[0] != spread_values(reference[0]->value.shape(), 1)[0]);
      for (std::size_t k = 0; k < reference.size(); ++k) {
        for (std::int64_t i = 0; i < reference[k]->value.size(); ++i) {
          const auto expected = static_cast<double>(reference[k]->value[i]);
          REQUIRE(static_cast<double>(one[k]->value[i]) == doctest::Approx(expected).epsilon(1e-5));
          REQUIRE(static_cast<double>(cuda[k]->value[i]) ==
                  doctest::Approx(expected).epsilon(1e-5));
          REQUIRE(one[k]->value[i] == two[k]->value[i]);
          REQUIRE(one[k]->value[i] == three[k]->value[i]);
        }
      }
    }
  }
  set_threads(before);
}

TEST_CASE("what an optimizer remembers goes with it from device to device") {
  const auto trained = [](bool adam, Device second) {
    Param p("w", {300}, 1);
    p.value = spread_values(p.value.shape(), 1);
    std::unique_ptr<Optimizer> optimizer;
    if (adam) {
      optimizer = std::make_unique<Adam>(std::vector<Param*>{&p}, AdamOptions{});
    } else {
      optimizer = std::make_unique<Sgd>(std::vector<Param*>{&p}, SgdOptions{.momentum = real(0.9)});
    }
    for (const Device device : {Device::reference, second, Device::reference}) {
      p.to(device);
      optimizer->to(device);
      p.grad = spread_values(p.value.shape(), 2).on(memory_of(device));
      optimizer->step();
    }
    return p.value;
  };
  for (const bool adam : {false, true}) {
    const Tensor expected = trained(adam, Device::reference), found = trained(adam, Device::cuda);
    for (std::int64_t i = 0; i < expected.size(); ++i) {
      REQUIRE(static_cast<double>(found[i]) ==
              doctest::Approx(static_cast<double>(expected[i])).epsilon(1e-5));
    }
  }
}

TEST_CASE("zero_grad empties every gradient") {
  Param p("a", {2}, 1), q("b", {3}, 1);
  p.grad.fill(1);
  q.grad.fill(1);
  Sgd sgd({&p, &q}, {});
  sgd.zero_grad();
  CHECK(p.grad[1] == 0);
  CHECK(q.grad[2] == 0);
}

TEST_CASE("cosine decay begins at the rate and ends near zero") {
  CHECK(cosine_decay(real(0.2), 0, 10) == doctest::Approx(0.2));
  CHECK(cosine_decay(real(0.2), 5, 10) == doctest::Approx(0.1));
  CHECK(cosine_decay(real(0.2), 10, 10) == doctest::Approx(0.0));
}

TEST_CASE("options out of range are refused in words") {
  CHECK_THROWS_AS(Sgd({}, {.learning_rate = -1}), ValueError);
  CHECK_THROWS_AS(Sgd({}, {.momentum = 1}), ValueError);
  CHECK_THROWS_AS(Sgd({}, {.weight_decay = -1}), ValueError);
  CHECK_THROWS_WITH_AS(Sgd({}, {.nesterov = true}),
                       "Nesterov's step needs momentum above 0, but is 0.000000", ValueError);
  CHECK_THROWS_AS(Adam({}, {.beta1 = 1}), ValueError);
  CHECK_THROWS_AS(Adam({}, {.beta2 = -1}), ValueError);
  CHECK_THROWS_AS(Adam({}, {.epsilon = 0}), ValueError);
}

TEST_CASE("an optimizer that works on another device than the params is refused") {
  Param p("weight", {2, 2}, 2);
  Sgd sgd({&p}, {});
  sgd.step();
  p.to(Device::cuda);
  CHECK_THROWS_AS(sgd.step(), DeviceError);
  sgd.to(Device::cuda);
  sgd.step();
  Adam adam({&p}, {});
  CHECK_THROWS_AS(adam.step(), DeviceError);
}
