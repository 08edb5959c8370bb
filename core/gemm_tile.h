// The register tile: the innermost loop of every product of matrices here. gemm.h's products and
// the convolutions of layers/conv2d_implicit.cpp are walks over tiles.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/real.h"

namespace longhand::fast {

// A tile is `rows` rows and `vectors` vectors of columns of c, each element summed in a register
// over `depth` values of k:
//
//   c[i, j] = (add ? c[i, j] : 0) + sum over l of a[i, l] * b[l, j]
//
// b's columns lie side by side, so a step of k loads b as whole vectors; a is read one number at
// a time. Each of them lies in one of several orders.
//
// A number of columns that is no multiple of the vector needs no mask and no padding: the last
// vector begins at column columns - lanes and overlaps the one before. What lies in both is
// computed twice, with the same result. So a tile has at least lanes columns.
enum class TileOrder {
  by_row,      // a[i, l] is a[i * a_stride + l]
  by_k,        // a[i, l] is a[l * a_stride + i]
  pictures,    // a[i, l] is a[offset[l] + i]: each k value's rows begin at a place of their own
  b_pictures,  // a[i, l] is a[i * a_stride + l], and b[l, j] is b[offset[l] + j]
};

// Walks over tiles change one Tile from tile to tile: g++ clears every new one first.
struct Tile {
  int depth;
  const real* a;
  std::int64_t a_stride = 0;
  const real* b;  // b[l, j] is b[l * b_stride + j]
  const int* offset = nullptr;
  std::int64_t b_stride;
  int b_last;  // where the last vector begins in a row of b: the columns of a packed panel do not
               // overlap, those of a matrix do
  real* c;     // c[i, j] is c[i * c_stride + j]
  std::int64_t c_stride;
  int c_last;  // where the last vector begins in a row of c: columns - lanes
  bool add;
};

using TileFunction = void (*)(const Tile*);

// The tiles of an instruction set.
struct Tiles {
  int lanes;     // numbers in a vector
  int sums;      // vectors of sums that the registers hold
  int max_rows;  // the most rows of a tile: of one with two vectors
  const TileFunction* table;

  // The most vectors of a tile with so many rows.
  int max_vectors(int rows) const { return std::min(most_vectors, sums / rows); }
  // The tile with so many rows, 1 to max_rows, and vectors, 1 to max_vectors(rows).
  TileFunction function(int rows, int vectors, TileOrder order) const {
    return table[((rows - 1) * most_vectors + vectors - 1) * orders + static_cast<int>(order)];
  }
  // How many vectors hold so many columns.
  int vectors_of(int columns) const { return (columns + lanes - 1) / lanes; }

  static constexpr int most_vectors = 4, orders = 4;
};

// The tiles of this CPU's instruction set.
const Tiles& tiles();

}  // namespace longhand::fast
