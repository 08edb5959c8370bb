// lanes::sum, the sum of a convolution's forward and backward by data, and of dense layers.
#include <algorithm>

#include "core/lanes.h"
#include "core/lanes_tile.h"

namespace longhand::fast::lanes {

namespace {

// One tile of `channels` x `places` sums over taps [t0, t1). With `add` they go on from what is in
// y, without it they start from b. `adjacent` says that x_place and y_place are 16: most addresses
// are then known to the compiler but for one. (number - Vector{} is the number in every lane:
// subtracting 0 is nothing, while adding 0 would cost an addition, as it turns -0 into 0.)
template <int channels, int places, bool adjacent>
struct SumTile {
  template <class Isa>
  [[gnu::always_inline]] static void run(const Sums* sums, int t0, int t1, bool add, int c0,
                                         int p0) {
    const Sums& s = *sums;
    using Vector = typename Registers<Isa>::Vector;
    constexpr int lanes = Registers<Isa>::lanes;
    const std::int64_t x_place = adjacent ? std::int64_t{lane_count} : s.x_place;
    const std::int64_t y_place = adjacent ? std::int64_t{lane_count} : s.y_place;
    real* y = s.y + c0 * s.y_channel + p0 * y_place;
    for (int part = 0; part < lane_count; part += lanes) {
      Vector total[channels][places];
      LONGHAND_UNROLL
      for (int c = 0; c < channels; ++c) {
        const Vector start = (s.b ? s.b[c0 + c] : real(0)) - Vector{};
        LONGHAND_UNROLL
        for (int p = 0; p < places; ++p) {
          total[c][p] =
              add ? *reinterpret_cast<const Vector*>(y + c * s.y_channel + p * y_place + part)
                  : start;
        }
      }
      const real* w = s.w + c0 * s.w_channel + t0 * s.w_tap;
      const std::int64_t place = s.x_first + p0 * x_place + part;
#pragma GCC unroll 2  // measured: 4 to 10% less time
      for (int t = t0; t < t1; ++t, w += s.w_tap) {
        const real* x = s.x + (place + s.offset[t]);
        Vector here[places];
        LONGHAND_UNROLL
        for (int p = 0; p < places; ++p) {
          here[p] = *reinterpret_cast<const Vector*>(x + p * x_place);
        }
        LONGHAND_UNROLL
        for (int c = 0; c < channels; ++c) {
          const Vector weight = w[c * s.w_channel] - Vector{};
          LONGHAND_UNROLL
          for (int p = 0; p < places; ++p) total[c][p] += weight * here[p];
        }
      }
      real* to = y + part;  // hidden: g++ would have kept all addresses on the stack since above
      asm("" : "+r"(to));
      LONGHAND_UNROLL
      for (int c = 0; c < channels; ++c, to += s.y_channel) {
        LONGHAND_UNROLL
        for (int p = 0; p < places; ++p) {
          *reinterpret_cast<Vector*>(to + p * y_place) = total[c][p];
        }
      }
    }
  }
};

template <int channels, int places>
using AdjacentSumTile = SumTile<channels, places, true>;
template <int channels, int places>
using SpacedSumTile = SumTile<channels, places, false>;

struct SumKernel {
  // So many taps at a time that their x, for one tile, stay near: a 32 KB first-level cache where
  // tiles are small; larger ones read less often, and gain more by not storing y in between.
  template <class Isa>
  static constexpr int taps_at_once = Isa::registers >= 32 ? 512 : 192;
  // Measured: tiles of 4 x 6 are faster than those of 5 x 5 and 7 x 3.
  static constexpr int most_places = 4;

  template <class Isa>
  [[gnu::always_inline]] static void run(const Sums* sums) {
    using R = Registers<Isa>;
    static constexpr TileTable<Isa, AdjacentSumTile, const Sums*, int, int, bool, int, int>
        adjacent;
    static constexpr TileTable<Isa, SpacedSumTile, const Sums*, int, int, bool, int, int> spaced;
    const Sums& s = *sums;
    const auto& tiles =
        s.x_place == lane_count && s.y_place == lane_count ? adjacent.tile : spaced.tile;
    const Cut tap_cut(s.taps, taps_at_once<Isa>),
        place_cut(s.places, std::min(most_places, R::max_wide));
    for (int i = 0; i < tap_cut.parts; ++i) {
      const int t0 = tap_cut.begin(i), t1 = tap_cut.begin(i + 1);
      for (int j = 0; j < place_cut.parts; ++j) {
        const int p0 = place_cut.begin(j), p1 = place_cut.begin(j + 1);
        const auto& tiles_so_wide = tiles[static_cast<std::size_t>(p1 - p0)];
        const Cut channel_cut(s.channels, R::max_rows(p1 - p0));
        for (int k = 0; k < channel_cut.parts; ++k) {
          const int c0 = channel_cut.begin(k), c1 = channel_cut.begin(k + 1);
          tiles_so_wide[static_cast<std::size_t>(c1 - c0)](sums, t0, t1, i > 0, c0, p0);
        }
      }
    }
  }
};

}  // namespace

void sum(const Sums& s) {
  run_kernel<SumKernel>(&s);
}

}  // namespace longhand::fast::lanes
