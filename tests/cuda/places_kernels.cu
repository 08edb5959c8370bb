#include "tests/cuda/places_kernels.h"

#include "cuda/grid.h"
#include "cuda/places.h"

namespace longhand::test {

namespace {

__global__ void places_kernel(cuda::Places places, int count, const std::int64_t* offsets,
                              Index* found) {
  const std::int64_t k = cuda::global_index();
  if (k >= count) return;
  found[k] = places(offsets[k]);
}

}  // namespace

void run_places(const Shape& shape, int count, const std::int64_t* offsets, Index* found) {
  LAUNCH(places_kernel, cuda::blocks_for(count), cuda::threads_a_block, 0, cuda::stream(),
         cuda::Places(shape), count, offsets, found);
}

}  // namespace longhand::test
