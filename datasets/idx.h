// IDX: the file format of MNIST and its relatives, gzipped or not.
//
// The format is described at http://yann.lecun.com/exdb/mnist/; all header fields are 32 bits,
// the highest byte first:
//
//   images  0x00000803, count, rows, columns; then count x rows x columns bytes, 0 to 255
//   labels  0x00000801, count;                then count bytes
//
// The header is checked against the file's unpacked length before memory for the contents is taken,
// so a damaged or hostile header costs nothing. All functions throw FileError with the file's name,
// what was expected and what was found.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "datasets/dataset.h"

namespace longhand {

// The images of one file.
struct IdxImages {
  int count = 0, rows = 0, columns = 0;
  std::vector<std::uint8_t> pixels;  // count x rows x columns
};

// At most 2^31 - 1 bytes of pixels.
IdxImages read_idx_images(const std::string& path);

// Labels must be 0 to 9; the first that is not is named.
std::vector<std::uint8_t> read_idx_labels(const std::string& path);

// The two together, 1 x rows x columns an image; their counts must agree.
Dataset read_idx(const std::string& images_path, const std::string& labels_path);

}  // namespace longhand
