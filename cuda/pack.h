// Pack: 16 bytes of neighbouring numbers, four floats or two doubles: the most that a thread can
// read or write at once.
#pragma once

#include <cstdint>

#include "core/real.h"
#include "cuda/launch.h"

namespace longhand::cuda {

constexpr int pack_size = 16 / static_cast<int>(sizeof(real));

struct alignas(16) Pack {
  real at[pack_size];
};

// The pack that begins at `from`, whose address is a multiple of 16: one instruction, as its
// writing is in write_pack.
__device__ inline Pack read_pack(const real* from) {
  return *reinterpret_cast<const Pack*>(from);
}

__device__ inline void write_pack(const Pack& pack, real* to) {
  *reinterpret_cast<Pack*>(to) = pack;
}

// Whether rows of `columns` numbers that begin at `matrix` are made of whole packs.
inline bool in_packs(const real* matrix, std::int64_t columns) {
  return reinterpret_cast<std::uintptr_t>(matrix) % sizeof(Pack) == 0 && columns % pack_size == 0;
}

}  // namespace longhand::cuda
