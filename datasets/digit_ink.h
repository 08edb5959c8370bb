// The ink on a picture of a handwritten digit: what a photo or a drawing needs before it is as
// clean as a scan.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "datasets/image.h"

namespace longhand {

// A grey picture (1 channel, at least one pixel) as bright ink (up to 255) on ground of exactly 0:
// steps 1 to 3 of digit.h, up to the removal of specks. ValueError when the picture shows no ink.
Image find_ink(const Image& picture);

// Where the pixel in row h and column w lies in a grey image.
inline std::size_t pixel_index(const Image& image, int h, int w) {
  return static_cast<std::size_t>(h) * static_cast<std::size_t>(image.width) +
         static_cast<std::size_t>(w);
}

// The nearest grey level.
inline std::uint8_t to_grey(double value) {
  return static_cast<std::uint8_t>(std::lround(std::clamp(value, 0.0, 255.0)));
}

}  // namespace longhand
