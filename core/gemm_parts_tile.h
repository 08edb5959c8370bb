// What the matrix unit of core/gemm_parts.h does in one go, and the order in which it reads a and
// b.
#pragma once

#include <cstdint>

#include "core/real.h"

namespace longhand::fast::parts {

constexpr int tile_rows = 16;     // of a and c, at most
constexpr int tile_columns = 16;  // of b and c
constexpr int step = 32;          // k values of a tile
constexpr int most_tiles = 4;     // side by side down c: the unit has eight, four of them for sums

constexpr int tile_bytes = 1024;  // 16 rows of 32 bfloat16
constexpr int count = 3;          // of a number's parts

inline int steps_of(int depth) {
  return (depth + step - 1) / step;
}

// `rows` rows of a, numbers [0, depth) of each, become one of the `tiles` tiles of each step and
// part: for each step, the last part's tiles come first. `to` is where the first of the rows' goes.
//
// A tile's row has in its 32 places numbers 0, 16, 1, 17, ... of the row's 32: two vectors of 16
// floats become one of 16 pairs, which are what the unit multiplies. Any order would do that is the
// same in a and in b.
void split_rows(const real* a, std::int64_t stride, int depth, int rows, int tiles,
                unsigned char* to);

// How many bytes the tiles of `tiles` times 16 rows take.
inline std::int64_t split_size(int depth, int tiles) {
  return std::int64_t{steps_of(depth)} * count * tiles * tile_bytes;
}

// 16 columns of c by as many rows as 3 or 4 tiles have:
//
//   c[i, j] = (add ? c[i, j] : 0) + sum over l of a[i, l] * b[l, j]
struct Columns {
  int steps, tiles;
  const unsigned char* a;  // as split_rows() makes them
  const real* b;           // b[l, j] is b[l * b_stride + j]
  std::int64_t b_stride;
  int last;              // l of the last step's first row: it may overlap the step before
  const real* later[2];  // where the rows of the two steps behind the last one begin
  real* c;               // c[i, j] is c[i * c_stride + j]
  std::int64_t c_stride;
  int row[most_tiles];  // of c, where each tile begins: they may overlap
  bool add;

  const real* b_of(int s) const { return b + (s + 1 < steps ? s * step : last) * b_stride; }
};

// The parts of b are made while the unit multiplies, two steps ahead of it: it reads numbers only
// after they have arrived in the cache. So in the last two steps they are made of the next columns'
// first ones, or of whatever else `later` says.
class Multiplier {
 public:
  // For tiles of `rows` rows. The unit is set up for them until the end of this object's life.
  explicit Multiplier(int rows);
  Multiplier(const Multiplier&) = delete;
  Multiplier& operator=(const Multiplier&) = delete;
  ~Multiplier();

  // Before the first columns, and wherever they are not those that the last ones' `later` said.
  void begin(const Columns& first);
  void multiply(const Columns& columns);

  static constexpr int ahead = 2, slots = 4;

 private:
  alignas(64) unsigned char b_parts_[slots][count * tile_bytes];
  int slot_ = 0;  // of the next step
};

}  // namespace longhand::fast::parts
