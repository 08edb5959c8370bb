// Four neighbouring numbers in registers, in float and in double: one load or store, or two.
#pragma once

#include "cuda/vector.h"

namespace longhand::cuda {

struct Four {
  real v[4];
};

// `place` is a multiple of 4 numbers from an address that is a multiple of 16 bytes.
__device__ inline Four load_four(const real* place) {
  Four four;
#pragma unroll
  for (int e = 0; e < 4; e += vector_size) {
    const Pack<vector_size> pack = load<vector_size>(place + e);
#pragma unroll
    for (int i = 0; i < vector_size; ++i) four.v[e + i] = pack.v[i];
  }
  return four;
}

__device__ inline void store_four(const Four& four, real* place) {
#pragma unroll
  for (int e = 0; e < 4; e += vector_size) {
    Pack<vector_size> pack;
#pragma unroll
    for (int i = 0; i < vector_size; ++i) pack.v[i] = four.v[e + i];
    store<vector_size>(pack, place + e);
  }
}

// Whether rows of `columns` numbers from `memory` on are made of whole fours.
inline bool takes_fours(const real* memory, int columns) {
  return columns % 4 == 0 && aligned(memory);
}

}  // namespace longhand::cuda
