#include "core/lanes.h"

#include <algorithm>

#include "core/cpu.h"
#include "core/layout.h"
#include "core/scratch.h"
#include "core/transpose.h"

namespace longhand::fast::lanes {

namespace {

constexpr int panel_width = 64;  // columns of x that OuterProductKernel transposes at a time

template <class Isa>
struct Registers {
  typedef real Vector
      __attribute__((vector_size(Isa::vector_bytes), aligned(Isa::vector_bytes), may_alias));
  static constexpr int lanes = Isa::vector_bytes / static_cast<int>(sizeof(real));
  static constexpr int parts = lane_count / lanes;  // registers for 16 images

  // The widest tile: so many vectors of x are held in registers at a time ...
  static constexpr int max_wide = Isa::registers == 32 ? 5 : 3;
  // ... and so many channels with them, that the sums, x and one more vector fit. With 8 sums at
  // least, every multiply-add unit always has one that does not wait for another.
  static constexpr int max_channels(int wide) {
    return std::min(8, (Isa::registers - 2 - wide) / wide);
  }
};

// Keeps a number that is used several times in a register: the compiler may otherwise load it again
// for each use, and loads are what is scarce here.
template <class Vector>
[[gnu::always_inline]] inline void keep_in_register(Vector& vector) {
#if defined(__x86_64__)
  asm("" : "+v"(vector));
#elif defined(__aarch64__)
  asm("" : "+w"(vector));
#endif
}

// Cuts `count` into equal parts of at most `largest`: part i is [begin(i), begin(i + 1)).
struct Cut {
  Cut(int count_, int largest)
      : count(count_), parts(std::max(1, (count_ + largest - 1) / largest)) {}
  int begin(int i) const { return static_cast<int>(std::int64_t{count} * i / parts); }
  int largest() const { return (count + parts - 1) / parts; }
  int count, parts;
};

// One tile of `channels` x `places` sums over taps [t0, t1). With `add` they go on from what is in
// y, without it they start from b. `adjacent` says that x_place is 16: the addresses of x are then
// known to the compiler but for one. (number - Vector{} is the number in every lane: subtracting 0
// is nothing, while adding 0 would cost an addition, as it turns -0 into 0.)
template <int channels, int places, bool adjacent>
struct SumTile {
  template <class Isa>
  [[gnu::always_inline]] static void run(const Sums* sums, int t0, int t1, bool add, int c0,
                                         int p0) {
    const Sums& s = *sums;
    using Vector = typename Registers<Isa>::Vector;
    constexpr int lanes = Registers<Isa>::lanes;
    const std::int64_t x_place = adjacent ? std::int64_t{lane_count} : s.x_place;
    real* y = s.y + c0 * s.y_channel + p0 * s.y_place;
    for (int part = 0; part < lane_count; part += lanes) {
      Vector total[channels][places];
#pragma GCC unroll 8
      for (int c = 0; c < channels; ++c) {
        const Vector start = (s.b ? s.b[c0 + c] : real(0)) - Vector{};
#pragma GCC unroll 8
        for (int p = 0; p < places; ++p) {
          total[c][p] =
              add ? *reinterpret_cast<const Vector*>(y + c * s.y_channel + p * s.y_place + part)
                  : start;
        }
      }
      const real* w = s.w + c0 * s.w_channel + t0 * s.w_tap;
      const std::int64_t place = s.x_first + p0 * x_place + part;
      for (int t = t0; t < t1; ++t, w += s.w_tap) {
        const real* x = s.x + (place + s.offset[t]);
        Vector here[places];
#pragma GCC unroll 8
        for (int p = 0; p < places; ++p) {
          here[p] = *reinterpret_cast<const Vector*>(x + p * x_place);
        }
#pragma GCC unroll 8
        for (int c = 0; c < channels; ++c) {
          const Vector weight = w[c * s.w_channel] - Vector{};
#pragma GCC unroll 8
          for (int p = 0; p < places; ++p) total[c][p] += weight * here[p];
        }
      }
#pragma GCC unroll 8
      for (int c = 0; c < channels; ++c) {
#pragma GCC unroll 8
        for (int p = 0; p < places; ++p) {
          *reinterpret_cast<Vector*>(y + c * s.y_channel + p * s.y_place + part) = total[c][p];
        }
      }
    }
  }
};

// The tile of c x p sums, c and p known only now: finds the instance with these constants.
template <class Isa, int channels, int places>
[[gnu::always_inline]] inline void find_sum_tile(const Sums& s, int t0, int t1, bool add, int c0,
                                                 int c, int p0, int p) {
  if constexpr (places > 1) {
    if (p < places) {
      constexpr int fewer = places - 1;
      return find_sum_tile<Isa, Registers<Isa>::max_channels(fewer), fewer>(s, t0, t1, add, c0, c,
                                                                            p0, p);
    }
  }
  if constexpr (channels > 1) {
    if (c < channels) {
      return find_sum_tile<Isa, channels - 1, places>(s, t0, t1, add, c0, c, p0, p);
    }
  }
  if (s.x_place == lane_count) {
    run_kernel_for<Isa, SumTile<channels, places, true>>(&s, t0, t1, add, c0, p0);
  } else {
    run_kernel_for<Isa, SumTile<channels, places, false>>(&s, t0, t1, add, c0, p0);
  }
}

struct SumKernel {
  // So many taps at a time that their x, for one tile, stay in a 32 KB first-level cache.
  static constexpr int taps_at_once = 192;

  template <class Isa>
  [[gnu::always_inline]] static void run(const Sums* sums) {
    using R = Registers<Isa>;
    const Sums& s = *sums;
    const Cut tap_cut(s.taps, taps_at_once), place_cut(s.places, R::max_wide);
    for (int i = 0; i < tap_cut.parts; ++i) {
      for (int j = 0; j < place_cut.parts; ++j) {
        const int p0 = place_cut.begin(j), p = place_cut.begin(j + 1) - p0;
        const Cut channel_cut(s.channels, R::max_channels(p));
        for (int k = 0; k < channel_cut.parts; ++k) {
          const int c0 = channel_cut.begin(k), c = channel_cut.begin(k + 1) - c0;
          find_sum_tile<Isa, R::max_channels(R::max_wide), R::max_wide>(
              s, tap_cut.begin(i), tap_cut.begin(i + 1), i > 0, c0, c, p0, p);
        }
      }
    }
  }
};

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
#pragma GCC unroll 8
      for (int t = 0; t < taps; ++t) {
#pragma GCC unroll 8
        for (int c = 0; c < channels; ++c) {
          total[t][c] = *reinterpret_cast<const Vector*>(kept + (t * channels + c) * lane_count);
        }
      }
      for (int r = r0; r < r1; ++r) {
        const real* dy = g.dy + block * g.dy_block + c0 * g.dy_channel + r * g.dy_row + part;
        const std::int64_t row = block * g.x_block + g.x_first + r * g.x_row + part;
        const real* tap_x[taps];
#pragma GCC unroll 8
        for (int t = 0; t < taps; ++t) tap_x[t] = g.x + (row + g.offset[t0 + t]);
        for (int p = 0; p < g.places; ++p) {
          Vector gradient[channels];
#pragma GCC unroll 8
          for (int c = 0; c < channels; ++c) {
            gradient[c] = *reinterpret_cast<const Vector*>(dy + c * g.dy_channel + p * lane_count);
          }
#pragma GCC unroll 8
          for (int t = 0; t < taps; ++t) {
            Vector here = *reinterpret_cast<const Vector*>(tap_x[t] + p * x_place);
            keep_in_register(here);
#pragma GCC unroll 8
            for (int c = 0; c < channels; ++c) total[t][c] += gradient[c] * here;
          }
        }
      }
#pragma GCC unroll 8
      for (int t = 0; t < taps; ++t) {
#pragma GCC unroll 8
        for (int c = 0; c < channels; ++c) {
          *reinterpret_cast<Vector*>(kept + (t * channels + c) * lane_count) = total[t][c];
        }
      }
    }
  }
};

template <class Isa, int channels, int taps>
[[gnu::always_inline]] inline void find_product_tile(const Products& g, int block, int r0, int r1,
                                                     int c0, int c, int t0, int t, real* sums) {
  if constexpr (taps > 1) {
    if (t < taps) {
      constexpr int fewer = taps - 1;
      return find_product_tile<Isa, Registers<Isa>::max_channels(fewer), fewer>(g, block, r0, r1,
                                                                                c0, c, t0, t, sums);
    }
  }
  if constexpr (channels > 1) {
    if (c < channels) {
      return find_product_tile<Isa, channels - 1, taps>(g, block, r0, r1, c0, c, t0, t, sums);
    }
  }
  if (g.x_place == lane_count) {
    run_kernel_for<Isa, ProductTile<channels, taps, true>>(&g, block, r0, r1, c0, t0, sums);
  } else {
    run_kernel_for<Isa, ProductTile<channels, taps, false>>(&g, block, r0, r1, c0, t0, sums);
  }
}

struct ProductKernel {
  static constexpr int l1_bytes = 24 * 1024;  // of dy that one tile's channels may take

  template <class Isa>
  [[gnu::always_inline]] static void run(const Products* products, real* sums) {
    using R = Registers<Isa>;
    const Products& g = *products;
    const Cut tap_cut(g.taps, R::max_wide);
    const Cut channel_cut(g.channels, R::max_channels(tap_cut.largest()));
    for (int k = 0; k < channel_cut.parts; ++k) {
      const int c0 = channel_cut.begin(k), c = channel_cut.begin(k + 1) - c0;
      const int row_bytes = c * g.places * lane_count * static_cast<int>(sizeof(real));
      const Cut row_cut(g.rows, std::max(1, l1_bytes / row_bytes));
      const int all_taps = g.groups * g.taps;
      std::fill_n(sums, std::int64_t{all_taps} * c * lane_count, real(0));
      for (int block = 0; block < g.blocks; ++block) {
        for (int j = 0; j < row_cut.parts; ++j) {
          for (int group = 0; group < g.groups; ++group) {
            const int r0 = std::max(row_cut.begin(j), g.first_row[group]);
            const int r1 = std::min(row_cut.begin(j + 1), g.end_row[group]);
            if (r0 >= r1) continue;
            for (int i = 0; i < tap_cut.parts; ++i) {
              const int t0 = tap_cut.begin(i), t = tap_cut.begin(i + 1) - t0;
              find_product_tile<Isa, R::max_channels(R::max_wide), R::max_wide>(
                  g, block, r0, r1, c0, c, group * g.taps + t0, t, sums);
            }
          }
        }
      }
      for (int t = 0; t < all_taps; ++t) {
        for (int i = 0; i < c; ++i) {
          const real* lane = sums + (t * c + i) * lane_count;
          real total = 0;
          for (int l = 0; l < lane_count; ++l) total += lane[l];
          g.dw[(c0 + i) * g.dw_channel + g.dw_offset[t]] += total;
        }
      }
    }
  }
};

// dw's rows [o0, o0 + rows) and the columns [i, i + vectors of lanes) from a panel of x that has
// been transposed to [n][panel_width].
template <int rows, int vectors>
struct OuterTile {
  template <class Isa>
  [[gnu::always_inline]] static void run(const OuterProducts* products, const real* panel, int j,
                                         int columns, int o0) {
    const OuterProducts& g = *products;
    typedef real Vector
        __attribute__((vector_size(Isa::vector_bytes), aligned(sizeof(real)), may_alias));
    constexpr int lanes = Registers<Isa>::lanes;
    Vector total[rows][vectors] = {};
    const real* x = panel + j;
    for (int block = 0; block < lane_blocks(g.images); ++block) {
      const real* dy = g.dy + (std::int64_t{block} * g.out + o0) * lane_count;
      for (int n = 0; n < lane_count; ++n, x += panel_width) {
        Vector here[vectors];
#pragma GCC unroll 8
        for (int v = 0; v < vectors; ++v) {
          here[v] = *reinterpret_cast<const Vector*>(x + v * lanes);
        }
#pragma GCC unroll 8
        for (int r = 0; r < rows; ++r) {
          const Vector gradient = dy[r * lane_count + n] - Vector{};
#pragma GCC unroll 8
          for (int v = 0; v < vectors; ++v) total[r][v] += gradient * here[v];
        }
      }
    }
#pragma GCC unroll 8
    for (int r = 0; r < rows; ++r) {
      real* dw = g.dw + std::int64_t{o0 + r} * g.in + g.i0 + j;
      if (columns >= vectors * lanes) {
#pragma GCC unroll 8
        for (int v = 0; v < vectors; ++v) *reinterpret_cast<Vector*>(dw + v * lanes) += total[r][v];
      } else {
        const real* values = reinterpret_cast<const real*>(total[r]);
        for (int i = 0; i < columns; ++i) dw[i] += values[i];
      }
    }
  }
};

template <class Isa, int rows, int vectors>
[[gnu::always_inline]] inline void find_outer_tile(const OuterProducts& g, const real* panel, int j,
                                                   int columns, int o0, int r) {
  if constexpr (rows > 1) {
    if (r < rows) return find_outer_tile<Isa, rows - 1, vectors>(g, panel, j, columns, o0, r);
  }
  run_kernel_for<Isa, OuterTile<rows, vectors>>(&g, panel, j, columns, o0);
}

struct OuterProductKernel {
  template <class Isa>
  [[gnu::always_inline]] static void run(const OuterProducts* products, real* panel) {
    using R = Registers<Isa>;
    constexpr int vectors = Isa::registers == 32 ? 4 : 2, width = vectors * R::lanes;
    const OuterProducts& g = *products;
    const Cut row_cut(g.out, R::max_channels(vectors));
    for (int first = g.i0; first < g.i1; first += panel_width) {
      const int columns = std::min(panel_width, g.i1 - first);
      for (int block = 0; block < lane_blocks(g.images); ++block) {
        TransposeKernel::run<Isa>(
            columns, lane_count, g.x + (std::int64_t{block} * g.in + first) * lane_count,
            lane_count, panel + block * lane_count * panel_width, panel_width);
      }
      OuterProducts here = g;
      here.i0 = first;
      for (int k = 0; k < row_cut.parts; ++k) {
        const int o0 = row_cut.begin(k), rows = row_cut.begin(k + 1) - o0;
        for (int j = 0; j < columns; j += width) {
          find_outer_tile<Isa, R::max_channels(vectors), vectors>(here, panel, j, columns - j, o0,
                                                                  rows);
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
    constexpr int parts = Registers<Isa>::parts;
    for (int c = 0; c < channels; ++c) {
      Vector total[parts] = {};
      for (int block = 0; block < blocks; ++block) {
        const auto* v = reinterpret_cast<const Vector*>(dy + (std::int64_t{block} * channels + c) *
                                                                 places * lane_count);
        for (std::int64_t i = 0; i < places; ++i) {
          for (int part = 0; part < parts; ++part) total[part] += v[i * parts + part];
        }
      }
      const real* lane = reinterpret_cast<const real*>(total);
      for (int l = 0; l < lane_count; ++l) db[c] += lane[l];
    }
  }
};

}  // namespace

void sum(const Sums& s) {
  run_kernel<SumKernel>(&s);
}

void add_products(const Products& p) {
  constexpr int most_channels = 8;
  run_kernel<ProductKernel>(&p, scratch<struct ProductSums>(std::int64_t{p.groups} * p.taps *
                                                            most_channels * lane_count));
}

void add_outer_products(const OuterProducts& g) {
  run_kernel<OuterProductKernel>(
      &g, scratch<struct OuterProductPanel>(std::int64_t{lane_blocks(g.images)} * lane_count *
                                            panel_width));
}

void add_sums(int channels, int blocks, std::int64_t places, const real* dy, real* db) {
  run_kernel<AddSumsKernel>(channels, blocks, places, dy, db);
}

}  // namespace longhand::fast::lanes
