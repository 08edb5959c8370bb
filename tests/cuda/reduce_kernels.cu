#include "tests/cuda/reduce_kernels.h"

#include "cuda/reduce.h"

namespace longhand::test {

namespace {

__global__ void warp_sums_kernel(const real* x, real* y) {
  y[threadIdx.x] = cuda::warp_sum(x[threadIdx.x]);
}

__global__ void warp_maxima_kernel(const real* x, real* y) {
  y[threadIdx.x] = cuda::warp_max(x[threadIdx.x]);
}

__global__ void block_sums_kernel(const real* x, real* y) {
  y[threadIdx.x] = cuda::block_sum(x[threadIdx.x]);
}

__global__ void block_maxima_kernel(const real* x, real* y) {
  y[threadIdx.x] = cuda::block_max(x[threadIdx.x]);
}

__global__ void several_kernel(const real* x, real* y) {
  const real value = x[threadIdx.x];
  const real once = cuda::block_sum(value);
  const real twice = cuda::block_sum(2 * value);
  const real largest = cuda::block_max(value);
  const real threads = cuda::block_sum(1);
  y[threadIdx.x] = once + 2 * twice + largest + threads;
}

}  // namespace

void warp_sums(int threads, const real* x, real* y) {
  LAUNCH(warp_sums_kernel, 1, threads, 0, nullptr, x, y);
}
void warp_maxima(int threads, const real* x, real* y) {
  LAUNCH(warp_maxima_kernel, 1, threads, 0, nullptr, x, y);
}
void block_sums(int threads, const real* x, real* y) {
  LAUNCH(block_sums_kernel, 1, threads, 0, nullptr, x, y);
}
void block_maxima(int threads, const real* x, real* y) {
  LAUNCH(block_maxima_kernel, 1, threads, 0, nullptr, x, y);
}
void several(int threads, const real* x, real* y) {
  LAUNCH(several_kernel, 1, threads, 0, nullptr, x, y);
}

}  // namespace longhand::test
