// How well a network does on images it may not have seen.
#pragma once

#include "datasets/batches.h"
#include "layers/sequential.h"

namespace longhand {

struct Score {
  double loss = 0;      // mean cross-entropy
  double accuracy = 0;  // part of the images whose largest score is the right one, 0 to 1
};

// One pass over all batches, forward only.
Score evaluate(Sequential& net, Batches& batches);

}  // namespace longhand
