// Sums and maxima over the threads of a warp or a block. Every thread calls them with its number
// and gets the result, all threads the same bits. The order of the additions is fixed by where the
// threads are, so two runs give the same bits too.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/real.h"
#include "cuda/launch.h"

namespace longhand::cuda {

constexpr int warp_threads = 32;
constexpr unsigned all_lanes = 0xffffffffU;
constexpr int most_warps = 32;  // in a block

// Of two numbers the larger; a NaN is larger than every number.
__device__ inline real larger(real a, real b) {
  return a < b || std::isnan(b) ? b : a;
}

// Each lane adds what its partner 16 lanes away has, then 8, 4, 2 and 1: by then it has the sum of
// all 32. Both partners add the same two numbers, so their bits agree.
__device__ inline real warp_sum(real x) {
  for (int distance = warp_threads / 2; distance > 0; distance /= 2) {
    x += __shfl_xor_sync(all_lanes, x, distance);
  }
  return x;
}

__device__ inline real warp_max(real x) {
  for (int distance = warp_threads / 2; distance > 0; distance /= 2) {
    x = larger(x, __shfl_xor_sync(all_lanes, x, distance));
  }
  return x;
}

// The blocks of the next two are rows of whole warps: block_threads_for(count) gives one.

// Each warp adds up its own, then every warp adds up the warps' sums.
__device__ inline real block_sum(real x) {
  __shared__ real sums[most_warps];
  const int warps = static_cast<int>(blockDim.x) / warp_threads;
  const int warp = static_cast<int>(threadIdx.x) / warp_threads;
  const int lane = static_cast<int>(threadIdx.x) % warp_threads;
  x = warp_sum(x);
  if (warps == 1) return x;
  if (lane == 0) sums[warp] = x;
  __syncthreads();
  x = warp_sum(lane < warps ? sums[lane] : 0);
  __syncthreads();  // the next sum may overwrite sums only when all have read them
  return x;
}

__device__ inline real block_max(real x) {
  __shared__ real maxima[most_warps];
  const int warps = static_cast<int>(blockDim.x) / warp_threads;
  const int warp = static_cast<int>(threadIdx.x) / warp_threads;
  const int lane = static_cast<int>(threadIdx.x) % warp_threads;
  x = warp_max(x);
  if (warps == 1) return x;
  if (lane == 0) maxima[warp] = x;
  __syncthreads();
  x = warp_max(lane < warps ? maxima[lane] : -std::numeric_limits<real>::infinity());
  __syncthreads();
  return x;
}

// The threads of a block that goes over `count` numbers together: whole warps, at most 256.
constexpr int block_threads_for(int count) {
  return std::min((count + warp_threads - 1) / warp_threads * warp_threads, 256);
}

// A team of threads goes over a row of numbers together: number `first()` and every `threads()`-th
// after it are this thread's. A kernel that is a template of its team serves long rows and short
// ones; where row() is beyond the last one, it returns.

// A row has a block of its own.
struct BlockTeam {
  static __device__ int row() { return static_cast<int>(blockIdx.x); }
  static __device__ int first() { return static_cast<int>(threadIdx.x); }
  static __device__ int threads() { return static_cast<int>(blockDim.x); }
  static __device__ real sum(real x) { return block_sum(x); }
  static __device__ real max(real x) { return block_max(x); }
};

// A row has a warp, and a block as many rows as it has warps: the team needs no barrier, and a row
// of 10 numbers leaves no more than 22 threads idle.
struct WarpTeam {
  static constexpr int rows_a_block = 4;
  static __device__ int row() {
    return static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x) / warp_threads;
  }
  static __device__ int first() { return static_cast<int>(threadIdx.x) % warp_threads; }
  static __device__ int threads() { return warp_threads; }
  static __device__ real sum(real x) { return warp_sum(x); }
  static __device__ real max(real x) { return warp_max(x); }
};

// Up to so many numbers a warp goes over a row at most four times; longer ones are for a block.
constexpr int longest_row_of_a_warp = 4 * warp_threads;

// LAUNCH of a kernel<Team> for `rows` rows of `count` numbers, with the team that suits them:
// LAUNCH_FOR_ROWS(kernel, rows, count, arguments...).
#define LAUNCH_FOR_ROWS(kernel, rows, count, ...)                                                \
  do {                                                                                           \
    if ((count) <= longest_row_of_a_warp) {                                                      \
      LAUNCH((kernel<WarpTeam>), static_cast<unsigned>(((rows)-1) / WarpTeam::rows_a_block + 1), \
             WarpTeam::rows_a_block* warp_threads, 0, stream(), __VA_ARGS__);                    \
    } else {                                                                                     \
      LAUNCH((kernel<BlockTeam>), static_cast<unsigned>(rows), block_threads_for(count), 0,      \
             stream(), __VA_ARGS__);                                                             \
    }                                                                                            \
  } while (false)

}  // namespace longhand::cuda
