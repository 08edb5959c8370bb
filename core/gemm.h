// gemm: the product of two matrices, which dense layers and im2col convolutions are made of.
#pragma once

#include "core/real.h"

namespace longhand {

// c = a b, or c += a b with `accumulate`: c is m x n, a is m x k, b is k x n, all row-major and
// contiguous. A transposed operand is stored the other way round: a as k x m, b as n x k.
struct GemmGeometry {
  int m = 1, n = 1, k = 1;
  bool transpose_a = false;
  bool transpose_b = false;
  bool accumulate = false;
};

namespace ref {
void gemm(const GemmGeometry& g, const real* a, const real* b, real* c);
}

namespace fast {
// In register tiles, packed where that pays (gemm_fast.cpp), spread over threads. Every element of
// c is summed in the same order whatever the thread count, so the bits do not depend on it.
void gemm(const GemmGeometry& g, const real* a, const real* b, real* c);
}  // namespace fast

namespace cuda {
// cuda/gemm.cu: by tiles in shared memory. gemm_v1: the loops of ref, one thread an element of c.
// Both sum every element in the order of ref.
void gemm(const GemmGeometry& g, const real* a, const real* b, real* c);
void gemm_v1(const GemmGeometry& g, const real* a, const real* b, real* c);
}  // namespace cuda

}  // namespace longhand
