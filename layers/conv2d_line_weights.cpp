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

Kernels forward_kernels(const Conv2dGeometry& g, const real* w) {
  const std::int64_t in = std::int64_t{g.w.h} * g.w.w, out = in * g.w.c;
  return {.w = w, .group = out * (g.y.c / g.groups), .out = out, .in = in, .turned = false};
}

Kernels turned_kernels(const Conv2dGeometry& g, const real* w) {
  const std::int64_t out = std::int64_t{g.w.h} * g.w.w, in = out * g.w.c;
  return {.w = w, .group = in * (g.y.c / g.groups), .out = out, .in = in, .turned = true};
}

void transpose_kernels(const Shape& shape, const Kernels& kernels, int group, real* to) {
  const int elements = shape.h * shape.w, out = shape.n;
  const real* w = kernels.w + group * kernels.group;
  if (kernels.in == elements && !kernels.turned) {
    return transpose(out, shape.c * elements, w, kernels.out, to, out);
  }
  for (int ci = 0; ci < shape.c; ++ci, w += kernels.in, to += std::int64_t{elements} * out) {
    if (kernels.turned) {  // the first element becomes the last
      transpose(out, elements, w, kernels.out, to + std::int64_t{elements - 1} * out, -out);
    } else {
      transpose(out, elements, w, kernels.out, to, out);
    }
  }
}

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
    transpose_kernels({out, g.w.c, g.w.h, g.w.w}, kernels, group, by_element + group * size);
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
