// The register tile of lanes::add_products (core/lanes_products.cpp).
#pragma once

#include "core/lanes.h"
#include "core/lanes_tile.h"

namespace longhand::fast::lanes {

// How a tile's taps lie in x: anywhere; anywhere, but with places side by side; or themselves side
// by side too, so that a place sees the vectors of the place before, but for one.
enum class TapOrder { spaced, adjacent, sliding };

// One tile of `channels` x `taps` vectors of sums over rows [r0, r1) of a block, kept in `sums`
// ([tap][channel of the tile][16]) from call to call.
template <int channels, int taps, TapOrder order>
struct ProductTile {
  template <class Isa>
  [[gnu::always_inline]] static void run(const Products* products, int block, int r0, int r1,
                                         int c0, int t0, real* sums) {
    const Products& g = *products;
    using Vector = typename Registers<Isa>::Vector;
    constexpr int lanes = Registers<Isa>::lanes;
    for (int part = 0; part < lane_count; part += lanes) {
      real* kept = sums + t0 * channels * lane_count + part;
      Vector total[taps][channels];
      LONGHAND_UNROLL
      for (int t = 0; t < taps; ++t) {
        LONGHAND_UNROLL
        for (int c = 0; c < channels; ++c) {
          total[t][c] = *reinterpret_cast<const Vector*>(kept + (t * channels + c) * lane_count);
        }
      }
      // Rows that follow each other without a gap are one long row.
      const bool one_row = order != TapOrder::sliding && g.x_row == g.places * g.x_place &&
                           g.dy_row == g.places * std::int64_t{lane_count};
      const int places = one_row ? (r1 - r0) * g.places : g.places;
      for (int r = r0; r < (one_row ? r0 + 1 : r1); ++r) {
        const real* dy = g.dy + block * g.dy_block + c0 * g.dy_channel + r * g.dy_row + part;
        const real* x = g.x + (block * g.x_block + g.x_first + r * g.x_row + part);
        if constexpr (order == TapOrder::sliding) {
          slide_along_row(g, dy, x + g.offset[t0], total);
        } else {
          add_row(g, places, dy, x, g.offset + t0, total);
        }
      }
      LONGHAND_UNROLL
      for (int t = 0; t < taps; ++t) {
        LONGHAND_UNROLL
        for (int c = 0; c < channels; ++c) {
          *reinterpret_cast<Vector*>(kept + (t * channels + c) * lane_count) = total[t][c];
        }
      }
    }
  }

 private:
  template <class Vector>
  [[gnu::always_inline]] static void add_row(const Products& g, int places, const real* dy,
                                             const real* x, const std::int64_t* offset,
                                             Vector (&total)[taps][channels]) {
    const std::int64_t x_place = order == TapOrder::spaced ? g.x_place : std::int64_t{lane_count};
    const real* tap_x[taps];
    LONGHAND_UNROLL
    for (int t = 0; t < taps; ++t) tap_x[t] = x + offset[t];
#pragma GCC unroll 2  // measured: 4 to 10% less time
    for (int p = 0; p < places; ++p) {
      Vector here[taps];
      LONGHAND_UNROLL
      for (int t = 0; t < taps; ++t) {
        here[t] = *reinterpret_cast<const Vector*>(tap_x[t] + p * x_place);
      }
      LONGHAND_UNROLL
      for (int c = 0; c < channels; ++c) {
        Vector gradient = *reinterpret_cast<const Vector*>(dy + c * g.dy_channel + p * lane_count);
        keep_in_register(gradient);
        LONGHAND_UNROLL
        for (int t = 0; t < taps; ++t) total[t][c] += gradient * here[t];
      }
    }
  }

  // The window's vectors stay in registers: a place takes the oldest one's register for its newest.
  // A place so loads 1 vector of x, not `taps` (measured: 3 to 10% less time).
  template <class Vector>
  [[gnu::always_inline]] static void slide_along_row(const Products& g, const real* dy,
                                                     const real* x,
                                                     Vector (&total)[taps][channels]) {
    Vector window[taps];
    LONGHAND_UNROLL
    for (int t = 0; t + 1 < taps; ++t) {
      window[t] = *reinterpret_cast<const Vector*>(x + t * lane_count);
    }
    x += (taps - 1) * lane_count;  // the newest
    int left = g.places;
    for (; left >= taps; left -= taps) {  // once round the registers
      LONGHAND_UNROLL
      for (int q = 0; q < taps; ++q, x += lane_count, dy += lane_count) {
        window[(q + taps - 1) % taps] = *reinterpret_cast<const Vector*>(x);
        add_place(dy, g.dy_channel, window, q, total);
      }
    }
    LONGHAND_UNROLL
    for (int q = 0; q < taps - 1; ++q, x += lane_count, dy += lane_count) {
      if (q == left) break;
      window[(q + taps - 1) % taps] = *reinterpret_cast<const Vector*>(x);
      add_place(dy, g.dy_channel, window, q, total);
    }
  }

  // One place: tap t sees window[(first + t) % taps].
  template <class Vector>
  [[gnu::always_inline]] static void add_place(const real* dy, std::int64_t dy_channel,
                                               Vector (&window)[taps], int first,
                                               Vector (&total)[taps][channels]) {
    Vector gradient[channels];
    LONGHAND_UNROLL
    for (int c = 0; c < channels; ++c) {
      gradient[c] = *reinterpret_cast<const Vector*>(dy + c * dy_channel);
    }
    LONGHAND_UNROLL
    for (int t = 0; t < taps; ++t) {
      Vector here = window[(first + t) % taps];
      keep_in_register(here);
      LONGHAND_UNROLL
      for (int c = 0; c < channels; ++c) total[t][c] += gradient[c] * here;
    }
  }
};

// The two kinds of tiles that an instruction set has. A window needs registers of its own; without
// them taps may lie anywhere.
template <class Isa>
struct ProductTiles {
  static constexpr bool slides = Isa::registers >= 32;

  template <int channels, int taps>
  using Adjacent = ProductTile<channels, taps, slides ? TapOrder::sliding : TapOrder::adjacent>;
  template <int channels, int taps>
  using Spaced = ProductTile<channels, taps, TapOrder::spaced>;
};

}  // namespace longhand::fast::lanes
