#include "core/gemm_parts.h"

#include <algorithm>

#include "core/cpu.h"
#include "core/gemm_pack.h"
#include "core/gemm_parts_tile.h"
#include "core/scratch.h"
#include "core/transpose.h"

namespace longhand::fast {

namespace {

using parts::steps_of;
using parts::tile_columns;

constexpr int k_block = 1024;          // k values whose products are added up in one go
constexpr std::int64_t b_block = 131072;  // numbers of b copied at once: they stay in the L2 cache
constexpr int group_rows = parts::most_tiles * parts::tile_rows;

// Cuts `count` items into the fewest pieces of at most `most` and makes these as equal as can be.
int even_piece(int count, int most) {
  const int pieces = (count + most - 1) / most;
  return (count + pieces - 1) / pieces;
}

// The rows of c of a range: groups of as many rows as 3 or 4 tiles hold, each in as many tiles. A
// group's last tile overlaps the one before.
struct Groups {
  explicit Groups(const Range& range)
      : first(range.m0),
        end(range.m1),
        rows(even_piece(end - first, group_rows)),
        tiles(std::max((rows + parts::tile_rows - 1) / parts::tile_rows, parts::most_tiles - 1)),
        tile_rows((rows + tiles - 1) / tiles),
        number((end - first + rows - 1) / rows) {}

  int begin(int group) const { return first + group * rows; }
  int row(int group, int tile) const {
    const int last = std::min(begin(group) + rows, end) - tile_rows;
    return std::min(begin(group) + tile * tile_rows, last);
  }

  int first, end;
  int rows, tiles, tile_rows;
  int number;
};

// Rows [i, i + rows) of a, k values [l0, l0 + depth), as tile number `tile` of `tiles`.
void split_a(const Product& p, int i, int rows, int l0, int depth, int tiles, unsigned char* to) {
  if (p.a_pictures.pixels == nullptr && !p.a.columns_first) {
    return parts::split_rows(p.a.at(i, l0), p.a.stride, depth, rows, tiles, to);
  }
  const std::int64_t stride = round_up(depth, tile_columns) + tile_columns;
  real* copy = scratch<struct RowsOfA>(stride * parts::tile_rows);
  if (p.a_pictures.pixels != nullptr) {
    for (int r = 0; r < rows; ++r) pack_row(p.a_pictures, i + r, l0, depth, copy + r * stride);
  } else {
    transpose(depth, rows, p.a.at(i, l0), p.a.stride, copy, stride);
  }
  parts::split_rows(copy, stride, depth, rows, tiles, to);
}

// Columns [j, j + 16 * panels) of b, k values [l0, l0 + depth), as panels of 16 columns.
void pack_b(const Product& p, int j, int panels, int l0, int depth, real* to) {
  const std::int64_t panel = std::int64_t{steps_of(depth)} * parts::step * tile_columns;
  if (p.b_pictures.pixels == nullptr && !p.b.columns_first) {
    for (int q = 0; q < panels; q += 2) pack_panels(p.b.at(l0, j + q * 16), p.b.stride, depth, std::min(2, panels - q), tile_columns, panel, to + q * panel);
  } else {
    for (int q = 0; q < panels; ++q) {
      const int column = j + q * tile_columns;
      if (p.b_pictures.pixels != nullptr && p.b.columns_first) {
        pack_turned_panel(p.b_pictures, l0, depth, column, tile_columns, to + q * panel);
      } else if (p.b_pictures.pixels != nullptr) {
        pack_panel(p.b_pictures, l0, depth, column, tile_columns, to + q * panel);
      } else {
        pack_panel(p.b.at(l0, column), p.b.stride, true, depth, tile_columns, to + q * panel);
      }
    }
  }
  const std::int64_t used = std::int64_t{depth} * tile_columns;
  for (int q = 0; q < panels; ++q) {
    std::fill(to + q * panel + used, to + (q + 1) * panel, real(0));
  }
}

// One call of the unit, whose columns [first, 16) are wanted only: they are computed on the side.
void multiply_some(parts::Multiplier& multiplier, parts::Columns columns, int rows, int first) {
  real* c = columns.c;
  const std::int64_t c_stride = columns.c_stride;
  alignas(64) real sums[group_rows * tile_columns] = {};
  const int some = tile_columns - first;
  if (columns.add) {
    for (int i = 0; i < rows; ++i) {
      std::copy_n(c + i * c_stride + first, some, sums + i * tile_columns + first);
    }
  }
  columns.c = sums;
  columns.c_stride = tile_columns;
  multiplier.multiply(columns);
  for (int i = 0; i < rows; ++i) {
    std::copy_n(sums + i * tile_columns + first, some, c + i * c_stride + first);
  }
}

// Rows of a group times panels of b.
void multiply_group(parts::Multiplier& multiplier, const Product& p, const Groups& groups,
                    int group, const unsigned char* a, const real* b, int steps, int j0, int j1, bool add) {
  parts::Columns columns{.steps = steps,
                         .tiles = groups.tiles,
                         .a = a,
                         .b = b,
                         .c = nullptr,
                         .c_stride = p.c_stride,
                         .row = {},
                         .add = add};
  const int row = groups.begin(group);
  for (int i = 0; i < groups.tiles; ++i) columns.row[i] = groups.row(group, i) - row;
  multiplier.begin(b);
  for (int j = j0; j < j1; j += tile_columns) {
    // the last columns that are there: some of them are done
    const int column = std::min(j, j1 - tile_columns);
    columns.c = p.c + row * p.c_stride + column;
    if (column == j) {
      multiplier.multiply(columns);
    } else {
      multiply_some(multiplier, columns, std::min(groups.rows, groups.end - row), j - column);
    }
    columns.b += std::int64_t{steps} * parts::step * tile_columns;
  }
}

}  // namespace

bool parts_pay(std::int64_t m, std::int64_t n, std::int64_t k) {
  // In cycles, measured: a multiplication saves 0.02 of one; a number of a takes 1.5 to split, one of
  // b 0.6 to copy, one of c 0.3 more to write.
  const auto numbers = [](std::int64_t i, std::int64_t j) { return static_cast<double>(i * j); };
  const double saved = 0.02 * numbers(m * n, k);
  const double spent = 1.5 * numbers(m, k) + 0.6 * numbers(n, k) + 0.3 * numbers(m, n);
  return has_matrix_unit() && saved > spent && numbers(m * n, k) >= 1e7;
}

void multiply_range_in_parts(const Product& p, const Range& range) {
  const Groups groups(range);
  const int k_piece = round_up(even_piece(p.k, k_block), parts::step);
  const int n_piece = std::max(static_cast<int>(b_block / k_piece) / tile_columns, 1) * tile_columns;
  parts::Multiplier multiplier(groups.tile_rows);
  for (int l0 = 0; l0 < p.k; l0 += k_piece) {
    const int depth = std::min(k_piece, p.k - l0), steps = steps_of(depth);
    const std::int64_t group_size = parts::split_size(depth, groups.tiles);
    auto* a = reinterpret_cast<unsigned char*>(scratch<struct PartsOfA>(
        group_size * groups.number / static_cast<std::int64_t>(sizeof(real))));
    for (int group = 0; group < groups.number; ++group) {
      for (int i = 0; i < groups.tiles; ++i) {
        split_a(p, groups.row(group, i), groups.tile_rows, l0, depth, groups.tiles,
                a + group * group_size + std::int64_t{i} * parts::tile_bytes);
      }
    }
    const std::int64_t panel = std::int64_t{steps} * parts::step * tile_columns;
    for (int j0 = range.n0; j0 < range.n1; j0 += n_piece) {
      const int j1 = std::min(j0 + n_piece, range.n1);
      const int whole = (j1 - j0) / tile_columns;
      const int panels = (j1 - j0 + tile_columns - 1) / tile_columns;
      // and the two steps behind them that are split for nothing
      real* b = scratch<struct PanelsOfB>(panel * panels + std::int64_t{parts::Multiplier::ahead} * parts::step * tile_columns);
      pack_b(p, j0, whole, l0, depth, b);
      if (panels > whole) pack_b(p, j1 - tile_columns, 1, l0, depth, b + whole * panel);
      for (int group = 0; group < groups.number; ++group) {
        multiply_group(multiplier, p, groups, group, a + group * group_size, b, steps, j0, j1, p.add || l0 > 0);
      }
    }
  }
}

}  // namespace longhand::fast
