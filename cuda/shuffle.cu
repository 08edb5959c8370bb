#include "core/shuffle.h"

#include "cuda/grid.h"
#include "cuda/launch.h"

namespace longhand::cuda {

namespace {

__global__ void shuffle_kernel(int count, const std::uint64_t* key, int* order) {
  const auto i = static_cast<int>(global_index());
  if (i >= count) return;
  order[i] = shuffled(i, count, *key);
}

}  // namespace

void shuffle(int count, const std::uint64_t* key, int* order) {
  LAUNCH(shuffle_kernel, blocks_for(count), threads_a_block, 0, stream(), count, key, order);
}

}  // namespace longhand::cuda
