#include "core/gemm.h"

#include <cstdint>

#include "cuda/grid.h"
#include "cuda/launch.h"

namespace longhand::cuda {

namespace {

__global__ void gemm_v1_kernel(GemmGeometry g, const real* a, const real* b, real* c) {
  const std::int64_t m = g.m, n = g.n, k = g.k;
  if (global_index() >= m * n) return;
  const std::int64_t i = global_index() / n, j = global_index() % n;
  real sum = g.accumulate ? c[i * n + j] : 0;
  for (std::int64_t l = 0; l < k; ++l) {
    const real a_il = g.transpose_a ? a[l * m + i] : a[i * k + l];
    const real b_lj = g.transpose_b ? b[j * k + l] : b[l * n + j];
    sum += a_il * b_lj;
  }
  c[i * n + j] = sum;
}

constexpr int tile = 16;

// Of a row-major matrix; zero beyond its edges, where tiles stick out.
__device__ real element(const real* matrix, std::int64_t rows, std::int64_t columns,
                        std::int64_t row, std::int64_t column) {
  return row < rows && column < columns ? matrix[row * columns + column] : 0;
}

// A block computes a tile of c. What it needs of a and b passes through shared memory, tile by tile
// along k, so that each number is read from device memory once for 16 products: the threads load a
// number of each tile, wait for each other, and take what they need of all.
__global__ void gemm_kernel(GemmGeometry g, const real* a, const real* b, real* c) {
  // A column more, so that the threads that write a column do not share a bank.
  __shared__ real a_tile[tile][tile + 1];  // [i][l]
  __shared__ real b_tile[tile][tile + 1];  // [l][j]
  const std::int64_t m = g.m, n = g.n, k = g.k;
  const std::int64_t tiles_a_row = (n + tile - 1) / tile;
  const std::int64_t first_i = blockIdx.x / tiles_a_row * tile;
  const std::int64_t first_j = blockIdx.x % tiles_a_row * tile;
  const int ty = static_cast<int>(threadIdx.y), tx = static_cast<int>(threadIdx.x);
  const std::int64_t i = first_i + ty, j = first_j + tx;
  real sum = g.accumulate ? element(c, m, n, i, j) : 0;
  for (std::int64_t first_l = 0; first_l < k; first_l += tile) {
    // Neighbouring threads (tx) read neighbouring numbers, however the matrix is stored.
    if (g.transpose_a) {
      a_tile[tx][ty] = element(a, k, m, first_l + ty, first_i + tx);
    } else {
      a_tile[ty][tx] = element(a, m, k, first_i + ty, first_l + tx);
    }
    if (g.transpose_b) {
      b_tile[tx][ty] = element(b, n, k, first_j + ty, first_l + tx);
    } else {
      b_tile[ty][tx] = element(b, k, n, first_l + ty, first_j + tx);
    }
    __syncthreads();
    for (int l = 0; l < tile; ++l) sum += a_tile[ty][l] * b_tile[l][tx];
    __syncthreads();  // nobody loads the next tiles while others read these
  }
  if (i < m && j < n) c[i * n + j] = sum;
}

}  // namespace

void gemm_v1(const GemmGeometry& g, const real* a, const real* b, real* c) {
  const std::int64_t elements = std::int64_t{g.m} * g.n;
  LAUNCH(gemm_v1_kernel, blocks_for(elements), threads_a_block, 0, stream(), g, a, b, c);
}

void gemm(const GemmGeometry& g, const real* a, const real* b, real* c) {
  // All tiles along x, because a grid may be 2^31 - 1 blocks wide, but only 65535 high.
  const std::int64_t rows = (std::int64_t{g.m} + tile - 1) / tile;
  const std::int64_t columns = (std::int64_t{g.n} + tile - 1) / tile;
  LAUNCH(gemm_kernel, static_cast<unsigned>(rows * columns), dim3(tile, tile), 0, stream(), g, a, b,
         c);
}

}  // namespace longhand::cuda
