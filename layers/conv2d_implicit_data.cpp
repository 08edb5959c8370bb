// The gradient of a convolution's input as products of matrices: see conv2d_implicit.cpp.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/gemm_blocks.h"
#include "core/parallel.h"
#include "core/scratch.h"
#include "core/streaming.h"
#include "core/transpose.h"
#include "layers/conv2d_direct.h"
#include "layers/conv2d_fast.h"
#include "layers/conv2d_phases.h"
#include "layers/conv2d_planes.h"

namespace longhand::fast::implicit {

namespace {

// The phase's pixels [row0, row1) x width of each channel, from `sums` or zero, into dx.
void scatter(const Conv2dGeometry& g, const Phase& phase, int row0, int row1, int width,
             const real* sums, real* dx) {
  for (int ci = 0; ci < g.w.c; ++ci) {
    for (int q = row0; q < row1; ++q) {
      const int ih = q * g.stride_h + phase.h;
      real* line = dx + (std::int64_t{ci} * g.x.h + ih) * g.x.w + phase.w;
      for (int j = 0; j < width; ++j) line[j * g.stride_w] = sums ? *sums++ : 0;
    }
  }
}

// The same for the only phase that has elements: the other pixels of its lines, and the lines down
// to its next one, are zero.
void spread(const Conv2dGeometry& g, int row0, int row1, int width, const real* sums, real* dx) {
  for (int ci = 0; ci < g.w.c; ++ci) {
    real* line = dx + (std::int64_t{ci} * g.x.h + row0 * g.stride_h) * g.x.w;
    for (int q = row0; q < row1; ++q) {
      const int lines = std::min(g.stride_h, g.x.h - q * g.stride_h);
      std::fill_n(line, lines * g.x.w, real(0));
      for (int j = 0; j < width; ++j) line[j * g.stride_w] = *sums++;
      line += lines * g.x.w;
    }
  }
}

// One phase of dx, its lines [row0, row1), from the planes of dy.
void data_direct(const Conv2dGeometry& g, const Phase& phase, const Tiling& tiling,
                 Pictures pictures, const real* packed, int row0, int row1, real* dx) {
  const real* pixels = pictures.pixels;
  const int in = g.w.c, width = pictures.width, together = std::max(512 / width, 1);
  for (int row = row0; row < row1; row += together) {
    const int rows = std::min(together, row1 - row), count = rows * width;
    real* sums = scratch<struct Sums>(std::int64_t{count} * in);
    pictures.pixels = pixels + std::int64_t{row} * pictures.pitch;
    // With a stride of 1 the lines of the phase are those of dx.
    const bool all_pixels = g.stride_h == 1 && g.stride_w == 1;
    real* to = all_pixels ? dx + std::int64_t{row} * width
                          : scratch<struct Channels>(std::int64_t{count} * in);
    const std::int64_t to_stride = all_pixels ? std::int64_t{g.x.h} * g.x.w : count;
    direct(tiling, pictures, rows, phase.k, in, packed, sums, to, to_stride);
    transpose(count, in, sums, in, to, to_stride);
    if (!all_pixels) scatter(g, phase, row, row + rows, width, to, dx);
  }
}

}  // namespace

bool suits_backward_data(const Conv2dGeometry& g) {
  return (g.x.h / g.stride_h) * (g.x.w / g.stride_w) >= tiles().lanes;
}

void conv2d_backward_data(const Conv2dGeometry& g, const real* dy, const real* w, real* dx) {
  const int in = g.w.c, out = g.y.c / g.groups;
  const Phases all(g);
  thread_local std::vector<int> offset;
  thread_local std::vector<Phase> phase_list;
  all.list(phase_list, offset);
  const std::vector<Phase>& phases = phase_list;
  const int* offsets = offset.data();

  const bool is_direct = data_suits_direct(g);
  const Tiling tiling(tiles(), all.columns.pixels(0), in);
  const std::int64_t group_weights = all.weights_of_group();
  real* turned = scratch<struct TurnedWeights>(group_weights * g.groups);
  const bool as_it_lies = one_pixel_of_image(g);  // dy, and w too
  const int phase_count = as_it_lies ? 0 : static_cast<int>(phases.size());
  parallel_for(g.groups * phase_count, 1, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t i = begin; i < end; ++i) {
      const int group = static_cast<int>(i / phase_count);
      const Phase& phase = phases[static_cast<std::size_t>(i % phase_count)];
      real* to = turned + group * group_weights + phase.weights;
      if (is_direct) {
        all.pack_weights(phase, tiling, w + w_offset(g, group), to);
      } else if (all.together) {
        all.turn_weights_together(phase, w + w_offset(g, group), to);
      } else {
        all.turn_weights(phase, w + w_offset(g, group), to);
      }
    }
  });

  const Plane plane = all.plane();
  const bool scattered = g.stride_h > 1 || g.stride_w > 1;
  // The layer before reads dx and has as much to read or write of its own.
  const bool streaming = !scattered && streaming_pays(2 * g.x.size());
  for_each_part(
      g, all.rows.pixels(0), all.columns.pixels(0), [&](int n, int group, int row0, int row1) {
        const real* dy_group = dy + y_offset(g, n, group);
        real* dx_group = dx + x_offset(g, n, group);
        const std::int64_t y_size = std::int64_t{g.y.h} * g.y.w;
        real* pixels = nullptr;
        if (!as_it_lies) {
          pixels = plane_memory(out * plane.size());
          for (int co = 0; co < out; ++co) {
            copy_plane(dy_group + co * y_size, g.y.h, g.y.w, plane, row0,
                       row1 + all.rows.highest - all.rows.lowest, pixels + co * plane.size());
          }
        }
        for (const Phase& phase : phases) {
          const int last = std::min(row1, all.rows.pixels(phase.h));
          const int width = all.columns.pixels(phase.w), count = (last - row0) * width;
          if (phase.k == 0) {
            if (!as_it_lies) scatter(g, phase, row0, last, width, nullptr, dx_group);
            continue;
          }
          if (is_direct) {
            data_direct(g, phase, tiling, {pixels, offsets + phase.offsets, width, plane.columns},
                        turned + group * group_weights + phase.weights, row0, last, dx_group);
            continue;
          }
          const int rows = all.together ? in * g.stride_h * g.stride_w : in;
          Product product{.m = rows,
                          .n = count,
                          .k = phase.k,
                          .a = {turned + group * group_weights + phase.weights, phase.k, false},
                          .b = {dy_group + std::int64_t{row0} * width, y_size, false},
                          .c = dx_group + std::int64_t{row0} * width,
                          .c_stride = std::int64_t{g.x.h} * g.x.w,
                          .add = false,
                          .in_parts = data_suits_parts(g),
                          .streaming = streaming};
          if (as_it_lies) product.a = {w + w_offset(g, group), in, true};  // w is w'^T
          if (scattered) {
            product.c = scratch<struct Sums>(std::int64_t{rows} * count);
            product.c_stride = count;
          }
          if (pixels) {
            product.b_pictures = {pixels + std::int64_t{row0} * plane.columns,
                                  offsets + phase.offsets, width, plane.columns};
          }
          multiply_range(tiles(), product, {0, rows, 0, count});
          if (streaming) finish_streaming();
          if (!scattered) continue;
          if (as_it_lies) {
            spread(g, row0, last, width, product.c, dx_group);
            continue;
          }
          for (int i = 0; i < rows; i += in) {  // a phase, or each
            const Phase here =
                all.together ? Phase{i / in / g.stride_w, i / in % g.stride_w, 0, 0, 0} : phase;
            scatter(g, here, row0, last, width, product.c + std::int64_t{i} * count, dx_group);
          }
        }
      });
}

}  // namespace longhand::fast::implicit
