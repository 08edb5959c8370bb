#include "core/gemm_parts.h"

#include <algorithm>

#include "core/cpu.h"
#include "core/gemm_parts_pack.h"
#include "core/gemm_parts_tile.h"
#include "core/scratch.h"

namespace longhand::fast {

namespace {

using parts::panel_size;
using parts::steps_of;
using parts::tile_columns;

constexpr int k_block = 1024;    // k values whose products are added up in one go
constexpr int b_block = 131072;  // numbers of b copied at once: they stay in the L2 cache
constexpr int group_block = 32;  // groups of rows of a split at once: not too much memory
constexpr int group_rows = parts::most_tiles * parts::tile_rows;
constexpr int few_groups = 4;  // of rows of a: for them b is not copied

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
  int row(int group, int tile) const {
    return std::min(begin(group) + tile * tile_rows, begin(group + 1) - tile_rows);
  }

  int first, count, number;
  int tiles, tile_rows;
};

// Whether so few groups use b that it is read where it lies, by each anew, and never copied: a
// tenth to a quarter less time. With a row every half page or page, long columns have too few
// places in L2 to stay for the next group. A piece of k must have more than a step.
bool reads_in_place(const Product& p, int groups, int k_piece) {
  const int shortest = (p.k - 1) % k_piece + 1;
  const bool crowded = p.b.stride % 512 == 0 && k_piece > 256;
  return p.b_pictures.pixels == nullptr && !p.b.columns_first && shortest > parts::step &&
         groups <= (crowded ? 1 : few_groups);
}

// Columns [j0, j1) of b and c, k values [l0, l0 + depth).
struct Block {
  int j0, j1, l0, depth;
};

// One call of multiply_range_in_parts, as it goes on.
struct Walk {
  Walk(const Product& product, const Range& range, int k_piece)
      : multiplier(Groups(range).tile_rows),
        p(product),
        groups(range),
        b_in_place(reads_in_place(p, groups.number, k_piece)) {}

  // Groups [first, last) of rows of a, k values [l0, l0 + depth).
  void split_groups(int first, int last, int l0, int depth) {
    const std::int64_t size = parts::split_size(depth, groups.tiles);
    const auto numbers = size / static_cast<std::int64_t>(sizeof(real));
    a = reinterpret_cast<unsigned char*>(scratch<struct PartsOfA>(numbers * (last - first)));
    for (int group = first; group < last; ++group) {
      for (int i = 0; i < groups.tiles; ++i) {
        parts::split_a(p, groups.row(group, i), groups.tile_rows, l0, depth, groups.tiles,
                       a + (group - first) * size + std::int64_t{i} * parts::tile_bytes);
      }
    }
  }

  // The last panel has the last 16 columns. Those that the panel before has, too, are computed
  // twice; or if they are added to c, they are zeros here.
  void pack_columns(const Block& block) {
    const int whole = (block.j1 - block.j0) / tile_columns;
    const int more = (block.j1 - block.j0) % tile_columns;
    const std::int64_t panel = panel_size(block.depth);
    b = scratch<struct PanelsOfB>(panel * (whole + 3));  // two of which are split for nothing
    parts::pack_b(p, block.j0, whole, block.l0, block.depth, b);
    if (more > 0) pack_last(block, b + whole * panel);
  }
  void pack_last(const Block& block, real* panel) const {
    const int again = tile_columns - (block.j1 - block.j0) % tile_columns;
    parts::pack_b(p, block.j1 - tile_columns, 1, block.l0, block.depth, panel);
    for (int l = 0; l < block.depth && adds(block); ++l) {
      std::fill_n(panel + l * tile_columns, again, real(0));
    }
  }
  bool adds(const Block& block) const { return p.add || block.l0 > 0; }

  // Where the unit reads columns j to j + 16, or the last 16.
  void find_b(const Block& block, int j, parts::Columns& columns) {
    const int last_column = block.j1 - tile_columns, second = std::min(parts::step, columns.last);
    const std::int64_t panel = panel_size(block.depth);
    if (b_in_place && j > last_column && adds(block)) {
      b = scratch<struct PanelsOfB>(panel);
      pack_last(block, b);
      columns.b = columns.later[0] = columns.later[1] = b;
      columns.b_stride = tile_columns;
      multiplier.begin(columns);
      return;
    }
    const auto columns_of_b = [&](int column) {
      return b_in_place ? p.b.at(block.l0, std::min(column, last_column))
                        : b + (column - block.j0) / tile_columns * panel;
    };
    columns.b = columns_of_b(j);
    columns.b_stride = b_in_place ? p.b.stride : tile_columns;
    columns.later[0] = columns_of_b(j + tile_columns);
    columns.later[1] = columns.steps > 1 ? columns.later[0] + second * columns.b_stride
                                         : columns_of_b(j + 2 * tile_columns);
  }

  // A group, whose tiles of a are given, times these columns.
  void multiply_group(int group, const unsigned char* tiles, const Block& block) {
    parts::Columns columns{.steps = steps_of(block.depth),
                           .tiles = groups.tiles,
                           .a = tiles,
                           .b = nullptr,
                           .b_stride = 0,
                           .last = parts::last_step(block.depth),
                           .later = {},
                           .c = nullptr,
                           .c_stride = p.c_stride,
                           .row = {},
                           .add = adds(block)};
    const int row = groups.begin(group);
    for (int i = 0; i < groups.tiles; ++i) columns.row[i] = groups.row(group, i) - row;
    for (int j = block.j0; j < block.j1; j += tile_columns) {
      find_b(block, j, columns);
      if (j == block.j0) multiplier.begin(columns);
      columns.c = p.c + row * p.c_stride + std::min(j, block.j1 - tile_columns);
      multiplier.multiply(columns);
    }
  }

  parts::Multiplier multiplier;
  const Product& p;
  const Groups groups;
  const bool b_in_place;
  unsigned char* a = nullptr;
  real* b = nullptr;
};

}  // namespace

bool parts_pay(std::int64_t m, std::int64_t n, std::int64_t k, bool copies_b) {
  if (!has_matrix_unit()) return false;
  // In cycles, fitted to what 100 products took: the loop over vectors and the unit for a
  // multiplication, of whole vectors, tiles and steps; to split b once for a group of rows, to
  // split a, to copy b. The unit should win by a twentieth.
  const auto up = [](std::int64_t count, int unit) { return (count + unit - 1) / unit * unit; };
  const auto cycles = [](double each, std::int64_t numbers) {
    return each * static_cast<double>(numbers);
  };
  const std::int64_t groups = up(m, group_rows) / group_rows, columns = up(n, tile_columns);
  const std::int64_t b = columns * up(k, parts::step);
  const bool copied = copies_b || groups > few_groups || k <= parts::step;
  const double in_parts = cycles(0.0165, m * b) + cycles(0.46, groups * b) +
                          cycles(m * k > 1 << 18 ? 1.2 : 0.9, m * k) +
                          cycles(copied ? 0.5 : 0, n * k);
  return 1.05 * in_parts < cycles(0.042, m * columns * k);
}

void multiply_range_in_parts(const Product& p, const Range& range) {
  const int k_piece = round_up(even_piece(p.k, k_block), parts::step);
  const int n_piece = b_block / k_piece / tile_columns * tile_columns;
  Walk walk(p, range, k_piece);
  for (int l0 = 0; l0 < p.k; l0 += k_piece) {
    const int depth = std::min(k_piece, p.k - l0);
    const std::int64_t group_size = parts::split_size(depth, walk.groups.tiles);
    for (int first = 0; first < walk.groups.number; first += group_block) {
      const int last = std::min(first + group_block, walk.groups.number);
      walk.split_groups(first, last, l0, depth);
      for (int j0 = range.n0; j0 < range.n1; j0 += n_piece) {
        const Block block{j0, std::min(j0 + n_piece, range.n1), l0, depth};
        if (!walk.b_in_place) walk.pack_columns(block);
        for (int group = first; group < last; ++group) {
          walk.multiply_group(group, walk.a + (group - first) * group_size, block);
        }
      }
    }
  }
}

}  // namespace longhand::fast
