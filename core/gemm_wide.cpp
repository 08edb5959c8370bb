// c = a b where both a's rows and b's columns lie along k, as where a convolution of one pixel sums
// its weights' gradient over all places. Of b, the smaller one, a few k values are transposed at a
// time, so few that a panel of four vectors stays in L1; all rows of a go past it. So a number of a
// is loaded once for four vectors, and of six rows and four vectors ten loads make 24
// multiplications. c is read and written once for each piece of k: it stays in L2.
//
// Of a, which may lie in memory, each row has but a few cache lines a piece: too few for the CPU to
// foresee the next. So each tile fetches the rows of the one after it.
#include "core/gemm_wide.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "core/cpu.h"
#include "core/gemm_pack.h"
#include "core/scratch.h"
#include "core/tile_vectors.h"
#include "core/vector.h"

namespace longhand::fast {

namespace {

constexpr int vectors = 4, most_rows = 6;  // of a tile
constexpr int most_depth = 96;             // of a piece of k: with it a panel takes half of L1
constexpr int most_of_c = 1 << 17;         // numbers: 512 KB, a quarter of L2

// c[i, j] = (add ? c[i, j] : 0) + sum over l < depth of a[i * a_stride + l] * b[l, j]
struct WideTile {
  int depth;
  const real* a;
  std::int64_t a_stride;
  const real* b;  // a packed panel
  real* c;
  std::int64_t c_stride;
  bool add;
  const real* next_a;  // of the tile after this one
};

template <int rows>
struct WideTileKernel {
  template <class Isa>
  [[gnu::always_inline]] static void run(const WideTile* tile) {
    if constexpr (rows * vectors <= TileVectors<Isa>::sums) multiply<Isa>(*tile);
  }

  template <class Isa>
  [[gnu::always_inline]] static void multiply(const WideTile& tile) {
    using V = TileVectors<Isa>;
    using Vector = typename V::Vector;
    constexpr int width = V::lanes, bytes = static_cast<int>(sizeof(real));
    const int depth = tile.depth;
    // Every fourth row has a pointer, the three after it lie at distances from it. These are in
    // bytes, and the compiler is not told what they are: g++ makes more of them, one for each step
    // and row, than there are registers.
    std::int64_t distance[4] = {};
    LONGHAND_UNROLL
    for (int i = 1; i < 4; ++i) {
      distance[i] = i * tile.a_stride * bytes;
      asm("" : "+r"(distance[i]));
    }
    const char* a[(rows + 3) / 4];
    LONGHAND_UNROLL
    for (int i = 0; i < rows; i += 4) {
      a[i / 4] = reinterpret_cast<const char*>(tile.a + i * tile.a_stride);
      asm("" : "+r"(a[i / 4]));
    }
    const real* b = tile.b;
    const real* next_a = tile.next_a;
    Vector sum[rows][vectors] = {};
    const auto step = [&](int l) __attribute__((always_inline)) {
      Vector b_l[vectors];
      LONGHAND_UNROLL
      for (int v = 0; v < vectors; ++v) V::load(b + (l * vectors + v) * width, b_l[v]);
      LONGHAND_UNROLL
      for (int i = 0; i < rows; ++i) {
        const char* row = a[i / 4] + distance[i % 4];
        const real a_il = reinterpret_cast<const real*>(row)[l];
        LONGHAND_UNROLL
        for (int v = 0; v < vectors; ++v) sum[i][v] += a_il * b_l[v];
      }
    };
    const auto advance = [&](int steps) __attribute__((always_inline)) {
      LONGHAND_UNROLL
      for (int i = 0; i < rows; i += 4) a[i / 4] += steps * bytes;
      b += steps * vectors * width;
    };
    int l = 0;
    for (; l + 4 <= depth; l += 4) {
      if (l < 4 * rows) {
        LONGHAND_UNROLL
        for (int j = 0; j <= most_depth; j += cache_line) __builtin_prefetch(next_a + j);
        next_a += tile.a_stride;
      }
      LONGHAND_UNROLL
      for (int i = 0; i < 4; ++i) step(i);
      advance(4);
    }
    for (; l < depth; ++l) {
      step(0);
      advance(1);
    }
    real* c = tile.c;
    LONGHAND_UNROLL
    for (int i = 0; i < rows; ++i, c += tile.c_stride) {
      V::template store_row<vectors>(sum[i], tile.add, (vectors - 1) * width, c);
    }
  }
};

using Function = void (*)(const WideTile*);

constexpr std::array<Function, most_rows> functions = {
    run_kernel<WideTileKernel<1>, const WideTile*>, run_kernel<WideTileKernel<2>, const WideTile*>,
    run_kernel<WideTileKernel<3>, const WideTile*>, run_kernel<WideTileKernel<4>, const WideTile*>,
    run_kernel<WideTileKernel<5>, const WideTile*>, run_kernel<WideTileKernel<6>, const WideTile*>};

}  // namespace

bool suits_wide_tiles(const Tiles& t, const Product& p) {
  const bool rows_in_place = p.a_pictures.pixels == nullptr && !p.a.columns_first;
  const bool transposed = p.b_pictures.pixels == nullptr && p.b.columns_first;
  return rows_in_place && transposed && t.sums >= vectors * most_rows && p.m >= p.n &&
         p.n % (vectors * t.lanes) == 0 && std::int64_t{p.m} * p.n <= most_of_c && p.k > most_depth;
}

void multiply_in_wide_tiles(const Tiles& t, const Product& p, const Range& range) {
  const int width = vectors * t.lanes, piece = round_up(even_piece(p.k, most_depth), 4);
  const int tile_rows = even_piece(range.m1 - range.m0, most_rows);
  real* panel = scratch<struct WidePanel>(std::int64_t{piece} * width);
  WideTile tile{.depth = 0,
                .a = nullptr,
                .a_stride = p.a.stride,
                .b = panel,
                .c = nullptr,
                .c_stride = p.c_stride,
                .add = false,
                .next_a = nullptr};
  for (int l0 = 0; l0 < p.k; l0 += piece) {
    tile.depth = std::min(piece, p.k - l0);
    tile.add = p.add || l0 > 0;
    for (int j = range.n0; j < range.n1; j += width) {
      pack_panel(p.b.at(l0, j), p.b.stride, true, tile.depth, width, panel);
      for (int i = range.m0; i < range.m1; i += tile_rows) {
        const int rows = std::min(tile_rows, range.m1 - i);
        // After the last rows come the first ones, most often of the next piece.
        const bool last = i + rows == range.m1;
        tile.a = p.a.at(i, l0);
        tile.next_a = last ? p.a.at(range.m0, std::min(l0 + piece, p.k - 1)) : p.a.at(i + rows, l0);
        tile.c = p.c + i * p.c_stride + j;
        functions[static_cast<std::size_t>(rows - 1)](&tile);
      }
    }
  }
}

}  // namespace longhand::fast
