// The transformations of Winograd's convolution along lines (conv2d_line_winograd.h) over vectors
// of 16 images: the matrices times vectors in the place of numbers.
#pragma once

#include <cstdint>

#include "core/real.h"
#include "layers/conv2d.h"

namespace longhand::fast::lanes {

// Scratch memory for the points of x and of y, which one direction uses after the other.
struct PointsOfX;
struct PointsOfY;

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

// The columns [first, first + count) of lines of an image that is `width` columns wide.
struct LineColumns {
  int width, first, count;
};

// Those of x that the pairs of outputs see.
LineColumns seen_columns(const Conv2dGeometry& g);

// V = B^T d: taps + 1 points of the taps + 1 columns of an image that a pair sees, two columns
// further than the pair before. Columns that the image has not are zeros. `from` is its column 0.
void input_points(int taps, const LineColumns& columns, const PairLines& lines);
// A dy: taps + 1 points of the gradients of a pair of outputs. Likewise.
void gradient_points(int taps, const LineColumns& columns, const PairLines& lines);

// y = A^T M: a pair of outputs of taps + 1 points. Of the pairs' columns the image gets those that
// it has. `to` is its column 0.
void output_pairs(int taps, const LineColumns& columns, const PairLines& lines);
// d = B M: what the points of all pairs send back to the columns they saw, which must be all that
// the image has. Likewise.
void overlap_pairs(int taps, const LineColumns& columns, const PairLines& lines);

// dw += G^T dU for `lines` lines of a kernel. Numbers: point i of line l is du[i * du_point + l],
// tap j is dw[l * taps + j].
void add_taps(int taps, int lines, const real* du, std::int64_t du_point, real* dw);

}  // namespace longhand::fast::lanes
