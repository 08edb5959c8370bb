// Products of a matrix with a smaller one that is transposed, in tiles four vectors wide.
#pragma once

#include "core/gemm_blocks.h"
#include "core/gemm_tile.h"

namespace longhand::fast {

// Whether this is such a product, and c small enough to stay in the L2 cache. Then a Range has all
// columns.
bool suits_wide_tiles(const Tiles& t, const Product& p);

// multiply_range (core/gemm_blocks.h) for one that is.
void multiply_in_wide_tiles(const Tiles& t, const Product& p, const Range& range);

}  // namespace longhand::fast
