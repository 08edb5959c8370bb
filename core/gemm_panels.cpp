#include "core/gemm_panels.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "core/cpu.h"
#include "core/gemm_rows.h"
#include "core/scratch.h"
#include "core/tile_vectors.h"
#include "core/vector.h"

namespace longhand::fast {

namespace {

constexpr int most_rows = 14;  // of a tile, with 32 registers
constexpr std::uintptr_t line_bytes = cache_line * sizeof(real);

// Where tiles read b. The first of a panel reads its rows and copies them: they are near, as
// pictures that were read for the panel before, or far. The others read the copy.
enum class Source { near, far, copy };
constexpr int sources = 3;

// Tiles of a panel, one below the other.
struct PanelTiles {
  int tiles, depth;
  const real* a;  // a[i, l] of a tile is a[l * rows + i]; the tiles lie one after the other
  const real* b;  // of the first tile b[offset[l] + j], of the others the copy
  const int* offset;
  int b_last;
  real* copy;
  real* c;
  std::int64_t c_stride;
  int c_last;
  bool add;
  // What the tiles fetch: of b's next rows `next_rows` in four steps, and c's of the tile after.
  const real* next_b;
  const int* next_offset;  // is advanced
  const int* next_end;
  int next_rows;
  const real* next_c;
};

// The cache lines of `vectors` vectors. If the first begins in the middle of one, that is the last
// line of the panel before.
template <class Isa, int vectors, int level>
[[gnu::always_inline]] inline void fetch(const real* row) {
  constexpr int numbers = vectors * TileVectors<Isa>::lanes;
  LONGHAND_UNROLL
  for (int j = std::min(cache_line, numbers); j <= numbers; j += cache_line) {
    __builtin_prefetch(row + j - 1, 0, level);
  }
}

// c[i, j] = (add ? c[i, j] : 0) + sum over l of a[i, l] * b[l, j], tile after tile.
//
// Four steps at a time, a's numbers at distances that the compiler knows: there is little to do but
// to multiply and add. That counts where another thread runs on the same core, somebody else's on
// many a virtual machine: half as many operations can be begun then, and each should be of use.
//
// With `streaming` c goes past the caches, and need not be fetched.
template <int rows, int vectors, Source source, bool streaming>
struct PanelKernel {
  static constexpr bool copies = source != Source::copy;
  // Whether row i's number of a is loaded once for both vectors: always, where there is also much
  // to fetch.
  static constexpr bool shared(int i) { return source == Source::far || loaded_first(i, copies); }
  static constexpr int steps_ahead = 16;  // b's far numbers are fetched into L1

  template <class Isa>
  [[gnu::always_inline]] static void run(PanelTiles* p) {
    if constexpr (rows * vectors <= TileVectors<Isa>::sums) multiply<Isa>(p);
  }

  template <class Isa>
  [[gnu::always_inline]] static void multiply(PanelTiles* p) {
    using V = TileVectors<Isa>;
    using Vector = typename V::Vector;
    constexpr int width = V::lanes;
    const int depth = p->depth, next_rows = p->next_rows;
    const std::int64_t b_last = p->b_last, c_last = p->c_last, c_stride = p->c_stride;
    const int* offset = p->offset;
    const int* next_offset = p->next_offset;
    const int* next_end = p->next_end;
    const real* next_b = p->next_b;
    const real* b = p->b;
    real* copy = p->copy;
    real* c = p->c;
    const real* a[vectors];
    LONGHAND_UNROLL
    for (int v = 0; v < vectors; ++v) a[v] = V::pointer_of_its_own(p->a);
    for (int tile = p->tiles; tile > 0; --tile) {
      const real* next_c = tile > 1 ? c + rows * c_stride : p->next_c;
      Vector sum[rows][vectors] = {};
      const auto step = [&](int l) __attribute__((always_inline)) {
        const real* b_row = copies ? b + offset[l] : b + l * vectors * width;
        Vector b_l[vectors];
        LONGHAND_UNROLL
        for (int v = 0; v < vectors; ++v) {
          const bool last = copies && v + 1 == vectors;
          V::load(b_row + (last ? b_last : v * width), b_l[v]);
          if (copies) V::store(b_l[v], copy + (l * vectors + v) * width);
        }
        LONGHAND_UNROLL
        for (int i = 0; i < rows; ++i) {
          LONGHAND_UNROLL
          for (int v = 0; v < vectors; ++v) {
            sum[i][v] += a[shared(i) ? 0 : v][l * rows + i] * b_l[v];
          }
        }
      };
      const auto advance = [&](int steps) __attribute__((always_inline)) {
        LONGHAND_UNROLL
        for (int v = 0; v < vectors; ++v) a[v] += steps * rows;
        if (copies) {
          offset += steps;
          copy += steps * vectors * width;
        } else {
          b += steps * vectors * width;
        }
      };
      int l = 0;
      for (; l + 4 <= depth; l += 4) {
        if (source == Source::far && l + 4 + steps_ahead <= depth) {
          LONGHAND_UNROLL
          for (int i = 0; i < 4; ++i) fetch<Isa, vectors, 3>(b + offset[steps_ahead + i]);
        }
        for (int i = 0; i < next_rows && next_offset < next_end; ++i, ++next_offset) {
          fetch<Isa, vectors, 2>(next_b + *next_offset);
        }
        if (!streaming && l < 4 * rows) {
          fetch<Isa, vectors, 2>(next_c);
          next_c += c_stride;
        }
        LONGHAND_UNROLL
        for (int i = 0; i < 4; ++i) step(i);
        advance(4);
      }
      for (; l < depth; ++l) {
        step(0);
        advance(1);
      }
      LONGHAND_UNROLL
      for (int i = 0; i < rows; ++i, c += c_stride) {
        V::template store_row<vectors>(sum[i], !streaming && p->add, c_last, c, streaming);
      }
      b = p->b;
    }
    p->next_offset = next_offset;
  }
};

using Function = void (*)(PanelTiles*);

// [rows - 1][vectors - 1][source][streaming]
using Functions = std::array<Function, std::size_t{most_rows} * Panels::most_vectors * sources * 2>;

template <std::size_t index>
constexpr Function function_at() {
  constexpr bool streaming = index % 2 == 1;
  constexpr auto source = static_cast<Source>(index / 2 % sources);
  constexpr int vectors = static_cast<int>(index) / 2 / sources % Panels::most_vectors + 1;
  constexpr int rows = static_cast<int>(index) / 2 / sources / Panels::most_vectors + 1;
  return run_kernel<PanelKernel<rows, vectors, source, streaming>, PanelTiles*>;
}

template <std::size_t... index>
constexpr Functions all_functions(std::index_sequence<index...> /*indices*/) {
  return {function_at<index>()...};
}

Function function(int rows, int vectors, Source source, bool streaming) {
  static constexpr Functions all =
      all_functions(std::make_index_sequence<std::tuple_size_v<Functions>>());
  int index = (rows - 1) * Panels::most_vectors + vectors - 1;
  index = (index * sources + static_cast<int>(source)) * 2 + (streaming ? 1 : 0);
  return all[static_cast<std::size_t>(index)];
}

}  // namespace

Panels::Panels(const Tiles& t, const Product& p, int m0, int m1, const int* offset)
    : p_(p),
      m0_(m0),
      m_(m1 - m0),
      tile_rows_(even_piece(m_, t.max_rows)),
      offset_(offset),
      a_(pack_rows_of_panels(t, p, m0, m1, tile_rows_)),
      copy_(scratch<struct CopiedPanel>(std::int64_t{p.k} * most_vectors * t.lanes)) {}

void Panels::take(const Panel& panel) {
  if (waiting_) multiply(*waiting_, panel);
  waiting_ = panel;
}

void Panels::finish() {
  if (waiting_) multiply(*waiting_, *waiting_);
  waiting_.reset();
}

void Panels::multiply(const Panel& panel, const Panel& next) const {
  const int tiles = (m_ + tile_rows_ - 1) / tile_rows_, whole = m_ / tile_rows_;
  const Source source = p_.b_pictures.pixels != nullptr ? Source::near : Source::far;
  // Past the caches go whole lines, to which nothing is to be added.
  const bool streaming = p_.streaming && !p_.add && p_.c_stride % cache_line == 0 &&
                         reinterpret_cast<std::uintptr_t>(panel.c) % line_bytes == 0;
  PanelTiles part{.tiles = 0,
                  .depth = p_.k,
                  .a = nullptr,
                  .b = panel.b,
                  .offset = offset_,
                  .b_last = panel.b_last,
                  .copy = copy_,
                  .c = nullptr,
                  .c_stride = p_.c_stride,
                  .c_last = panel.c_last,
                  .add = p_.add,
                  .next_b = next.b,
                  .next_offset = offset_,
                  .next_end = offset_ + (source == Source::far ? p_.k : 0),
                  .next_rows = tiles == 1 ? 4 : 0,
                  .next_c = nullptr};
  const auto multiply_tiles = [&](int begin, int end) {
    if (begin == end) return;
    const int i = begin * tile_rows_, rows = std::min(tile_rows_, m_ - i);
    const real* next_c = end < tiles ? panel.c : next.c;
    part.tiles = end - begin;
    part.a = a_ + std::int64_t{i} * p_.k;
    part.c = panel.c + (m0_ + i) * p_.c_stride;
    part.next_c = next_c + (m0_ + end % tiles * tile_rows_) * p_.c_stride;
    function(rows, panel.vectors, begin == 0 ? source : Source::copy, streaming)(&part);
  };
  // The first tile has its own rows of b to fetch, the others share the next panel's.
  multiply_tiles(0, 1);
  part.b = copy_;
  part.next_rows = (4 + tiles - 2) / std::max(tiles - 1, 1);  // all of them, together
  multiply_tiles(1, std::max(whole, 1));
  multiply_tiles(std::max(whole, 1), tiles);
}

}  // namespace longhand::fast
