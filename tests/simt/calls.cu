// Kernels for the tests of the runtime's calls.
#include "cuda/launch.h"
#include "tests/simt/kernels.h"

namespace longhand::test {

namespace {

__constant__ float constants[4];

__global__ void grid_kernel(float* x) {
  if (threadIdx.x == 0 && blockIdx.x == 0) x[0] = static_cast<float>(gridDim.x);
}

__global__ void add_one_kernel(float* x) {
  x[threadIdx.x] += 1;
}

__global__ void arrivals_kernel(unsigned* tickets, unsigned* before, unsigned* after) {
  const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  before[i] = atomicAdd(tickets, 1U);
  __syncthreads();
  after[i] = atomicAdd(tickets, 1U);
}

__global__ void arithmetic_kernel(float* y) {
  if (threadIdx.x == 1 && threadIdx.y == 2 && threadIdx.z == 3 && blockIdx.z == 1) {
    y[0] = static_cast<float>(threadIdx.z * 100 + threadIdx.y * 10 + threadIdx.x);
    y[1] = constants[2];
    y[2] = rsqrtf(4.0F);
    y[3] = __expf(0.0F);
    y[4] = static_cast<float>(min(3, 4));
    const float4 v = make_float4(1, 2, 3, 6);
    y[5] = v.x + v.y + v.z + v.w;
    y[6] = fmaxf(v.w, v.z);
    y[7] = static_cast<float>(__popc(0x1fU));
  }
}

}  // namespace

void launch_grid(dim3 grid, std::size_t shared_bytes, float* x) {
  LAUNCH(grid_kernel, grid, 32, shared_bytes, nullptr, x);
}

void allow_shared(int bytes) {
  CUDA_CHECK(cudaFuncSetAttribute(grid_kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes));
}

void add_one(float* x, cudaStream_t stream) {
  LAUNCH(add_one_kernel, 1, 64, 0, stream, x);
}

void arrivals(unsigned* tickets, unsigned* before, unsigned* after) {
  LAUNCH(arrivals_kernel, 3, 64, 0, nullptr, tickets, before, after);
}

void set_constants() {
  const float values[4] = {1, 2, 3, 4};
  CUDA_CHECK(cudaMemcpyToSymbol(constants, values, sizeof values));
}

void arithmetic(float* y) {
  LAUNCH(arithmetic_kernel, dim3(1, 1, 2), dim3(2, 3, 4), 0, nullptr, y);
}

}  // namespace longhand::test
