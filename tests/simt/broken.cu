// Kernels with one bug each, that the runtime must find and name. A block has 64 threads.
#include "cuda/launch.h"
#include "tests/simt/kernels.h"

namespace longhand::test {

namespace {

constexpr unsigned all_lanes = 0xffffffffU;

__device__ int thread() {
  return static_cast<int>(threadIdx.x);
}

__global__ void return_before_barrier_kernel(int* x) {
  if (thread() >= 40) return;
  __syncthreads();
  x[thread()] = 1;
}

__global__ void branch_around_barrier_kernel(int* x) {
  if (thread() % 2 == 0) __syncthreads();
  x[thread()] = 1;
}

__global__ void two_barriers_kernel(int* x) {
  if (thread() < 32) {
    x[thread()] = 1;
    __syncthreads();
  } else {
    x[thread()] = 2;
    __syncthreads();
  }
}

__global__ void barrier_against_shuffle_kernel(int* x) {
  if (thread() % 32 == 3) __syncthreads();
  x[thread()] = __shfl_sync(all_lanes, thread(), 0);
}

__global__ void shuffle_without_caller_kernel(int* x) {
  x[thread()] = __shfl_down_sync(0x0000ffffU, thread(), 1);
}

__global__ void shuffle_with_returned_lanes_kernel(int* x) {
  if (thread() % 32 >= 16) return;
  x[thread()] = __shfl_down_sync(all_lanes, thread(), 8);
}

__global__ void shuffle_with_two_masks_kernel(int* x) {
  const unsigned mask = thread() % 32 < 16 ? 0x0000ffffU : all_lanes;
  x[thread()] = __shfl_xor_sync(mask, thread(), 1);
}

__global__ void shuffle_with_bad_width_kernel(int* x) {
  x[thread()] = __shfl_xor_sync(all_lanes, thread(), 1, 12);
}

__global__ void two_shuffles_kernel(int* x) {
  if (thread() % 2 == 0) {
    x[thread()] = __shfl_xor_sync(all_lanes, thread(), 1);
  } else {
    x[thread()] = __shfl_xor_sync(all_lanes, thread(), 2);
  }
}

// Lane 0 waits for lane 1, which waits for lane 2, which waits for lane 0.
__global__ void lanes_in_a_circle_kernel(int* x) {
  if (thread() == 0) __syncwarp(0x3);
  if (thread() == 1) __syncwarp(0x6);
  if (thread() == 2) __syncwarp(0x5);
  x[thread()] = 1;
}

__global__ void trap_kernel(int* x) {
  if (thread() == 5 && blockIdx.x == 1) __trap();
  x[thread()] = 1;
}

__global__ void no_shared_memory_kernel(int* x) {
  DYNAMIC_SHARED(int, shared);
  shared[thread()] = thread();
  x[thread()] = shared[thread()];
}

__global__ void read_beyond_kernel(const int* x, int index, int* y) {
  y[0] = x[index];
}

__global__ void read_held_kernel(Holder holder, int* y) {
  y[0] = holder.memory[0];
}

__global__ void write_beyond_shared_kernel(int index, int* y) {
  __shared__ int shared[64];
  int* const first = shared;  // whose length no compiler knows
  first[index + thread()] = 1;
  __syncthreads();
  y[thread()] = shared[63 - thread()];
}

__global__ void write_beyond_dynamic_shared_kernel(int index, int* y) {
  DYNAMIC_SHARED(int, shared);
  shared[index + thread()] = 1;
  __syncthreads();
  y[thread()] = shared[63 - thread()];
}

__device__ int deep(const int* x, int depth) {
  volatile int here[64];
  here[depth % 64] = x[0] >= 0 ? depth : x[0];
  return depth == 0 ? 0 : deep(x, depth - 1) + here[depth % 64];
}

__global__ void overflow_stack_kernel(int* y) {
  y[0] = deep(y, 1 << 20);
}

}  // namespace

void return_before_barrier(int* x) {
  LAUNCH(return_before_barrier_kernel, 2, 64, 0, nullptr, x);
}
void branch_around_barrier(int* x) {
  LAUNCH(branch_around_barrier_kernel, 2, 64, 0, nullptr, x);
}
void two_barriers(int* x) {
  LAUNCH(two_barriers_kernel, 2, 64, 0, nullptr, x);
}
void barrier_against_shuffle(int* x) {
  LAUNCH(barrier_against_shuffle_kernel, 2, 64, 0, nullptr, x);
}
void shuffle_without_caller(int* x) {
  LAUNCH(shuffle_without_caller_kernel, 2, 64, 0, nullptr, x);
}
void shuffle_with_returned_lanes(int* x) {
  LAUNCH(shuffle_with_returned_lanes_kernel, 2, 64, 0, nullptr, x);
}
void shuffle_with_two_masks(int* x) {
  LAUNCH(shuffle_with_two_masks_kernel, 2, 64, 0, nullptr, x);
}
void shuffle_with_bad_width(int* x) {
  LAUNCH(shuffle_with_bad_width_kernel, 2, 64, 0, nullptr, x);
}
void two_shuffles(int* x) {
  LAUNCH(two_shuffles_kernel, 2, 64, 0, nullptr, x);
}
void lanes_in_a_circle(int* x) {
  LAUNCH(lanes_in_a_circle_kernel, 2, 64, 0, nullptr, x);
}
void trap(int* x) {
  LAUNCH(trap_kernel, 2, 64, 0, nullptr, x);
}
void no_shared_memory(int* x) {
  LAUNCH(no_shared_memory_kernel, 2, 64, 0, nullptr, x);
}

void read_beyond(const int* x, int index, int* y) {
  LAUNCH(read_beyond_kernel, 1, 1, 0, nullptr, x, index, y);
}
void read_held(Holder holder, int* y) {
  LAUNCH(read_held_kernel, 1, 1, 0, nullptr, holder, y);
}
void write_beyond_shared(int index, int* y) {
  LAUNCH(write_beyond_shared_kernel, 1, 64, 0, nullptr, index, y);
}
void write_beyond_dynamic_shared(int index, int* y) {
  LAUNCH(write_beyond_dynamic_shared_kernel, 1, 64, 64 * sizeof(int), nullptr, index, y);
}

void overflow_stack(int* y) {
  LAUNCH(overflow_stack_kernel, 1, 1, 0, nullptr, y);
}

}  // namespace longhand::test
