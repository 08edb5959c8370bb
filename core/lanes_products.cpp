// lanes::add_products, the sum of a convolution's backward by weights, and lanes::add_sums.
#include <algorithm>

#include "core/lanes.h"
#include "core/lanes_product_tile.h"
#include "core/scratch.h"
#include "core/transpose.h"

namespace longhand::fast::lanes {

namespace {

// totals[i] = the sum over the lanes of the i-th of 16 vectors of 16 numbers.
template <class Isa>
[[gnu::always_inline]] inline void add_lanes(const real* vectors, real* totals) {
  using Square = SquareTranspose<Isa>;
  using Stored = typename Square::Stored;
  for (int first = 0; first < lane_count; first += Square::lanes) {
    typename Square::Vector row[Square::lanes];
    for (int i = 0; i < Square::lanes; ++i) {
      const real* vector = vectors + (first + i) * lane_count;
      row[i] = *reinterpret_cast<const Stored*>(vector);
      for (int part = Square::lanes; part < lane_count; part += Square::lanes) {
        row[i] += *reinterpret_cast<const Stored*>(vector + part);
      }
    }
    Square::sum_rows(row);
    *reinterpret_cast<Stored*>(totals + first) = row[0];
  }
}

struct ProductKernel {
  // Of dy, and of x where a tile does not slide over it, that one tile may take at a time.
  static constexpr int l1_bytes = 32 * 1024;

  // How channels and taps are cut into tiles. One that slides takes taps of one run, and so few
  // channels that its window fits beside the sums.
  template <class Isa>
  struct Tiling {
    explicit Tiling(const Products& g)
        : adjacent(g.x_place == lane_count && (!ProductTiles<Isa>::slides || g.run >= 3)),
          slides(adjacent && ProductTiles<Isa>::slides),
          run(slides ? g.run : g.taps),
          taps(run, Registers<Isa>::max_wide),
          channels(g.channels, most_channels(taps.largest())) {}
    int most_channels(int wide) const {
      const int most = Registers<Isa>::max_rows(wide);
      return slides ? std::min(most, (Isa::registers - 1 - wide) / (wide + 1)) : most;
    }
    bool adjacent, slides;
    int run;  // taps that are cut
    Cut taps, channels;
  };

  template <class Isa>
  [[gnu::always_inline]] static void run(const Products* products, real* sums) {
    static constexpr TileTable<Isa, ProductTiles<Isa>::template Adjacent, const Products*, int, int,
                               int, int, int, real*>
        adjacent;
    static constexpr TileTable<Isa, ProductTiles<Isa>::template Spaced, const Products*, int, int,
                               int, int, int, real*>
        spaced;
    const Products& g = *products;
    const Tiling<Isa> tiling(g);
    const auto& tiles = tiling.adjacent ? adjacent.tile : spaced.tile;
    const int parts = g.taps / tiling.run * tiling.taps.parts;  // of a group's taps
    for (int k = 0; k < tiling.channels.parts; ++k) {
      const int c0 = tiling.channels.begin(k), c = tiling.channels.begin(k + 1) - c0;
      const int vectors = (c + (tiling.slides ? 0 : tiling.taps.largest())) * g.places;
      const int row_bytes = vectors * lane_count * static_cast<int>(sizeof(real));
      const Cut row_cut(g.rows, std::max(1, l1_bytes / row_bytes));
      const int all_taps = g.groups * g.taps;
      std::fill_n(sums, std::int64_t{all_taps} * c * lane_count, real(0));
      for (int block = 0; block < g.blocks; ++block) {
        for (int j = 0; j < row_cut.parts; ++j) {
          for (int i = 0; i < parts; ++i) {
            const int part = i % tiling.taps.parts, begin = tiling.taps.begin(part);
            const int t0 = i / tiling.taps.parts * tiling.run + begin;
            const int t = tiling.taps.begin(part + 1) - begin;
            // All rows of the window meet the same part of x, which is in L1 from the second on.
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
      real totals[lane_count];
      for (int tap = 0, i = 0; tap < all_taps; ++tap) {
        real* dw = g.dw + c0 * g.dw_channel + g.dw_offset[tap];
        for (int channel = 0; channel < c; ++channel, ++i, dw += g.dw_channel) {
          if (i % lane_count == 0) add_lanes<Isa>(sums + i * lane_count, totals);
          *dw += totals[i % lane_count];
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
