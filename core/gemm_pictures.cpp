// b's pictures are read where they lie: neighbouring tiles read the same pixels, again and again,
// out of L1. A tile has two vectors of a line and many rows. Most of these vectors lie across the
// end of a cache line, and are two loads each. So where many tiles below each other read the same
// ones, the first of them copies what it reads, in the order of reading.
#include "core/gemm_pictures.h"

#include <algorithm>

#include "core/gemm_panels.h"
#include "core/gemm_rows.h"

namespace longhand::fast {

namespace {

constexpr int most_k = 384;  // a panel covers: a tile's rows of a stay in L1
constexpr int panel_numbers = 24 * 1024 / static_cast<int>(sizeof(real));  // half of L1

// One line of the pictures, or two that go together.
struct Lines {
  const real* b;
  real* c;
  int count, width, pitch;
};

// Where lines hold an odd number of vectors, two go together.
template <class Body>
void for_each_lines(const Tiles& t, const Product& p, const Range& range, Body&& body) {
  const Pictures& b = p.b_pictures;
  const int together = t.vectors_of(b.width) % 2 == 0 ? 1 : 2;
  for (int n = range.n0; n < range.n1; n += together * b.width) {
    body(Lines{b.pixels + n / b.width * b.pitch, p.c + n,
               std::min((range.n1 - n) / b.width, together), b.width, b.pitch});
  }
}

// The first vectors of two lines that go together, which would be left over, are a tile's.
template <class Body>
void for_each_panel(const Tiles& t, const Lines& lines, int most_vectors, Body&& body) {
  const int first = lines.count == 2 ? t.lanes : 0;
  if (first > 0) body(Panel{lines.b, lines.c, 2, lines.pitch, lines.width});
  for (int q = 0; q < lines.count; ++q) {
    for_each_panel(t, lines.width - first, most_vectors, [&](int j, int width, int vectors) {
      const int column = first + j, last = width - t.lanes;
      body(Panel{lines.b + q * lines.pitch + column, lines.c + q * lines.width + column, vectors,
                 last, last});
    });
  }
}

// Where few tiles would share a panel, or it would not fit L1: rows of tiles one after the other,
// each along its lines.
void multiply_in_place(const Tiles& t, const Product& p, const Range& range) {
  const int m = range.m1 - range.m0;
  const Tiling tiling(t, m, p.b_pictures.width, std::clamp(t.sums / m, 2, Tiles::most_vectors));
  const int k_piece = even_piece(p.k, most_k);
  for (int l0 = 0; l0 < p.k; l0 += k_piece) {
    const int depth = std::min(k_piece, p.k - l0);
    for (int i0 = range.m0; i0 < range.m1; i0 += tiling.block) {
      const int i1 = std::min(i0 + tiling.block, range.m1);
      const Rows a = p.a.stride > long_row ? pack_rows(t, p, i0, i1, l0, depth, tiling.rows)
                                           : rows_in_place(p, i0, l0, tiling.rows);
      Tile tile{.depth = depth,
                .a = nullptr,
                .a_stride = a.stride,
                .b = nullptr,
                .offset = p.b_pictures.offset + l0,
                .b_stride = 0,
                .b_last = 0,
                .c = nullptr,
                .c_stride = p.c_stride,
                .c_last = 0,
                .add = p.add || l0 > 0};
      for_each_lines(t, p, range, [&](const Lines& lines) {
        for (int i = i0; i < i1; i += tiling.rows) {
          const int rows = std::min(tiling.rows, i1 - i);
          tile.a = a.tile((i - i0) / tiling.rows, tiling.rows);
          for_each_panel(t, lines, tiling.vectors, [&](const Panel& panel) {
            tile.b = panel.b;
            tile.b_last = panel.b_last;
            tile.c = panel.c + i * p.c_stride;
            tile.c_last = panel.c_last;
            t.function(rows, panel.vectors, TileOrder::b_pictures)(&tile);
          });
        }
      });
    }
  }
}

// With many rows: panel after panel, each for all rows.
void multiply_panels(const Tiles& t, const Product& p, const Range& range) {
  Panels panels(t, p, range.m0, range.m1, p.b_pictures.offset);
  for_each_lines(t, p, range, [&](const Lines& lines) {
    for_each_panel(t, lines, Panels::most_vectors, [&](const Panel& panel) { panels.take(panel); });
  });
  panels.finish();
}

}  // namespace

void multiply_pictures(const Tiles& t, const Product& p, const Range& range) {
  const bool many_rows = p.m > 2 * t.max_rows;
  const bool fits =
      p.k <= std::min(panel_numbers / (Panels::most_vectors * t.lanes), Panels::most_k);
  if (many_rows && fits && t.vectors_of(p.b_pictures.width) >= Panels::most_vectors) {
    multiply_panels(t, p, range);
  } else {
    multiply_in_place(t, p, range);
  }
}

}  // namespace longhand::fast
