// After Goto and van de Geijn 2008: c is cut into tiles whose sums fit the registers, k into
// blocks, and parts of a and b are copied ("packed") into the order in which the tiles read them
// where that pays. See docs/fast_cpu.md.
#include "core/gemm_blocks.h"

#include "core/gemm_in_panels.h"
#include "core/gemm_last_columns.h"
#include "core/gemm_pack.h"
#include "core/gemm_parts.h"
#include "core/gemm_pictures.h"
#include "core/gemm_rows.h"
#include "core/gemm_wide.h"
#include "core/scratch.h"
#include "core/vector.h"

namespace longhand::fast {

namespace {

constexpr int k_block = 384;  // k values a panel covers: a tile's rows of a stay in L1
constexpr int m_block = 448;  // rows of a packed at once: the block stays in L2
constexpr int n_block = 512;  // columns of b packed at once: the block stays in L2

// b's columns [j0, j0 + columns), k values [l0, l0 + depth), as panels: the one that begins with
// column j is at packed + j * depth.
void pack_columns(const Tiles& t, const Product& p, int l0, int depth, int j0, int columns,
                  int most_vectors, real* packed) {
  const Matrix& b = p.b;
  if (p.b_pictures.pixels != nullptr) {
    for_each_panel(t, columns, most_vectors, [&](int j, int width, int) {
      pack_panel(p.b_pictures, l0, depth, j0 + j, width, packed + std::int64_t{j} * depth);
    });
    return;
  }
  // A matrix whose rows are long is read along them: all panels of the full width at once (those
  // that for_each_panel does not make narrower), then the others.
  int whole = 0;
  if (!b.columns_first) {
    const int width = most_vectors * t.lanes, left = t.vectors_of(columns) % most_vectors;
    const bool narrower = left == 1 || (left == 0 && columns % t.lanes != 0);
    whole = std::max(t.vectors_of(columns) / most_vectors - (narrower ? 1 : 0), 0);
    pack_panels(b.at(l0, j0), b.stride, depth, whole, width, std::int64_t{depth} * width, packed);
    whole *= width;
  }
  for_each_panel(t, columns, most_vectors, [&](int j, int width, int) {
    if (j < whole) return;
    pack_panel(b.at(l0, j0 + j), b.stride, b.columns_first, depth, width,
               packed + std::int64_t{j} * depth);
  });
}

// Tile after tile. Along a row of tiles first: a's rows stay in L1, c is walked along its lines.
// But where a long b lies as it is, all rows take a panel of it before the next: so only the first
// of them waits for memory.
void multiply_block(const Tiles& t, const Product& p, const Tiling& tiling, const Range& range,
                    int l0, int depth, const Rows& a, const real* packed_b, bool panels_first) {
  const int columns = range.n1 - range.n0;
  const bool packed = packed_b != nullptr;
  Tile tile{.depth = depth,
            .a = nullptr,
            .a_stride = a.stride,
            .b = nullptr,
            .b_stride = p.b.stride,
            .b_last = 0,
            .c = nullptr,
            .c_stride = p.c_stride,
            .c_last = 0,
            .add = p.add || l0 > 0};
  const auto multiply_tile = [&](int i, int j, int width, int vectors) {
    tile.b = packed ? packed_b + std::int64_t{j} * depth : p.b.at(l0, range.n0 + j);
    if (packed) tile.b_stride = vectors * t.lanes;
    tile.b_last = packed ? (vectors - 1) * t.lanes : width - t.lanes;
    tile.c = p.c + i * p.c_stride + range.n0 + j;
    tile.c_last = width - t.lanes;
    t.function(std::min(tiling.rows, range.m1 - i), vectors, a.order)(&tile);
  };
  if (panels_first) {
    for_each_panel(t, columns, tiling.vectors, [&](int j, int width, int vectors) {
      for (int i = range.m0; i < range.m1; i += tiling.rows) {
        tile.a = a.tile((i - range.m0) / tiling.rows, tiling.rows);
        multiply_tile(i, j, width, vectors);
      }
    });
    return;
  }
  for (int i = range.m0; i < range.m1; i += tiling.rows) {
    tile.a = a.tile((i - range.m0) / tiling.rows, tiling.rows);
    for_each_panel(t, columns, tiling.vectors,
                   [&](int j, int width, int vectors) { multiply_tile(i, j, width, vectors); });
  }
}

}  // namespace

Tiling::Tiling(const Tiles& t, int m, int n, int most_vectors) {
  // With 32 registers three vectors by eight rows are near a square, and as many such tiles as fill
  // a vector are packed side by side. Four vectors of columns are twice two.
  const int across = t.vectors_of(n);
  if (t.sums < 24 || (across == 4 && most_vectors == 3)) most_vectors = 2;
  vectors = std::min(across, most_vectors);
  rows = even_piece(m, vectors == 3 ? 8 : std::min(t.sums / vectors, t.max_rows));
  block = m_block / rows * rows;
}

void multiply_range(const Tiles& t, const Product& p, const Range& range) {
  if (p.in_parts) return multiply_range_in_parts(p, range);
  if (p.pictures_in_place) return multiply_pictures(t, p, range);
  if (const int last = last_columns(t, p, range.n1 - range.n0)) {
    multiply_range(t, p, {range.m0, range.m1, range.n0, range.n1 - last});
    return multiply_last_columns(p, {range.m0, range.m1, range.n1 - last, range.n1});
  }
  if (suits_panels(p)) return multiply_in_panels(t, p, range);
  if (suits_wide_tiles(t, p)) return multiply_in_wide_tiles(t, p, range);
  const int m = range.m1 - range.m0;
  const Tiling tiling(t, m, range.n1 - range.n0);
  const bool b_is_small = p.b.stride * std::min(p.k, k_block) <= small_b;
  const bool pack_b =
      p.b_pictures.pixels != nullptr || p.b.columns_first || (m > few_rows && !b_is_small);
  // Rows of pictures are copied for one tile at a time: the copy never leaves L1.
  const int block = p.a_pictures.pixels != nullptr ? tiling.rows : tiling.block;
  // Equal pieces of k: a short one at the end would load and store c for little.
  const int k_piece = std::min(round_up(even_piece(p.k, k_block), cache_line), k_block);
  // With a short k the block holds more columns: long runs of c's rows are written.
  const int n_piece = pack_b ? n_block * (k_block / k_piece) : n_block;
  for (int l0 = 0; l0 < p.k; l0 += k_piece) {
    const int depth = std::min(k_piece, p.k - l0);
    for (int j0 = range.n0; j0 < range.n1;) {
      int columns = std::min(n_piece, range.n1 - j0);
      if (range.n1 - j0 - columns < t.lanes) columns = range.n1 - j0;
      const int j1 = j0 + columns;
      real* packed_b = nullptr;
      if (pack_b) {
        packed_b =
            scratch<struct PackedB>(std::int64_t{round_up(columns, t.lanes)} * depth + t.lanes);
        pack_columns(t, p, l0, depth, j0, columns, tiling.vectors, packed_b);
      }
      for (int i0 = range.m0; i0 < range.m1; i0 += block) {
        const int i1 = std::min(i0 + block, range.m1);
        const bool pack_a =
            p.a_pictures.pixels != nullptr || (columns >= 4 * tiling.vectors * t.lanes &&
                                               p.a.stride > (p.a.columns_first ? 128 : long_row));
        const Rows rows = pack_a ? pack_rows(t, p, i0, i1, l0, depth, tiling.rows)
                                 : rows_in_place(p, i0, l0, tiling.rows);
        multiply_block(t, p, tiling, {i0, i1, j0, j1}, l0, depth, rows, packed_b,
                       !pack_b && !b_is_small);
      }
      j0 = j1;
    }
  }
}

}  // namespace longhand::fast
