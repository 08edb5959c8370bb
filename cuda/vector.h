// Vectors of real in registers: what one instruction loads or stores. A thread that asks for 16
// bytes at a time, not 4, needs a quarter of the instructions for the same traffic.
#pragma once

#include <cstdint>

#include "core/real.h"
#include "cuda/launch.h"

namespace longhand::cuda {

// The most that one instruction takes is 16 bytes: 4 floats, or 2 doubles.
constexpr int vector_size = static_cast<int>(16 / sizeof(real));

// `width` numbers next to each other. Their address must be a multiple of their size.
template <int width>
struct alignas(width * sizeof(real)) Pack {
  real v[width];
};

template <int width>
__device__ inline Pack<width> load(const real* from) {
  return *reinterpret_cast<const Pack<width>*>(from);
}

template <int width>
__device__ inline void store(const Pack<width>& pack, real* to) {
  *reinterpret_cast<Pack<width>*>(to) = pack;
}

// Whether all arrays begin where a Pack of vector_size may. A tensor does, but its middle may not.
template <class... Arrays>
__host__ __device__ inline bool aligned(const Arrays*... arrays) {
  return ((reinterpret_cast<std::uintptr_t>(arrays) % sizeof(Pack<vector_size>) == 0) && ...);
}

}  // namespace longhand::cuda
