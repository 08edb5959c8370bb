#include "core/gemm_tile.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "core/cpu.h"
#include "core/tile_vectors.h"

namespace longhand::fast {

namespace {

constexpr int most_vectors = Tiles::most_vectors;
constexpr int steps_ahead = 16;  // b's numbers are fetched into L1: a tenth of the time saved

template <class Isa>
constexpr int lanes_of = TileVectors<Isa>::lanes;

template <class Isa>
constexpr int vectors_a_line = 64 / Isa::vector_bytes;

template <class Isa>
constexpr int sums_of = TileVectors<Isa>::sums;

template <class Isa>
constexpr int most_rows_of = sums_of<Isa> / 2;

template <int rows, int vectors, TileOrder order>
struct TileKernel {
  template <class Isa>
  [[gnu::always_inline]] static void run(const Tile* tile) {
    using V = TileVectors<Isa>;
    using Vector = typename V::Vector;
    constexpr int width = V::lanes;
    const int depth = tile->depth;
    const std::int64_t a_stride = tile->a_stride, b_stride = tile->b_stride;
    const std::int64_t c_stride = tile->c_stride;
    const real* a = tile->a;
    const int* offset = tile->offset;
    constexpr bool by_row = order == TileOrder::by_row || order == TileOrder::b_pictures;
    const real* b = tile->b;
    const std::int64_t b_last = tile->b_last, c_last = tile->c_last;
    if (depth >= 32) {  // c is on its way while the sums are made
      for (int i = 0; i < rows; ++i) {
        for (int v = 0; v < vectors; ++v) {
          __builtin_prefetch(tile->c + i * c_stride + v * width, 1);
        }
      }
    }
    // Rows of a far apart: every fourth has a pointer. With one pointer and the distances of all
    // the others there are not enough registers, and g++ fetches some from memory at each step.
    const real* a_rows[(rows + 3) / 4];
    LONGHAND_UNROLL
    for (int i = 0; i < rows; i += 4) {
      a_rows[i / 4] = a + i * a_stride;
      if (by_row) asm("" : "+r"(a_rows[i / 4]));  // or it would see that one pointer is enough
    }
    Vector sum[rows][vectors] = {};
    for (int l = 0; l < depth; ++l) {
      const real* b_row = order == TileOrder::b_pictures ? b + offset[l] : b;
      Vector b_l[vectors];
#pragma GCC unroll 4
      for (int v = 0; v < vectors; ++v) {
        V::load(b_row + (v + 1 < vectors ? v * width : b_last), b_l[v]);
      }
      constexpr bool fetches = order != TileOrder::b_pictures;
#pragma GCC unroll 4
      for (int v = 0; fetches && v < vectors; v += vectors_a_line<Isa>) {
        __builtin_prefetch(b + steps_ahead * b_stride + v * width);
      }
      const real* a_l = order == TileOrder::pictures ? a + offset[l] : a;
      LONGHAND_UNROLL
      for (int i = 0; i < rows; ++i) {
        const real a_il = by_row ? a_rows[i / 4][i % 4 * a_stride] : a_l[i];
#pragma GCC unroll 4
        for (int v = 0; v < vectors; ++v) sum[i][v] += a_il * b_l[v];
      }
      if (by_row) {
        LONGHAND_UNROLL
        for (int i = 0; i < rows; i += 4) ++a_rows[i / 4];
      }
      if (!by_row && order != TileOrder::pictures) a += a_stride;
      if (order != TileOrder::b_pictures) b += b_stride;
    }
    real* c = tile->c;
    const bool add = tile->add;
    LONGHAND_UNROLL
    for (int i = 0; i < rows; ++i, c += c_stride) {
      V::template store_row<vectors>(sum[i], add, c_last, c);
    }
  }
};

// Every tile of one instruction set: [rows - 1][vectors - 1][order], null where the registers do
// not hold it.
template <class Isa>
using TileTable =
    std::array<TileFunction, std::size_t{most_rows_of<Isa>} * most_vectors * Tiles::orders>;

template <class Isa, std::size_t index>
constexpr TileFunction tile_of() {
  constexpr int rows = static_cast<int>(index) / (Tiles::orders * most_vectors) + 1;
  constexpr int vectors = static_cast<int>(index) / Tiles::orders % most_vectors + 1;
  constexpr auto order = static_cast<TileOrder>(index % Tiles::orders);
  if constexpr (rows * vectors > sums_of<Isa>) {
    return nullptr;
  } else {
    return run_kernel_for<Isa, TileKernel<rows, vectors, order>, const Tile*>;
  }
}

template <class Isa, std::size_t... index>
constexpr TileTable<Isa> tile_table(std::index_sequence<index...> /*indices*/) {
  return {tile_of<Isa, index>()...};
}

template <class Isa>
constexpr TileTable<Isa> table_of =
    tile_table<Isa>(std::make_index_sequence<std::tuple_size_v<TileTable<Isa>>>());

template <class Isa>
constexpr Tiles tiles_of() {
  return {lanes_of<Isa>, sums_of<Isa>, most_rows_of<Isa>, table_of<Isa>.data()};
}

Tiles choose_tiles() {
  switch (instruction_set()) {
#if defined(__x86_64__)
    case InstructionSet::amx:
    case InstructionSet::avx512:
      return tiles_of<Avx512>();
    case InstructionSet::avx2:
      return tiles_of<Avx2>();
#else
    case InstructionSet::amx:
    case InstructionSet::avx512:
    case InstructionSet::avx2:
#endif
    case InstructionSet::baseline:
      break;
  }
  return tiles_of<Baseline>();
}

}  // namespace

const Tiles& tiles() {
  static const Tiles chosen = choose_tiles();
  return chosen;
}

}  // namespace longhand::fast
