// Kernels for the race detector: each race beside the same kernel without it.
#include "cuda/launch.h"
#include "tests/simt/kernels.h"

namespace longhand::test {

namespace {

__device__ int thread() {
  return static_cast<int>(threadIdx.x);
}

// Each thread reads what its neighbour in the block wrote.
__global__ void neighbours_kernel(bool barrier, int* y) {
  __shared__ int shared[64];
  shared[thread()] = thread();  // line: write of neighbours
  if (barrier) __syncthreads();
  y[thread()] = shared[63 - thread()];  // line: read of neighbours
}

// The same within a warp. A shuffle moves a value, but does not order accesses to memory.
__global__ void lanes_kernel(bool barrier, int* y) {
  __shared__ int shared[64];
  shared[thread()] = __shfl_xor_sync(0xffffffffU, thread(), 1);  // line: write of lanes
  if (barrier) {
    __syncwarp();
  } else {
    __shfl_xor_sync(0xffffffffU, thread(), 1);
  }
  y[thread()] = shared[thread() ^ 1];  // line: read of lanes
}

// A warp's buffer that is written again while its other lanes may still read it.
__global__ void lanes_reuse_kernel(bool barrier, int* y) {
  __shared__ int shared[32];
  shared[thread()] = 1;
  __syncwarp();
  y[thread()] = shared[thread() ^ 1];  // line: read of lanes reuse
  if (barrier) __syncwarp();
  shared[thread()] = 2;  // line: write of lanes reuse
}

// A buffer that is written again while others may still read it.
__global__ void reuse_kernel(bool barrier, int* y) {
  __shared__ int shared;
  for (int i = 0; i < 3; ++i) {
    if (thread() == 0) shared = i;  // line: write of reuse
    __syncthreads();
    y[thread()] = shared;  // line: read of reuse
    if (barrier) __syncthreads();
  }
}

// All threads of a block add into a few sums.
__global__ void scatter_kernel(bool atomic, int* y) {
  if (atomic) {
    atomicAdd(&y[thread() % 4], 1);
  } else {
    y[thread() % 4] += 1;  // line: scatter
  }
}

// Blocks write where the next one reads; the first block's threads each stay by themselves.
__global__ void blocks_kernel(bool apart, int* y) {
  const int block = static_cast<int>(blockIdx.x), threads = static_cast<int>(blockDim.x);
  const int mine = block * threads + thread();
  y[mine] = mine;  // line: write of blocks
  const int next = apart ? mine : (mine + threads) % (threads * static_cast<int>(gridDim.x));
  y[mine] = y[next];  // line: read of blocks
}

// Some threads read shared memory that nobody has written.
__global__ void unwritten_kernel(bool all, int* y) {
  __shared__ int shared[64];
  if (all || thread() != 40) shared[thread()] = 1;
  __syncthreads();
  y[thread()] = shared[63 - thread()];  // line: read of unwritten
}

// One thread counts atomically, another plainly.
__global__ void mixed_kernel(bool atomic, int* y) {
  if (thread() == 0) atomicAdd(&y[0], 1);  // line: atomic of mixed
  if (atomic && thread() == 33) atomicAdd(&y[0], 1);
  if (!atomic && thread() == 33) y[0] = 7;  // line: write of mixed
}

// Neighbours write the two halves of four bytes, which is no race; and, if asked, the same half.
__global__ void halves_kernel(bool apart, unsigned short* y) {
  __shared__ unsigned short shared[64];
  shared[apart ? thread() : thread() / 2] = 1;  // line: halves
  __syncthreads();
  y[thread()] = shared[apart ? thread() : 0];
}

// Dynamic shared memory, in pieces of 16 bytes.
__global__ void vectors_kernel(bool barrier, float4* y) {
  DYNAMIC_SHARED(float4, shared);
  shared[thread()] = make_float4(1, 2, 3, 4);  // line: write of vectors
  if (barrier) __syncthreads();
  y[thread()] = shared[63 - thread()];  // line: read of vectors
}

// Without the fence the ticket says nothing of the other memory.
__global__ void tickets_kernel(bool fenced, int* y) {
  if (thread() != 0) return;
  y[1 + blockIdx.x] = 1;  // line: write of tickets
  if (fenced) __threadfence();
  if (atomicAdd(&y[0], 1) != 1) return;
  y[3] = y[1] + y[2];  // line: read of tickets
}

}  // namespace

void race(Race which, bool correct, int* y) {
  switch (which) {
    case Race::neighbours:
      LAUNCH(neighbours_kernel, 1, 64, 0, nullptr, correct, y);
      break;
    case Race::lanes:
      LAUNCH(lanes_kernel, 1, 64, 0, nullptr, correct, y);
      break;
    case Race::lanes_reuse:
      LAUNCH(lanes_reuse_kernel, 1, 32, 0, nullptr, correct, y);
      break;
    case Race::reuse:
      LAUNCH(reuse_kernel, 1, 64, 0, nullptr, correct, y);
      break;
    case Race::scatter:
      LAUNCH(scatter_kernel, 1, 64, 0, nullptr, correct, y);
      break;
    case Race::blocks:
      LAUNCH(blocks_kernel, 2, 64, 0, nullptr, correct, y);
      break;
    case Race::unwritten:
      LAUNCH(unwritten_kernel, 1, 64, 0, nullptr, correct, y);
      break;
    case Race::mixed:
      LAUNCH(mixed_kernel, 1, 64, 0, nullptr, correct, y);
      break;
    case Race::halves:
      LAUNCH(halves_kernel, 1, 64, 0, nullptr, correct, reinterpret_cast<unsigned short*>(y));
      break;
    case Race::vectors:
      LAUNCH(vectors_kernel, 1, 64, 64 * sizeof(float4), nullptr, correct,
             reinterpret_cast<float4*>(y));
      break;
    case Race::tickets:
      LAUNCH(tickets_kernel, 2, 32, 0, nullptr, correct, y);
      break;
  }
}

}  // namespace longhand::test
