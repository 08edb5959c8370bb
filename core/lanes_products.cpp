// lanes::add_products, the sum of a convolution's backward by weights, and lanes::add_sums.
#include <algorithm>

#include "core/lanes.h"
#include "core/lanes_tile.h"
#include "core/scratch.h"
#include "core/transpose.h"

namespace longhand::fast::lanes {

namespace {

// One tile of `channels` x `taps` vectors of sums over rows [r0, r1) of a block, kept in `sums`
// ([tap][channel of the tile][16]) from call to call.
template <int channels, int taps, bool adjacent>
struct ProductTile {
  template <class Isa>
  [[gnu::always_inline]] static void run(const Products* products, int block, int r0, int r1,
                                         int c0, int t0, real* sums) {
    const Products& g = *products;
    const std::int64_t x_place = adjacent ? std::int64_t{lane_count} : g.x_place;
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
      for (int r = r0; r < r1; ++r) {
        const real* dy = g.dy + block * g.dy_block + c0 * g.dy_channel + r * g.dy_row + part;
        const std::int64_t row = block * g.x_block + g.x_first + r * g.x_row + part;
        const real* tap_x[taps];
        LONGHAND_UNROLL
        for (int t = 0; t < taps; ++t) tap_x[t] = g.x + (row + g.offset[t0 + t]);
#pragma GCC unroll 2  // measured: 4 to 10% less time
        for (int p = 0; p < g.places; ++p) {
          Vector gradient[channels];
          LONGHAND_UNROLL
          for (int c = 0; c < channels; ++c) {
            gradient[c] = *reinterpret_cast<const Vector*>(dy + c * g.dy_channel + p * lane_count);
          }
          LONGHAND_UNROLL
          for (int t = 0; t < taps; ++t) {
            Vector here = *reinterpret_cast<const Vector*>(tap_x[t] + p * x_place);
            keep_in_register(here);
            LONGHAND_UNROLL
            for (int c = 0; c < channels; ++c) total[t][c] += gradient[c] * here;
          }
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
};

template <int channels, int taps>
using AdjacentProductTile = ProductTile<channels, taps, true>;
template <int channels, int taps>
using SpacedProductTile = ProductTile<channels, taps, false>;

// totals[i] = the sum over the lanes of the i-th of 16 vectors of 16 numbers: added up as vectors
// after a transposition, which takes a quarter of the time of adding lane after lane.
template <class Isa>
[[gnu::always_inline]] inline void add_lanes(const real* vectors, real* totals) {
  using Square = SquareTranspose<Isa>;
  using Vector = typename Square::Vector;
  using Stored = typename Square::Stored;
  for (int first = 0; first < lane_count; first += Square::lanes) {
    Vector total = {};
    for (int part = 0; part < lane_count; part += Square::lanes) {
      Vector row[Square::lanes];
      for (int i = 0; i < Square::lanes; ++i) {
        row[i] = *reinterpret_cast<const Stored*>(vectors + (first + i) * lane_count + part);
      }
      Square::run(row);
      for (int i = 0; i < Square::lanes; ++i) total += row[i];
    }
    *reinterpret_cast<Stored*>(totals + first) = total;
  }
}

struct ProductKernel {
  static constexpr int l1_bytes = 32 * 1024;  // of dy that one tile's channels may take

  template <class Isa>
  [[gnu::always_inline]] static void run(const Products* products, real* sums) {
    using R = Registers<Isa>;
    static constexpr TileTable<Isa, AdjacentProductTile, const Products*, int, int, int, int, int,
                               real*>
        adjacent;
    static constexpr TileTable<Isa, SpacedProductTile, const Products*, int, int, int, int, int,
                               real*>
        spaced;
    const Products& g = *products;
    const auto& tiles = g.x_place == lane_count ? adjacent.tile : spaced.tile;
    const Cut tap_cut(g.taps, R::max_wide);
    const Cut channel_cut(g.channels, R::max_rows(tap_cut.largest()));
    for (int k = 0; k < channel_cut.parts; ++k) {
      const int c0 = channel_cut.begin(k), c = channel_cut.begin(k + 1) - c0;
      const int row_bytes = c * g.places * lane_count * static_cast<int>(sizeof(real));
      const Cut row_cut(g.rows, std::max(1, l1_bytes / row_bytes));
      const int all_taps = g.groups * g.taps;
      std::fill_n(sums, std::int64_t{all_taps} * c * lane_count, real(0));
      for (int block = 0; block < g.blocks; ++block) {
        for (int j = 0; j < row_cut.parts; ++j) {
          for (int i = 0; i < tap_cut.parts; ++i) {
            const int t0 = tap_cut.begin(i), t = tap_cut.begin(i + 1) - t0;
            for (int group = 0; group < g.groups; ++group) {
              const int r0 = std::max(row_cut.begin(j), g.first_row[group]);
              const int r1 = std::min(row_cut.begin(j + 1), g.end_row[group]);
              if (r0 >= r1) continue;
              tiles[static_cast<std::size_t>(t)][static_cast<std::size_t>(c)](
                  products, block, r0, r1, c0, group * g.taps + t0, sums);
            }
          }
        }
      }
      for (int i = all_taps * c; i % lane_count != 0; ++i) {
        std::fill_n(sums + i * lane_count, lane_count, real(0));
      }
      for (int i = 0; i < all_taps * c; i += lane_count) {
        real totals[lane_count];
        add_lanes<Isa>(sums + i * lane_count, totals);
        for (int l = 0; l < std::min(lane_count, all_taps * c - i); ++l) {
          g.dw[(c0 + (i + l) % c) * g.dw_channel + g.dw_offset[(i + l) / c]] += totals[l];
        }
      }
    }
  }
};

struct AddSumsKernel {
  template <class Isa>
  [[gnu::always_inline]] static void run(int channels, int blocks, std::int64_t places,
                                         const real* dy, real* db) {
    using Vector = typename Registers<Isa>::Vector;
    constexpr int chains = 4;  // sums that need not wait for each other
    const std::int64_t vectors = places * Registers<Isa>::parts;
    for (int c = 0; c < channels; ++c) {
      Vector total[chains] = {};
      for (int block = 0; block < blocks; ++block) {
        const auto* v = reinterpret_cast<const Vector*>(dy + (std::int64_t{block} * channels + c) *
                                                                 places * lane_count);
        std::int64_t i = 0;
        for (; i + chains <= vectors; i += chains) {
          for (int chain = 0; chain < chains; ++chain) total[chain] += v[i + chain];
        }
        for (; i < vectors; ++i) total[0] += v[i];
      }
      const Vector sum = (total[0] + total[1]) + (total[2] + total[3]);
      const real* lane = reinterpret_cast<const real*>(&sum);
      for (int l = 0; l < Registers<Isa>::lanes; ++l) db[c] += lane[l];
    }
  }
};

}  // namespace

void add_products(const Products& p) {
  run_kernel<ProductKernel>(
      &p, scratch<struct ProductSums>((std::int64_t{p.groups} * p.taps * most_rows + lane_count) *
                                      lane_count));
}

void add_sums(int channels, int blocks, std::int64_t places, const real* dy, real* db) {
  run_kernel<AddSumsKernel>(channels, blocks, places, dy, db);
}

}  // namespace longhand::fast::lanes
