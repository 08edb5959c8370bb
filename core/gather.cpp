#include "core/gather.h"

namespace longhand::ref {

void take_batch(const GatherGeometry& g, const int* order, const std::uint8_t* labels,
                int* position, int* indices, int* batch_labels) {
  for (int n = 0; n < g.n; ++n) {
    indices[n] = order[*position + n];
    batch_labels[n] = labels[indices[n]];
  }
  *position += g.n;
}

void gather_images(const GatherGeometry& g, const std::uint8_t* pixels, const int* indices,
                   const real* scaled, real* x) {
  for (int n = 0; n < g.n; ++n) {
    const std::uint8_t* image = pixels + indices[n] * g.size;
    for (std::int64_t i = 0; i < g.size; ++i) x[n * g.size + i] = scaled[image[i]];
  }
}

}  // namespace longhand::ref
