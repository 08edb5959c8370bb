// The fast gemm: chooses how a product is cut and spread over threads; gemm_blocks.h computes it.
#include <algorithm>
#include <cstdint>

#include "core/gemm.h"
#include "core/gemm_blocks.h"
#include "core/gemm_in_panels.h"
#include "core/gemm_pack.h"
#include "core/gemm_parts.h"
#include "core/gemm_vector.h"
#include "core/gemm_wide.h"
#include "core/parallel.h"
#include "core/scratch.h"
#include "core/transpose.h"

namespace longhand::fast {

namespace {

constexpr std::int64_t grain = 1 << 17;  // multiplications a thread gets at least

// Fewer columns than a vector has lanes: computed on the side with zeros for the rest.
void multiply_narrow(const Tiles& t, const Product& p) {
  const int width = t.lanes;
  real* wide = scratch<struct Narrow>(std::int64_t{width} * (p.k + p.m));
  real* sums = wide + std::int64_t{width} * p.k;
  pack_panel(p.b.data, p.b.stride, p.b.columns_first, p.k, p.n, wide);
  Product product = p;
  product.n = width;
  product.b = {wide, width, false};
  product.c = sums;
  product.c_stride = width;
  product.add = false;
  multiply_range(t, product, {0, p.m, 0, width});
  for (int i = 0; i < p.m; ++i) {
    for (int j = 0; j < p.n; ++j) {
      real& c = p.c[i * p.c_stride + j];
      c = p.add ? c + sums[i * width + j] : sums[i * width + j];
    }
  }
}

// Cycles that the product takes about: two vectors of sums each, and what must be transposed.
double cycles(const Tiles& t, const Product& p) {
  const double vectors = t.vectors_of(p.n);
  double sum = 0.5 * p.m * p.k * vectors;
  if (p.b.columns_first) sum += 5.0 * p.k * vectors;
  if (p.n < t.lanes) sum += 2.0 * p.n * (p.m + p.k);  // multiply_narrow copies number by number
  return sum;
}

void multiply(const Tiles& t, const Product& p) {
  if (p.n < t.lanes) return multiply_narrow(t, p);
  const Tiling tiling(t, p.m, p.n);
  // One piece a thread: the longer side of c is cut. But in panels each thread copies the rows of a
  // that it computes; if they are many, they are shared out rather than all copied by everybody.
  const bool in_panels = !p.in_parts && suits_panels(p);
  const bool in_wide_tiles = !p.in_parts && suits_wide_tiles(t, p);  // which want all columns
  const bool split_n = !in_wide_tiles && p.n >= (in_panels && p.m >= 256 ? 4 * p.m : p.m);
  const int unit = split_n || in_panels ? t.lanes : tiling.rows;
  const int units = std::max(split_n ? p.n / unit : round_up(p.m, unit) / unit, 1);
  const std::int64_t unit_work = std::int64_t{p.m} * p.n * p.k / units;
  parallel_for(
      units, grain / std::max<std::int64_t>(unit_work, 1) + 1,
      [&](std::int64_t begin, std::int64_t end, int) {
        const int first = static_cast<int>(begin) * unit;
        const int side = split_n ? p.n : p.m;
        const int last = end == units ? side : static_cast<int>(end) * unit;
        multiply_range(t, p, split_n ? Range{0, p.m, first, last} : Range{first, last, 0, p.n});
      });
}

}  // namespace

void gemm(const GemmGeometry& g, const real* a, const real* b, real* c) {
  const Tiles& t = tiles();
  const Matrix a_matrix{a, g.transpose_a ? g.m : g.k, g.transpose_a};
  const Matrix b_matrix{b, g.transpose_b ? g.k : g.n, g.transpose_b};
  if (g.m == 1) return gemm_vector(g.n, g.k, a, b, b_matrix.stride, g.transpose_b, g.accumulate, c);
  if (g.n == 1) {
    return gemm_vector(g.m, g.k, b, a, a_matrix.stride, !g.transpose_a, g.accumulate, c);
  }
  Product product{g.m, g.n, g.k, a_matrix, b_matrix, c, g.n, g.accumulate};
  // As if there were two threads, whatever their number: the bits do not depend on it.
  product.in_parts = g.n >= g.m ? parts_pay(g.m, g.n / 2, g.k, g.transpose_b)
                                : parts_pay(g.m / 2, g.n, g.k, g.transpose_b);
  if (product.in_parts) return multiply(t, product);
  // c^T = b^T a^T, whose vectors run along m instead of n.
  Product turned{g.n,
                 g.m,
                 g.k,
                 {b, b_matrix.stride, !g.transpose_b},
                 {a, a_matrix.stride, !g.transpose_a},
                 nullptr,
                 g.m,
                 false};
  const std::int64_t size = std::int64_t{g.m} * g.n;
  if (size <= 65536 && g.m >= t.lanes &&
      cycles(t, turned) + static_cast<double>(size) < cycles(t, product)) {
    turned.c = scratch<struct Turned>(size);
    multiply(t, turned);
    if (g.accumulate) {
      add_transposed(g.n, g.m, turned.c, g.m, c, g.n);
    } else {
      transpose(g.n, g.m, turned.c, g.m, c, g.n);
    }
  } else {
    multiply(t, product);
  }
}

}  // namespace longhand::fast
