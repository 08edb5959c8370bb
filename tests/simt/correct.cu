// Kernels without a bug, of the kinds that the layers are made of.
#include "cuda/launch.h"
#include "tests/simt/kernels.h"

namespace longhand::test {

namespace {

constexpr unsigned all_lanes = 0xffffffffU;

__device__ int thread_in_grid() {
  return static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
}

template <int tile>
__global__ void sgemm_kernel(int n, const float* a, const float* b, float* c) {
  __shared__ float a_tile[tile][tile];
  __shared__ float b_tile[tile][tile];
  const int ty = static_cast<int>(threadIdx.y), tx = static_cast<int>(threadIdx.x);
  const int row = static_cast<int>(blockIdx.y) * tile + ty;
  const int column = static_cast<int>(blockIdx.x) * tile + tx;
  float sum = 0;
  for (int first = 0; first < n; first += tile) {
    a_tile[ty][tx] = row < n && first + tx < n ? a[row * n + first + tx] : 0.0F;
    b_tile[ty][tx] = column < n && first + ty < n ? b[(first + ty) * n + column] : 0.0F;
    __syncthreads();
#pragma unroll
    for (int k = 0; k < tile; ++k) sum += a_tile[ty][k] * b_tile[k][tx];
    __syncthreads();
  }
  if (row < n && column < n) c[row * n + column] = sum;
}

__device__ float warp_sum(float x) {
  for (unsigned offset = 16; offset > 0; offset /= 2) x += __shfl_down_sync(all_lanes, x, offset);
  return x;
}

__global__ void warp_sums_kernel(int n, const float* __restrict__ x, float* __restrict__ y) {
  const int i = thread_in_grid();
  const float sum = warp_sum(i < n ? __ldg(x + i) : 0.0F);
  if (i < n && i % 32 == 0) y[i / 32] = sum;
}

__global__ void block_sum_kernel(int n, const float* x, float* y) {
  DYNAMIC_SHARED(float, sums);
  const int t = static_cast<int>(threadIdx.x), threads = static_cast<int>(blockDim.x);
  float sum = 0;
  for (int i = t; i < n; i += threads) sum += x[i];
  sums[t] = sum;
  for (int half = threads / 2; half > 0; half /= 2) {
    __syncthreads();
    if (t < half) sums[t] += sums[t + half];
  }
  if (t == 0) *y = sums[0];
}

__global__ void histogram_kernel(int n, const int* x, int* counts) {
  __shared__ int mine[64];
  const int t = static_cast<int>(threadIdx.x);
  if (t < 64) mine[t] = 0;
  __syncthreads();
  const int i = thread_in_grid();
  if (i < n) atomicAdd(&mine[x[i]], 1);
  __syncthreads();
  if (t < 64) atomicAdd(&counts[t], mine[t]);
}

__global__ void transpose_kernel(int rows, int columns, const float* x, float* y) {
  __shared__ float tile[16][17];  // a column more, so that columns do not share a bank
  const int ty = static_cast<int>(threadIdx.y), tx = static_cast<int>(threadIdx.x);
  const int row = static_cast<int>(blockIdx.y) * 16, column = static_cast<int>(blockIdx.x) * 16;
  if (row + ty < rows && column + tx < columns) {
    tile[ty][tx] = x[(row + ty) * columns + column + tx];
  }
  __syncthreads();
  if (column + ty < columns && row + tx < rows) {
    y[(column + ty) * rows + row + tx] = tile[tx][ty];
  }
}

// The pattern of CUDA's threadFenceReduction sample: what a block writes is seen by the block that
// draws the last ticket, because each fences before it draws.
__global__ void grid_sum_kernel(int n, const float* x, float* partial, unsigned* tickets,
                                float* y) {
  __shared__ float warps[8];
  __shared__ bool last;
  const int i = thread_in_grid(), t = static_cast<int>(threadIdx.x);
  const float sum = warp_sum(i < n ? x[i] : 0.0F);
  if (t % 32 == 0) warps[t / 32] = sum;
  __syncthreads();
  if (t == 0) {
    float block_total = 0;
    for (int w = 0; w < 8; ++w) block_total += warps[w];
    partial[blockIdx.x] = block_total;
    __threadfence();
    last = atomicAdd(tickets, 1U) == gridDim.x - 1;
  }
  __syncthreads();
  if (!last || t != 0) return;
  float total = 0;
  for (unsigned k = 0; k < gridDim.x; ++k) total += partial[k];
  *y = total;
}

__global__ void barriers_kernel(int rounds, float* x) {
  for (int i = 0; i < rounds; ++i) __syncthreads();
  x[threadIdx.x] += static_cast<float>(threadIdx.x);
}

}  // namespace

void sgemm_tiled(int n, const float* a, const float* b, float* c) {
  const int tiles = (n + 15) / 16;
  LAUNCH((sgemm_kernel<16>), dim3(tiles, tiles), dim3(16, 16), 0, nullptr, n, a, b, c);
}

void warp_sums(int n, const float* x, float* y) {
  LAUNCH(warp_sums_kernel, (n + 127) / 128, 128, 0, nullptr, n, x, y);
}

void block_sum(int n, const float* x, float* y) {
  LAUNCH(block_sum_kernel, 1, 256, 256 * sizeof(float), nullptr, n, x, y);
}

void histogram(int n, const int* x, int* counts) {
  LAUNCH(histogram_kernel, (n + 255) / 256, 256, 0, nullptr, n, x, counts);
}

void transpose(int rows, int columns, const float* x, float* y) {
  LAUNCH(transpose_kernel, dim3((columns + 15) / 16, (rows + 15) / 16), dim3(16, 16), 0, nullptr,
         rows, columns, x, y);
}

void grid_sum(int n, const float* x, float* partial, unsigned* tickets, float* y) {
  LAUNCH(grid_sum_kernel, (n + 255) / 256, 256, 0, nullptr, n, x, partial, tickets, y);
}

void barriers(int rounds, int threads, float* x) {
  LAUNCH(barriers_kernel, 1, threads, 0, nullptr, rounds, x);
}

}  // namespace longhand::test
