// The convolution by implicit gemm. With the places of all images as the columns of a matrix,
//
//   y [out, places] = w [out, in taps]  *  windows [in taps, places]
//
// is one product for each group, on the tiles of the fast products (cuda/gemm/tiles.h).
#include <algorithm>
#include <cstdint>
#include <limits>

#include "cuda/conv2d/implicit.h"
#include "cuda/conv2d/parts.h"
#include "cuda/conv2d/versions.h"
#include "cuda/launch.h"

namespace longhand::cuda::implicit {

namespace {

// b(tap, place)
struct WindowsOperand : Windows {
  static constexpr bool along_k = false, padded = true;
  using Windows::Windows;
  __device__ bool packs() const { return packed; }
};

// a(o, tap) of a correlation. Forward that is w as it lies in memory. Backward the taps run
// backwards, and the input channels of the correlation are a kernel's first index.
struct WeightsOperand {
  static constexpr bool along_k = true, padded = false;
  const real* w;  // of the group and its first tap
  int w_to, w_from, w_row, w_column;
  Divisor taps, tap_columns;

  WeightsOperand(const Correlation& k, const real* weights, int group)
      : w(weights + std::int64_t{group} * k.w_group + w_of_tap(k, 0, 0)),
        w_to(k.w_to),
        w_from(k.w_from),
        w_row(k.rows.w_step * k.w_columns),
        w_column(k.columns.w_step),
        taps(std::max(k.taps(), 1)),
        tap_columns(std::max(k.columns.taps, 1)) {}

  __device__ const real* at(int o, int tap) const {
    const int i = tap / taps, tap_of_i = tap % taps;
    return w + (o * w_to + i * w_from + tap_of_i / tap_columns * w_row +
                tap_of_i % tap_columns * w_column);
  }
};

// Where the sums go: row o, column place.
struct Output {
  real* y;  // of the group's first channel
  const real* b;
  std::int64_t image;
  int plane, columns;
  int to_row, row_step, to_column, column_step;
  Divisor place_columns, place_rows;

  Output(const Correlation& k, const real* bias, real* to, int group)
      : y(to + std::int64_t{group} * k.to_c * k.to.h * k.to.w),
        b(bias ? bias + group * k.to_c : nullptr),
        image(std::int64_t{k.to.c} * k.to.h * k.to.w),
        plane(k.to.h * k.to.w),
        columns(k.to.w),
        to_row(k.rows.to),
        row_step(k.rows.to_step),
        to_column(k.columns.to),
        column_step(k.columns.to_step),
        place_columns(k.columns.places),
        place_rows(k.rows.places) {}

  __device__ void operator()(int o, int place, real sum) const {
    const int line = place / place_columns, n = line / place_rows;
    const int row = to_row + line % place_rows * row_step;
    const int column = to_column + place % place_columns * column_step;
    y[n * image + (o * plane + row * columns + column)] = b ? b[o] + sum : sum;
  }
};

// Tiles as high as there are output channels, so that none are computed for nothing.
using Tiles32 = TileShape<32, 128, 32, 32, 3, sizeof(real) == 4 ? 4 : 2>;
using Tiles64 = TileShape<64, 128, 64, 32, 3, sizeof(real) == 4 ? 4 : 2>;

template <class Shape, class A>
__global__ __launch_bounds__(Shape::threads,
                             Shape::blocks) void implicit_kernel(int m, int n, int k, A a,
                                                                 WindowsOperand b, Output output) {
  // Blocks next to each other compute other channels at the same places.
  const int tiles_m = (m - 1) / Shape::tile_m + 1, block = static_cast<int>(blockIdx.x);
  multiply_tiles<Shape>(m, n, 0, k, block % tiles_m * Shape::tile_m,
                        block / tiles_m * Shape::tile_n, a, b, output);
}

template <class Shape>
std::int64_t tiles(const Correlation& k) {
  return std::int64_t{(k.to_c - 1) / Shape::tile_m + 1} *
         ((place_count(k) - 1) / Shape::tile_n + 1);
}

template <class Shape, class A>
void launch(const Correlation& k, const A& a, const WindowsOperand& windows, const Output& output) {
  LAUNCH((implicit_kernel<Shape, A>), static_cast<unsigned>(tiles<Shape>(k)), Shape::threads, 0,
         stream(), k.to_c, place_count(k), tap_count(k), a, windows, output);
}

// The largest tiles that give each of an H100's 132 multiprocessors one.
template <class A>
void launch_best(const Correlation& k, const A& a, const WindowsOperand& windows,
                 const Output& output) {
  constexpr int multiprocessors = 132;
  if (k.to_c <= 32) {
    launch<Tiles32>(k, a, windows, output);
  } else if (k.to_c > 64 && tiles<LargeTiles>(k) >= multiprocessors) {
    launch<LargeTiles>(k, a, windows, output);
  } else if (tiles<Tiles64>(k) >= multiprocessors) {
    launch<Tiles64>(k, a, windows, output);
  } else {
    launch<SmallTiles>(k, a, windows, output);
  }
}

bool in_int(std::int64_t number) {
  return number < std::numeric_limits<int>::max() - 1024;  // and a tile that sticks out
}

}  // namespace

bool fits(const Conv2dGeometry& g) {
  return in_int(std::int64_t{g.y.n} * g.y.h * g.y.w) &&
         in_int(std::int64_t{g.x.n} * g.x.h * g.x.w) &&
         in_int(std::int64_t{g.x.c} * g.x.h * g.x.w) &&
         in_int(std::int64_t{g.y.c} * g.y.h * g.y.w) &&
         in_int(std::int64_t{g.y.c} * g.w.h * g.w.w) && in_int(g.w.size());
}

void conv2d_forward(const Conv2dGeometry& g, const real* x, const real* w, const real* b, real* y) {
  const Correlation k = correlation_forward(g);
  for (int group = 0; group < g.groups; ++group) {
    const RowMajor<true> weights{w + std::int64_t{group} * k.w_group, k.w_to, false};
    launch_best(k, weights, WindowsOperand(k, x, group), Output(k, b, y, group));
  }
}

void conv2d_backward_data(const Conv2dGeometry& g, const real* dy, const real* w, real* dx) {
  for_each_backward(g, [&](const Correlation& k) {
    for (int group = 0; group < g.groups; ++group) {
      launch_best(k, WeightsOperand(k, w, group), WindowsOperand(k, dy, group),
                  Output(k, nullptr, dx, group));
    }
  });
}

}  // namespace longhand::cuda::implicit
