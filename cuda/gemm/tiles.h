// The heart of the fast products: a block of threads computes one tile of c = a b, and what it
// needs of a and b flows through shared memory in tiles along k, which are copied while earlier
// ones are multiplied. Where the numbers come from and where the sums go is the caller's business,
// so that a convolution, which is a product whose b is never written down, is made of it too:
//
//   multiply_tiles<Shape>(m, n, first_l, end_l, first_i, first_j, a, b, store);
//
// computes, for the i from first_i and j from first_j that are in the tile and below m and n,
//
//   store(i, j, sum over l from first_l to end_l of a(i, l) * b(l, j))
//
// All threads of the block call it, Shape::threads in a row, and each gets the sums of its own
// (i, j) to store. The sums run in the order of l. An operand is a small object:
//
//   struct Operand {
//     static constexpr bool along_k;  // neighbours along l are neighbours in memory, else along i
//     static constexpr bool padded;   // at() may be null, for a number that is zero
//     __device__ bool packs() const;  // see below; false is always right
//     __device__ const real* at(int i, int l) const;
//   };
//
// For b it is at(j, l): the index that the sum does not run over comes first in both. It is asked
// only for i below m (or j below n) and l below end_l. What at() computes from i or from l alone is
// computed once for many numbers by the compiler, as long as it is plain arithmetic. packs() means:
// not along_k, and for every i that is a multiple of vector_size the numbers at (i, l), (i + 1, l),
// ... are a pack (cuda/vector.h), aligned to 16 bytes, and m is a multiple of vector_size.
// See RowMajor below for the plain matrix.
#pragma once

#include <cuda_pipeline.h>

#include <cstdint>

#include "core/real.h"
#include "cuda/launch.h"
#include "cuda/reduce.h"
#include "cuda/vector.h"

namespace longhand::cuda {

// The l of a tile: 16 floats or 8 doubles.
constexpr int tile_steps = 64 / static_cast<int>(sizeof(real));

// How the work of one tile is divided. A block computes tile_m x tile_n elements of c and takes
// tile_k steps along k at a time; a warp warp_m x warp_n of them. `stages` tiles of a and of b are
// in shared memory at once: one that is multiplied, the others on their way. `blocks` is how many
// should fit on a multiprocessor, which limits a thread's registers to 65536 / threads / blocks.
template <int tile_m_, int tile_n_, int warp_m_, int warp_n_, int stages_, int blocks_>
struct TileShape {
  static constexpr int tile_m = tile_m_, tile_n = tile_n_;
  static constexpr int tile_k = tile_steps;
  static constexpr int warp_m = warp_m_, warp_n = warp_n_;
  static constexpr int stages = stages_, blocks = blocks_;
  static constexpr int threads = tile_m / warp_m * (tile_n / warp_n) * warp_threads;
  // A warp is 8 x 4 lanes, each of which has a piece of 4 x 4 elements in every 32 x 16 of them.
  static constexpr int pieces_m = warp_m / 32, pieces_n = warp_n / 16;
};
constexpr int piece = 4;

// With enough tiles for all multiprocessors, large ones: each number that is copied is used 128
// times. A thread has 8 x 8 sums. In double these take twice the registers.
using LargeTiles = TileShape<128, 128, 64, 32, 2, sizeof(real) == 4 ? 2 : 1>;
// For fewer: a quarter of the elements, 4 x 8 sums a thread, and more tiles on their way, because
// few warps are there to wait together.
using SmallTiles = TileShape<64, 64, 32, 32, 4, sizeof(real) == 4 ? 3 : 2>;

// Where this thread's sums are in its block's tile.
template <class Shape>
struct TilePlace {
  static constexpr int warps_n = Shape::tile_n / Shape::warp_n;
  int warp = static_cast<int>(threadIdx.x) / warp_threads;
  int lane = static_cast<int>(threadIdx.x) % warp_threads;
  // Of the first element of its first piece; the next piece is 32 rows down or 16 columns right.
  int i = warp / warps_n * Shape::warp_m + lane / 4 * piece;
  int j = warp % warps_n * Shape::warp_n + lane % 4 * piece;
};

// A thread's sums, in registers.
template <class Shape>
struct TileSums {
  real at[Shape::pieces_m * piece][Shape::pieces_n * piece] = {};
};

// Tiles in shared memory: [l][i] and [l][j], whatever the matrices are, so that a thread finds the
// numbers of a piece side by side. Four more a row spread over the banks what is written by
// columns.
template <int rows>
using SharedTile = real[tile_steps][rows + 4];

// The neighbouring numbers at `shared`, 16 bytes at a time.
template <int count>
__device__ inline void read_packs(const real* shared, real (&numbers)[count]) {
#pragma unroll
  for (int e = 0; e < count; e += vector_size) {
    const Pack<vector_size> pack = load<vector_size>(shared + e);
#pragma unroll
    for (int i = 0; i < vector_size; ++i) numbers[e + i] = pack.v[i];
  }
}

// Adds the products of one pair of tiles. For each l a thread reads 4 (pieces_m + pieces_n) numbers
// and makes 16 pieces_m pieces_n products of them.
template <class Shape>
__device__ inline void add_products(const TilePlace<Shape>& place,
                                    const SharedTile<Shape::tile_m>& a,
                                    const SharedTile<Shape::tile_n>& b, TileSums<Shape>& sums) {
#pragma unroll
  for (int l = 0; l < Shape::tile_k; ++l) {
    real a_l[Shape::pieces_m][piece], b_l[Shape::pieces_n][piece];
#pragma unroll
    for (int p = 0; p < Shape::pieces_m; ++p) read_packs(&a[l][place.i + 32 * p], a_l[p]);
#pragma unroll
    for (int q = 0; q < Shape::pieces_n; ++q) read_packs(&b[l][place.j + 16 * q], b_l[q]);
#pragma unroll
    for (int i = 0; i < Shape::pieces_m * piece; ++i) {
#pragma unroll
      for (int j = 0; j < Shape::pieces_n * piece; ++j) {
        sums.at[i][j] += a_l[i / piece][i % piece] * b_l[j / piece][j % piece];
      }
    }
  }
}

// Hands over the thread's sums that are inside c.
template <class Shape, class Store>
__device__ inline void store_sums(const TilePlace<Shape>& place, int m, int n, int first_i,
                                  int first_j, const TileSums<Shape>& sums, Store store) {
#pragma unroll
  for (int p = 0; p < Shape::pieces_m * piece; ++p) {
    const int i = first_i + place.i + p / piece * 32 + p % piece;
    if (i >= m) continue;
#pragma unroll
    for (int q = 0; q < Shape::pieces_n * piece; ++q) {
      const int j = first_j + place.j + q / piece * 16 + q % piece;
      if (j < n) store(i, j, sums.at[p][q]);
    }
  }
}

// Calls f(line, column) for this thread's share of lines x columns places: neighbouring threads
// have neighbouring columns. Lines are counted from a number that the compiler cannot look through:
// else it would work out the addresses of all of them before the loop along k, and keep them in
// registers that the sums need.
template <int lines, int columns, int threads, class F>
__device__ inline void each_place(F f) {
  static_assert(threads % columns == 0 && lines * columns % threads == 0, "an unequal share");
  int line = static_cast<int>(threadIdx.x / columns);
  const int column = static_cast<int>(threadIdx.x % columns);
  asm volatile("" : "+r"(line));
#pragma unroll
  for (int i = 0; i < lines; i += threads / columns) f(line + i, column);
}

// Starts the copies of `rows` rows from first_row on and tile_k steps from first_l on. Neighbouring
// threads copy neighbours in memory. Numbers beyond the edges are zero; where the tile is known to
// be `inside`, nobody asks.
template <bool inside, int rows, class Shape, class Operand>
__device__ inline void start_copies(const Operand& operand, int row_count, int end_l, int first_row,
                                    int first_l, SharedTile<rows>& tile) {
  constexpr int steps = Shape::tile_k;
  const auto copy_number = [&](int row, int l) {
    const int from_row = first_row + row, from_l = first_l + l;
    const real* from = nullptr;
    if (inside || (from_row < row_count && from_l < end_l)) from = operand.at(from_row, from_l);
    if ((inside && !Operand::padded) || from != nullptr) {
      __pipeline_memcpy_async(&tile[l][row], from, sizeof(real));
    } else {
      tile[l][row] = 0;
    }
  };
  const auto copy_pack = [&](int row, int l) {
    const int from_row = first_row + row, from_l = first_l + l;
    if (inside || (from_row < row_count && from_l < end_l)) {
      __pipeline_memcpy_async(&tile[l][row], operand.at(from_row, from_l),
                              sizeof(Pack<vector_size>));
    } else {
      store(Pack<vector_size>{}, &tile[l][row]);
    }
  };
  if constexpr (Operand::along_k) {
    each_place<rows, steps, Shape::threads>([&](int row, int l) { copy_number(row, l); });
  } else if (operand.packs()) {
    each_place<steps, rows / vector_size, Shape::threads>(
        [&](int l, int pack) { copy_pack(pack * vector_size, l); });
  } else {
    each_place<steps, rows, Shape::threads>([&](int l, int row) { copy_number(row, l); });
  }
}

template <int rows, class Shape, class Operand>
__device__ inline void start_tile(const Operand& operand, int row_count, int end_l, int first_row,
                                  int first_l, SharedTile<rows>& tile) {
  if (first_row + rows <= row_count && first_l + Shape::tile_k <= end_l) {
    start_copies<true, rows, Shape>(operand, row_count, end_l, first_row, first_l, tile);
  } else {
    start_copies<false, rows, Shape>(operand, row_count, end_l, first_row, first_l, tile);
  }
}

template <class Shape, class A, class B, class Store>
__device__ void multiply_tiles(int m, int n, int first_l, int end_l, int first_i, int first_j,
                               const A& a, const B& b, Store store) {
  __shared__ __align__(16) SharedTile<Shape::tile_m> a_tiles[Shape::stages];
  __shared__ __align__(16) SharedTile<Shape::tile_n> b_tiles[Shape::stages];
  const TilePlace<Shape> place;
  TileSums<Shape> sums;
  // A batch of copies for each pair of tiles; empty batches at the end, so that their count is
  // right.
  const auto start_tiles = [&](int l, int stage) {
    if (l < end_l) {
      start_tile<Shape::tile_m, Shape>(a, m, end_l, first_i, l, a_tiles[stage]);
      start_tile<Shape::tile_n, Shape>(b, n, end_l, first_j, l, b_tiles[stage]);
    }
    __pipeline_commit();
  };
#pragma unroll
  for (int stage = 0; stage < Shape::stages - 1; ++stage) {
    start_tiles(first_l + stage * Shape::tile_k, stage);
  }
  int stage = 0, next = Shape::stages - 1;
  for (int l = first_l; l < end_l; l += Shape::tile_k) {
    __pipeline_wait_prior(Shape::stages - 2);
    // Now everybody's copies of this stage are there, and everybody is done with the one before,
    // whose place the next copies take.
    __syncthreads();
    start_tiles(l + (Shape::stages - 1) * Shape::tile_k, next);
    add_products(place, a_tiles[stage], b_tiles[stage], sums);
    stage = stage + 1 < Shape::stages ? stage + 1 : 0;
    next = next + 1 < Shape::stages ? next + 1 : 0;
  }
  store_sums(place, m, n, first_i, first_j, sums, store);
}

// A row-major matrix as an operand: as stored, or transposed. `columns` is the length of its rows.
template <bool along_k_>
struct RowMajor {
  static constexpr bool along_k = along_k_, padded = false;
  const real* matrix;
  int columns;
  bool packed;  // the rows are made of whole packs

  __device__ bool packs() const { return packed; }
  // Without signs, which makes the product of two ints in 64 bits one instruction.
  __device__ const real* at(int i, int l) const {
    const auto line = static_cast<unsigned>(along_k ? i : l);
    return matrix + (along_k ? l : i) + std::uint64_t{line} * static_cast<unsigned>(columns);
  }
};

}  // namespace longhand::cuda
