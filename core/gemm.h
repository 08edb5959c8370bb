// gemm: the product of two matrices, which dense layers and im2col convolutions are made of.
#pragma once

#include <string>

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

// The kernels for one product, from the loops of the formula up (cuda/gemm/, docs/cuda_gemm.md).
// They sum in other orders, each always in its own.
enum class GemmRung {
  naive,
  coalesced,
  shared_tile,
  register_tile_1d,
  register_tile_2d,
  vectorised,
  warp_tile,
  asynchronous,
  small_tile,
  split_k,
  tf32,  // these two round a and b first, to 10 and 7 fraction bits: only where it is asked for
  bf16,
};
constexpr int gemm_rung_count = 12;

// "naive", "shared_tile", ...
std::string to_string(GemmRung rung);
// The rung of that name; ValueError naming the choices for any other.
GemmRung parse_gemm_rung(const std::string& name);

// By the rung that is asked for. Split_k keeps memory for its parts of the sums. DeviceError for
// tf32 and bf16 on a GPU that is older than compute capability 8.0.
void gemm(GemmRung rung, const GemmGeometry& g, const real* a, const real* b, real* c);

// By the rung that is fastest for the shape, never tf32 or bf16.
void gemm(const GemmGeometry& g, const real* a, const real* b, real* c);
GemmRung gemm_rung(const GemmGeometry& g);

}  // namespace cuda

}  // namespace longhand
