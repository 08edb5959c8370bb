#include "core/gather.h"

namespace longhand::ref {

void gather_images(const GatherGeometry& g, const std::uint8_t* pixels, const int* indices,
                   const real* scaled, real* x) {
  for (int n = 0; n < g.n; ++n) {
    const std::uint8_t* image = pixels + indices[n] * g.size;
    for (std::int64_t i = 0; i < g.size; ++i) x[n * g.size + i] = scaled[image[i]];
  }
}

void gather_labels(const GatherGeometry& g, const std::uint8_t* labels, const int* indices,
                   int* batch_labels) {
  for (int n = 0; n < g.n; ++n) batch_labels[n] = labels[indices[n]];
}

}  // namespace longhand::ref
