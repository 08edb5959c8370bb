// What the register tiles of matrix products and convolutions share, beside the vectors of
// core/vector.h.
#pragma once

#include <cstdint>

#include "core/cpu.h"
#include "core/real.h"
#include "core/vector.h"

namespace longhand::fast {

template <class Isa>
struct TileVectors : Vectors<Isa> {
  using typename Vectors<Isa>::Vector;
  using Vectors<Isa>::lanes, Vectors<Isa>::load, Vectors<Isa>::put;

  // Vectors of sums of a tile: 32 registers hold 14 x 2, one step's two vectors of b and one number
  // of a; 16 registers hold 6 x 2 of them.
  static constexpr int sums = Isa::registers == 32 ? 28 : 12;

  // c = sum or, with `add`, c += sum for a row of `vectors` vectors, the last of which begins at
  // c + last. It may overlap the one before: all of c is read before any is written.
  template <int vectors>
  [[gnu::always_inline]] static void store_row(Vector* sum, bool add, std::int64_t last, real* c,
                                               bool streaming = false) {
    if (add) {
      LONGHAND_UNROLL
      for (int v = 0; v < vectors; ++v) {
        Vector here;
        load(c + (v + 1 < vectors ? v * lanes : last), here);
        sum[v] += here;
      }
    }
    LONGHAND_UNROLL
    for (int v = 0; v < vectors; ++v) {
      put(sum[v], c + (v + 1 < vectors ? v * lanes : last), streaming);
    }
  }

  // `pointer`, for one of several vectors that are multiplied by the same number in memory. AVX-512
  // does that in one operation with the load; a compiler that sees that the number is the same
  // loads it first, in an operation of its own. So each vector has a pointer, of which the compiler
  // is not told that it is the same.
  [[gnu::always_inline]] static const real* pointer_of_its_own(const real* pointer) {
    if constexpr (Isa::vector_bytes == 64) asm("" : "+r"(pointer));
    return pointer;
  }
};

// Of the numbers of a tile that two vectors are multiplied by, whether the i-th is loaded first,
// once for both, and not out of memory for each (pointer_of_its_own). With all of them out of
// memory a tile would wait for loads: a core begins two of them in a cycle, as many as
// multiply-adds, and the vectors are to be loaded too. One that copies what it reads has still more
// to load.
constexpr bool loaded_first(int i, bool copies = false) {
  return i % (copies ? 2 : 3) == 0;
}

}  // namespace longhand::fast
