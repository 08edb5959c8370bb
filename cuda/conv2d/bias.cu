// The bias's gradient, the sum of a channel over all images: a block adds up its part of them.
#include "cuda/conv2d/parts.h"
#include "cuda/launch.h"
#include "cuda/reduce.h"
#include "cuda/workspace.h"
#include "layers/conv2d.h"

namespace longhand::cuda {

namespace {

constexpr int threads = 256;
constexpr int warps = threads / warp_threads;

// A warp takes an image at a time, its lanes neighbouring places.
__global__ void __launch_bounds__(threads)
    backward_bias_kernel(Shape y, int part_count, const real* dy, real* parts) {
  const int co = static_cast<int>(blockIdx.x) / part_count;
  const int part = static_cast<int>(blockIdx.x) % part_count;
  const int warp = static_cast<int>(threadIdx.x) / warp_threads;
  const int lane = static_cast<int>(threadIdx.x) % warp_threads;
  const std::int64_t places = std::int64_t{y.h} * y.w;
  real sum = 0;
  for (int n = part * warps + warp; n < y.n; n += part_count * warps) {
    const real* const plane = dy + at(y, n, co, 0, 0);
#pragma unroll 4
    for (std::int64_t i = lane; i < places; i += warp_threads) sum += plane[i];
  }
  sum = block_sum(sum);
  if (threadIdx.x == 0) parts[std::int64_t{part} * y.c + co] = sum;
}

}  // namespace

void conv2d_backward_bias(const Conv2dGeometry& g, const real* dy, real* db) {
  const int count = parts_for(g.y.c, (g.y.n + warps - 1) / warps);
  real* const parts = workspace(std::int64_t{count} * g.y.c);
  LAUNCH(backward_bias_kernel, static_cast<unsigned>(g.y.c * count), threads, 0, stream(), g.y,
         count, dy, parts);
  add_parts(count, g.y.c, parts, db);
}

}  // namespace longhand::cuda
