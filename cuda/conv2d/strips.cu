// The direct convolution for small kernels, with strips of a row in registers. A thread computes 4
// neighbouring places of several output channels. The 8 pixels of a row that their windows reach
// over are read from shared memory once, by two instructions, and stay in registers for all taps of
// that row: 5 taps and 8 channels are then 160 multiply-adds. The taps are counted by the compiler,
// so that the loops over them are unrolled and every index is known.
#include <algorithm>
#include <cstdint>

#include "cuda/conv2d/correlation.h"
#include "cuda/conv2d/four.h"
#include "cuda/conv2d/strips.h"
#include "cuda/conv2d/versions.h"
#include "cuda/launch.h"
#include "cuda/reduce.h"

namespace longhand::cuda::strips {

namespace {

constexpr int most_threads = 256;
constexpr int good_bytes = 24 * 1024;

struct ForwardBands : Bands {
  int channel_tiles = 0;
  int from_channels = 0;  // input channels at a time; 0: does not fit
};

// Numbers of shared memory for one input channel.
int numbers_a_channel(const Bands& t, int kernel, int channels) {
  return t.images * t.patch.size() + kernel * kernel * channels;
}

ForwardBands bands_of(const Correlation& k, int channels) {
  const int kernel = k.rows.taps;
  ForwardBands t;
  int most = most_threads;
  const auto bytes = [&] {
    return numbers_a_channel(t, kernel, channels) * static_cast<int>(sizeof(real));
  };
  do {
    static_cast<Bands&>(t) =
        strips::bands_of(k.to.n, k.rows.places, k.columns.places, kernel, most);
    if (t.rows == 0) return t;
    most /= 2;
  } while (bytes() > most_bytes);
  t.channel_tiles = ceil_div(k.to_c, channels);
  t.from_channels = std::clamp(good_bytes / bytes(), 1, k.from_c);
  return t;
}

// Output channels of a thread: 8, unless with 4 fewer are left over.
int channels_of(const Correlation& k) {
  return k.to_c >= 32 || ceil_div(k.to_c, 8) * 2 == ceil_div(k.to_c, 4) ? 8 : 4;
}

bool correlation_fits(const Correlation& k) {
  const auto plain = [](const Axis& a) {
    return (a.taps == 3 || a.taps == 5) && a.from_step == 1 && a.tap_step == 1;
  };
  return plain(k.rows) && plain(k.columns) && k.rows.taps == k.columns.taps &&
         bands_of(k, channels_of(k)).from_channels > 0;
}

// weights[i][th][tw][channel] of `count` input channels from first_i on, of the output channels
// from first_o on; zero beyond the last one.
template <int kernel, int channels>
__device__ void load_weights(const Correlation& k, const real* w, int group, int first_o,
                             int first_i, int count, real* weights) {
  constexpr int taps = kernel * kernel;
  for (int e = static_cast<int>(threadIdx.x); e < channels * count * taps;
       e += static_cast<int>(blockDim.x)) {
    const int o = e % channels, tap = e / channels;
    const int i = tap / taps, th = tap % taps / kernel, tw = tap % kernel;
    weights[e] = first_o + o < k.to_c ? w[group * k.w_group + (first_o + o) * k.w_to +
                                          (first_i + i) * k.w_from + w_of_tap(k, th, tw)]
                                      : 0;
  }
}

template <int kernel, int channels>
__global__ void __launch_bounds__(most_threads)
    strips_kernel(Correlation k, ForwardBands t, const real* x, const real* w, const real* b,
                  bool by_fours, real* y) {
  DYNAMIC_SHARED(real, weights);
  real* const patches = weights + t.from_channels * kernel * kernel * channels;  // [image][i]

  // Blocks next to each other read the same images, for other output channels.
  int rest = static_cast<int>(blockIdx.x);
  const int first_o = rest % t.channel_tiles * channels;
  rest /= t.channel_tiles;
  const int group = rest % k.groups;
  rest /= k.groups;
  const int first_row = rest % t.bands * t.rows, first_n = rest / t.bands * t.images;

  // Threads beyond the last place help to load, and compute the first place once more.
  const int thread = static_cast<int>(threadIdx.x);
  const int place = thread < t.places() ? thread : 0;
  const int image = place / (t.rows * t.strips);
  const int band_row = place / t.strips % t.rows, column = place % t.strips * strip;
  const int width = t.patch.columns.divisor;

  real sum[channels][strip];
#pragma unroll
  for (int o = 0; o < channels; ++o) {
    const real start = b && first_o + o < k.to_c ? b[group * k.to_c + first_o + o] : 0;
    for (int p = 0; p < strip; ++p) sum[o][p] = start;
  }

  for (int first_i = 0; first_i < k.from_c; first_i += t.from_channels) {
    const int count = min(t.from_channels, k.from_c - first_i);
    load_weights<kernel, channels>(k, w, group, first_o, first_i, count, weights);
    for (int other = 0; other < t.images; ++other) {
      load_patch(t.patch, k.from, x, first_n + other, group * k.from_c + first_i, count,
                 k.rows.from + first_row, k.columns.from,
                 patches + other * t.from_channels * t.patch.size());
    }
    __syncthreads();
    for (int i = 0; i < count; ++i) {
      const real* const corner =
          patches + (image * t.from_channels + i) * t.patch.size() + band_row * width + column;
      const real* const w_channel = weights + i * kernel * kernel * channels;
#pragma unroll
      for (int th = 0; th < kernel; ++th) {
        const Four left = load_four(corner + th * width);
        const Four right = load_four(corner + th * width + strip);
        const real pixel[2 * strip] = {left.v[0],  left.v[1],  left.v[2],  left.v[3],
                                       right.v[0], right.v[1], right.v[2], right.v[3]};
#pragma unroll
        for (int tw = 0; tw < kernel; ++tw) {
#pragma unroll
          for (int o = 0; o < channels; o += 4) {
            const Four four = load_four(w_channel + (th * kernel + tw) * channels + o);
#pragma unroll
            for (int p = 0; p < strip; ++p) {
              sum[o][p] += pixel[p + tw] * four.v[0];
              sum[o + 1][p] += pixel[p + tw] * four.v[1];
              sum[o + 2][p] += pixel[p + tw] * four.v[2];
              sum[o + 3][p] += pixel[p + tw] * four.v[3];
            }
          }
        }
      }
    }
    __syncthreads();  // nobody loads the next channels while others read these
  }

  const int n = first_n + image, row = first_row + band_row;
  if (thread >= t.places() || n >= k.to.n || row >= k.rows.places) return;
#pragma unroll
  for (int o = 0; o < channels; ++o) {
    if (first_o + o >= k.to_c) break;
    real* const place_y = y + at(k.to, n, group * k.to_c + first_o + o, row, column);
    if (by_fours) {
      store_four({sum[o][0], sum[o][1], sum[o][2], sum[o][3]}, place_y);
    } else {
      for (int p = 0; p < strip; ++p) {
        if (column + p < k.columns.places) place_y[p] = sum[o][p];
      }
    }
  }
}

template <int kernel, int channels>
void launch(const Correlation& k, const real* x, const real* w, const real* b, real* y) {
  const ForwardBands t = bands_of(k, channels);
  const auto blocks =
      static_cast<unsigned>(std::int64_t{t.image_groups} * t.bands * k.groups * t.channel_tiles);
  const int threads = ceil_div(t.places(), warp_threads) * warp_threads;
  const int numbers = t.from_channels * numbers_a_channel(t, kernel, channels);
  LAUNCH((strips_kernel<kernel, channels>), blocks, threads,
         static_cast<std::size_t>(numbers) * sizeof(real), stream(), k, t, x, w, b,
         takes_fours(y, k.to.w), y);
}

void correlate(const Correlation& k, const real* x, const real* w, const real* b, real* y) {
  const bool eight = channels_of(k) == 8;
  if (k.rows.taps == 3) {
    eight ? launch<3, 8>(k, x, w, b, y) : launch<3, 4>(k, x, w, b, y);
  } else {
    eight ? launch<5, 8>(k, x, w, b, y) : launch<5, 4>(k, x, w, b, y);
  }
}

}  // namespace

bool correlations_fit(const Conv2dGeometry& g) {
  bool all = correlation_fits(correlation_forward(g));
  for_each_backward(g, [&](const Correlation& k) { all = all && correlation_fits(k); });
  return all;
}

void conv2d_forward(const Conv2dGeometry& g, const real* x, const real* w, const real* b, real* y) {
  correlate(correlation_forward(g), x, w, b, y);
}

void conv2d_backward_data(const Conv2dGeometry& g, const real* dy, const real* w, real* dx) {
  for_each_backward(g, [&](const Correlation& k) { correlate(k, dy, w, nullptr, dx); });
}

}  // namespace longhand::cuda::strips
