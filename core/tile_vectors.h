// What the register tiles of core/gemm_tile.h and layers/conv2d_windows.cpp share.
#pragma once

#include <cstdint>

#include "core/cpu.h"
#include "core/real.h"

namespace longhand::fast {

template <class Isa>
struct TileVectors {
  typedef real Vector __attribute__((vector_size(Isa::vector_bytes)));
  // In memory, where an address need only be good for one number.
  typedef real Stored
      __attribute__((vector_size(Isa::vector_bytes), aligned(sizeof(real)), may_alias));
  static constexpr int width = Isa::vector_bytes / static_cast<int>(sizeof(real));
  // Vectors of sums of a tile: 32 registers hold 14 x 2, one step's two vectors of b and one number
  // of a; 16 registers hold 6 x 2 of them.
  static constexpr int sums = Isa::registers == 32 ? 28 : 12;

  [[gnu::always_inline]] static void load(const real* from, Vector& to) {
    to = *reinterpret_cast<const Stored*>(from);
  }
  [[gnu::always_inline]] static void store(const Vector& from, real* to) {
    *reinterpret_cast<Stored*>(to) = from;
  }

  // c = sum or, with `add`, c += sum for a row of `vectors` vectors, the last of which begins at
  // c + last. It may overlap the one before: all of c is read before any is written.
  template <int vectors>
  [[gnu::always_inline]] static void store_row(Vector* sum, bool add, std::int64_t last, real* c) {
    if (add) {
      LONGHAND_UNROLL
      for (int v = 0; v < vectors; ++v) {
        Vector here;
        load(c + (v + 1 < vectors ? v * width : last), here);
        sum[v] += here;
      }
    }
    LONGHAND_UNROLL
    for (int v = 0; v < vectors; ++v) store(sum[v], c + (v + 1 < vectors ? v * width : last));
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

}  // namespace longhand::fast
