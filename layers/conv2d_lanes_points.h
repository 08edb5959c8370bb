// The transformations of Winograd's convolution along lines (conv2d_line_winograd.h) over vectors
// of 16 images: the matrices times vectors in the place of numbers.
#pragma once

#include <cstdint>

#include "core/real.h"

namespace longhand::fast::lanes {

// `rows` lines of `pairs` pairs of outputs. Element j of pair p of line r is the vector at
//
//   from + r * from_row + p * from_pair + j * from_element
//
// and result i of the pair goes to the same place of `to`. All distances are in numbers.
struct PairLines {
  int rows = 0, pairs = 0;
  const real* from = nullptr;
  std::int64_t from_row = 0, from_pair = 0, from_element = 0;
  real* to = nullptr;
  std::int64_t to_row = 0, to_pair = 0, to_element = 0;
};

// The columns [first, first + count) of lines of an image that is `width` columns wide. Those that
// it has not are zeros.
struct LineColumns {
  int width, first, count;
};

// Lines of an image begin at its column 0.
void input_points(int taps, const LineColumns& columns,
                  const PairLines& lines);  // V = B^T d: taps + 1 from taps + 1
void gradient_points(int taps, const LineColumns& columns,
                     const PairLines& lines);  // A dy: taps + 1 from 2
// The gradient of input_points: d = B M, taps + 1 columns a pair of which the next pair has all but
// two, too. Every column of the image must be among `columns`; it is overwritten.
void overlap_pairs(int taps, const LineColumns& columns, const PairLines& lines);
void output_pairs(int taps, const LineColumns& columns,
                  const PairLines& lines);  // y = A^T M: 2 from taps + 1

}  // namespace longhand::fast::lanes
