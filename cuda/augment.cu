#include "core/augment.h"

#include "cuda/grid.h"
#include "cuda/launch.h"

namespace longhand::cuda {

namespace {

__global__ void augment_images_kernel(AugmentGeometry g, const std::uint64_t* key,
                                      const std::uint8_t* pixels, const int* indices,
                                      const real* scaled, real* x) {
  const std::int64_t i = global_index();
  if (i >= g.x.size()) return;
  const auto [n, c, h, w] = index_at(g.x, i);
  const Shape image{1, g.x.c, g.x.h, g.x.w};
  const Move move = move_of(g.augmentation, *key, indices[n]);
  const std::uint8_t* from = pixels + indices[n] * image.size();
  const int row = h + move.down;
  const int column = (move.mirrored ? g.x.w - 1 - w : w) + move.right;
  const bool inside = row >= 0 && row < g.x.h && column >= 0 && column < g.x.w;
  const int byte = inside ? from[at(image, 0, c, row, column)] : 0;
  x[at(g.x, n, c, h, w)] = scaled[byte];
}

}  // namespace

void augment_images(const AugmentGeometry& g, const std::uint64_t* key, const std::uint8_t* pixels,
                    const int* indices, const real* scaled, real* x) {
  LAUNCH(augment_images_kernel, blocks_for(g.x.size()), threads_a_block, 0, stream(), g, key,
         pixels, indices, scaled, x);
}

}  // namespace longhand::cuda
