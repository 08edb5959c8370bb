// The operands of a plain product for the kernels of tiles.h.
#pragma once

#include "core/gemm.h"
#include "cuda/gemm/tiles.h"

namespace longhand::cuda {

// Whether rows of `columns` numbers that begin at `matrix` are made of whole packs.
inline bool in_packs(const real* matrix, int columns) {
  return columns % vector_size == 0 && aligned(matrix);
}

// Calls f(a, b) with the operands, each of the type that fits the way it is stored: four types of
// pairs, so four kernels, instead of a question at every number.
template <class F>
void with_operands(const GemmGeometry& g, const real* a, const real* b, F f) {
  const auto with_b = [&](const auto& a_operand) {
    if (g.transpose_b) {
      f(a_operand, RowMajor<true>{b, g.k, in_packs(b, g.k)});
    } else {
      f(a_operand, RowMajor<false>{b, g.n, in_packs(b, g.n)});
    }
  };
  if (g.transpose_a) {
    with_b(RowMajor<false>{a, g.m, in_packs(a, g.m)});
  } else {
    with_b(RowMajor<true>{a, g.k, in_packs(a, g.k)});
  }
}

}  // namespace longhand::cuda
