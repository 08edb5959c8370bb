// a and b of a product in the forms that the matrix unit's loop reads (core/gemm_parts_tile.h).
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/gemm_blocks.h"
#include "core/gemm_parts_tile.h"
#include "core/real.h"

namespace longhand::fast::parts {

// The k values of a product in steps of 32. If the last one is not whole it takes some of the step
// before again, for which a has zeros then. If it is the only one, the zeros are behind the
// numbers, in b too.

// Rows [i, i + rows) of a, k values [l0, l0 + depth), as one of the `tiles` tiles of each step.
void split_a(const Product& p, int i, int rows, int l0, int depth, int tiles, unsigned char* to);

// Where the last step begins.
inline int last_step(int depth) {
  return std::max(depth - step, 0);
}

// Numbers in a panel: 16 columns of so many k values, but of a step at least.
inline std::int64_t panel_size(int depth) {
  return std::int64_t{std::max(depth, step)} * tile_columns;
}

// Columns [j, j + 16 * panels) of b, k values [l0, l0 + depth), as panels.
void pack_b(const Product& p, int j, int panels, int l0, int depth, real* to);

}  // namespace longhand::fast::parts
