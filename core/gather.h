// gather: a batch's images and labels, picked out of a data set. The place in the epoch where the
// next batch begins is data too, and moves on by itself: so a batch is put together by the same
// calls each time.
#pragma once

#include <cstdint>

#include "core/real.h"

namespace longhand {

struct GatherGeometry {
  int n = 1;              // images in the batch
  std::int64_t size = 1;  // bytes of one image
};

namespace ref {
// The next n images of an epoch's order, and their labels; then the position moves on:
//   indices[n] = order[position + n],  batch_labels[n] = labels[indices[n]],  position += g.n
void take_batch(const GatherGeometry& g, const int* order, const std::uint8_t* labels,
                int* position, int* indices, int* batch_labels);
// x[n, i] = scaled[pixels[indices[n], i]]: image indices[n] of the data set becomes the batch's
// image n, and `scaled` says what number each of the 256 bytes becomes.
void gather_images(const GatherGeometry& g, const std::uint8_t* pixels, const int* indices,
                   const real* scaled, real* x);
}  // namespace ref

// The data set lies in the GPU's memory whole, and so does all else.
namespace cuda {
void take_batch(const GatherGeometry& g, const int* order, const std::uint8_t* labels,
                int* position, int* indices, int* batch_labels);
void gather_images(const GatherGeometry& g, const std::uint8_t* pixels, const int* indices,
                   const real* scaled, real* x);
}  // namespace cuda

}  // namespace longhand
