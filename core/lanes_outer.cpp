// lanes::add_outer_products, what the weights of a dense layer gain.
#include <algorithm>

#include "core/lanes.h"
#include "core/lanes_tile.h"
#include "core/scratch.h"
#include "core/transpose.h"

namespace longhand::fast::lanes {

namespace {

constexpr int panel_width = 64;  // columns of x that are transposed at a time

// dw's rows [o0, o0 + rows) and the columns [i, i + vectors of lanes), at column j of a panel of x
// that has been transposed to [n][panel_width].
template <int rows, int vectors>
struct OuterTile {
  template <class Isa>
  [[gnu::always_inline]] static void run(const OuterProducts* products, const real* panel, int i,
                                         int j, int columns, int o0) {
    const OuterProducts& g = *products;
    typedef real Vector
        __attribute__((vector_size(Isa::vector_bytes), aligned(sizeof(real)), may_alias));
    constexpr int lanes = Registers<Isa>::lanes;
    Vector total[rows][vectors] = {};
    const real* x = panel + j;
    for (int block = 0; block < lane_blocks(g.images); ++block) {
      const real* dy = g.dy + (std::int64_t{block} * g.out + o0) * lane_count;
      for (int n = 0; n < lane_count; ++n, x += panel_width) {
        Vector here[vectors];
        LONGHAND_UNROLL
        for (int v = 0; v < vectors; ++v) {
          here[v] = *reinterpret_cast<const Vector*>(x + v * lanes);
        }
        LONGHAND_UNROLL
        for (int r = 0; r < rows; ++r) {
          const Vector gradient = dy[r * lane_count + n] - Vector{};
          LONGHAND_UNROLL
          for (int v = 0; v < vectors; ++v) total[r][v] += gradient * here[v];
        }
      }
    }
    LONGHAND_UNROLL
    for (int r = 0; r < rows; ++r) {
      real* dw = g.dw + std::int64_t{o0 + r} * g.in + i + j;
      if (columns >= vectors * lanes) {
        LONGHAND_UNROLL
        for (int v = 0; v < vectors; ++v) *reinterpret_cast<Vector*>(dw + v * lanes) += total[r][v];
      } else {
        const real* values = reinterpret_cast<const real*>(total[r]);
        for (int l = 0; l < columns; ++l) dw[l] += values[l];
      }
    }
  }
};

struct OuterProductKernel {
  template <class Isa>
  [[gnu::always_inline]] static void run(const OuterProducts* products, real* panel) {
    using R = Registers<Isa>;
    constexpr int vectors = Isa::registers == 32 ? 4 : 2, width = vectors * R::lanes;
    static constexpr TileTable<Isa, OuterTile, const OuterProducts*, const real*, int, int, int,
                               int>
        table;
    const OuterProducts& g = *products;
    const Cut row_cut(g.o1 - g.o0, R::max_rows(vectors));
    // Panels as equal as can be: a narrow one at the end would leave its tiles few sums.
    const Cut panel_cut((g.in + R::lanes - 1) / R::lanes, panel_width / R::lanes);
    for (int part = 0; part < panel_cut.parts; ++part) {
      const int first = panel_cut.begin(part) * R::lanes;
      const int columns = std::min(panel_cut.begin(part + 1) * R::lanes, g.in) - first;
      for (int block = 0; block < lane_blocks(g.images); ++block) {
        TransposeKernel::run<Isa>(
            columns, lane_count, g.x + (std::int64_t{block} * g.in + first) * lane_count,
            lane_count, panel + block * lane_count * panel_width, panel_width);
      }
      for (int k = 0; k < row_cut.parts; ++k) {
        const int o0 = g.o0 + row_cut.begin(k), rows = g.o0 + row_cut.begin(k + 1) - o0;
        for (int j = 0; j < columns; j += width) {
          const int wide = std::min((columns - j + R::lanes - 1) / R::lanes, vectors);
          table.tile[static_cast<std::size_t>(wide)][static_cast<std::size_t>(rows)](
              products, panel, first, j, columns - j, o0);
        }
      }
    }
  }
};

}  // namespace

void add_outer_products(const OuterProducts& g) {
  run_kernel<OuterProductKernel>(
      &g, scratch<struct OuterProductPanel>(std::int64_t{lane_blocks(g.images)} * lane_count *
                                            panel_width));
}

}  // namespace longhand::fast::lanes
