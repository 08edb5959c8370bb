// gather: a batch's images and labels, picked out of a data set.
#pragma once

#include <cstdint>

#include "core/real.h"

namespace longhand {

struct GatherGeometry {
  int n = 1;              // images in the batch
  std::int64_t size = 1;  // bytes of one image
};

namespace ref {
// x[n, i] = scaled[pixels[indices[n], i]]: image indices[n] of the data set becomes the batch's
// image n, and `scaled` says what number each of the 256 bytes becomes.
void gather_images(const GatherGeometry& g, const std::uint8_t* pixels, const int* indices,
                   const real* scaled, real* x);
// batch_labels[n] = labels[indices[n]]
void gather_labels(const GatherGeometry& g, const std::uint8_t* labels, const int* indices,
                   int* batch_labels);
}  // namespace ref

// The data set lies in the GPU's memory whole, and so do indices and scaled.
namespace cuda {
void gather_images(const GatherGeometry& g, const std::uint8_t* pixels, const int* indices,
                   const real* scaled, real* x);
void gather_labels(const GatherGeometry& g, const std::uint8_t* labels, const int* indices,
                   int* batch_labels);
}  // namespace cuda

}  // namespace longhand
