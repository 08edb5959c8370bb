// A product of matrices as a walk over register tiles, for one thread: what gemm and the
// convolutions of layers/conv2d_implicit.cpp have in common.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/gemm_tile.h"
#include "core/real.h"

namespace longhand::fast {

// A matrix in memory: [i, j] is at i * stride + j or, with `columns_first`, at j * stride + i.
struct Matrix {
  const real* data;
  std::int64_t stride;
  bool columns_first;
  const real* at(std::int64_t i, std::int64_t j) const {
    return data + (columns_first ? j * stride + i : i * stride + j);
  }
};

// A matrix that is written down nowhere, im2col's: each row is a picture of `width` columns, read
// line by line, its first pixel at pixels + offset[i] and its lines `pitch` apart. So [i, j] is
// pixels[offset[i] + j / width * pitch + j % width]. After the last number that it reads, as many
// more as a vector holds can be read too.
struct Pictures {
  const real* pixels = nullptr;
  const int* offset = nullptr;
  int width = 1, pitch = 1;
};

// c = a b or, with `add`, c += a b: c is m x n, its rows `c_stride` apart. Where a_pictures or
// b_pictures has pixels, it is the matrix and a or b is not looked at (but for in_parts, where
// b.columns_first makes b the transpose of the matrix of pictures). With `pictures_in_place`
// nothing of b_pictures is copied: that pays where the pixels that a tile reads fit L1. Then lines
// hold a vector or more, and a Range has whole lines. With `in_parts` the matrix unit multiplies
// (core/gemm_parts.h, which says where that pays): pictures are not read in place then. With
// `streaming` c may be written past the caches (core/streaming.h), and the thread that has
// multiplied has to finish that.
struct Product {
  int m, n, k;
  Matrix a, b;
  real* c;
  std::int64_t c_stride;
  bool add;
  Pictures a_pictures{}, b_pictures{};
  bool pictures_in_place = false;
  bool in_parts = false;
  bool streaming = false;
};

// The part of c that one call computes: rows [m0, m1) and columns [n0, n1). There are at least as
// many columns as a vector holds.
struct Range {
  int m0, m1, n0, n1;
};
void multiply_range(const Tiles& t, const Product& p, const Range& range);

// What decides how b is read. With few rows of a, packing b would cost more than it saves. So much
// of b, in numbers, is read where it lies: it fits L2 and the TLB. Rows so long lie in pages of
// memory of their own.
constexpr int few_rows = 128;
constexpr std::int64_t small_b = 32768;
constexpr int long_row = 1024;

// How c is cut into tiles: many sums a step of k keep the multipliers busy, as square as can be
// for few loads. Few rows leave registers for more vectors.
struct Tiling {
  Tiling(const Tiles& t, int m, int n, int most_vectors = 3);
  int rows, vectors;
  int block;  // rows of a that are packed at once: whole tiles
};

// Calls body(j, columns, vectors) for each tile's columns of `columns`. A last tile of one vector
// would use few registers, and has no other to overlap where the columns end inside a vector: the
// tile before gives it one.
template <class Body>
void for_each_panel(const Tiles& t, int columns, int most_vectors, Body&& body) {
  for (int j = 0; j < columns;) {
    int vectors = t.vectors_of(columns - j);
    if (vectors == most_vectors + 1 && most_vectors > 1) vectors -= 2;
    vectors = std::min(vectors, most_vectors);
    const int width = std::min(vectors * t.lanes, columns - j);
    body(j, width, vectors);
    j += width;
  }
}

inline int round_up(int count, int unit) {
  return (count + unit - 1) / unit * unit;
}

// How many items a piece has when `count` are cut into the fewest pieces of at most `most`, as
// equal as can be.
inline int even_piece(int count, int most) {
  const int pieces = (count + most - 1) / most;
  return (count + pieces - 1) / pieces;
}

}  // namespace longhand::fast
