// The register tile of Winograd's convolution along lines (conv2d_line_winograd.h).
#pragma once

#include <cstdint>
#include <utility>

#include "core/real.h"

namespace longhand::fast::line_winograd {

// Some rows of output channels times two vectors of pairs: M of all points, and what A^T makes of
// it. The second vector begins `last` pairs behind the first.
struct LineTile {
  int points;
  const int* depth;  // of each point's product
  const real* u;     // [k values of all points, one after the other][rows]
  const real* v;     // row k of V is v[offset[k] + pair]
  const int* offset;
  int last;
  real* copy;        // of what the tile reads of V: [k values][two vectors]
  const real* bias;  // of the rows, or null
  real* y;           // the outputs of a pair at 2 * pair, rows y_stride apart
  std::int64_t y_stride;
  const real* fetched;  // where outputs end up in y, to be fetched meanwhile, and how far apart
  std::int64_t fetched_stride;
  std::pair<const real*, const real*> ahead;  // is fetched, too
};

// The tile with so many rows, at most as many as a Tile of two vectors (core/gemm_tile.h). Of those
// for the same pairs, the first `copies` what it reads of V, and the others read that.
using LineTileFunction = void (*)(const LineTile*);
LineTileFunction line_tile(int rows, bool copies);

}  // namespace longhand::fast::line_winograd
