// The numbers of docs/containers.md: small enough to redo on paper.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "layers/concat.h"
#include "layers/conv2d.h"
#include "layers/dense.h"
#include "layers/max_pool2d.h"
#include "layers/relu.h"
#include "layers/residual.h"
#include "layers/sequential.h"
#include "tests/layers/golden.h"
#include "tests/support/checks.h"

namespace longhand::test {
namespace {

// A layer that multiplies one channel by these numbers: as many channels out as numbers.
std::unique_ptr<Conv2d> times(std::initializer_list<real> factors) {
  const int out = static_cast<int>(factors.size());
  auto conv = std::make_unique<Conv2d>(1, out, 1, Conv2dOptions{.bias = false});
  conv->weight().value = Tensor({out}, factors);
  return conv;
}

std::vector<std::string> names(Layer& layer) {
  std::vector<std::string> found;
  for (const Param* p : layer.params()) found.push_back(p->name);
  return found;
}

// The gradient of the i-th param.
const Tensor& grad(Layer& layer, std::size_t i) {
  return layer.params().at(i)->grad;
}

std::unique_ptr<Concat> concat(std::unique_ptr<Layer> a, std::unique_ptr<Layer> b) {
  std::vector<std::unique_ptr<Layer>> branches;
  branches.push_back(std::move(a));
  branches.push_back(std::move(b));
  return std::make_unique<Concat>(std::move(branches));
}

const Tensor x({1, 1, 1, 2}, {1, 2});

}  // namespace

TEST_CASE("sequential: dense, relu, dense") {
  for (const Device device : devices) {
    CAPTURE(to_string(device));
    Sequential net;
    net.add<Dense>(2, 2).add<Relu>().add<Dense>(2, 1);
    net.to(device);
    const std::vector<Param*> params = net.params();
    REQUIRE(params.size() == 4);
    params[0]->value = Tensor({2, 2}, {1, 2, 3, -4});
    params[1]->value = Tensor(Shape{2}, {1, 0});
    params[2]->value = Tensor({1, 2}, {5, 6});
    params[3]->value = Tensor(Shape{1}, {7});
    const Tensor input({1, 2}, {1, 2});
    // (1 + 4 + 1, 3 - 8) = (6, -5); relu gives (6, 0); 5 * 6 + 6 * 0 + 7 = 37.
    check_equal("y", net.forward(input), {{1, 1}, {37}});
    check_equal("dx", net.backward({{1, 1}, {2}}), {{1, 2}, {10, 20}});
    check_equal("dw of 2", params[2]->grad, {{1, 2}, {12, 0}});
    check_equal("db of 2", params[3]->grad, {{1}, {2}});
    check_equal("dw of 0", params[0]->grad, {{2, 2}, {10, 20, 0, 0}});
    check_equal("db of 0", params[1]->grad, {{2}, {10, 0}});
  }
}

TEST_CASE("sequential without layers is the identity") {
  Sequential net;
  check_equal("y", net.forward(x), x);
  check_equal("dx", net.backward(x), x);
  CHECK(to_string(net.output_shape({2, 3, 4, 5})) == "2x3x4x5");
}

TEST_CASE("residual: f(x) = 3 x, and x itself") {
  for (const Device device : devices) {
    CAPTURE(to_string(device));
    Residual residual(times({3}));
    residual.to(device);
    check_equal("y", residual.forward(x), {{1, 1, 1, 2}, {4, 8}});
    check_equal("dx", residual.backward({{1, 1, 1, 2}, {1, 10}}), {{1, 1, 1, 2}, {4, 40}});
    check_equal("dw", grad(residual, 0), {{1}, {1 * 1 + 10 * 2}});
  }
}

TEST_CASE("residual: f(x) = 3 x, and s(x) = 5 x") {
  for (const Device device : devices) {
    CAPTURE(to_string(device));
    Residual residual(times({3}), times({5}));
    residual.to(device);
    check_equal("y", residual.forward(x), {{1, 1, 1, 2}, {8, 16}});
    check_equal("dx", residual.backward({{1, 1, 1, 2}, {1, 10}}), {{1, 1, 1, 2}, {8, 80}});
    check_equal("dw of f", grad(residual, 0), {{1}, {21}});
    check_equal("dw of s", grad(residual, 1), {{1}, {21}});
    CHECK(names(residual) == std::vector<std::string>{"f.weight", "s.weight"});
  }
  const Tensor a({1, 3}, {1, 2, 3}), b({1, 3}, {10, 20, 30});
  Tensor sum({1, 3});
  ref::add(3, a.data(), b.data(), sum.data());
  check_equal("sum", sum, {{1, 3}, {11, 22, 33}});
}

TEST_CASE("concat: 2 x as one channel, 3 x and 4 x as two more") {
  const Tensor input({2, 1, 1, 2}, {1, 2, 3, 4});
  const Tensor dy({2, 3, 1, 2}, {1, 10, 2, 20, 3, 30, 4, 40, 5, 50, 6, 60});
  for (const Device device : devices) {
    CAPTURE(to_string(device));
    const auto layer = concat(times({2}), times({3, 4}));
    layer->to(device);
    check_equal("y", layer->forward(input),
                {{2, 3, 1, 2}, {2, 4, 3, 6, 4, 8, 6, 8, 9, 12, 12, 16}});
    check_equal("dx", layer->backward(dy), {{2, 1, 1, 2}, {20, 200, 47, 470}});
    check_equal("dw of 0", grad(*layer, 0), {{1}, {1 + 20 + 12 + 160}});
    check_equal("dw of 1", grad(*layer, 1), {{2}, {2 + 40 + 15 + 200, 3 + 60 + 18 + 240}});
    CHECK(names(*layer) == std::vector<std::string>{"0.weight", "1.weight"});
  }
}

TEST_CASE("concat: a part goes to its channels of the whole and comes back") {
  const ConcatGeometry g{.whole = {2, 3, 1, 2}, .part = {2, 2, 1, 2}, .first = 1};
  const Tensor part(g.part, {1, 2, 3, 4, 5, 6, 7, 8});
  Tensor whole(g.whole), back(g.part);
  ref::concat_forward(g, part.data(), whole.data());
  check_equal("whole", whole, {g.whole, {0, 0, 1, 2, 3, 4, 0, 0, 5, 6, 7, 8}});
  ref::concat_backward(g, whole.data(), back.data());
  check_equal("part", back, part);
}

TEST_CASE("containers in containers: x + (x + 2 x), beside 5 x") {
  for (const Device device : devices) {
    CAPTURE(to_string(device));
    auto branch = std::make_unique<Sequential>();
    branch->add(std::make_unique<Residual>(std::make_unique<Residual>(times({2}))));
    Sequential net;
    net.add(concat(std::move(branch), times({5})));
    net.to(device);
    check_equal("y", net.forward(x), {{1, 2, 1, 2}, {4, 8, 5, 10}});
    check_equal("dx", net.backward({{1, 2, 1, 2}, {1, 1, 10, 10}}), {{1, 1, 1, 2}, {54, 54}});
    CHECK(names(net) == std::vector<std::string>{"0.0.0.f.f.weight", "0.1.weight"});
  }
}

TEST_CASE("the device reaches every part, whether it was there before or is added later") {
  Sequential net;
  auto inner = std::make_unique<Sequential>();
  inner->add<Relu>();
  const Layer& relu = inner->layer(0);
  net.add(std::make_unique<Residual>(std::move(inner)));
  net.to(Device::cpu);
  CHECK(relu.device() == Device::cpu);
  net.add<Relu>();
  CHECK(net.layer(1).device() == Device::cpu);
  net.to(Device::reference);
  CHECK(relu.device() == Device::reference);
}

namespace {

std::unique_ptr<Sequential> conv_relu_pool(Device device, bool fused) {
  auto net = std::make_unique<Sequential>();
  net->add<Conv2d>(2, 3, 3, Conv2dOptions{.padding = Padding::same()})
      .add<Relu>()
      .add<MaxPool2d>(2);
  if (fused) net->fuse();
  net->to(Device::reference);
  for (Param* p : net->params()) {  // whole numbers, whose sums round nowhere
    for (std::int64_t i = 0; i < p->value.size(); ++i) p->value[i] = static_cast<real>(i % 5) - 2;
  }
  net->to(device);
  return net;
}

}  // namespace

TEST_CASE("on cuda a fused convolution gives the bits of its layers, and keeps less") {
  Tensor images({3, 2, 6, 4});
  for (std::int64_t i = 0; i < images.size(); ++i) images[i] = static_cast<real>(i * 7 % 11) - 5;
  images.to(Device::cuda);
  const auto net = conv_relu_pool(Device::cuda, false), fused = conv_relu_pool(Device::cuda, true);
  for (int times = 0; times < 2; ++times) {  // so that the grads are added to
    const Tensor y = net->forward(images), y_fused = fused->forward(images);
    const Tensor dx = net->backward(y), dx_fused = fused->backward(y);
    CHECK(to_string(y_fused.on(Memory::host)) == to_string(y.on(Memory::host)));
    CHECK(to_string(dx_fused.on(Memory::host)) == to_string(dx.on(Memory::host)));
  }
  for (std::size_t i = 0; i < net->params().size(); ++i) {
    CHECK(to_string(fused->params()[i]->grad.on(Memory::host)) ==
          to_string(net->params()[i]->grad.on(Memory::host)));
  }
  CHECK(fused->activation_bytes() < net->activation_bytes());
}

TEST_CASE("on cpu a fused convolution gives what its layers give, also when its weights change") {
  Tensor images({40, 2, 6, 4});  // enough blocks for the threads
  for (std::int64_t i = 0; i < images.size(); ++i) images[i] = static_cast<real>(i * 7 % 11) - 5;
  const auto net = conv_relu_pool(Device::cpu, false), fused = conv_relu_pool(Device::cpu, true);
  std::string last;
  for (const real change : {real(0), real(0), real(1), real(-1)}) {
    for (Sequential* one : {net.get(), fused.get()}) one->params()[0]->value[7] += change;
    const std::string y = to_string(net->forward(images)),
                      y_fused = to_string(fused->forward(images));
    CHECK(y_fused == y);
    if (change != 0) CHECK(y != last);
    last = y;
  }
}

TEST_CASE("on cuda a fused convolution is told of calls in the wrong order and of wrong tensors") {
  const auto fused = conv_relu_pool(Device::cuda, true);
  Tensor images({3, 2, 6, 4});
  CHECK_THROWS_AS(fused->forward(images), DeviceError);
  images.to(Device::cuda);
  const Tensor dy = fused->forward(images);
  CHECK_THROWS_AS(fused->backward(dy.on(Memory::host)), DeviceError);
  fused->backward(dy);
  CHECK_THROWS_AS(fused->backward(dy), OrderError);
  fused->forward(images);
  CHECK_THROWS_AS(fused->backward(Tensor({3, 3, 3, 1}).on(Memory::cuda)), ShapeError);
  fused->forward(images);
  fused->to(Device::reference);
  CHECK_THROWS_AS(fused->backward(dy.on(Memory::host)), OrderError);
}

TEST_CASE("parts that do not fit are refused") {
  Sequential net;
  net.add<Relu>().add<Dense>(4, 3).add<Dense>(5, 2);
  check_mentions(message_of<ShapeError>([&] {
                   net.output_shape({2, 4});
                 }),
                 {"layer 2", "dense", "2x3x1x1", "2x5"});

  Residual residual(times({1, 2}));
  const std::string message = message_of<ShapeError>([&] { residual.forward(x); });
  check_mentions(message, {"residual", "1x2x1x2", "1x1x1x2"});

  const auto layer = concat(std::make_unique<Conv2d>(1, 2, 1), std::make_unique<Conv2d>(1, 2, 3));
  check_mentions(message_of<ShapeError>([&] {
                   layer->output_shape({1, 1, 5, 5});
                 }),
                 {"concat", "branch 1", "1x2x3x3", "1x2x5x5"});
  check_mentions(message_of<ValueError>([] { Concat({}); }), {"concat", "at least one"});
}

TEST_CASE("backward needs a forward, and a new one each time") {
  const Tensor dy({1, 1, 1, 2});
  Sequential net;
  net.add(times({1}));
  Residual residual(times({1}));
  std::vector<std::unique_ptr<Layer>> branches;
  branches.push_back(times({1}));
  Concat one(std::move(branches));
  for (Layer* layer : std::initializer_list<Layer*>{&net, &residual, &one}) {
    CAPTURE(layer->describe());
    CHECK_THROWS_AS(layer->backward(dy), OrderError);
    layer->forward(x);
    CHECK_THROWS_AS(layer->backward(Tensor({1, 1, 2, 1})), ShapeError);
    layer->backward(dy);
    CHECK_THROWS_AS(layer->backward(dy), OrderError);
  }
}

}  // namespace longhand::test

TEST_CASE("sequential: gradient check, contract and parity, with every option") {
  longhand::test::run_cases("sequential");
}

TEST_CASE("residual: gradient check, contract and parity, with every option") {
  longhand::test::run_cases("residual");
}

TEST_CASE("concat: gradient check, contract and parity, with every option") {
  longhand::test::run_cases("concat");
}
