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

// The losses of a few steps of training from the same seed.
std::vector<real> losses(const std::string& model, Device device, const Dataset& data) {
  Random random(5);
  const std::unique_ptr<Sequential> net = make_lenet(model);
  net->to(device);
  initialise(*net, lenet_init(model), random);
  Batches batches(data, 8, {}, &random);
  SoftmaxCrossEntropy loss;
  Sgd sgd(net->params(), {.learning_rate = real(0.02), .momentum = real(0.9)});
  sgd.to(device);
  std::vector<real> values;
  batches.start();
  for (int step = 0; step < 4; ++step) {
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
