// A training loop on cuda, step by step and replayed: the same to the bit, with nothing allocated
// and nothing copied in a step.
#include "apps/support/replay.h"

#include <doctest/doctest.h>

#include <memory>

#include "apps/support/evaluate.h"
#include "apps/zoo/lenet.h"
#include "core/error.h"
#include "core/init.h"
#include "core/optimizer.h"
#include "datasets/sample.h"
#include "layers/conv2d.h"
#include "layers/dense.h"
#include "layers/flatten.h"
#include "layers/max_pool2d.h"
#include "layers/relu.h"

using namespace longhand;

namespace {

// The first images of the sample: 2 batches of 8 and one of 5.
Dataset few_images() {
  Dataset data = load_mnist_sample().train;
  data.pixels.resize(21 * 784);
  data.labels.resize(21);
  return data;
}

std::unique_ptr<Sequential> small_network() {
  auto net = std::make_unique<Sequential>();
  net->add<Conv2d>(1, 2, 5, Conv2dOptions{.stride = Size2(3)})
      .add<Relu>()
      .add<MaxPool2d>(2)
      .add<Flatten>()
      .add<Dense>(2 * 4 * 4, 10);
  return net;
}

// A network with all that trains it.
class Loop {
 public:
  Loop(const Dataset& data, Device device, bool record, bool adam = false)
      : batches_(data, 8, {}, &random_, {.shift = 2}),
        net_(small_network()),
        replay_(device, record) {
    net_->to(device);
    net_->want_input_gradient(false);
    initialise(*net_, Init::he, random_);
    batches_.to(device);
    loss_.to(device);
    tally_.to(device);
    if (adam) {
      optimizer_ = std::make_unique<Adam>(net_->params(), AdamOptions{});
    } else {
      optimizer_ = std::make_unique<Sgd>(net_->params(), SgdOptions{.momentum = real(0.9)});
    }
    optimizer_->to(device);
  }

  void start() { batches_.start(); }
  // One step; false when the epoch is over.
  bool step(real learning_rate) {
    if (!batches_.advance()) return false;
    optimizer_->set_learning_rate(learning_rate);
    replay_.step(batches_.count(), [&] {
      ++calls;
      batches_.gather();
      optimizer_->zero_grad();
      const Tensor& scores = net_->forward(batches_.x());
      const Tensor& value = loss_.forward(scores, batches_.device_labels());
      net_->backward(loss_.backward());
      optimizer_->step();
      tally_.add(scores, batches_.device_labels(), value);
    });
    return true;
  }
  // Some epochs, with another learning rate at each step; the loss of each step.
  std::vector<double> epochs(int count) {
    std::vector<double> losses;
    for (int epoch = 0; epoch < count; ++epoch) {
      start();
      while (step(real(0.05) / static_cast<real>(1 + losses.size()))) {
        const Totals totals = tally_.take();
        CHECK(totals.images == batches_.count());
        losses.push_back(totals.mean_loss());
      }
    }
    return losses;
  }
  std::vector<real> weights() {
    std::vector<real> all;
    for (const Param* p : net_->params()) {
      const Tensor w = p->value.on(Memory::host);
      all.insert(all.end(), w.data(), w.data() + w.size());
    }
    return all;
  }
  Sequential& net() { return *net_; }
  Replay& replay() { return replay_; }
  int calls = 0;  // of the step's work

 private:
  Random random_{3};
  Batches batches_;
  std::unique_ptr<Sequential> net_;
  SoftmaxCrossEntropy loss_;
  Tally tally_;
  std::unique_ptr<Optimizer> optimizer_;
  Replay replay_;
};

}  // namespace

TEST_CASE("replayed steps give the bits of those that are called, across epochs") {
  const Dataset data = few_images();
  for (const bool adam : {false, true}) {
    CAPTURE(adam);
    Loop called(data, Device::cuda, false, adam), replayed(data, Device::cuda, true, adam);
    const std::vector<double> expected = called.epochs(4);
    const std::vector<double> found = replayed.epochs(4);
    REQUIRE(expected.size() == 12);
    CHECK(found == expected);
    CHECK(found.back() != found.front());
    CHECK(replayed.weights() == called.weights());
    CHECK(called.calls == 12);
    CHECK(called.replay().replayed() == 0);
    // Of each size one call and one record, and one more of the size whose memory came first.
    CHECK(replayed.replay().replayed() >= 8);
    CHECK(replayed.calls <= 6);
    CHECK(replayed.replay().launches_a_step() > 10);

    const std::vector<double> reference = Loop(data, Device::reference, true, adam).epochs(4);
    for (std::size_t step = 0; step < found.size(); ++step) {
      CHECK(found[step] == doctest::Approx(reference[step]).epsilon(1e-3));
    }
  }
}

TEST_CASE("a replayed step allocates nothing and copies nothing from or to the host") {
  const Dataset data = few_images();
  for (const bool record : {true, false}) {
    Loop loop(data, Device::cuda, record);
    for (int epoch = 0; epoch < 3; ++epoch) {
      loop.start();
      while (loop.step(real(0.01))) {
      }
    }
    loop.start();
    const std::int64_t allocations = cuda::allocation_count(), copies = cuda::copy_count();
    const std::int64_t replayed = loop.replay().replayed();
    int steps = 0;
    while (loop.step(real(0.02))) ++steps;
    CHECK(steps == 3);
    CHECK(cuda::allocation_count() == allocations);
    CHECK(cuda::copy_count() == copies);
    CHECK(loop.replay().replayed() - replayed == (record ? 3 : 0));
  }
}

TEST_CASE("a learning rate that changes between replays is heard") {
  const Dataset data = few_images();
  Loop loop(data, Device::cuda, true);
  loop.epochs(3);
  loop.start();
  const std::int64_t replayed = loop.replay().replayed();
  std::vector<real> before = loop.weights();
  loop.step(0);
  CHECK(loop.weights() == before);
  loop.step(real(0.1));
  CHECK(loop.weights() != before);
  CHECK(loop.replay().replayed() == replayed + 2);
}

TEST_CASE("a record whose memory may have moved is made anew") {
  const Dataset data = few_images();
  Loop called(data, Device::cuda, false), replayed(data, Device::cuda, true);
  Batches larger(data, 21), larger_too(data, 21);
  larger.to(Device::cuda);
  larger_too.to(Device::cuda);
  Evaluation score(replayed.net(), larger), score_too(called.net(), larger_too);
  std::vector<double> found, expected;
  for (int time = 0; time < 3; ++time) {
    const int calls = replayed.calls;
    for (const double loss : replayed.epochs(1)) found.push_back(loss);
    // The first evaluation takes memory, so in the second epoch both kinds of step are called once
    // more, and recorded again: the large one at once, the small one in the third.
    if (time == 1) CHECK(replayed.calls == calls + 3);
    if (time == 2) CHECK(replayed.calls == calls + 1);
    for (const double loss : called.epochs(1)) expected.push_back(loss);
    found.push_back(score.score().loss);
    expected.push_back(score_too.score().loss);
  }
  CHECK(found == expected);
}

TEST_CASE("a step that cannot be recorded says so") {
  Replay replay(Device::cuda);
  Buffer<int> there(Memory::cuda);
  const int number = 1;
  const auto copies = [&] { there.assign(&number, 1); };
  replay.step(1, copies);
  CHECK_THROWS_WITH_AS(replay.step(1, copies), doctest::Contains("graph: what is captured"), Error);
  Replay plain(Device::cuda, false);
  for (int time = 0; time < 3; ++time) plain.step(1, copies);
}

TEST_CASE("a pass over the test images waits for cuda once, and scores as reference does") {
  const Dataset data = few_images();
  std::vector<Score> scores;
  for (const Device device : {Device::reference, Device::cpu, Device::cuda}) {
    Loop loop(data, device, true);
    Batches batches(data, 8);
    batches.to(device);
    Evaluation evaluation(loop.net(), batches);
    evaluation.score();
    const std::int64_t copies = cuda::copy_count();
    scores.push_back(evaluation.score());
    // The beginning of the epoch there, the tally here, and its zeros there again.
    CHECK(cuda::copy_count() - copies == (device == Device::cuda ? 3 : 0));
  }
  for (const Score& score : scores) {
    CHECK(score.accuracy == scores[0].accuracy);
    CHECK(score.loss == doctest::Approx(scores[0].loss).epsilon(1e-5));
  }
}
