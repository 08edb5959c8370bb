// Kernels in half and bfloat16, for the tests of those types and of the emulated tensor cores.
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <mma.h>

#include "cuda/launch.h"
#include "tests/simt/kernels.h"

namespace longhand::test {

namespace {

namespace wmma = nvcuda::wmma;

__device__ half rounded(float x, half) {
  return __float2half(x);
}
[[maybe_unused]] __device__ __nv_bfloat16 rounded(float x, __nv_bfloat16) {
  return __float2bfloat16(x);
}

// One warp: c (16 x 16) += a (16 x k) * b (k x 16), b by columns, all row-major in global memory.
template <class T>
__global__ void wmma_kernel(int k, const float* a, const float* b, float* c) {
  __shared__ __align__(32) T a_tile[16 * 16];
  __shared__ __align__(32) T b_tile[16 * 16];
  __shared__ __align__(32) float c_tile[16 * 16];
  const int lane = static_cast<int>(threadIdx.x);
  for (int i = lane; i < 256; i += 32) c_tile[i] = c[i];
  __syncwarp();
  wmma::fragment<wmma::accumulator, 16, 16, 16, float> sum;
  wmma::load_matrix_sync(sum, c_tile, 16, wmma::mem_row_major);
  for (int first = 0; first < k; first += 16) {
    for (int i = lane; i < 256; i += 32) {
      a_tile[i] = rounded(a[i / 16 * k + first + i % 16], T());
      b_tile[i % 16 * 16 + i / 16] = rounded(b[(first + i / 16) * 16 + i % 16], T());
    }
    __syncwarp();
    wmma::fragment<wmma::matrix_a, 16, 16, 16, T, wmma::row_major> a_part;
    wmma::fragment<wmma::matrix_b, 16, 16, 16, T, wmma::col_major> b_part;
    wmma::load_matrix_sync(a_part, a_tile, 16);
    wmma::load_matrix_sync(b_part, b_tile, 16);
    wmma::mma_sync(sum, a_part, b_part, sum);
    __syncwarp();
  }
  for (int i = 0; i < sum.num_elements; ++i) sum.x[i] *= 2.0F;
  wmma::store_matrix_sync(c, sum, 16, wmma::mem_row_major);
}

__global__ void misaligned_kernel(float* c) {
  wmma::fragment<wmma::accumulator, 16, 16, 16, float> sum;
  wmma::fill_fragment(sum, 1.0F);
  wmma::store_matrix_sync(c, sum, 15, wmma::mem_row_major);
}

__global__ void halves_kernel(const float* x, float* y) {
  const half2 both = __floats2half2_rn(x[0], x[1]);
  y[0] = __half2float(__low2half(both) + __high2half(both));
  y[1] = __half2float(__hfma(both.x, both.y, __float2half(0.5F)));
  y[2] = __low2float(__hmul2(both, both));
  const __nv_bfloat16 rough = __float2bfloat16(x[2]);
  y[3] = __bfloat162float(rough);
  y[4] = __bfloat162float(rough * rough);
}

}  // namespace

void wmma_half(int k, const float* a, const float* b, float* c) {
  LAUNCH((wmma_kernel<half>), 1, 32, 0, nullptr, k, a, b, c);
}

void wmma_bfloat16(int k, const float* a, const float* b, float* c) {
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800  // no older GPU multiplies bfloat16
  LAUNCH((wmma_kernel<__nv_bfloat16>), 1, 32, 0, nullptr, k, a, b, c);
#endif
}

void wmma_misaligned(float* c) {
  LAUNCH(misaligned_kernel, 1, 32, 0, nullptr, c);
}

void halves(const float* x, float* y) {
  LAUNCH(halves_kernel, 1, 1, 0, nullptr, x, y);
}

}  // namespace longhand::test
