// The dense layer's three sums are three products of matrices:
//   y [N, out] = x [N, in] w^T,   dx [N, in] = dy [N, out] w,   dw [out, in] += dy^T x
#include <algorithm>
#include <cstdint>

#include "core/gemm.h"
#include "layers/dense.h"

namespace longhand::fast {

void dense_forward(const DenseGeometry& g, const real* x, const real* w, const real* b, real* y) {
  if (b) {
    for (std::int64_t n = 0; n < g.n; ++n) std::copy_n(b, g.out, y + n * g.out);
  }
  gemm({.m = g.n, .n = g.out, .k = g.in, .transpose_b = true, .accumulate = b != nullptr}, x, w, y);
}

void dense_backward_data(const DenseGeometry& g, const real* dy, const real* w, real* dx) {
  gemm({.m = g.n, .n = g.in, .k = g.out}, dy, w, dx);
}

void dense_backward_weights(const DenseGeometry& g, const real* x, const real* dy, real* dw) {
  gemm({.m = g.out, .n = g.in, .k = g.n, .transpose_a = true, .accumulate = true}, dy, x, dw);
}

}  // namespace longhand::fast
