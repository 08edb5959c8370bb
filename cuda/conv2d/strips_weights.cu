// The weights' gradient for small kernels, stride and dilation 1, with strips of a row in
// registers. A warp has one row kh of the kernel of one input channel, and `channels` output
// channels; each of its lanes takes a strip of 4 neighbouring places of dy, the 8 pixels of x that
// meet them there, and adds up what they give for all taps of the row: 5 taps and 8 channels are
// 160 multiply-adds for 10 reads. Only at the end do the lanes add up what each of them has, by
// shuffles.
#include <algorithm>
#include <cstdint>

#include "cuda/conv2d/four.h"
#include "cuda/conv2d/parts.h"
#include "cuda/conv2d/strips.h"
#include "cuda/conv2d/versions.h"
#include "cuda/launch.h"
#include "cuda/reduce.h"
#include "cuda/workspace.h"

namespace longhand::cuda::strips {

namespace {

constexpr int channels = 8;
constexpr int most_strips = 128;  // of a band

// Of a block: whole kernels of 3 or 5 rows.
constexpr int most_warps_of(int kernel) {
  return 12 / kernel * kernel;
}

struct WeightBands : Bands {
  int out_tiles = 0, in_tiles = 0;  // of a group's channels
  int in = 0;                       // input channels of a tile; 0: does not fit
  int sharers = 0;                  // warps with the same row of a kernel, at other places
  Patch dy_patch;
  int parts = 0;  // blocks with the same weights, at other images

  constexpr int x_numbers() const { return images * in * patch.size(); }
  constexpr int dy_numbers() const { return places() * strip * channels; }
};

WeightBands bands_of(const Conv2dGeometry& g) {
  const int kernel = g.w.h;
  WeightBands t;
  if ((kernel != 3 && kernel != 5) || g.w.w != kernel || g.stride_h != 1 || g.stride_w != 1 ||
      g.dilation_h != 1 || g.dilation_w != 1) {
    return t;
  }
  t.in = std::min(g.w.c, most_warps_of(kernel) / kernel);
  int most = most_strips;
  do {
    static_cast<Bands&>(t) = strips::bands_of(g.y.n, g.y.h, g.y.w, kernel, most);
    if (t.rows == 0) {
      t.in = 0;
      return t;
    }
    most /= 2;
  } while ((t.x_numbers() + t.dy_numbers()) * static_cast<int>(sizeof(real)) > most_bytes);
  t.dy_patch = Patch(t.rows, t.strips * strip);
  t.out_tiles = ceil_div(g.y.c / g.groups, channels);
  t.in_tiles = ceil_div(g.w.c, t.in);
  t.sharers = most_warps_of(kernel) / (t.in * kernel);
  t.parts = parts_for(std::int64_t{g.groups} * t.out_tiles * t.in_tiles,
                      std::int64_t{t.image_groups} * t.bands);
  return t;
}

template <int kernel>
__global__ void __launch_bounds__(most_warps_of(kernel) * warp_threads, 2)
    strips_weights_kernel(Conv2dGeometry g, WeightBands t, const real* x, const real* dy,
                          real* parts) {
  DYNAMIC_SHARED(real, dy_band);                             // [image][channel][row][column]
  real* const patches = dy_band + t.dy_numbers();            // [image][input channel][row][column]
  __shared__ int dy_from[most_strips], x_from[most_strips];  // where each place's strip begins
  __shared__ real sums[most_warps_of(kernel)][channels][kernel];

  int rest = static_cast<int>(blockIdx.x);
  const int part = rest % t.parts;
  rest /= t.parts;
  const int first_ci = rest % t.in_tiles * t.in;
  rest /= t.in_tiles;
  const int first_o = rest % t.out_tiles * channels;
  const int group = rest / t.out_tiles;
  const int in = min(t.in, g.w.c - first_ci), out = g.y.c / g.groups;
  const int out_here = min(channels, out - first_o);
  const int thread = static_cast<int>(threadIdx.x), threads = static_cast<int>(blockDim.x);
  const int width = t.patch.columns.divisor, plane = t.rows * t.strips * strip;

  for (int place = thread; place < t.places(); place += threads) {
    const int image = place / (t.rows * t.strips);
    const int row = place / t.strips % t.rows, column = place % t.strips * strip;
    dy_from[place] = image * channels * plane + row * t.strips * strip + column;
    x_from[place] = image * t.in * t.patch.size() + row * width + column;
  }
  // Of the output channels beyond the last one, which are not loaded.
  for (int e = thread; e < t.dy_numbers(); e += threads) dy_band[e] = 0;
  __syncthreads();

  const int warp = thread / warp_threads, lane = thread % warp_threads;
  const int row_of_kernel = warp % (t.in * kernel), sharer = warp / (t.in * kernel);
  const int ci = row_of_kernel / kernel, kh = row_of_kernel % kernel;
  real sum[channels][kernel] = {};
  for (int band = part; band < t.image_groups * t.bands; band += t.parts) {
    const int first_n = band / t.bands * t.images, first_row = band % t.bands * t.rows;
    for (int image = 0; image < t.images; ++image) {
      load_patch(t.dy_patch, g.y, dy, first_n + image, group * out + first_o, out_here, first_row,
                 0, dy_band + image * channels * plane);
      load_patch(t.patch, g.x, x, first_n + image, group * g.w.c + first_ci, in,
                 first_row - g.padding_top, -g.padding_left,
                 patches + image * t.in * t.patch.size());
    }
    __syncthreads();
    if (ci < in) {
      for (int place = sharer * warp_threads + lane; place < t.places();
           place += t.sharers * warp_threads) {
        const real* const row = patches + x_from[place] + ci * t.patch.size() + kh * width;
        const Four left = load_four(row), right = load_four(row + strip);
        const real pixel[2 * strip] = {left.v[0],  left.v[1],  left.v[2],  left.v[3],
                                       right.v[0], right.v[1], right.v[2], right.v[3]};
#pragma unroll
        for (int o = 0; o < channels; ++o) {
          const Four four = load_four(dy_band + dy_from[place] + o * plane);
#pragma unroll
          for (int kw = 0; kw < kernel; ++kw) {
#pragma unroll
            for (int p = 0; p < strip; ++p) sum[o][kw] += four.v[p] * pixel[p + kw];
          }
        }
      }
    }
    __syncthreads();  // nobody loads the next band while others read this one
  }

  // The lanes' sums by shuffles, then the sharers' in the order of their numbers.
#pragma unroll
  for (int o = 0; o < channels; ++o) {
#pragma unroll
    for (int kw = 0; kw < kernel; ++kw) {
      const real total = warp_sum(sum[o][kw]);
      if (lane == 0) sums[warp][o][kw] = total;
    }
  }
  __syncthreads();
  for (int e = thread; e < out_here * in * kernel * kernel; e += threads) {
    const int kw = e % kernel, row = e / kernel % (in * kernel), o = e / kernel / (in * kernel);
    real total = 0;
    for (int s = 0; s < t.sharers; ++s) total += sums[s * t.in * kernel + row][o][kw];
    parts[part * g.w.size() +
          at(g.w, group * out + first_o + o, first_ci + row / kernel, row % kernel, kw)] = total;
  }
}

template <int kernel>
void launch(const Conv2dGeometry& g, const WeightBands& t, const real* x, const real* dy,
            real* parts) {
  const auto blocks = static_cast<unsigned>(g.groups * t.out_tiles * t.in_tiles * t.parts);
  const int threads = t.in * kernel * t.sharers * warp_threads;
  const int numbers = t.x_numbers() + t.dy_numbers();
  LAUNCH((strips_weights_kernel<kernel>), blocks, threads,
         static_cast<std::size_t>(numbers) * sizeof(real), stream(), g, t, x, dy, parts);
}

}  // namespace

bool weights_fit(const Conv2dGeometry& g) {
  return bands_of(g).in > 0;
}

void conv2d_backward_weights(const Conv2dGeometry& g, const real* x, const real* dy, real* dw) {
  const WeightBands t = bands_of(g);
  real* const parts = workspace(t.parts * g.w.size());
  if (g.w.h == 3) {
    launch<3>(g, t, x, dy, parts);
  } else {
    launch<5>(g, t, x, dy, parts);
  }
  add_parts(t.parts, g.w.size(), parts, dw);
}

}  // namespace longhand::cuda::strips
