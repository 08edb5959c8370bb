// How fast the engine's own innermost loops are when all their numbers are in the L1 cache: what is
// left of the ceiling of multiply-adds once they must load something.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "apps/bench/report.h"
#include "core/gemm_parts_tile.h"
#include "core/lanes.h"
#include "core/layout.h"
#include "core/parallel.h"

namespace longhand::bench {

// Each thread computes one tile of 6 x 4 vectors over 128 taps, again and again: 11 KB in all.
class L1Tile {
 public:
  L1Tile() : numbers_(static_cast<std::size_t>(threads())) {}

  void operator()() {
    parallel_for(threads(), 1, [&](std::int64_t begin, std::int64_t end, int) {
      for (std::int64_t thread = begin; thread < end; ++thread) {
        Numbers& own = numbers_[static_cast<std::size_t>(thread)];
        const fast::lanes::Sums sums = own.sums();
        for (int i = 0; i < repeats; ++i) fast::lanes::sum(sums);
      }
    });
  }

  // Billions of operations that all threads do in one call.
  double gflop() const {
    return 2e-9 * channels * places * taps * lane_count * repeats *
           static_cast<double>(numbers_.size());
  }

 private:
  static constexpr int channels = 6, places = 4, taps = 128, repeats = 10'000;

  struct alignas(64) Numbers {
    Numbers() {
      for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<real>(i % 13) - 6;
      for (std::size_t i = 0; i < w.size(); ++i) w[i] = static_cast<real>(i % 7) / 7;
      for (std::size_t t = 0; t < taps; ++t) offset[t] = static_cast<std::int64_t>(t) * lane_count;
    }
    fast::lanes::Sums sums() {
      return {.channels = channels,
              .places = places,
              .taps = taps,
              .offset = offset.data(),
              .w = w.data(),
              .w_channel = taps,
              .x = x.data(),
              .x_place = lane_count,
              .y = y.data(),
              .y_channel = places * lane_count,
              .y_place = lane_count};
    }
    std::array<real, (taps + places) * lane_count> x;
    std::array<real, channels * places * lane_count> y{};
    std::array<real, channels * taps> w;
    std::array<std::int64_t, taps> offset;
  };
  std::vector<Numbers> numbers_;
};

// Products of floats by the matrix unit: each thread multiplies 64 x 64 by 64 x 16 numbers, again
// and again. The first matrix is split into parts, the second is split each time: 40 KB in all.
class PartsTile {
 public:
  PartsTile() : numbers_(static_cast<std::size_t>(threads())) {}

  void operator()() {
    parallel_for(threads(), 1, [&](std::int64_t begin, std::int64_t end, int) {
      for (std::int64_t thread = begin; thread < end; ++thread) {
        Numbers& own = numbers_[static_cast<std::size_t>(thread)];
        const fast::parts::Columns columns{.steps = fast::parts::steps_of(size),
                                           .tiles = fast::parts::most_tiles,
                                           .a = own.a.data(),
                                           .b = own.b.data(),
                                           .b_stride = fast::parts::tile_columns,
                                           .last = size - fast::parts::step,
                                           .later = {own.b.data(), own.b.data()},
                                           .c = own.c.data(),
                                           .c_stride = fast::parts::tile_columns,
                                           .row = {0, 16, 32, 48},
                                           .add = false};
        fast::parts::Multiplier multiplier(fast::parts::tile_rows);
        multiplier.begin(columns);
        for (int i = 0; i < repeats; ++i) multiplier.multiply(columns);
      }
    });
  }

  // Billions of operations that all threads do in one call.
  double gflop() const {
    return 2e-9 * size * size * fast::parts::tile_columns * repeats *
           static_cast<double>(numbers_.size());
  }

 private:
  static constexpr int size = 64, repeats = 10'000;

  struct alignas(64) Numbers {
    Numbers() {
      std::array<real, size * size> rows;
      for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<real>(i % 13) / 7;
      for (int i = 0; i < fast::parts::most_tiles; ++i) {
        fast::parts::split_rows(rows.data() + i * 16 * size, size, size, 16,
                                fast::parts::most_tiles, a.data() + i * fast::parts::tile_bytes);
      }
      for (std::size_t i = 0; i < b.size(); ++i) b[i] = static_cast<real>(i % 11) / 9;
    }
    alignas(64) std::array<unsigned char, size * size * 6> a;
    std::array<real, size * fast::parts::tile_columns> b;
    std::array<real, size * fast::parts::tile_columns> c;
  };
  std::vector<Numbers> numbers_;
};

// GFLOP/s of all threads together.
template <class Tile>
Spread bench_tile(const Options& options, Measurement& measurement) {
  Tile tile;
  measurement = measure(options.windows, tile);
  return measurement.rates(tile.gflop());
}

}  // namespace longhand::bench
