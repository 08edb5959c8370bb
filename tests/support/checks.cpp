#include "tests/support/checks.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <limits>
#include <numeric>

#include "core/compare.h"
#include "core/error.h"
#include "core/gradcheck.h"
#include "core/parallel.h"
#include "tests/support/through_lanes.h"

namespace longhand::test {

namespace {

constexpr bool is_double = sizeof(real) == sizeof(double);
constexpr double rounding = is_double ? 1e-12 : 1e-4;  // sums in another order differ by this much

// All that a forward and a backward give.
struct Outcome {
  Tensor y, dx;
  std::vector<Tensor> grads;
};

void fill_grads(Layer& layer, real value) {
  for (Param* p : layer.params()) p->grad.fill(value);
}

Outcome run(Layer& layer, const Tensor& x, const Tensor& dy) {
  const Memory memory = memory_of(layer.device());
  const Tensor x_there = x.on(memory), dy_there = dy.on(memory);
  Outcome outcome;
  outcome.y = layer.forward(x_there).on(Memory::host);
  outcome.dx = layer.backward(dy_there).on(Memory::host);
  for (Param* p : layer.params()) outcome.grads.push_back(p->grad.on(Memory::host));
  return outcome;
}

// The same, but y's and dx's memory holds NaN before the loops run.
Outcome run_over_garbage(Layer& layer, const Tensor& x, const Tensor& dy) {
  const auto spoil = [](const Tensor& tensor) {
    const_cast<Tensor&>(tensor).fill(std::numeric_limits<real>::quiet_NaN());
  };
  std::vector<Tensor> before;
  for (Param* p : layer.params()) before.push_back(p->grad);
  const Memory memory = memory_of(layer.device());
  const Tensor x_there = x.on(memory), dy_there = dy.on(memory);
  const Tensor& y = layer.forward(x_there);
  const Tensor& dx = layer.backward(dy_there);
  for (std::size_t i = 0; i < before.size(); ++i) layer.params()[i]->grad = before[i];
  spoil(y);
  spoil(dx);
  return run(layer, x, dy);
}

void compare_tensors(const std::string& what, const Tensor& values, const Tensor& expected,
                     double tolerance, std::vector<std::string>& failures) {
  if (values.shape() != expected.shape()) {
    failures.push_back(what + " is " + to_string(values.shape()) + ", expected " +
                       to_string(expected.shape()));
    return;
  }
  std::vector<std::int64_t> offsets(static_cast<std::size_t>(values.size()));
  std::iota(offsets.begin(), offsets.end(), std::int64_t{0});
  constexpr double floor = 1e-2;
  const Comparison result =
      compare(what, values.shape(), offsets, {values.data(), values.data() + values.size()},
              {expected.data(), expected.data() + expected.size()}, tolerance, floor);
  if (!result.passed()) failures.push_back(result.report());
}

void compare_outcomes(const std::string& when, const Outcome& outcome, const Outcome& expected,
                      double tolerance, std::vector<std::string>& failures) {
  compare_tensors("y, " + when, outcome.y, expected.y, tolerance, failures);
  compare_tensors("dx, " + when, outcome.dx, expected.dx, tolerance, failures);
  for (std::size_t i = 0; i < expected.grads.size(); ++i) {
    compare_tensors("grad of param " + std::to_string(i) + ", " + when, outcome.grads[i],
                    expected.grads[i], tolerance, failures);
  }
}

template <class ExpectedError, class Call>
void expect_error(const std::string& what, Call&& call, std::vector<std::string>& failures) {
  try {
    call();
    failures.push_back(what + " was accepted");
  } catch (const ExpectedError&) {
  }
}

void check_order_of_calls(const LayerCase& c, Device device, std::vector<std::string>& failures) {
  const std::unique_ptr<Layer> layer = c.make();
  layer->to(device);
  const Memory memory = memory_of(device);
  const Tensor x = spread_values(c.x, 1).on(memory);
  const Tensor dy = Tensor(layer->output_shape(c.x)).on(memory);
  expect_error<OrderError>(
      "backward before forward", [&] { layer->backward(dy); }, failures);
  layer->forward(x);
  layer->backward(dy);
  expect_error<OrderError>(
      "a second backward after one forward", [&] { layer->backward(dy); }, failures);
  expect_error<ShapeError>(
      "an empty input", [&] { layer->forward(Tensor(memory)); }, failures);
  expect_error<OrderError>(
      "backward after a forward that failed", [&] { layer->backward(dy); }, failures);
  Shape wrong = dy.shape();
  ++wrong.w;
  layer->forward(x);
  expect_error<ShapeError>(
      "a dy of another shape", [&] { layer->backward(Tensor(wrong).on(memory)); }, failures);
}

}  // namespace

std::vector<std::string> check_contract(const LayerCase& c, Device device) {
  std::vector<std::string> failures;
  check_order_of_calls(c, device, failures);

  const std::unique_ptr<Layer> layer = c.make();
  layer->to(device);
  spread_params(*layer, 7);
  const Tensor x = spread_values(c.x, 1);
  const Tensor dy = spread_values(layer->output_shape(c.x), 2);
  const Outcome once = run(*layer, x, dy);

  // Gradients of one, and two backwards: each adds what the first run gave.
  fill_grads(*layer, 1);
  run_over_garbage(*layer, x, dy);
  const Outcome twice = run_over_garbage(*layer, x, dy);
  Outcome expected = once;
  for (Tensor& grad : expected.grads) {
    for (std::int64_t i = 0; i < grad.size(); ++i) grad[i] = 1 + 2 * grad[i];
  }
  compare_outcomes("twice over garbage, from gradients of one", twice, expected, rounding,
                   failures);

  // A smaller batch, and the first one again in the memory that is there.
  Tensor first_image({1, c.x.c, c.x.h, c.x.w});
  std::copy_n(x.data(), first_image.size(), first_image.data());
  run(*layer, first_image, Tensor(layer->output_shape(first_image.shape())));
  fill_grads(*layer, 0);
  compare_outcomes("after a smaller batch", run(*layer, x, dy), once, 0, failures);
  return failures;
}

namespace {

// A case's layer, and what it gives on Device::reference.
struct Subject {
  explicit Subject(const LayerCase& c) : layer(c.make()), x(spread_values(c.x, 1)) {
    spread_params(*layer, 7);
    dy = spread_values(layer->output_shape(c.x), 2);
    reference = run(*layer, x, dy);
  }
  std::unique_ptr<Layer> layer;
  Tensor x, dy;
  Outcome reference;
};

}  // namespace

std::vector<std::string> check_parity(const LayerCase& c) {
  std::vector<std::string> failures;
  const Subject subject(c);
  Layer* layer = subject.layer.get();
  const Tensor &x = subject.x, &dy = subject.dy;
  const int threads_before = threads();
  layer->to(Device::cpu);
  for (const int count : {1, 2, 3}) {
    set_threads(count);
    fill_grads(*layer, 0);
    const Outcome cpu = run(*layer, x, dy);
    const std::string when = "cpu with " + std::to_string(count) + " threads";
    compare_outcomes(when, cpu, subject.reference, rounding, failures);
    fill_grads(*layer, 0);
    compare_outcomes(when + ", again", run(*layer, x, dy), cpu, 0, failures);
  }
  set_threads(threads_before);
  return failures;
}

std::vector<std::string> check_cuda(const LayerCase& c) {
  std::vector<std::string> failures;
  const Subject subject(c);
  Layer* layer = subject.layer.get();
  const Tensor &x = subject.x, &dy = subject.dy;
  layer->to(Device::cuda);
  fill_grads(*layer, 0);
  const Outcome cuda = run(*layer, x, dy);
  compare_outcomes("cuda", cuda, subject.reference, rounding, failures);
  fill_grads(*layer, 0);
  compare_outcomes("cuda, again", run(*layer, x, dy), cuda, 0, failures);
  expect_error<DeviceError>(
      "an x in the host's memory on Device::cuda", [&] { layer->forward(x); }, failures);
  return failures;
}

std::vector<std::string> check_gradient(const LayerCase& c, Device device) {
  std::vector<std::string> failures;
  const std::unique_ptr<Layer> layer = c.make();
  layer->to(device);
  spread_params(*layer, 7);
  GradCheckOptions options;
  if (device == Device::cuda) options.most = 100;  // kernels that run on the CPU take their time
  for (const Comparison& result : check_gradients(*layer, spread_values(c.x, 1), options)) {
    if (!result.passed()) failures.push_back("gradient of " + result.report());
  }
  return failures;
}

std::vector<std::string> check_lanes(const LayerCase& c) {
  std::vector<std::string> failures;
  Tensor x;
  convert(spread_values(c.x, 1), Layout::lanes, x);
  expect_error<ShapeError>(
      "an x in lanes on Device::reference", [&] { c.make()->forward(x); }, failures);

  std::vector<std::string> complaints;
  const LayerCase lanes = through_lanes(c, complaints);
  const auto add = [&](const std::vector<std::string>& more) {
    for (const std::string& line : more) failures.push_back("through lanes: " + line);
  };
  add(check_parity(lanes));
  add(check_contract(lanes, Device::cpu));
  if (is_double && suits_gradient_check(c)) add(check_gradient(lanes, Device::cpu));
  add(complaints);
  return failures;
}

namespace {

// Whether this run is one more of the same tests, with other vectors or another rung of
// Device::cpu: the kernels of Device::cuda know nothing of these.
bool host_variant() {
  return std::getenv("LONGHAND_ISA") != nullptr || std::getenv("LONGHAND_CPU") != nullptr;
}

}  // namespace

void run_cases(const std::string& layer) {
  const std::vector<LayerCase> cases = layer_cases(layer);
  REQUIRE_MESSAGE(!cases.empty(), "no cases for the layer " << layer);
  for (const LayerCase& c : cases) {
    const auto expect_none = [&](const std::string& check,
                                 const std::vector<std::string>& failures) {
      INFO(c.layer << " (" << c.name << "), input " << to_string(c.x) << ", " << check);
      for (const std::string& failure : failures) FAIL_CHECK(failure);
      CHECK(failures.empty());
    };
    expect_none("parity", check_parity(c));
    if (!host_variant()) expect_none("parity of cuda", check_cuda(c));
    if (c.make()->takes_lanes()) expect_none("lanes", check_lanes(c));
    for (const Device device : {Device::reference, Device::cpu, Device::cuda}) {
      if (device == Device::cuda && host_variant()) continue;
      const std::string name = to_string(device);
      expect_none("contract on " + name, check_contract(c, device));
      if (is_double && suits_gradient_check(c))
        expect_none("gradient on " + name, check_gradient(c, device));
    }
  }
}

}  // namespace longhand::test
