// augment: images moved by a few pixels or mirrored, by chance, while a batch is put together.
#pragma once

#include <cstdint>

#include "core/random_bits.h"
#include "core/real.h"
#include "core/shape.h"

namespace longhand {

struct Augmentation {
  int shift = 0;      // up to so many pixels up or down, and as many left or right
  bool flip = false;  // every second image, left for right

  bool any() const { return shift > 0 || flip; }
};

// What chance has in store for one image.
struct Move {
  int down = 0, right = 0;  // -shift to shift
  bool mirrored = false;
};

// Where the window that an image is seen through stands: drawn by the key, which is another each
// epoch, and the image's place in the data set, so it does not matter in which batch the image is,
// or when, or who asks. 32 bits choose the rows, 31 the columns, and one left for right.
constexpr Move move_of(const Augmentation& augmentation, std::uint64_t key, int image) {
  const std::uint64_t bits = random_bits(key, static_cast<std::uint64_t>(image));
  const auto choices = 2 * static_cast<std::uint64_t>(augmentation.shift) + 1;
  const std::uint64_t rows = bits & 0xffffffffU, columns = bits >> 32 & 0x7fffffffU;
  return {.down = static_cast<int>(rows * choices >> 32) - augmentation.shift,
          .right = static_cast<int>(columns * choices >> 31) - augmentation.shift,
          .mirrored = augmentation.flip && bits >> 63 == 1};
}

struct AugmentGeometry {
  Shape x;  // the batch, N x C x H x W
  Augmentation augmentation;
};

namespace ref {
// As gather_images (gather.h), but image n is first padded with black, then moved:
//
//   x[n, c, h, w] = scaled[pixels[indices[n], c, h + down, w + right]]   (W-1-w in w's place where
//                                                                         it is mirrored)
//
// with indices[n]'s own move, and a black pixel, byte 0, where that is outside of the image.
void augment_images(const AugmentGeometry& g, const std::uint64_t* key, const std::uint8_t* pixels,
                    const int* indices, const real* scaled, real* x);
}  // namespace ref

// The key lies in the GPU's memory, too.
namespace cuda {
void augment_images(const AugmentGeometry& g, const std::uint64_t* key, const std::uint8_t* pixels,
                    const int* indices, const real* scaled, real* x);
}  // namespace cuda

}  // namespace longhand
