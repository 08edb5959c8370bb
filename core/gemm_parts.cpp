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

constexpr int k_block = 1024;    // k values whose products are added up in one go
constexpr int b_block = 131072;  // numbers of b copied at once: they stay in the L2 cache
constexpr int group_block = 32;  // groups of rows of a split at once: not too much memory
constexpr int group_rows = parts::most_tiles * parts::tile_rows;

// Numbers in a panel: 16 columns of whole steps.
std::int64_t panel_size(int depth) {
  return std::int64_t{steps_of(depth)} * parts::step * tile_columns;
}

// The rows of c of a range: groups of as many rows as 3 or 4 tiles hold, or one fewer, each in as
// many tiles. A group's last tile overlaps the one before.
struct Groups {
  explicit Groups(const Range& range)
      : first(range.m0), count(range.m1 - range.m0), number((count + group_rows - 1) / group_rows) {
    const int most = (count + number - 1) / number;  // rows of a group
    tiles = std::max((most + parts::tile_rows - 1) / parts::tile_rows, parts::most_tiles - 1);
    tile_rows = (most + tiles - 1) / tiles;
  }

  int begin(int group) const {
    return first + static_cast<int>(std::int64_t{count} * group / number);
  }
  int rows(int group) const { return begin(group + 1) - begin(group); }
  int row(int group, int tile) const {
    return std::min(begin(group) + tile * tile_rows, begin(group + 1) - tile_rows);
  }

  int first, count, number;
  int tiles, tile_rows;
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

// Columns [j, j + 16 * panels) of b, k values [l0, l0 + depth), as panels of 16 columns and of
// whole steps.
void pack_b(const Product& p, int j, int panels, int l0, int depth, real* to) {
  const std::int64_t panel = panel_size(depth), used = std::int64_t{depth} * tile_columns;
  const bool pictures = p.b_pictures.pixels != nullptr;
  int done = 0;
  while (done < panels) {
    const int column = j + done * tile_columns;
    real* here = to + done * panel;
    int count = 1;
    if (pictures && p.b.columns_first) {
      pack_turned_panel(p.b_pictures, l0, depth, column, tile_columns, here);
    } else if (pictures) {
      pack_panel(p.b_pictures, l0, depth, column, tile_columns, here);
    } else if (p.b.columns_first) {
      pack_panel(p.b.at(l0, column), p.b.stride, true, depth, tile_columns, here);
    } else {  // two, as memory comes in two cache lines at a time
      count = std::min(panels - done, 2);
      pack_panels(p.b.at(l0, column), p.b.stride, depth, count, tile_columns, panel, here);
    }
    for (int q = 0; q < count; ++q) {
      std::fill(here + q * panel + used, here + (q + 1) * panel, real(0));
    }
    done += count;
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

// One call of multiply_range_in_parts, as it goes on.
struct Walk {
  Walk(const Product& product, const Range& range)
      : multiplier(Groups(range).tile_rows), p(product), groups(range) {}

  // Groups [first, last) of rows of a, k values [l0, l0 + depth).
  void split_groups(int first, int last, int l0, int depth) {
    const std::int64_t size = parts::split_size(depth, groups.tiles);
    const auto numbers = size / static_cast<std::int64_t>(sizeof(real));
    a = reinterpret_cast<unsigned char*>(scratch<struct PartsOfA>(numbers * (last - first)));
    for (int group = first; group < last; ++group) {
      for (int i = 0; i < groups.tiles; ++i) {
        split_a(p, groups.row(group, i), groups.tile_rows, l0, depth, groups.tiles,
                a + (group - first) * size + std::int64_t{i} * parts::tile_bytes);
      }
    }
  }

  // Columns [j0, j1) of b; the last panel has the last 16.
  void pack_columns(int j0, int j1, int l0, int depth) {
    const int whole = (j1 - j0) / tile_columns;
    const bool more = (j1 - j0) % tile_columns > 0;
    // and the two steps behind them that are split for nothing
    const int behind = parts::Multiplier::ahead * parts::step * tile_columns;
    b = scratch<struct PanelsOfB>(panel_size(depth) * (whole + 1) + behind);
    pack_b(p, j0, whole, l0, depth, b);
    if (more) pack_b(p, j1 - tile_columns, 1, l0, depth, b + whole * panel_size(depth));
  }

  // A group, whose tiles of a are given, times these columns.
  void multiply_group(int group, const unsigned char* tiles, int j0, int j1, int l0, int depth) {
    parts::Columns columns{.steps = steps_of(depth),
                           .tiles = groups.tiles,
                           .a = tiles,
                           .b = b,
                           .c = nullptr,
                           .c_stride = p.c_stride,
                           .row = {},
                           .add = p.add || l0 > 0};
    const int row = groups.begin(group);
    for (int i = 0; i < groups.tiles; ++i) columns.row[i] = groups.row(group, i) - row;
    multiplier.begin(b);
    for (int j = j0; j < j1; j += tile_columns) {
      const int column = std::min(j, j1 - tile_columns);  // the last panel overlaps what is done
      columns.c = p.c + row * p.c_stride + column;
      if (column == j) {
        multiplier.multiply(columns);
      } else {
        multiply_some(multiplier, columns, groups.rows(group), j - column);
      }
      columns.b += panel_size(depth);
    }
  }

  parts::Multiplier multiplier;
  const Product& p;
  const Groups groups;
  unsigned char* a = nullptr;
  real* b = nullptr;
};

}  // namespace

bool parts_pay(std::int64_t m, std::int64_t n, std::int64_t k) {
  // In cycles, measured: a multiplication saves 0.02 of one; a number of a takes 1.5 to split, one
  // of b 0.6 to copy, one of c 0.3 more to write. Small products do not make good for the
  // beginning.
  const auto product = [](std::int64_t i, std::int64_t j) { return static_cast<double>(i * j); };
  const double saved = 0.02 * product(m * n, k);
  const double spent = 1.5 * product(m, k) + 0.6 * product(n, k) + 0.3 * product(m, n);
  return has_matrix_unit() && saved > spent && product(m * n, k) >= 1e7;
}

void multiply_range_in_parts(const Product& p, const Range& range) {
  Walk walk(p, range);
  const int k_piece = round_up(even_piece(p.k, k_block), parts::step);
  const int n_piece = b_block / k_piece / tile_columns * tile_columns;
  for (int l0 = 0; l0 < p.k; l0 += k_piece) {
    const int depth = std::min(k_piece, p.k - l0);
    const std::int64_t group_size = parts::split_size(depth, walk.groups.tiles);
    for (int first = 0; first < walk.groups.number; first += group_block) {
      const int last = std::min(first + group_block, walk.groups.number);
      walk.split_groups(first, last, l0, depth);
      for (int j0 = range.n0; j0 < range.n1; j0 += n_piece) {
        const int j1 = std::min(j0 + n_piece, range.n1);
        walk.pack_columns(j0, j1, l0, depth);
        for (int group = first; group < last; ++group) {
          walk.multiply_group(group, walk.a + (group - first) * group_size, j0, j1, l0, depth);
        }
      }
    }
  }
}

}  // namespace longhand::fast
