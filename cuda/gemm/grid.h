// Which tile of c a block computes. The tiles are numbered row after row, along one direction of
// the grid, because that may be 2^31 - 1 blocks wide, but only 65535 high.
#pragma once

#include <cstdint>

#include "cuda/launch.h"

namespace longhand::cuda {

// The blocks that give each tile of an m x n matrix one.
template <int tile_m, int tile_n>
unsigned tiles_of(int m, int n) {
  return static_cast<unsigned>((std::int64_t{m} + tile_m - 1) / tile_m *
                               ((std::int64_t{n} + tile_n - 1) / tile_n));
}

// The first element of this block's tile.
struct TileOrigin {
  int i, j;
};
template <int tile_m, int tile_n>
__device__ TileOrigin tile_origin(int n) {
  const int tiles_a_row = (n - 1) / tile_n + 1, tile = static_cast<int>(blockIdx.x);
  return {tile / tiles_a_row * tile_m, tile % tiles_a_row * tile_n};
}

}  // namespace longhand::cuda
