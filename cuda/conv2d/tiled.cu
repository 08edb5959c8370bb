// The direct convolution by tiles: a block computes `channels` output channels at a rectangle of
// places. What its windows reach over, a patch of the input with its halo, and the weights pass
// through shared memory, some input channels at a time. A thread computes all the block's channels
// at several places, so each number it reads from shared memory is used several times.
#include <algorithm>
#include <cstdint>

#include "cuda/conv2d/correlation.h"
#include "cuda/conv2d/four.h"
#include "cuda/conv2d/patch.h"
#include "cuda/conv2d/versions.h"
#include "cuda/launch.h"

namespace longhand::cuda::tiled {

namespace {

constexpr int threads = 128;
constexpr int channels = 8;
constexpr int most_places = 4;  // of a thread
constexpr int most_bytes = 48 * 1024;
constexpr int good_bytes = 16 * 1024;  // several blocks on a multiprocessor

// How the work is cut; all tiles have the same size, some stick out.
struct Tiles {
  int rows, columns;                           // places of a tile
  int row_tiles, column_tiles, channel_tiles;  // how many there are
  Patch patch;                                 // what a tile's windows reach over
  int from_channels;                           // input channels at a time; 0: do not fit
};

int bytes_a_channel(const Correlation& k, const Tiles& t) {
  const std::int64_t patch = std::int64_t{k.rows.reach(t.rows)} * k.columns.reach(t.columns);
  const std::int64_t numbers = patch + std::int64_t{channels} * k.taps();
  return static_cast<int>(
      std::min<std::int64_t>(numbers * static_cast<int>(sizeof(real)), 2 * most_bytes));
}

Tiles tiles_of(const Correlation& k) {
  Tiles t{};
  t.column_tiles = ceil_div(k.columns.places, 64);
  t.columns = ceil_div(k.columns.places, t.column_tiles);
  t.row_tiles = ceil_div(k.rows.places, threads * most_places / t.columns);
  t.rows = ceil_div(k.rows.places, t.row_tiles);
  while (bytes_a_channel(k, t) > most_bytes && t.rows * t.columns > 1) {
    int& side = t.rows > t.columns ? t.rows : t.columns;
    side = ceil_div(side, 2);
  }
  t.row_tiles = ceil_div(k.rows.places, t.rows);
  t.column_tiles = ceil_div(k.columns.places, t.columns);
  t.channel_tiles = ceil_div(k.to_c, channels);
  const int bytes = bytes_a_channel(k, t);
  if (bytes > most_bytes) return t;
  if (k.taps() == 0) {  // then nothing is read
    t.from_channels = k.from_c;
  } else {
    t.patch = Patch(k.rows.reach(t.rows), k.columns.reach(t.columns));
    t.from_channels = std::clamp(good_bytes / bytes, 1, k.from_c);
  }
  return t;
}

// weights[i][th][tw][channel] of `count` input channels from first_i on, of the output channels
// from first_o on; zero beyond the last one.
__device__ void load_weights(const Correlation& k, const real* w, int group, int first_o,
                             int first_i, int count, real* weights) {
  const int taps = k.taps(), row = count * taps;
  for (int e = static_cast<int>(threadIdx.x); e < channels * row; e += threads) {
    // Neighbouring threads read neighbouring weights.
    const int o = e / row, tap = e % row;
    const int i = tap / taps, th = tap % taps / k.columns.taps, tw = tap % k.columns.taps;
    weights[tap * channels + o] = first_o + o < k.to_c
                                      ? w[group * k.w_group + (first_o + o) * k.w_to +
                                          (first_i + i) * k.w_from + w_of_tap(k, th, tw)]
                                      : 0;
  }
}

// A thread has the tile's places threadIdx.x, threadIdx.x + threads, ...: `places` of them.
template <int places>
__global__ void __launch_bounds__(threads)
    tiled_kernel(Correlation k, Tiles t, const real* x, const real* w, const real* b, real* y) {
  DYNAMIC_SHARED(real, weights);
  real* const patch = weights + t.from_channels * k.taps() * channels;

  // Blocks next to each other read the same patch, for other output channels.
  int rest = static_cast<int>(blockIdx.x);
  const int first_o = rest % t.channel_tiles * channels;
  rest /= t.channel_tiles;
  const int group = rest % k.groups;
  rest /= k.groups;
  const int first_column = rest % t.column_tiles * t.columns;
  rest /= t.column_tiles;
  const int first_row = rest % t.row_tiles * t.rows;
  const int n = rest / t.row_tiles;

  int from[places];  // where in the patch the window of each place begins
  real sum[channels][places];
#pragma unroll
  for (int p = 0; p < places; ++p) {
    const int place = static_cast<int>(threadIdx.x) + p * threads;
    const bool mine = place < t.rows * t.columns;  // else any place does: it is not stored
    from[p] = mine ? place / t.columns * k.rows.from_step * t.patch.columns.divisor +
                         place % t.columns * k.columns.from_step
                   : 0;
    for (int o = 0; o < channels; ++o) {
      sum[o][p] = b && first_o + o < k.to_c ? b[group * k.to_c + first_o + o] : 0;
    }
  }

  const int width = t.patch.columns.divisor;
  const int channels_in = k.taps() == 0 ? 0 : k.from_c;
  for (int first_i = 0; first_i < channels_in; first_i += t.from_channels) {
    const int count = min(t.from_channels, k.from_c - first_i);
    load_weights(k, w, group, first_o, first_i, count, weights);
    load_patch(t.patch, k.from, x, n, group * k.from_c + first_i, count,
               k.rows.from + first_row * k.rows.from_step,
               k.columns.from + first_column * k.columns.from_step, patch);
    __syncthreads();
    const real* w_tap = weights;
    for (int i = 0; i < count; ++i) {
      for (int th = 0; th < k.rows.taps; ++th) {
        for (int tw = 0; tw < k.columns.taps; ++tw, w_tap += channels) {
          const Four low = load_four(w_tap), high = load_four(w_tap + 4);
          const real* x_tap =
              patch + i * t.patch.size() + th * k.rows.tap_step * width + tw * k.columns.tap_step;
#pragma unroll
          for (int p = 0; p < places; ++p) {
            const real x_p = x_tap[from[p]];
#pragma unroll
            for (int o = 0; o < 4; ++o) {
              sum[o][p] += x_p * low.v[o];
              sum[o + 4][p] += x_p * high.v[o];
            }
          }
        }
      }
    }
    __syncthreads();  // nobody loads the next channels while others read these
  }

#pragma unroll
  for (int p = 0; p < places; ++p) {
    const int place = static_cast<int>(threadIdx.x) + p * threads;
    const int row = first_row + place / t.columns, column = first_column + place % t.columns;
    if (place >= t.rows * t.columns) continue;
    if (row >= k.rows.places || column >= k.columns.places) continue;
#pragma unroll
    for (int o = 0; o < channels; ++o) {
      if (first_o + o >= k.to_c) break;
      y[at(k.to, n, group * k.to_c + first_o + o, k.rows.to + row * k.rows.to_step,
           k.columns.to + column * k.columns.to_step)] = sum[o][p];
    }
  }
}

void correlate(const Correlation& k, const real* x, const real* w, const real* b, real* y) {
  const Tiles t = tiles_of(k);
  const unsigned blocks = static_cast<unsigned>(std::int64_t{k.to.n} * t.row_tiles *
                                                t.column_tiles * k.groups * t.channel_tiles);
  const int numbers = t.from_channels * (t.patch.size() + channels * k.taps());
  const auto bytes = static_cast<std::size_t>(numbers) * sizeof(real);
  const int places = t.rows * t.columns;
  if (places <= threads) {
    LAUNCH((tiled_kernel<1>), blocks, threads, bytes, stream(), k, t, x, w, b, y);
  } else if (places <= 2 * threads) {
    LAUNCH((tiled_kernel<2>), blocks, threads, bytes, stream(), k, t, x, w, b, y);
  } else {
    LAUNCH((tiled_kernel<4>), blocks, threads, bytes, stream(), k, t, x, w, b, y);
  }
}

}  // namespace

bool correlations_fit(const Conv2dGeometry& g) {
  bool all = tiles_of(correlation_forward(g)).from_channels > 0;
  for_each_backward(g, [&](const Correlation& k) { all = all && tiles_of(k).from_channels > 0; });
  return all;
}

void conv2d_forward(const Conv2dGeometry& g, const real* x, const real* w, const real* b, real* y) {
  correlate(correlation_forward(g), x, w, b, y);
}

void conv2d_backward_data(const Conv2dGeometry& g, const real* dy, const real* w, real* dx) {
  for_each_backward(g, [&](const Correlation& k) { correlate(k, dy, w, nullptr, dx); });
}

}  // namespace longhand::cuda::tiled
