#include "core/gather.h"

#include "cuda/grid.h"
#include "cuda/launch.h"

namespace longhand::cuda {

namespace {

__global__ void gather_images_kernel(GatherGeometry g, const std::uint8_t* pixels,
                                     const int* indices, const real* scaled, real* x) {
  const std::int64_t index = global_index();
  if (index >= g.n * g.size) return;
  const std::int64_t n = index / g.size, i = index % g.size;
  const std::uint8_t* image = pixels + indices[n] * g.size;
  x[n * g.size + i] = scaled[image[i]];
}

__global__ void gather_labels_kernel(GatherGeometry g, const std::uint8_t* labels,
                                     const int* indices, int* batch_labels) {
  const std::int64_t n = global_index();
  if (n >= g.n) return;
  batch_labels[n] = labels[indices[n]];
}

}  // namespace

void gather_images(const GatherGeometry& g, const std::uint8_t* pixels, const int* indices,
                   const real* scaled, real* x) {
  LAUNCH(gather_images_kernel, blocks_for(g.n * g.size), threads_a_block, 0, stream(), g, pixels,
         indices, scaled, x);
}

void gather_labels(const GatherGeometry& g, const std::uint8_t* labels, const int* indices,
                   int* batch_labels) {
  LAUNCH(gather_labels_kernel, blocks_for(g.n), threads_a_block, 0, stream(), g, labels, indices,
         batch_labels);
}

}  // namespace longhand::cuda
