// The fast gemm, after Goto and van de Geijn 2008: blocks of a and b are copied ("packed") in the
// order in which they will be read, and a tile of c that fits the registers is then summed over a
// whole block of k before it touches memory.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/gemm.h"
#include "core/parallel.h"
#include "core/scratch.h"

namespace longhand::fast {

namespace {

constexpr int k_block = 256;             // k values a packed block covers: a panel of b stays in L1
constexpr int m_block = 96;              // rows of a packed at once: the block stays in L2
constexpr int n_block = 1024;            // columns of b packed at once: the block stays in L2/L3
constexpr std::int64_t grain = 1 << 17;  // multiplications a thread gets at least

// The part of c that one call computes: rows [m0, m1) and columns [n0, n1).
struct Range {
  int m0, m1, n0, n1;
};

// a's rows [i0, i0 + rows) and k values [l0, l0 + depth), in panels of `mr` rows, k outermost in
// a panel; rows past the end are zeros.
[[gnu::always_inline]] inline void pack_a(const GemmGeometry& g, const real* a, int i0, int rows,
                                          int l0, int depth, int mr, real* packed) {
  const std::int64_t row_step = g.transpose_a ? 1 : g.k;
  const std::int64_t k_step = g.transpose_a ? g.m : 1;
  for (int panel = 0; panel < rows; panel += mr) {
    for (int l = 0; l < depth; ++l) {
      const real* source = a + (i0 + panel) * row_step + (l0 + l) * k_step;
      for (int i = 0; i < mr; ++i) *packed++ = panel + i < rows ? source[i * row_step] : 0;
    }
  }
}

// b's k values [l0, l0 + depth) and columns [j0, j0 + columns), in panels of `nr` columns.
[[gnu::always_inline]] inline void pack_b(const GemmGeometry& g, const real* b, int l0, int depth,
                                          int j0, int columns, int nr, real* packed) {
  const std::int64_t k_step = g.transpose_b ? 1 : g.n;
  const std::int64_t column_step = g.transpose_b ? g.k : 1;
  for (int panel = 0; panel < columns; panel += nr) {
    for (int l = 0; l < depth; ++l) {
      const real* source = b + (l0 + l) * k_step + (j0 + panel) * column_step;
      if (panel + nr <= columns && column_step == 1) {
        for (int j = 0; j < nr; ++j) packed[j] = source[j];
      } else {
        for (int j = 0; j < nr; ++j) packed[j] = panel + j < columns ? source[j * column_step] : 0;
      }
      packed += nr;
    }
  }
}

// The register tile: mr x nr elements of c, each summed over `depth` values of k. With `add` the
// sums are added to c, without it they replace what is there.
template <int bytes, int mr>
[[gnu::always_inline]] inline void tile(int depth, const real* packed_a, const real* packed_b,
                                        bool add, int rows, int columns, std::int64_t c_stride,
                                        real* c) {
  typedef real Vector __attribute__((vector_size(bytes), aligned(sizeof(real)), may_alias));
  constexpr int lanes = bytes / static_cast<int>(sizeof(real));
  constexpr int nr = 2 * lanes;
  Vector sum[mr][2] = {};
  for (int l = 0; l < depth; ++l) {
    const Vector b0 = *reinterpret_cast<const Vector*>(packed_b);
    const Vector b1 = *reinterpret_cast<const Vector*>(packed_b + lanes);
#pragma GCC unroll 16
    for (int i = 0; i < mr; ++i) {
      sum[i][0] += packed_a[i] * b0;
      sum[i][1] += packed_a[i] * b1;
    }
    packed_a += mr;
    packed_b += nr;
  }
  for (int i = 0; i < rows; ++i) {
    const real* values = reinterpret_cast<const real*>(&sum[i][0]);
    real* row = c + i * c_stride;
    for (int j = 0; j < columns; ++j) row[j] = add ? row[j] + values[j] : values[j];
  }
}

template <int bytes, int mr>
[[gnu::always_inline]] inline void gemm_range(const GemmGeometry& g, const Range& range,
                                              const real* a, const real* b, real* c, real* packed_a,
                                              real* packed_b) {
  constexpr int nr = 2 * bytes / static_cast<int>(sizeof(real));
  for (int l0 = 0; l0 < g.k; l0 += k_block) {
    const int depth = std::min(k_block, g.k - l0);
    const bool add = g.accumulate || l0 > 0;
    for (int j0 = range.n0; j0 < range.n1; j0 += n_block) {
      const int columns = std::min(n_block, range.n1 - j0);
      pack_b(g, b, l0, depth, j0, columns, nr, packed_b);
      for (int i0 = range.m0; i0 < range.m1; i0 += m_block) {
        const int rows = std::min(m_block, range.m1 - i0);
        pack_a(g, a, i0, rows, l0, depth, mr, packed_a);
        for (int j = 0; j < columns; j += nr) {
          for (int i = 0; i < rows; i += mr) {
            tile<bytes, mr>(depth, packed_a + i * depth, packed_b + j * depth, add,
                            std::min(mr, rows - i), std::min(nr, columns - j), g.n,
                            c + static_cast<std::int64_t>(i0 + i) * g.n + j0 + j);
          }
        }
      }
    }
  }
}

// One instance an instruction set. The tile's mr x 2 sums, with b's two vectors, fill the
// registers each of them has: 32 of 64 bytes, 16 of 32 bytes, 16 of 16 bytes.
using GemmRange = void (*)(const GemmGeometry&, const Range&, const real*, const real*, real*,
                           real*, real*);

#if defined(__x86_64__)
[[gnu::target("avx512f,avx512vl,avx512dq,avx512bw,fma")]] void gemm_range_avx512(
    const GemmGeometry& g, const Range& range, const real* a, const real* b, real* c,
    real* packed_a, real* packed_b) {
  gemm_range<64, 12>(g, range, a, b, c, packed_a, packed_b);
}

[[gnu::target("avx2,fma")]] void gemm_range_avx2(const GemmGeometry& g, const Range& range,
                                                 const real* a, const real* b, real* c,
                                                 real* packed_a, real* packed_b) {
  gemm_range<32, 6>(g, range, a, b, c, packed_a, packed_b);
}
#endif

void gemm_range_baseline(const GemmGeometry& g, const Range& range, const real* a, const real* b,
                         real* c, real* packed_a, real* packed_b) {
  gemm_range<16, 6>(g, range, a, b, c, packed_a, packed_b);
}

GemmRange choose_gemm_range() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw")) {
    return gemm_range_avx512;
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return gemm_range_avx2;
#endif
  return gemm_range_baseline;
}

}  // namespace

void gemm(const GemmGeometry& g, const real* a, const real* b, real* c) {
  static const GemmRange gemm_range_here = choose_gemm_range();
  const bool split_n = g.n >= g.m;  // cut the longer side of c into one piece a thread
  const std::int64_t side = split_n ? g.n : g.m;
  const std::int64_t work_a_step = static_cast<std::int64_t>(split_n ? g.m : g.n) * g.k;
  parallel_for(side, grain / work_a_step + 1, [&](std::int64_t begin, std::int64_t end, int) {
    // A panel of m_block rows (or n_block columns) may be padded up to whole tiles.
    real* packed_a = scratch<struct PackedA>((m_block + 16) * k_block);
    real* packed_b = scratch<struct PackedB>((n_block + 32) * k_block);
    const int first = static_cast<int>(begin), last = static_cast<int>(end);
    const Range range = split_n ? Range{0, g.m, first, last} : Range{first, last, 0, g.n};
    gemm_range_here(g, range, a, b, c, packed_a, packed_b);
  });
}

}  // namespace longhand::fast
