// The LeNets: their shapes and sizes, and that both devices train them alike.
#include <doctest/doctest.h>

#include "apps/zoo/lenet.h"
#include "core/error.h"
#include "core/optimizer.h"
#include "datasets/batches.h"
#include "datasets/sample.h"
#include "layers/softmax_cross_entropy.h"

using namespace longhand;

TEST_CASE("the networks have the published numbers of parameters") {
  CHECK(count_values(lenet_classic()->params()) == 61706);
  CHECK(count_values(lenet_modern()->params()) == 1256080);
  CHECK(count_values(lenet_zagreb()->params()) == 281034);
  for (const char* model : {"classic", "modern", "zagreb"}) {
    CHECK(make_lenet(model)->output_shape({3, 1, 28, 28}) == Shape{3, 10});
  }
  CHECK_THROWS_WITH_AS(make_lenet("leNet"),
                       "unknown model 'leNet': choose classic, modern or zagreb", ValueError);
}

TEST_CASE("classic has the shapes of LeNet-5") {
  const std::unique_ptr<Sequential> net = lenet_classic();
  Shape shape{1, 1, 28, 28};
  const Shape expected[] = {{1, 6, 28, 28},  {1, 6, 28, 28}, {1, 6, 14, 14}, {1, 16, 10, 10},
                            {1, 16, 10, 10}, {1, 16, 5, 5},  {1, 120},       {1, 120},
                            {1, 120},        {1, 84},        {1, 84},        {1, 10}};
  REQUIRE(net->size() == 12);
  for (int i = 0; i < 12; ++i) {
    shape = net->layer(i).output_shape(shape);
    CHECK(shape == expected[i]);
  }
}

namespace {

struct Run {
  int batch, steps;
};

// The losses of a few steps of training from the same seed.
std::vector<real> losses(const std::string& model, Device device, const Dataset& data,
                         const Run& run = {.batch = 8, .steps = 4}) {
  Random random(5);
  const std::unique_ptr<Sequential> net = make_lenet(model);
  net->to(device);
  initialise(*net, lenet_init(model), random);
  Batches batches(data, run.batch, {}, &random);
  batches.to(device);
  SoftmaxCrossEntropy loss;
  loss.to(device);
  Sgd sgd(net->params(), {.learning_rate = real(0.02), .momentum = real(0.9)});
  sgd.to(device);
  std::vector<real> values;
  batches.start();
  for (int step = 0; step < run.steps; ++step) {
    batches.next();
    sgd.zero_grad();
    values.push_back(loss.forward(net->forward(batches.x()), batches.labels()));
    net->backward(loss.backward());
    sgd.step();
  }
  return values;
}

}  // namespace

TEST_CASE("reference and cpu train alike, step by step") {
  const TrainTest data = load_mnist_sample();
  for (const char* model : {"classic", "modern", "zagreb"}) {
    const std::vector<real> reference = losses(model, Device::reference, data.train);
    const std::vector<real> cpu = losses(model, Device::cpu, data.train);
    INFO(model);
    CHECK(reference[0] > 1);
    CHECK(reference[0] != reference[3]);
    for (std::size_t step = 0; step < cpu.size(); ++step) {
      CHECK(cpu[step] == doctest::Approx(reference[step]).epsilon(1e-3));
    }
  }
}

// Sums in another order differ in their last bits, and training makes such differences grow: within
// 1e-3 of the loss after ten steps.
TEST_CASE("reference and cuda train alike, step by step") {
  const TrainTest data = load_mnist_sample();
#if defined(LONGHAND_SANITIZED)
  const Run run{.batch = 8, .steps = 4};  // kernels on the CPU are slow there
#else
  const Run run{.batch = 32, .steps = 10};
#endif
  const std::vector<real> reference = losses("classic", Device::reference, data.train, run);
  const std::vector<real> cuda = losses("classic", Device::cuda, data.train, run);
  REQUIRE(static_cast<int>(cuda.size()) == run.steps);
  CHECK(reference.back() < reference.front());
  for (std::size_t step = 0; step < cuda.size(); ++step) {
    CHECK(cuda[step] == doctest::Approx(reference[step]).epsilon(1e-3));
  }
  CHECK(losses("classic", Device::cuda, data.train, run) == cuda);  // to the bit
  for (const char* model : {"modern", "zagreb"}) {
    INFO(model);
    const std::vector<real> expected = losses(model, Device::reference, data.train);
    const std::vector<real> found = losses(model, Device::cuda, data.train);
    for (std::size_t step = 0; step < found.size(); ++step) {
      CHECK(found[step] == doctest::Approx(expected[step]).epsilon(1e-3));
    }
  }
}
