// A vector times a matrix: what a dense layer does with a single image.
#pragma once

#include <cstdint>

#include "core/real.h"

namespace longhand::fast {

// c[j] = sum over l of a[l] * b[l, j], or += with `add`, for j < n and l < k. b[l, j] is
// b[l * stride + j] or, transposed, b[j * stride + l]. b is read once, in the order in which it
// lies in memory: that is all the time it takes.
void gemm_vector(int n, int k, const real* a, const real* b, std::int64_t stride, bool transposed,
                 bool add, real* c);

}  // namespace longhand::fast
