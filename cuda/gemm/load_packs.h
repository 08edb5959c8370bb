// Tiles of an operand, copied to shared memory 16 bytes at a time by all threads of a block.
#pragma once

#include "cuda/gemm/tiles.h"

namespace longhand::cuda {

// vector_size numbers beside each other in memory from (i, l) on. Beyond the edges they are zero.
template <bool along_k>
__device__ inline Pack<vector_size> read_numbers(const RowMajor<along_k>& operand, int row_count,
                                                 int end_l, int i, int l) {
  if (operand.packed && i < row_count && l < end_l) return load<vector_size>(operand.at(i, l));
  Pack<vector_size> pack;
#pragma unroll
  for (int e = 0; e < vector_size; ++e) {
    const int i_e = along_k ? i : i + e, l_e = along_k ? l + e : l;
    pack.v[e] = i_e < row_count && l_e < end_l ? *operand.at(i_e, l_e) : 0;
  }
  return pack;
}

// tile[l][i] is number (first_i + i, first_l + l). Where neighbours in memory are neighbours along
// l, the matrix is transposed on the way: what was read at once is written number by number.
template <int threads, int rows, bool along_k>
__device__ inline void load_packs(const RowMajor<along_k>& operand, int row_count, int end_l,
                                  int first_i, int first_l, SharedTile<rows>& tile) {
  constexpr int steps = tile_steps, packs_a_line = (along_k ? steps : rows) / vector_size;
  static_assert(rows * steps / vector_size % threads == 0, "threads would be left over");
#pragma unroll
  for (int first = 0; first < rows * steps / vector_size; first += threads) {
    const int e = first + static_cast<int>(threadIdx.x);
    const int along = e % packs_a_line * vector_size, across = e / packs_a_line;
    const int i = along_k ? across : along, l = along_k ? along : across;
    const Pack<vector_size> pack =
        read_numbers(operand, row_count, end_l, first_i + i, first_l + l);
    if constexpr (along_k) {
#pragma unroll
      for (int p = 0; p < vector_size; ++p) tile[l + p][i] = pack.v[p];
    } else {
      store(pack, &tile[l][i]);
    }
  }
}

}  // namespace longhand::cuda
