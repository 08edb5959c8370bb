// How well a network does on images it may not have seen.
#pragma once

#include "datasets/batches.h"
#include "layers/sequential.h"
#include "layers/softmax_cross_entropy.h"
#include "layers/tally.h"

namespace longhand {

struct Score {
  double loss = 0;      // mean cross-entropy
  double accuracy = 0;  // part of the images whose largest score is the right one, 0 to 1
};

// Keeps references: the network and the batches, which are on one device, must outlive it. All its
// memory is taken at the first score().
class Evaluation {
 public:
  Evaluation(Sequential& net, Batches& batches);

  // One pass over all batches, forward only. On Device::cuda it waits for the GPU once, at the end.
  Score score();

 private:
  Sequential& net_;
  Batches& batches_;
  SoftmaxCrossEntropy loss_;
  Tally tally_;
};

}  // namespace longhand
