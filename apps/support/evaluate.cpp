#include "apps/support/evaluate.h"

namespace longhand {

Evaluation::Evaluation(Sequential& net, Batches& batches) : net_(net), batches_(batches) {
  loss_.to(net.device());
  tally_.to(net.device());
}

Score Evaluation::score() {
  batches_.start();
  while (batches_.next()) {
    const Tensor& scores = net_.forward(batches_.x());
    const Tensor& loss = loss_.forward(scores, batches_.device_labels());
    tally_.add(scores, batches_.device_labels(), loss);
  }
  const Totals totals = tally_.take();
  return {.loss = totals.mean_loss(), .accuracy = totals.accuracy()};
}

}  // namespace longhand
