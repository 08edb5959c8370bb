#include "core/gemm.h"

#include <cstdint>

namespace longhand::ref {

void gemm(const GemmGeometry& g, const real* a, const real* b, real* c) {
  const std::int64_t m = g.m, n = g.n, k = g.k;
  for (std::int64_t i = 0; i < m; ++i) {
    for (std::int64_t j = 0; j < n; ++j) {
      real sum = g.accumulate ? c[i * n + j] : 0;
      for (std::int64_t l = 0; l < k; ++l) {
        const real a_il = g.transpose_a ? a[l * m + i] : a[i * k + l];
        const real b_lj = g.transpose_b ? b[j * k + l] : b[l * n + j];
        sum += a_il * b_lj;
      }
      c[i * n + j] = sum;
    }
  }
}

}  // namespace longhand::ref
