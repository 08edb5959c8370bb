// The weights' gradient by tiles. dw[co, ci, kh, kw] is a sum over all places of all images of
//
//   dy[n, co, oh, ow] * x[n, ci, ih, iw]
//
// A block computes it for `channels` output channels and all taps of some input channels, over its
// part of the images: a tile of places at a time passes through shared memory. A thread has two
// taps of all the block's output channels. Where there are few taps, several threads have the same
// ones, each at other places of the tile.
#include <algorithm>
#include <cstdint>

#include "cuda/conv2d/four.h"
#include "cuda/conv2d/parts.h"
#include "cuda/conv2d/patch.h"
#include "cuda/conv2d/versions.h"
#include "cuda/launch.h"
#include "cuda/workspace.h"

namespace longhand::cuda::tiled {

namespace {

constexpr int threads = 128;
constexpr int channels = 8;
constexpr int taps_a_thread = 2;
constexpr int most_taps = threads * taps_a_thread;
constexpr int most_side = 8;  // of a tile of places
constexpr int most_bytes = 40 * 1024;
constexpr int good_bytes = 24 * 1024;

struct WeightTiles {
  int rows, columns;            // places of a tile
  int row_tiles, column_tiles;  // of an image
  int out_tiles, in_tiles;      // of a group's channels
  int in;                       // input channels of a tile; 0: do not fit
  Patch patch;                  // of x
  int columns_of_threads;       // threads with different taps
  int sharers;                  // threads with the same ones
  int parts;                    // blocks with the same weights
  constexpr int tiles() const { return row_tiles * column_tiles; }
};

std::int64_t bytes_of(const WeightTiles& t) {
  const std::int64_t x = std::int64_t{t.in} * t.patch.size();
  const std::int64_t dy = std::int64_t{t.rows} * t.columns * channels;
  const std::int64_t sums = threads * taps_a_thread * channels;  // in the same place, at the end
  return std::max(x + dy, sums) * static_cast<int>(sizeof(real));
}

WeightTiles tiles_of(const Conv2dGeometry& g) {
  WeightTiles t{};
  const int taps = g.w.h * g.w.w;
  if (std::int64_t{g.w.h} * g.w.w > most_taps) return t;
  t.rows = std::min(g.y.h, most_side);
  t.columns = std::min(g.y.w, most_side);
  const auto reach = [](int places, int stride, int kernel, int dilation) {
    return (places - 1) * stride + (kernel - 1) * dilation + 1;
  };
  const auto fit_patch = [&] {
    const int rows = reach(t.rows, g.stride_h, g.w.h, g.dilation_h);
    const int columns = reach(t.columns, g.stride_w, g.w.w, g.dilation_w);
    if (std::int64_t{rows} * columns > most_bytes) return false;
    t.patch = Patch(rows, columns);
    return bytes_of(t) <= most_bytes;
  };
  t.in = 1;
  while (!fit_patch()) {
    int& side = t.rows > t.columns ? t.rows : t.columns;
    if (side == 1) {
      t.in = 0;
      return t;
    }
    side = ceil_div(side, 2);
  }
  while (t.in < g.w.c && (t.in + 1) * taps <= most_taps) {
    ++t.in;
    if (bytes_of(t) > good_bytes) {
      --t.in;
      break;
    }
  }
  t.row_tiles = ceil_div(g.y.h, t.rows);
  t.column_tiles = ceil_div(g.y.w, t.columns);
  t.out_tiles = ceil_div(g.y.c / g.groups, channels);
  t.in_tiles = ceil_div(g.w.c, t.in);
  t.columns_of_threads = ceil_div(t.in * taps, taps_a_thread);
  t.sharers = std::min(threads / t.columns_of_threads, t.rows * t.columns);
  t.parts =
      parts_for(std::int64_t{g.groups} * t.out_tiles * t.in_tiles, std::int64_t{g.y.n} * t.tiles());
  return t;
}

__global__ void __launch_bounds__(threads)
    tiled_weights_kernel(Conv2dGeometry g, WeightTiles t, const real* x, const real* dy,
                         real* parts) {
  DYNAMIC_SHARED(real, shared);
  real* const dy_tile = shared;  // [place][channel]
  real* const patch = shared + t.rows * t.columns * channels;
  __shared__ int from[most_side * most_side];  // where in the patch a place's window begins

  int rest = static_cast<int>(blockIdx.x);
  const int part = rest % t.parts;
  rest /= t.parts;
  const int first_ci = rest % t.in_tiles * t.in;
  rest /= t.in_tiles;
  const int first_o = rest % t.out_tiles * channels;
  const int group = rest / t.out_tiles;
  const int out = g.y.c / g.groups, in = min(t.in, g.w.c - first_ci);
  const int taps = g.w.h * g.w.w, width = t.patch.columns.divisor;
  const int thread = static_cast<int>(threadIdx.x);

  if (thread < t.rows * t.columns) {
    from[thread] = thread / t.columns * g.stride_h * width + thread % t.columns * g.stride_w;
  }
  const int column = thread % t.columns_of_threads, sharer = thread / t.columns_of_threads;
  int tap_from[taps_a_thread];
  for (int i = 0; i < taps_a_thread; ++i) {
    const int tap = column + i * t.columns_of_threads;
    // A tap beyond the last one: its sum is not stored.
    tap_from[i] = tap < in * taps
                      ? tap / taps * t.patch.size() + tap % taps / g.w.w * g.dilation_h * width +
                            tap % g.w.w * g.dilation_w
                      : 0;
  }

  real sum[taps_a_thread][channels] = {};
  for (int tile = part; tile < g.y.n * t.tiles(); tile += t.parts) {
    const int n = tile / t.tiles();
    const int first_row = tile % t.tiles() / t.column_tiles * t.rows;
    const int first_column = tile % t.column_tiles * t.columns;
    for (int e = thread; e < channels * t.rows * t.columns; e += threads) {
      const int o = e / (t.rows * t.columns), place = e % (t.rows * t.columns);
      const int oh = first_row + place / t.columns, ow = first_column + place % t.columns;
      dy_tile[place * channels + o] = first_o + o < out && inside(g.y, oh, ow)
                                          ? dy[at(g.y, n, group * out + first_o + o, oh, ow)]
                                          : 0;
    }
    load_patch(t.patch, g.x, x, n, group * g.w.c + first_ci, in,
               first_row * g.stride_h - g.padding_top, first_column * g.stride_w - g.padding_left,
               patch);
    __syncthreads();
    if (sharer < t.sharers) {
      for (int place = sharer; place < t.rows * t.columns; place += t.sharers) {
        const Four low = load_four(dy_tile + place * channels);
        const Four high = load_four(dy_tile + place * channels + 4);
        for (int i = 0; i < taps_a_thread; ++i) {
          const real x_i = patch[tap_from[i] + from[place]];
          for (int o = 0; o < 4; ++o) {
            sum[i][o] += low.v[o] * x_i;
            sum[i][o + 4] += high.v[o] * x_i;
          }
        }
      }
    }
    __syncthreads();  // nobody loads the next tile while others read this one
  }

  // The sharers' sums of a tap, in the order of their numbers.
  real* const sums = shared;  // [sharer][channel][tap]
  const int all_taps = t.columns_of_threads * taps_a_thread;
  if (sharer < t.sharers) {
    for (int i = 0; i < taps_a_thread; ++i) {
      for (int o = 0; o < channels; ++o) {
        sums[(sharer * channels + o) * all_taps + column + i * t.columns_of_threads] = sum[i][o];
      }
    }
  }
  __syncthreads();
  for (int e = thread; e < channels * in * taps; e += threads) {
    const int o = e / (in * taps), tap = e % (in * taps);
    if (first_o + o >= out) break;
    real total = 0;
    for (int s = 0; s < t.sharers; ++s) total += sums[(s * channels + o) * all_taps + tap];
    parts[part * g.w.size() + at(g.w, group * out + first_o + o, first_ci, 0, 0) + tap] = total;
  }
}

}  // namespace

bool weights_fit(const Conv2dGeometry& g) {
  return tiles_of(g).in > 0;
}

void conv2d_backward_weights(const Conv2dGeometry& g, const real* x, const real* dy, real* dw) {
  const WeightTiles t = tiles_of(g);
  real* const parts = workspace(t.parts * g.w.size());
  const auto blocks = static_cast<unsigned>(g.groups * t.out_tiles * t.in_tiles * t.parts);
  LAUNCH(tiled_weights_kernel, blocks, threads, static_cast<std::size_t>(bytes_of(t)), stream(), g,
         t, x, dy, parts);
  add_parts(t.parts, g.w.size(), parts, dw);
}

}  // namespace longhand::cuda::tiled
