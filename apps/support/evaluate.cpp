#include "apps/support/evaluate.h"

#include "layers/softmax_cross_entropy.h"

namespace longhand {

namespace {

int largest_channel(const Tensor& scores, int n) {
  int best = 0;
  for (int c = 1; c < scores.shape().c; ++c) {
    if (scores.at(n, c, 0, 0) > scores.at(n, best, 0, 0)) best = c;
  }
  return best;
}

}  // namespace

Score evaluate(Sequential& net, Batches& batches) {
  SoftmaxCrossEntropy loss;
  loss.to(net.device());
  Score score;
  std::int64_t images = 0;
  batches.start();
  while (batches.next()) {
    const Tensor& scores_there = net.forward(batches.x());
    score.loss +=
        static_cast<double>(loss.forward(scores_there, batches.labels())) * batches.count();
    const Tensor scores = scores_there.on(Memory::host);
    for (int n = 0; n < batches.count(); ++n) {
      if (largest_channel(scores, n) == batches.labels()[static_cast<std::size_t>(n)]) {
        score.accuracy += 1;
      }
    }
    images += batches.count();
  }
  score.loss /= static_cast<double>(images);
  score.accuracy /= static_cast<double>(images);
  return score;
}

}  // namespace longhand
