// Images that no file has to hold.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/random.h"
#include "core/tensor.h"

namespace longhand::bench {

struct Batch {
  Tensor x;  // batch x 1 x 28 x 28
  std::vector<int> labels;
};

// How many batches make_batches gives: about 1,024 images, in whole batches.
inline int count_batches(int batch) {
  return std::max(1, 1024 / batch);
}

// Noise with a bright bar whose row tells the class: a network can learn them, and no data set is
// in the peak memory.
inline std::vector<Batch> make_batches(int batch, Random& random) {
  std::vector<Batch> batches;
  for (int i = 0; i < count_batches(batch); ++i) {
    Tensor x({batch, 1, 28, 28});
    std::vector<int> labels;
    for (std::int64_t j = 0; j < x.size(); ++j) x[j] = random.uniform(0, 1);
    for (int n = 0; n < batch; ++n) {
      const int label = static_cast<int>(random.below(10));
      for (int h = 4 + 2 * label; h < 6 + 2 * label; ++h) {
        for (int w = 0; w < 28; ++w) x.at(n, 0, h, w) += 1;
      }
      // A fifth of the labels mean nothing: so the loss stays well above 0 however long it trains.
      labels.push_back(n % 5 == 0 ? static_cast<int>(random.below(10)) : label);
    }
    batches.push_back({std::move(x), std::move(labels)});
  }
  return batches;
}

}  // namespace longhand::bench
