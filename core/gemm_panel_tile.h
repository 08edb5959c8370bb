// The register tile of pictures that are copied on the way: TileOrder::panel and panel_of_pictures.
#pragma once

#include <cstdint>

#include "core/cpu.h"
#include "core/gemm_tile.h"
#include "core/tile_vectors.h"

namespace longhand::fast {

// Four steps at a time, a's numbers at distances that the compiler knows: there is little to do but
// to multiply and add. That counts where another thread runs on the same core, somebody else's on
// many a virtual machine: half as many operations can be begun then, and each should be of use.
template <int rows, int vectors, TileOrder order>
struct PanelTileKernel {
  template <class Isa>
  [[gnu::always_inline]] static void run(const Tile* tile) {
    using V = TileVectors<Isa>;
    using Vector = typename V::Vector;
    constexpr int width = V::lanes;
    constexpr bool copies = order == TileOrder::panel_of_pictures;
    const int depth = tile->depth;
    const std::int64_t b_last = tile->b_last, c_last = tile->c_last, c_stride = tile->c_stride;
    const int* offset = tile->offset;
    const real* b = tile->b;
    real* copy = tile->copy;
    const real* later = tile->later;
    const std::int64_t* later_offset = tile->later_offset;
    const real* a[vectors];
    LONGHAND_UNROLL
    for (int v = 0; v < vectors; ++v) a[v] = V::pointer_of_its_own(tile->a);
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
        for (int v = 0; v < vectors; ++v) sum[i][v] += a[v][l * rows + i] * b_l[v];
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
      LONGHAND_UNROLL
      for (int i = 0; i < 2; ++i) __builtin_prefetch(later + later_offset[l / 2 + i], 0, 2);
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
      V::template store_row<vectors>(sum[i], tile->add, c_last, tile->c + i * c_stride);
    }
  }
};

}  // namespace longhand::fast
