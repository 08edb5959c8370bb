// Single numbers of a product's three matrices, by their formula's indices.
#pragma once

#include <cstdint>

#include "core/gemm.h"
#include "cuda/launch.h"

namespace longhand::cuda {

// a(i, l), however a is stored; zero beyond its edges, where tiles stick out.
__device__ inline real a_element(const GemmGeometry& g, const real* a, int i, int l) {
  if (i >= g.m || l >= g.k) return 0;
  return g.transpose_a ? a[std::int64_t{l} * g.m + i] : a[std::int64_t{i} * g.k + l];
}

// b(l, j)
__device__ inline real b_element(const GemmGeometry& g, const real* b, int l, int j) {
  if (l >= g.k || j >= g.n) return 0;
  return g.transpose_b ? b[std::int64_t{j} * g.k + l] : b[std::int64_t{l} * g.n + j];
}

// c(i, j) = sum, or += sum; nothing beyond c's edges.
__device__ inline void store_element(const GemmGeometry& g, real* c, int i, int j, real sum) {
  if (i >= g.m || j >= g.n) return;
  real* const element = c + std::int64_t{i} * g.n + j;
  *element = g.accumulate ? *element + sum : sum;
}

// What column j's sums begin with: bias[j], or 0 where there is no bias.
__device__ inline real bias_of(const real* bias, int j) {
  return bias != nullptr ? bias[j] : 0;
}

}  // namespace longhand::cuda
