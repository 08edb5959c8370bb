// The kernel that docs/stepping_cuda_without_a_gpu.md steps through, and its program.
#include <cstdio>

#include "cuda/launch.h"

namespace {

// Turns each run of eight elements round.
__global__ void reverse_kernel(const float* x, float* y) {
  __shared__ float tile[8];
  const int t = static_cast<int>(threadIdx.x);
  const int first = static_cast<int>(blockIdx.x) * 8;
  tile[t] = x[first + t];
  __syncthreads();
  y[first + t] = tile[7 - t];
}

}  // namespace

int main() {
  float x[16], *device = nullptr;
  for (int i = 0; i < 16; ++i) x[i] = static_cast<float>(i);
  CUDA_CHECK(cudaMalloc(&device, 2 * sizeof x));
  CUDA_CHECK(cudaMemcpy(device, x, sizeof x, cudaMemcpyHostToDevice));
  LAUNCH(reverse_kernel, 2, 8, 0, nullptr, device, device + 16);
  CUDA_CHECK(cudaMemcpy(x, device + 16, sizeof x, cudaMemcpyDeviceToHost));
  CUDA_CHECK(cudaFree(device));
  for (const float value : x) std::printf("%g ", static_cast<double>(value));
  std::printf("\n");
}
