// How a kernel's threads are numbered when each computes one element of its output.
#pragma once

#include <cstdint>

#include "cuda/launch.h"

namespace longhand::cuda {

constexpr int threads_a_block = 256;

// The blocks of threads_a_block threads that give each of `count` elements a thread. The threads
// that are left over in the last block must find out themselves: if (i >= count) return.
constexpr unsigned blocks_for(std::int64_t count) {
  return static_cast<unsigned>((count + threads_a_block - 1) / threads_a_block);
}

// This thread's number among those of all blocks.
__device__ inline std::int64_t global_index() {
  return std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
}

}  // namespace longhand::cuda
