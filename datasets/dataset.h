// Dataset: labelled images in memory, as bytes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/shape.h"

namespace longhand {

struct Dataset {
  Shape image;                       // 1 x C x H x W: what one image is
  std::vector<std::uint8_t> pixels;  // image after image, each C x H x W; 0 black, 255 white
  std::vector<std::uint8_t> labels;  // one an image

  int count() const { return static_cast<int>(labels.size()); }
};

// A data set's two parts and, for a reader, where they are from.
struct TrainTest {
  Dataset train, test;
  std::string source;  // "MNIST from data/mnist", "the built-in sample of MNIST"
};

}  // namespace longhand
