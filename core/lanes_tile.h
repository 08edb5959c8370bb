// What the sums of core/lanes.h share: the size of a tile that fits the registers, and a table of
// the tiles of every size.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "core/cpu.h"
#include "core/layout.h"
#include "core/real.h"

namespace longhand::fast::lanes {

inline constexpr int most_rows = 8;  // of a tile

template <class Isa>
struct Registers {
  typedef real Vector
      __attribute__((vector_size(Isa::vector_bytes), aligned(Isa::vector_bytes), may_alias));
  static constexpr int lanes = Isa::vector_bytes / static_cast<int>(sizeof(real));
  static constexpr int parts = lane_count / lanes;  // registers for 16 images

  // The widest tile: so many vectors stay in registers while one number, or one vector, of each row
  // is multiplied with them.
  static constexpr int max_wide = Isa::registers == 32 ? 5 : 3;
  // So many rows that the tile's sums, the vectors and one more fit. With 8 sums at least, every
  // multiply-add unit always has one that does not wait for another.
  static constexpr int max_rows(int wide) {
    return std::min(most_rows, (Isa::registers - 2 - wide) / wide);
  }
};

// A table of the tiles Tile<rows, wide>, each compiled for Isa: table[wide][rows].
template <class Isa, template <int, int> class Tile, class... Args>
struct TileTable {
  using Function = void (*)(Args...);

  constexpr TileTable() { fill_wide(std::make_integer_sequence<int, Registers<Isa>::max_wide>()); }

  template <int... i>
  constexpr void fill_wide(std::integer_sequence<int, i...>) {
    (fill_rows<i + 1>(std::make_integer_sequence<int, Registers<Isa>::max_rows(i + 1)>()), ...);
  }
  template <int wide, int... i>
  constexpr void fill_rows(std::integer_sequence<int, i...>) {
    ((tile[wide][i + 1] = run_kernel_for<Isa, Tile<i + 1, wide>, Args...>), ...);
  }

  std::array<std::array<Function, most_rows + 1>, Registers<Isa>::max_wide + 1> tile{};
};

// Cuts `count` into parts of at most `largest`, as equal as can be, the wider ones first: part i is
// [begin(i), begin(i + 1)).
struct Cut {
  Cut(int count, int most)
      : parts(std::max(1, (count + most - 1) / most)),
        width(count / parts),
        wider(count - width * parts) {}
  int begin(int i) const { return i * width + std::min(i, wider); }
  int largest() const { return width + (wider > 0 ? 1 : 0); }
  int parts;
  int width, wider;  // so many parts are one wider than `width`
};

// Keeps a number that is used several times in a register: the compiler may otherwise load it again
// for each use, and loads are what is scarce here. (clang does not; nor does it take this "v" in a
// function that is inlined into one with more instructions.)
template <class Vector>
[[gnu::always_inline]] inline void keep_in_register([[maybe_unused]] Vector& vector) {
#if defined(__x86_64__) && !defined(__clang__)
  asm("" : "+v"(vector));
#elif defined(__aarch64__)
  asm("" : "+w"(vector));
#endif
}

}  // namespace longhand::fast::lanes
