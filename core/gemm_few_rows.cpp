// A panel of b is read by the tiles below each other, and by nothing else. So the first of them
// copies what it reads, in the order of reading; the copy stays in L1, where the others read it.
// Meanwhile they fetch the next panel into L2: its rows lie too far apart for the CPU to foresee.
#include "core/gemm_few_rows.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "core/gemm_rows.h"
#include "core/scratch.h"

namespace longhand::fast {

namespace {

constexpr int most_rows = 128;
constexpr int long_row = 1024;  // of b: each is in a page of memory of its own
constexpr int most_k = 384;
constexpr int panel_numbers = 24 * 1024 / static_cast<int>(sizeof(real));  // half of L1
constexpr int line = 64 / static_cast<int>(sizeof(real));

}  // namespace

bool suits_few_rows(const Tiles& t, const Product& p) {
  return p.m > 2 * t.copy_rows && p.m <= most_rows && p.a_pictures.pixels == nullptr &&
         p.b_pictures.pixels == nullptr && !p.b.columns_first && p.b.stride >= long_row;
}

void multiply_few_rows(const Tiles& t, const Product& p, const Range& range) {
  const int m = range.m1 - range.m0, columns = range.n1 - range.n0;
  const int tile_rows = even_piece(m, t.copy_rows), tiles = (m + tile_rows - 1) / tile_rows;
  const int panel = t.copy_vectors * t.lanes;
  const int k_piece = even_piece(p.k, std::min(panel_numbers / panel, most_k));
  // Of few columns neither the copy nor a's is worth while.
  const bool copies = tiles > 1 && columns >= 4 * panel;
  const Rows a = copies ? pack_rows(t, p, range.m0, range.m1, 0, p.k, tile_rows, TileOrder::by_k)
                        : rows_in_place(p, range.m0, 0, tile_rows);
  std::array<const real*, most_rows> tile_a;
  for (int q = 0; q < tiles; ++q) tile_a[static_cast<std::size_t>(q)] = a.tile(q, tile_rows);
  const std::int64_t a_step = a.order == TileOrder::by_k ? a.stride : 1;  // from k value to k value
  real* copy = scratch<struct CopiedPanel>(std::int64_t{k_piece} * panel);
  for_each_panel(t, columns, t.copy_vectors, [&](int j, int width, int vectors) {
    const int column = range.n0 + j;
    for (int l0 = 0; l0 < p.k; l0 += k_piece) {
      const int depth = std::min(k_piece, p.k - l0);
      const real* next = l0 + depth < p.k ? p.b.at(l0 + depth, column) : p.b.at(0, column + width);
      Tile tile{.depth = depth,
                .a = nullptr,
                .a_stride = a.stride,
                .b = p.b.at(l0, column),
                .b_stride = p.b.stride,
                .b_last = width - t.lanes,
                .c = nullptr,
                .c_stride = p.c_stride,
                .c_last = width - t.lanes,
                .add = p.add || l0 > 0,
                .copy = copy,
                .later = copy};
      TileOrder order = copies ? TileOrder::copying : a.order;
      for (int q = 0; q < tiles; ++q) {
        const int i = range.m0 + q * tile_rows;
        tile.a = tile_a[static_cast<std::size_t>(q)] + l0 * a_step;
        tile.c = p.c + i * p.c_stride + column;
        t.function(std::min(tile_rows, range.m1 - i), vectors, order)(&tile);
        if (!copies) continue;
        if (q == 0) {
          order = TileOrder::copied;
          tile.b = copy;
          tile.b_stride = vectors * t.lanes;
          tile.b_last = (vectors - 1) * t.lanes;
        }
        // The tiles after the first fetch a cache line of each row, until that is all of the row.
        const bool fetches = q * line < width;
        tile.later = fetches ? next + q * line : copy;
        tile.later_stride = fetches ? p.b.stride : 0;
      }
    }
  });
}

}  // namespace longhand::fast
