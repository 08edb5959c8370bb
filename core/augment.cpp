#include "core/augment.h"

namespace longhand::ref {

void augment_images(const AugmentGeometry& g, const std::uint64_t* key, const std::uint8_t* pixels,
                    const int* indices, const real* scaled, real* x) {
  const Shape image{1, g.x.c, g.x.h, g.x.w};
  for (int n = 0; n < g.x.n; ++n) {
    const Move move = move_of(g.augmentation, *key, indices[n]);
    const std::uint8_t* from = pixels + indices[n] * image.size();
    for (int c = 0; c < g.x.c; ++c) {
      for (int h = 0; h < g.x.h; ++h) {
        for (int w = 0; w < g.x.w; ++w) {
          const int row = h + move.down;
          const int column = (move.mirrored ? g.x.w - 1 - w : w) + move.right;
          const bool inside = row >= 0 && row < g.x.h && column >= 0 && column < g.x.w;
          const int byte = inside ? from[at(image, 0, c, row, column)] : 0;
          x[at(g.x, n, c, h, w)] = scaled[byte];
        }
      }
    }
  }
}

}  // namespace longhand::ref
