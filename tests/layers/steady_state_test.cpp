// A training step allocates nothing once the first one is over: counted, not believed.
#include <doctest/doctest.h>

#include <memory>

#include "apps/support/allocations.h"
#include "core/init.h"
#include "core/optimizer.h"
#include "core/parallel.h"
#include "layers/avg_pool2d.h"
#include "layers/concat.h"
#include "layers/conv2d.h"
#include "layers/dense.h"
#include "layers/flatten.h"
#include "layers/leaky_relu.h"
#include "layers/max_pool2d.h"
#include "layers/mean_squared_error.h"
#include "layers/relu.h"
#include "layers/residual.h"
#include "layers/sequential.h"
#include "layers/sigmoid.h"
#include "layers/softmax.h"
#include "layers/softmax_cross_entropy.h"
#include "layers/tanh.h"
#include "tests/support/skip.h"

using namespace longhand;

namespace {

// Every layer there is, in one network for N x 1 x 12 x 12.
void add_every_layer(Sequential& net) {
  auto branch = std::make_unique<Sequential>();
  branch->add<Conv2d>(4, 4, 3, Conv2dOptions{.padding = Padding::same(), .groups = 2})
      .add<Sigmoid>();
  std::vector<std::unique_ptr<Layer>> branches;
  branches.push_back(std::make_unique<Residual>(std::move(branch)));
  branches.push_back(std::make_unique<Conv2d>(4, 2, 1, Conv2dOptions{.bias = false}));
  net.add<Conv2d>(1, 4, 3)
      .add<Relu>()
      .add<MaxPool2d>(2)
      .add<Concat>(std::move(branches))
      .add<LeakyRelu>()
      .add<AvgPool2d>(Size2(2), Size2(1))
      .add<Flatten>()
      .add<Dense>(6 * 4 * 4, 20)
      .add<ScaledTanh>()
      .add<Dense>(20, 10)
      .add<Tanh>()
      .add<Softmax>();
}

// The allocations of two steps at the full batch and one at a smaller one, after one of each.
std::size_t allocations_in_a_step(Device device, int thread_count, bool adam, bool fused = false) {
  const int before = threads();
  set_threads(thread_count);
  Sequential net;
  add_every_layer(net);
  if (fused) net.fuse();
  net.to(device);
  Random random(1);
  initialise(net, Init::he, random);
  std::unique_ptr<Optimizer> optimizer;
  if (adam) {
    optimizer = std::make_unique<Adam>(net.params(), AdamOptions{});
  } else {
    optimizer = std::make_unique<Sgd>(net.params(), SgdOptions{.momentum = real(0.9)});
  }
  optimizer->to(device);
  SoftmaxCrossEntropy cross_entropy;
  MeanSquaredError squared_error;
  cross_entropy.to(device);
  squared_error.to(device);
  const Memory memory = memory_of(net.device());
  const Tensor full = Tensor({8, 1, 12, 12}).on(memory), rest = Tensor({3, 1, 12, 12}).on(memory);
  const Tensor full_target = Tensor({8, 10}).on(memory), rest_target = Tensor({3, 10}).on(memory);
  const std::vector<int> labels = {1, 2, 3, 4, 5, 6, 7, 8};

  const auto step = [&](const Tensor& x, const Tensor& target) {
    optimizer->zero_grad();
    const Tensor& y = net.forward(x);
    squared_error.forward(y, target);
    net.backward(squared_error.backward());
    const Tensor& again = net.forward(x);
    cross_entropy.forward(again, std::span(labels).first(static_cast<std::size_t>(x.shape().n)));
    net.backward(cross_entropy.backward());
    optimizer->step();
  };
  step(full, full_target);
  step(rest, rest_target);
  // On cuda what counts is the GPU's memory. (Without a GPU every launch allocates on the host.)
  const auto counter = [device] {
    return device == Device::cuda ? static_cast<std::size_t>(cuda::allocation_count())
                                  : allocations.count.load();
  };
  const std::size_t count = counter();
  step(full, full_target);
  step(rest, rest_target);
  step(full, full_target);
  const std::size_t made = counter() - count;
  set_threads(before);
  return made;
}

}  // namespace

TEST_CASE("no allocation after the first step") {
  if (!allocations_are_counted) {
    test::skip("a sanitizer owns the memory functions in this build");
    return;
  }
  const std::size_t count = allocations.count;
  const auto something = std::make_unique<Tensor>(Shape{5, 5});
  REQUIRE(allocations.count > count);  // the counter counts

  for (const bool adam : {false, true}) {
    CHECK(allocations_in_a_step(Device::reference, 1, adam) == 0);
    CHECK(allocations_in_a_step(Device::cpu, 1, adam) == 0);
    CHECK(allocations_in_a_step(Device::cpu, 2, adam) == 0);
    CHECK(allocations_in_a_step(Device::cuda, 1, adam) == 0);
    CHECK(allocations_in_a_step(Device::cuda, 1, adam, true) == 0);
  }
}
