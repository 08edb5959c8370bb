#include "core/gemm_rows.h"

#include <algorithm>

#include "core/gemm_pack.h"
#include "core/scratch.h"
#include "core/transpose.h"

namespace longhand::fast {

namespace {

// Rows that lie by k already. As many tiles as fill a vector lie side by side: they are read and
// written as whole vectors.
Rows copy_by_k(const Tiles& t, const Matrix& a, int i0, int i1, int l0, int depth, int tile_rows) {
  const int together = t.lanes % tile_rows == 0 ? t.lanes / tile_rows : 1;
  const int width = round_up(tile_rows, t.lanes), unit = together * tile_rows;
  const std::int64_t step = std::int64_t{width} * depth;
  const int whole = unit == width ? (i1 - i0) / unit : 0;
  real* packed = scratch<struct PackedA>(step * ((i1 - i0 + unit - 1) / unit));
  pack_panels(a.at(i0, l0), a.stride, depth, whole, width, step, packed);
  for (int i = i0 + whole * unit, unit_number = whole; i < i1; i += unit, ++unit_number) {
    pack_rows_by_k(a.at(i, l0), a.stride, depth, std::min(unit, i1 - i), width,
                   packed + unit_number * step);
  }
  return {packed, width, step, together, TileOrder::by_k};
}

}  // namespace

Rows rows_in_place(const Product& p, int i0, int l0, int tile_rows) {
  const Matrix& a = p.a;
  if (a.columns_first) return {a.at(i0, l0), a.stride, tile_rows, 1, TileOrder::by_k};
  return {a.at(i0, l0), a.stride, tile_rows * a.stride, 1, TileOrder::by_row};
}

Rows pack_rows(const Tiles& t, const Product& p, int i0, int i1, int l0, int depth, int tile_rows) {
  const bool pictures = p.a_pictures.pixels != nullptr;
  if (!pictures && p.a.columns_first) return copy_by_k(t, p.a, i0, i1, l0, depth, tile_rows);
  // k values stay side by side. The odd line spreads rows over the cache.
  const std::int64_t stride = round_up(depth, 16) + 16;
  real* packed = scratch<struct PackedA>(stride * (i1 - i0));
  for (int i = i0; i < i1; ++i) {
    real* row = packed + (i - i0) * stride;
    if (pictures) {
      pack_row(p.a_pictures, i, l0, depth, row);
    } else {
      std::copy_n(p.a.at(i, l0), depth, row);
    }
  }
  return {packed, stride, tile_rows * stride, 1, TileOrder::by_row};
}

const real* pack_rows_of_panels(const Tiles& t, const Product& p, int i0, int i1, int tile_rows) {
  const std::int64_t step = std::int64_t{tile_rows} * p.k;
  const int tiles = (i1 - i0 + tile_rows - 1) / tile_rows;
  real* packed = scratch<struct PackedA>(step * tiles + t.lanes);
  for (int i = i0; i < i1; i += tile_rows) {
    real* to = packed + (i - i0) / tile_rows * step;
    const int rows = std::min(tile_rows, i1 - i);
    if (p.a.columns_first) {
      for (int l = 0; l < p.k; ++l) std::copy_n(p.a.at(i, l), rows, to + std::int64_t{l} * rows);
      continue;
    }
    // Squares of more rows than the tile has are quicker than rows one by one. What they write too
    // much, the next k value or the next tile overwrites.
    const int square = std::max(t.lanes, tile_rows);
    const int whole = i + square <= i1 ? p.k / t.lanes * t.lanes : 0;
    transpose(square, whole, p.a.at(i, 0), p.a.stride, to, rows);
    transpose(rows, p.k - whole, p.a.at(i, whole), p.a.stride, to + std::int64_t{whole} * rows,
              rows);
  }
  return packed;
}

}  // namespace longhand::fast
