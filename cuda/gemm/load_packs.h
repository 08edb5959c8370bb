// Tiles of an operand, copied to shared memory 16 bytes at a time by all threads of a block.
#pragma once

#include "cuda/gemm/tiles.h"

namespace longhand::cuda {

// pack_size numbers beside each other in memory from (i, l) on. Beyond the edges they are zero.
template <bool along_k>
__device__ inline Pack read_numbers(const RowMajor<along_k>& operand, int row_count, int end_l,
                                    int i, int l) {
  if (operand.packed && i < row_count && l < end_l) return read_pack(operand.at(i, l));
  Pack pack;
#pragma unroll
  for (int e = 0; e < pack_size; ++e) {
    const int i_e = along_k ? i : i + e, l_e = along_k ? l + e : l;
    pack.at[e] = i_e < row_count && l_e < end_l ? *operand.at(i_e, l_e) : 0;
  }
  return pack;
}

// tile[l][i] is number (first_i + i, first_l + l). Where neighbours in memory are neighbours along
// l, the matrix is transposed on the way: what was read at once is written number by number.
template <int threads, int rows, bool along_k>
__device__ inline void load_packs(const RowMajor<along_k>& operand, int row_count, int end_l,
                                  int first_i, int first_l, SharedTile<rows>& tile) {
  constexpr int steps = tile_steps, packs_a_line = (along_k ? steps : rows) / pack_size;
  static_assert(rows * steps / pack_size % threads == 0, "threads would be left over");
#pragma unroll
  for (int first = 0; first < rows * steps / pack_size; first += threads) {
    const int e = first + static_cast<int>(threadIdx.x);
    const int along = e % packs_a_line * pack_size, across = e / packs_a_line;
    const int i = along_k ? across : along, l = along_k ? along : across;
    const Pack pack = read_numbers(operand, row_count, end_l, first_i + i, first_l + l);
    if constexpr (along_k) {
#pragma unroll
      for (int p = 0; p < pack_size; ++p) tile[l + p][i] = pack.at[p];
    } else {
      write_pack(pack, &tile[l][i]);
    }
  }
}

}  // namespace longhand::cuda
