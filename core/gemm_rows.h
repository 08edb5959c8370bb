// Rows of a product's first matrix in the order in which the register tiles read them.
#pragma once

#include <cstdint>

#include "core/gemm_blocks.h"
#include "core/gemm_tile.h"
#include "core/real.h"

namespace longhand::fast {

// `together` tiles lie side by side, `step` numbers after the ones before them.
struct Rows {
  const real* data;
  std::int64_t stride, step;
  int together;
  TileOrder order;  // by_row or by_k

  // The rows of tile `number`, if tiles have `rows`.
  const real* tile(int number, int rows) const {
    return data + number / together * step + number % together * rows;
  }
};

// a's rows from i0 on where they lie, their k values from l0 on.
Rows rows_in_place(const Product& p, int i0, int l0, int tile_rows);

// a's rows [i0, i1), k values [l0, l0 + depth), copied tile after tile; by k if that is how they
// lie, else by row. Valid until this thread's next call.
Rows pack_rows(const Tiles& t, const Product& p, int i0, int i1, int l0, int depth, int tile_rows);

// a's rows [i0, i1) for tiles whose rows the compiler knows: a[i, l] of a tile is at [l * rows +
// i], the tiles are tile_rows * p.k apart, and the last one has as many rows as are left. Not of
// pictures. Valid until this thread's next call.
const real* pack_rows_of_panels(const Tiles& t, const Product& p, int i0, int i1, int tile_rows);

}  // namespace longhand::fast
