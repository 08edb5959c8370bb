#include "layers/conv2d_line_weights.h"

#include <algorithm>

#include "core/gemm_blocks.h"
#include "core/parallel.h"
#include "core/scratch.h"
#include "core/transpose.h"
#include "core/vector.h"
#include "layers/conv2d_line_points.h"

namespace longhand::fast::line_winograd {

namespace {

// So many numbers and a vector of them more, in whole cache lines.
std::int64_t with_room(std::int64_t numbers) {
  return (numbers + tiles().lanes + cache_line - 1) / cache_line * cache_line;
}

int k_values(const Conv2dGeometry& g) {
  int count = 0;
  for_each_point(g, [&](int, int, int) { count += g.w.c * g.w.h; });
  return count;
}

// to[ci, kh, kw, co]: output channels lie side by side.
void transpose_kernels(const Conv2dGeometry& g, const Kernels& kernels, int group, real* to) {
  const int elements = g.w.h * g.w.w, out = g.y.c / g.groups;
  const real* w = kernels.w + group * kernels.group;
  if (!kernels.turned) return transpose(out, g.w.c * elements, w, kernels.out, to, out);
  for (int ci = 0; ci < g.w.c; ++ci, w += kernels.in) {  // the first element becomes the last
    to += std::int64_t{elements} * out;
    transpose(out, elements, w, kernels.out, to - out, -out);
  }
}

// U of `channels` output channels, one tile's.
void transform_tile(const Conv2dGeometry& g, const real* by_element, int channels, real* u) {
  const int out = g.y.c / g.groups;
  for (int q = 0; q < phases(g); ++q) {
    KernelLines kernels{.g = by_element + std::int64_t{q} * out,
                        .lines = g.w.c * g.w.h,
                        .pitch = g.w.w,
                        .step = g.stride_w,
                        .width = out,
                        .channels = channels,
                        .u = {}};
    real* to = u;
    for_each_point(g, [&](int /*point*/, int phase, int own) {
      if (phase == q) kernels.u[static_cast<std::size_t>(own)] = to;
      to += std::int64_t{kernels.lines} * channels;
    });
    transform_taps(taps(g, q), kernels);
  }
}

}  // namespace

PointWeights::PointWeights(const Conv2dGeometry& geometry)
    : g(geometry),
      out(g.y.c / g.groups),
      rows(even_piece(out, tiles().max_rows)),
      group_tiles((out + rows - 1) / rows),
      k(k_values(g)),
      tile_size(with_room(std::int64_t{rows} * k)),
      u(scratch<struct LineWeights>(tile_size * group_tiles * g.groups)) {}

void PointWeights::transform(const Kernels& kernels) {
  const std::int64_t size = with_room(std::int64_t{g.w.c} * g.w.h * g.w.w * out);
  real* by_element = scratch<struct LineKernels>(size * g.groups);
  for (int group = 0; group < g.groups; ++group) {
    transpose_kernels(g, kernels, group, by_element + group * size);
  }
  const std::int64_t count = std::int64_t{g.groups} * group_tiles;
  parallel_for(count, grain_of_work(count, tile_size * count),
               [&](std::int64_t begin, std::int64_t end, int) {
                 for (std::int64_t i = begin; i < end; ++i) {
                   const std::int64_t group = i / group_tiles;
                   const int channel = static_cast<int>(i % group_tiles) * rows;
                   transform_tile(g, by_element + group * size + channel,
                                  std::min(rows, out - channel), u + i * tile_size);
                 }
               });
}

}  // namespace longhand::fast::line_winograd
