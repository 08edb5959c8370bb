// The weights' gradient by implicit gemm,
//
//   dw [out, in taps] += dy [out, places]  *  windows^T [places, in taps]
//
// a small matrix and a sum over all places of all images. So the sum is cut into parts, each for
// other blocks, which are added up in a fixed order.
#include <algorithm>
#include <cstdint>

#include "cuda/conv2d/implicit.h"
#include "cuda/conv2d/parts.h"
#include "cuda/conv2d/versions.h"
#include "cuda/launch.h"
#include "cuda/workspace.h"

namespace longhand::cuda::implicit {

namespace {

// a(o, place)
struct GradientOperand {
  static constexpr bool along_k = true, padded = false;
  const real* dy;  // of the group's first channel
  std::int64_t image;
  int plane;
  Divisor places;

  GradientOperand(const Correlation& k, const real* gradient, int group)
      : dy(gradient + std::int64_t{group} * k.to_c * k.to.h * k.to.w),
        image(std::int64_t{k.to.c} * k.to.h * k.to.w),
        plane(k.to.h * k.to.w),
        places(plane) {}

  __device__ const real* at(int o, int place) const {
    return dy + place / places * image + (o * plane + place % places);
  }
};

// b(place, tap)
struct TransposedWindows : Windows {
  static constexpr bool along_k = true, padded = true;
  using Windows::Windows;
  __device__ const real* at(int tap, int place) const { return Windows::at(place, tap); }
};

using Tiles32 = TileShape<32, 128, 32, 32, 3, sizeof(real) == 4 ? 4 : 2>;

// blockIdx.y is the part: it sums `length` of the k places. parts is [part][o][tap].
template <class Shape>
__global__ __launch_bounds__(Shape::threads, Shape::blocks) void implicit_weights_kernel(
    int m, int n, int k, int length, GradientOperand a, TransposedWindows b, std::int64_t part_size,
    real* parts) {
  const int tiles_m = (m - 1) / Shape::tile_m + 1, block = static_cast<int>(blockIdx.x);
  const int part = static_cast<int>(blockIdx.y), first = part * length;
  real* const mine = parts + part * part_size;
  multiply_tiles<Shape>(m, n, first, min(first + length, k), block % tiles_m * Shape::tile_m,
                        block / tiles_m * Shape::tile_n, a, b,
                        [&](int o, int tap, real sum) { mine[std::int64_t{o} * n + tap] = sum; });
}

template <class Shape>
void backward_weights(const Correlation& k, const real* x, const real* dy, real* dw) {
  const int m = k.to_c, n = tap_count(k), places = place_count(k);
  const std::int64_t tiles =
      std::int64_t{(m - 1) / Shape::tile_m + 1} * ((n - 1) / Shape::tile_n + 1);
  // Parts of whole steps, and no shorter than 8 of them.
  const int steps = (places - 1) / Shape::tile_k + 1;
  const int wanted = parts_for(tiles * k.groups, (steps - 1) / 8 + 1);
  const int length = ((steps - 1) / wanted + 1) * Shape::tile_k;
  const int count = (places - 1) / length + 1;
  const std::int64_t group_size = std::int64_t{m} * n, size = k.groups * group_size;
  real* const parts = workspace(count * size);
  const dim3 grid(static_cast<unsigned>(tiles), static_cast<unsigned>(count));
  for (int group = 0; group < k.groups; ++group) {
    LAUNCH((implicit_weights_kernel<Shape>), grid, Shape::threads, 0, stream(), m, n, places,
           length, GradientOperand(k, dy, group), TransposedWindows(k, x, group), size,
           parts + group * group_size);
  }
  add_parts(count, size, parts, dw);
}

}  // namespace

void conv2d_backward_weights(const Conv2dGeometry& g, const real* x, const real* dy, real* dw) {
  const Correlation k = correlation_forward(g);
  if (k.to_c <= 32) {
    backward_weights<Tiles32>(k, x, dy, dw);
  } else if (k.to_c > 64 && tap_count(k) > 64) {
    backward_weights<LargeTiles>(k, x, dy, dw);
  } else {
    backward_weights<SmallTiles>(k, x, dy, dw);
  }
}

}  // namespace longhand::cuda::implicit
