#include "core/gemm_parts_pack.h"

#include <algorithm>

#include "core/gemm_pack.h"
#include "core/scratch.h"
#include "core/transpose.h"

namespace longhand::fast::parts {

namespace {

// Numbers that lie row by row.
struct Rows {
  const real* data;
  std::int64_t stride;
};

// Copied if they do not lie so.
Rows rows_of_a(const Product& p, int i, int rows, int l0, int depth) {
  const bool pictures = p.a_pictures.pixels != nullptr;
  if (!pictures && !p.a.columns_first) return {p.a.at(i, l0), p.a.stride};
  const std::int64_t stride = round_up(depth, tile_columns) + tile_columns;
  real* copy = scratch<struct RowsOfA>(stride * tile_rows);
  if (pictures) {
    for (int r = 0; r < rows; ++r) pack_row(p.a_pictures, i + r, l0, depth, copy + r * stride);
  } else {
    transpose(depth, rows, p.a.at(i, l0), p.a.stride, copy, stride);
  }
  return {copy, stride};
}

}  // namespace

void split_a(const Product& p, int i, int rows, int l0, int depth, int tiles, unsigned char* to) {
  const Rows a = rows_of_a(p, i, rows, l0, depth);
  const int rest = depth > step ? depth % step : 0, whole = depth - rest;
  split_rows(a.data, a.stride, whole, rows, tiles, to);
  if (rest == 0) return;
  real last[tile_rows * step] = {};
  for (int r = 0; r < rows; ++r) {
    std::copy_n(a.data + r * a.stride + whole, rest, last + (r + 1) * step - rest);
  }
  split_rows(last, step, step, rows, tiles, to + split_size(whole, tiles));
}

void pack_b(const Product& p, int j, int panels, int l0, int depth, real* to) {
  const std::int64_t panel = panel_size(depth), used = std::int64_t{depth} * tile_columns;
  const bool pictures = p.b_pictures.pixels != nullptr;
  int done = 0;
  while (done < panels) {
    const int column = j + done * tile_columns;
    real* here = to + done * panel;
    int together = 1;
    if (pictures && p.b.columns_first) {
      pack_turned_panel(p.b_pictures, l0, depth, column, tile_columns, here);
    } else if (pictures) {
      pack_panel(p.b_pictures, l0, depth, column, tile_columns, here);
    } else if (p.b.columns_first) {
      pack_panel(p.b.at(l0, column), p.b.stride, true, depth, tile_columns, here);
    } else {  // two, as memory comes in two cache lines at a time
      together = std::min(panels - done, 2);
      pack_panels(p.b.at(l0, column), p.b.stride, depth, together, tile_columns, panel, here);
    }
    for (int q = 0; q < together; ++q) {
      std::fill(here + q * panel + used, here + (q + 1) * panel, real(0));
    }
    done += together;
  }
}

}  // namespace longhand::fast::parts
