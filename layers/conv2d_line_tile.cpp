#include "layers/conv2d_line_tile.h"

#include <array>
#include <cstddef>
#include <utility>

#include "core/cpu.h"
#include "core/tile_vectors.h"
#include "core/vector.h"
#include "core/vector_pairs.h"
#include "layers/conv2d_line_points.h"

namespace longhand::fast::line_winograd {

namespace {

constexpr int most_rows = 14;  // with 32 registers
constexpr int vectors = 2;

template <int rows, bool copies>
struct LineTileKernel {
  template <class Isa>
  [[gnu::always_inline]] static void run(const LineTile* tile) {
    if constexpr (vectors * rows <= TileVectors<Isa>::sums) multiply<Isa>(*tile);
  }

  template <class Isa>
  using Sums = real[rows][vectors * TileVectors<Isa>::lanes];

  template <class Isa>
  [[gnu::always_inline]] static void multiply(const LineTile& tile) {
    using V = TileVectors<Isa>;
    using Vector = typename V::Vector;
    constexpr int width = V::lanes;
    alignas(64) Sums<Isa> m[most_taps + 1];
    const int* offset = tile.offset;
    const real* v_row = copies ? tile.v : tile.copy;
    real* copy = tile.copy;
    const std::int64_t last = tile.last;
    const real* u[vectors];
    LONGHAND_UNROLL
    for (int v = 0; v < vectors; ++v) u[v] = V::pointer_of_its_own(tile.u);
    const real* y = tile.fetched;
    int fetched = 0;
    auto [ahead, ahead_end] = tile.ahead;
    for (int point = 0; point < tile.points; ++point) {
      Vector sum[rows][vectors] = {};
      const auto step = [&](int l) __attribute__((always_inline)) {
        Vector v_l[vectors];
        LONGHAND_UNROLL
        for (int v = 0; v < vectors; ++v) {
          const real* row = copies ? v_row + offset[l] : v_row + l * vectors * width;
          V::load(row + (copies ? v * last : v * width), v_l[v]);
          if (copies) V::store(v_l[v], copy + (l * vectors + v) * width);
        }
        LONGHAND_UNROLL
        for (int i = 0; i < rows; ++i) {
          const bool shared = loaded_first(i, copies);
          LONGHAND_UNROLL
          for (int v = 0; v < vectors; ++v) sum[i][v] += u[shared ? 0 : v][l * rows + i] * v_l[v];
        }
      };
      const auto advance = [&](int steps) __attribute__((always_inline)) {
        LONGHAND_UNROLL
        for (int v = 0; v < vectors; ++v) u[v] += steps * rows;
        if (copies) {
          offset += steps;
          copy += steps * vectors * width;
        } else {
          v_row += steps * vectors * width;
        }
      };
      const int depth = tile.depth[point];
      int l = 0;
      for (; l + 4 <= depth; l += 4) {
        if (fetched < rows) {  // y is on its way while the sums are made
          LONGHAND_UNROLL
          for (int j = 0; j < vectors * width * 2 + cache_line; j += cache_line) {
            __builtin_prefetch(y + (j < vectors * width * 2 ? j : j - 1), 1);
          }
          y += tile.fetched_stride;
          ++fetched;
        } else if (ahead < ahead_end) {
          __builtin_prefetch(ahead, 0, 2);
          ahead += cache_line;
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
      for (int i = 0; i < rows; ++i) {
        LONGHAND_UNROLL
        for (int v = 0; v < vectors; ++v) V::store(sum[i][v], &m[point][i][v * width]);
      }
    }
    write<Isa>(tile, m);
  }

  // y = A^T m + bias. Point 0 is in the first output only, infinity in the second.
  template <class Isa>
  [[gnu::always_inline]] static void write(const LineTile& tile, const Sums<Isa>* m) {
    using V = TileVectors<Isa>;
    using Vector = typename V::Vector;
    const int infinity = tile.points - 1;
    real* y = tile.y;
    for (int i = 0; i < rows; ++i, y += tile.y_stride) {
      const real bias = tile.bias ? tile.bias[i] : 0;
      LONGHAND_UNROLL
      for (int v = 0; v < vectors; ++v) {
        Vector first, second, m_point;
        V::load(&m[0][i][v * V::lanes], first);
        V::load(&m[infinity][i][v * V::lanes], second);
        first += bias;
        second += bias;
        for (int point = 1; point < infinity; ++point) {
          V::load(&m[point][i][v * V::lanes], m_point);
          first += m_point;
          second += values[static_cast<std::size_t>(point)] * m_point;
        }
        Pairs<Isa>::join(first, second, y + v * 2 * tile.last);
      }
    }
  }
};

using Functions = std::array<LineTileFunction, std::size_t{2} * most_rows>;

template <std::size_t... index>
constexpr Functions all_functions(std::index_sequence<index...> /*indices*/) {
  return {run_kernel<LineTileKernel<static_cast<int>(index) / 2 + 1, index % 2 == 1>,
                     const LineTile*>...};
}

}  // namespace

LineTileFunction line_tile(int rows, bool copies) {
  static constexpr Functions all =
      all_functions(std::make_index_sequence<std::tuple_size_v<Functions>>());
  return all[static_cast<std::size_t>(2 * (rows - 1) + (copies ? 1 : 0))];
}

}  // namespace longhand::fast::line_winograd
