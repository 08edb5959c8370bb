// Copies to shared memory that a thread starts and waits for later.
#include <cuda_pipeline.h>

#include "cuda/launch.h"
#include "tests/simt/kernels.h"

namespace longhand::test {

namespace {

constexpr int threads = 64;

// Each thread copies for its neighbour, a pack of two in every round, while the round before is
// read.
__global__ void copied_ahead_kernel(int rounds, const float* x, float* y) {
  __shared__ __align__(16) float pairs[2][threads][2];
  const int t = static_cast<int>(threadIdx.x), neighbour = (t + 1) % threads;
  const auto start = [&](int round) {
    if (round < rounds) {
      __pipeline_memcpy_async(pairs[round % 2][t], x + 2 * (round * threads + t),
                              2 * sizeof(float));
    }
    __pipeline_commit();
  };
  float sum = 0;
  start(0);
  for (int round = 0; round < rounds; ++round) {
    start(round + 1);
    __pipeline_wait_prior(1);
    __syncthreads();
    sum += pairs[round % 2][neighbour][0] - pairs[round % 2][neighbour][1];
    __syncthreads();
  }
  y[t] = sum;
}

// Of four numbers the last is not copied but zero.
__global__ void zero_filled_kernel(const float* x, float* y) {
  __shared__ __align__(16) float four[4];
  __pipeline_memcpy_async(four, x, sizeof four, sizeof(float));
  __pipeline_commit();
  __pipeline_wait_prior(0);
  for (int i = 0; i < 4; ++i) y[i] = four[i];
}

// Reads what it has copied before the copy is made.
__global__ void not_waited_for_kernel(const float* x, float* y) {
  __shared__ float one;
  __pipeline_memcpy_async(&one, x, sizeof one);
  __pipeline_commit();
  __pipeline_wait_prior(1);
  *y = one;
}

// Waits for nobody before it overwrites what its neighbour reads.
__global__ void copied_too_early_kernel(const float* x, float* y) {
  __shared__ float numbers[threads];
  const int t = static_cast<int>(threadIdx.x);
  numbers[t] = 0;
  __syncthreads();
  const float sum = numbers[(t + 1) % threads];
  __pipeline_memcpy_async(&numbers[t], x + t, sizeof(float));
  __pipeline_commit();
  __syncthreads();
  __pipeline_wait_prior(0);
  y[t] = sum + numbers[t];
}

}  // namespace

void copied_ahead(int rounds, const float* x, float* y) {
  LAUNCH(copied_ahead_kernel, 1, threads, 0, nullptr, rounds, x, y);
}
void zero_filled(const float* x, float* y) {
  LAUNCH(zero_filled_kernel, 1, 1, 0, nullptr, x, y);
}
void not_waited_for(const float* x, float* y) {
  LAUNCH(not_waited_for_kernel, 1, 1, 0, nullptr, x, y);
}
void copied_too_early(const float* x, float* y) {
  LAUNCH(copied_too_early_kernel, 1, threads, 0, nullptr, x, y);
}

}  // namespace longhand::test
