// Tiles of a and b, copied to shared memory number by number by all threads of a block.
#pragma once

#include "cuda/gemm/element.h"

namespace longhand::cuda {

// tile[i][l] = a(first_i + i, first_l + l). The tile has a column more than is used, so that
// threads that write or read a column do not share a bank. Neighbouring threads read neighbouring
// numbers, however the matrix is stored.
template <int threads, int rows, int steps>
__device__ inline void load_a_tile(const GemmGeometry& g, const real* a, int first_i, int first_l,
                                   real (&tile)[rows][steps + 1]) {
#pragma unroll
  for (int e = static_cast<int>(threadIdx.x); e < rows * steps; e += threads) {
    const int i = g.transpose_a ? e % rows : e / steps;
    const int l = g.transpose_a ? e / rows : e % steps;
    tile[i][l] = a_element(g, a, first_i + i, first_l + l);
  }
}

// tile[l][j] = b(first_l + l, first_j + j)
template <int threads, int steps, int columns>
__device__ inline void load_b_tile(const GemmGeometry& g, const real* b, int first_l, int first_j,
                                   real (&tile)[steps][columns]) {
#pragma unroll
  for (int e = static_cast<int>(threadIdx.x); e < steps * columns; e += threads) {
    const int l = g.transpose_b ? e % steps : e / columns;
    const int j = g.transpose_b ? e / steps : e % columns;
    tile[l][j] = b_element(g, b, first_l + l, first_j + j);
  }
}

}  // namespace longhand::cuda
