// How the strips' kernels cut the places of a stride of 1: a row into strips of 4 places, one for a
// thread; an image into bands of rows; or, where an image is small, several images at a time.
#pragma once

#include <algorithm>

#include "cuda/conv2d/patch.h"

namespace longhand::cuda::strips {

constexpr int strip = 4;
constexpr int most_bytes = 40 * 1024;  // of shared memory

struct Bands {
  int strips = 0;                    // of a row
  int rows = 0;                      // of a band; 0: does not fit
  int bands = 0;                     // of an image
  int images = 0, image_groups = 0;  // at a time; how often
  Patch patch;                       // what a band's windows reach over

  constexpr int places() const { return images * rows * strips; }
};

// Bands of at most `most` strips, of n images with so many rows and columns of places.
inline Bands bands_of(int n, int rows, int columns, int kernel, int most) {
  Bands t;
  t.strips = ceil_div(columns, strip);
  if (t.strips > most) return t;
  t.bands = ceil_div(rows, std::min(rows, most / t.strips));
  t.rows = ceil_div(rows, t.bands);
  t.bands = ceil_div(rows, t.rows);
  t.images = t.bands > 1 ? 1 : std::min(n, most / (t.rows * t.strips));
  t.image_groups = ceil_div(n, t.images);
  // A thread reads 8 pixels of a row for its 4 places: enough for 5 taps.
  t.patch = Patch(t.rows + kernel - 1, t.strips * strip + strip);
  return t;
}

}  // namespace longhand::cuda::strips
