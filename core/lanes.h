// The two sums that convolution and dense layers are made of, over vectors that hold the same
// number of 16 images (Layout::lanes). Both keep a tile of the result in registers.
#pragma once

#include <cstdint>

#include "core/real.h"

namespace longhand::fast::lanes {

// For every channel c and every place p, both vectors of 16 images:
//
//   y[c][p] = b[c] + sum over taps t of w[c][t] * x[x_first + p * x_place + offset[t]]
//
// That is a row of a convolution's outputs (a place is a column of the image), or a dense layer (a
// place is a block of 16 images). All distances are in numbers.
struct Sums {
  int channels = 0, places = 0, taps = 0;
  const std::int64_t* offset = nullptr;
  const real* w = nullptr;
  std::int64_t w_channel = 0, w_tap = 1;  // from one channel, and one tap, to the next
  const real* b = nullptr;                // null for zeros
  const real* x = nullptr;
  std::int64_t x_first = 0, x_place = 0;
  real* y = nullptr;
  std::int64_t y_channel = 0, y_place = 0;
};
void sum(const Sums& s);

// For every channel c and tap t, with all places p of some rows r of `blocks` blocks and all 16
// images summed up:
//
//   dw[c][dw_offset[t]] += sum over r, p of dy[c][r][p] * x[x_first + r * x_row + p * x_place +
//                                                           offset[t]]
//
// The taps come in groups of `taps`: those of one row kh of the window, whose x lie inside the
// image for the rows [first_row[kh], end_row[kh]) of dy. In a group `run` taps each lie side by
// side: their offsets are 16 apart.
struct Products {
  int channels = 0, groups = 0, taps = 0, run = 1;
  const std::int64_t* offset = nullptr;     // [groups][taps]
  const std::int64_t* dw_offset = nullptr;  // [groups][taps]
  const int *first_row = nullptr, *end_row = nullptr;
  int blocks = 0, rows = 0, places = 0;
  const real* dy = nullptr;
  std::int64_t dy_channel = 0, dy_block = 0, dy_row = 0;  // a row's places lie side by side
  const real* x = nullptr;
  std::int64_t x_block = 0, x_first = 0, x_row = 0, x_place = 0;
  real* dw = nullptr;
  std::int64_t dw_channel = 0;
};
void add_products(const Products& p);

// dw[o][i] += sum over images n of dy[n, o] * x[n, i]: what a dense layer's weights gain. Here one
// vector holds 16 neighbouring i, because a sum over so few numbers as a batch has would be spent
// on adding up lanes. x is in and dy is out features wide; the rows [o0, o1) of dw are done.
struct OuterProducts {
  int images = 0, in = 0, out = 0, o0 = 0, o1 = 0;
  const real* x = nullptr;   // [n/16][in][16]
  const real* dy = nullptr;  // [n/16][out][16]
  real* dw = nullptr;        // [out][in]
};
void add_outer_products(const OuterProducts& g);

// db[c] += the sum of dy[c] over `places` vectors of 16 images in each of `blocks` blocks.
void add_sums(int channels, int blocks, std::int64_t places, const real* dy, real* db);

}  // namespace longhand::fast::lanes
