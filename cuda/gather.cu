#include "core/gather.h"

#include "cuda/grid.h"
#include "cuda/launch.h"

namespace longhand::cuda {

namespace {

// One block, because all must have read the position before it moves on.
__global__ void take_batch_kernel(GatherGeometry g, const int* order, const std::uint8_t* labels,
                                  int* position, int* indices, int* batch_labels) {
  const int begin = static_cast<int>(threadIdx.x), threads = static_cast<int>(blockDim.x);
  const int first = *position;
  __syncthreads();
  for (int n = begin; n < g.n; n += threads) {
    indices[n] = order[first + n];
    batch_labels[n] = labels[indices[n]];
  }
  if (begin == 0) *position = first + g.n;
}

__global__ void gather_images_kernel(GatherGeometry g, const std::uint8_t* pixels,
                                     const int* indices, const real* scaled, real* x) {
  const std::int64_t index = global_index();
  if (index >= g.n * g.size) return;
  const std::int64_t n = index / g.size, i = index % g.size;
  const std::uint8_t* image = pixels + indices[n] * g.size;
  x[n * g.size + i] = scaled[image[i]];
}

}  // namespace

void take_batch(const GatherGeometry& g, const int* order, const std::uint8_t* labels,
                int* position, int* indices, int* batch_labels) {
  LAUNCH(take_batch_kernel, 1, threads_a_block, 0, stream(), g, order, labels, position, indices,
         batch_labels);
}

void gather_images(const GatherGeometry& g, const std::uint8_t* pixels, const int* indices,
                   const real* scaled, real* x) {
  LAUNCH(gather_images_kernel, blocks_for(g.n * g.size), threads_a_block, 0, stream(), g, pixels,
         indices, scaled, x);
}

}  // namespace longhand::cuda
