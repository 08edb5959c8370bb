// Four numbers that are read or written by one instruction (of float; by two of double).
#pragma once

#include <cstdint>

#include "core/real.h"
#include "cuda/launch.h"

namespace longhand::cuda {

struct alignas(16) Four {
  real v[4];
};

// `place` is a multiple of 4 numbers from an address that is a multiple of 16 bytes.
__device__ inline Four load_four(const real* place) {
  return *reinterpret_cast<const Four*>(place);
}
__device__ inline void store_four(const Four& four, real* place) {
  *reinterpret_cast<Four*>(place) = four;
}

// Whether a row of `columns` numbers at `memory` can be read by fours.
inline bool takes_fours(const real* memory, int columns) {
  return columns % 4 == 0 && reinterpret_cast<std::uintptr_t>(memory) % sizeof(Four) == 0;
}

}  // namespace longhand::cuda
