#include "layers/dense.h"

#include "cuda/gemm/rungs.h"
#include "cuda/launch.h"
#include "cuda/reduce.h"

// Each of the three sums is a product of matrices, as in layers/dense_fast.cpp.
namespace longhand::cuda {

namespace {

constexpr int side = 32;

// A block of 32 warps for 32 features. Thread (row, column) adds up every 32nd image of its
// feature, so that a warp reads neighbours. Then the threads' sums are turned round in shared
// memory, and each warp adds up those of one feature.
__global__ void dense_backward_bias_kernel(DenseGeometry g, const real* dy, real* db) {
  __shared__ real sums[side][side + 1];
  const int row = static_cast<int>(threadIdx.x) / side;
  const int column = static_cast<int>(threadIdx.x) % side;
  const int first = static_cast<int>(blockIdx.x) * side;
  real sum = 0;
  if (first + column < g.out) {
    for (int n = row; n < g.n; n += side) sum += dy[std::int64_t{n} * g.out + first + column];
  }
  sums[row][column] = sum;
  __syncthreads();
  sum = warp_sum(sums[column][row]);
  if (column == 0 && first + row < g.out) db[first + row] += sum;
}

}  // namespace

void dense_forward(const DenseGeometry& g, const real* x, const real* w, const real* b, real* y) {
  gemm_with_bias({.m = g.n, .n = g.out, .k = g.in, .transpose_b = true}, x, w, b, y);
}

void dense_backward_data(const DenseGeometry& g, const real* dy, const real* w, real* dx) {
  gemm({.m = g.n, .n = g.in, .k = g.out}, dy, w, dx);
}

void dense_backward_weights(const DenseGeometry& g, const real* x, const real* dy, real* dw) {
  gemm({.m = g.out, .n = g.in, .k = g.n, .transpose_a = true, .accumulate = true}, dy, x, dw);
}

void dense_backward_bias(const DenseGeometry& g, const real* dy, real* db) {
  const auto blocks = static_cast<unsigned>((g.out + side - 1) / side);
  LAUNCH(dense_backward_bias_kernel, blocks, side * side, 0, stream(), g, dy, db);
}

}  // namespace longhand::cuda
