// The gradient of a convolution's input as products of matrices: see conv2d_implicit.cpp.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/gemm_blocks.h"
#include "core/gemm_pack.h"
#include "core/gemm_parts.h"
#include "core/parallel.h"
#include "core/scratch.h"
#include "core/transpose.h"
#include "layers/conv2d_direct.h"
#include "layers/conv2d_fast.h"
#include "layers/conv2d_planes.h"

namespace longhand::fast::implicit {

namespace {

// One direction, backward. Element k of the kernel met the pixels whose index leaves the remainder
// phase_met_by(k) by the stride; pixel q * stride + phase was met in output q + shift_of_output(k).
struct BackwardAxis : Axis {
  explicit BackwardAxis(const Axis& axis) : Axis(axis) {
    lowest = highest = shift_of_output(0);
    for (int k = 1; k < kernel; ++k) {
      lowest = std::min(lowest, shift_of_output(k));
      highest = std::max(highest, shift_of_output(k));
    }
  }
  int phase_met_by(int k) const { return ((k * dilation - padding) % stride + stride) % stride; }
  int shift_of_output(int k) const { return (phase_met_by(k) + padding - k * dilation) / stride; }
  int pixels(int phase) const { return (in - phase + stride - 1) / stride; }
  int plane_size() const { return pixels(0) + highest - lowest; }

  int lowest, highest;  // of the shifts
};

// The pixels of dx with one remainder of the row and one of the column, and the `k` elements of the
// kernels that met them: their weights and offsets begin at w' + weights and offset + offsets.
struct Phase {
  int h, w, k;
  std::int64_t weights;
  int offsets;
};

// The matrix unit takes whatever has enough input channels.
bool suits_parts(const Conv2dGeometry& g) {
  const std::int64_t places = std::int64_t{g.x.h / g.stride_h} * (g.x.w / g.stride_w);
  return parts_pay(g.w.c, places, g.y.c / g.groups * g.w.h * g.w.w / (g.stride_h * g.stride_w),
                   !pointwise(g));
}

// As for the forward direction: many channels, and sums long enough.
bool suits_direct(const Conv2dGeometry& g) {
  return g.w.c >= tiles().lanes && g.y.c / g.groups >= 16 && !pointwise(g) && !suits_parts(g);
}

struct Phases {
  Phases(const Conv2dGeometry& geometry) : g(geometry), rows(rows_of(g)), columns(columns_of(g)) {}

  // Calls body(kh, kw) for the elements of a kernel that met the phase's pixels.
  template <class Body>
  void for_each_element(int h, int w, Body&& body) const {
    for (int kh = 0; kh < g.w.h; ++kh) {
      if (rows.phase_met_by(kh) != h) continue;
      for (int kw = 0; kw < g.w.w; ++kw) {
        if (columns.phase_met_by(kw) == w) body(kh, kw);
      }
    }
  }

  Plane plane() const {
    return {rows.lowest, 1, columns.lowest, 1, rows.plane_size(), columns.plane_size()};
  }

  // The phases and, for every (co, kh, kw) of each, where its picture of dy begins: of all elements
  // of a channel's kernel in the direct version, of all channels of an element otherwise.
  void list(std::vector<Phase>& phases, std::vector<int>& offset) const {
    phases.clear();
    offset.clear();
    const int out = g.y.c / g.groups, size = static_cast<int>(plane().size());
    std::int64_t weights = 0;
    for (int h = 0; h < std::min(g.stride_h, g.x.h); ++h) {
      for (int w = 0; w < std::min(g.stride_w, g.x.w); ++w) {
        const int first = static_cast<int>(offset.size());
        const auto add = [&](int co, int kh, int kw) {
          offset.push_back(co * size +
                           (rows.shift_of_output(kh) - rows.lowest) * columns.plane_size() +
                           columns.shift_of_output(kw) - columns.lowest);
        };
        if (suits_direct(g)) {
          for (int co = 0; co < out; ++co) {
            for_each_element(h, w, [&](int kh, int kw) { add(co, kh, kw); });
          }
        } else {
          for_each_element(h, w, [&](int kh, int kw) {
            for (int co = 0; co < out; ++co) add(co, kh, kw);
          });
        }
        const int k = static_cast<int>(offset.size()) - first;
        phases.push_back({h, w, k, weights, first});
        weights += suits_direct(g) ? packed_weights_size(k, g.w.c) : std::int64_t{g.w.c} * k;
      }
    }
  }

  // w' of one group and phase: [ci, (kh, kw, co)].
  void turn_weights(const Phase& phase, const real* w, real* turned) const {
    const int in = g.w.c, out = g.y.c / g.groups, kernel = g.w.h * g.w.w;
    real* kernels = scratch<struct Kernels>(std::int64_t{kernel} * out);
    for (int ci = 0; ci < in; ++ci) {
      transpose(out, kernel, w + std::int64_t{ci} * kernel, std::int64_t{in} * kernel, kernels,
                out);
      for_each_element(phase.h, phase.w, [&](int kh, int kw) {
        turned = std::copy_n(kernels + std::int64_t{kh * g.w.w + kw} * out, out, turned);
      });
    }
  }

  // The same for the direct version, packed: for every (co, kh, kw) the input channels.
  void pack_weights(const Phase& phase, const Tiling& tiling, const real* w, real* packed) const {
    const Tiles& t = tiles();
    const int in = g.w.c, out = g.y.c / g.groups, kernel = g.w.h * g.w.w;
    for_each_panel(t, in, tiling.vectors, [&](int ci, int width, int vectors) {
      const int numbers = vectors * t.lanes;
      real* panel = scratch<struct KernelPanel>(std::int64_t{kernel} * numbers);
      real* to = packed + std::int64_t{ci} * phase.k;
      for (int co = 0; co < out; ++co) {
        pack_panel(w + (std::int64_t{co} * in + ci) * kernel, kernel, true, kernel, width, panel);
        for_each_element(phase.h, phase.w, [&](int kh, int kw) {
          std::copy_n(panel + (kh * g.w.w + kw) * numbers, numbers, to);
          to += numbers;
        });
      }
    });
  }

  const Conv2dGeometry& g;
  BackwardAxis rows, columns;
};

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

  const bool is_direct = suits_direct(g);
  const Tiling tiling(tiles(), all.columns.pixels(0), in);
  const std::int64_t group_weights =
      is_direct ? packed_weights_size(out * g.w.h * g.w.w, in) : g.w.size() / g.groups;
  real* turned = scratch<struct TurnedWeights>(group_weights * g.groups);
  const int phase_count = pointwise(g) ? 0 : static_cast<int>(phases.size());
  parallel_for(g.groups * phase_count, 1, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t i = begin; i < end; ++i) {
      const int group = static_cast<int>(i / phase_count);
      const Phase& phase = phases[static_cast<std::size_t>(i % phase_count)];
      real* to = turned + group * group_weights + phase.weights;
      if (is_direct) {
        all.pack_weights(phase, tiling, w + w_offset(g, group), to);
      } else {
        all.turn_weights(phase, w + w_offset(g, group), to);
      }
    }
  });

  const Plane plane = all.plane();
  const bool scattered = g.stride_h > 1 || g.stride_w > 1;
  for_each_part(
      g, all.rows.pixels(0), all.columns.pixels(0), [&](int n, int group, int row0, int row1) {
        const real* dy_group = dy + y_offset(g, n, group);
        real* dx_group = dx + x_offset(g, n, group);
        const std::int64_t y_size = std::int64_t{g.y.h} * g.y.w;
        real* pixels = nullptr;
        if (!pointwise(g)) {
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
            scatter(g, phase, row0, last, width, nullptr, dx_group);
            continue;
          }
          if (is_direct) {
            data_direct(g, phase, tiling, {pixels, offsets + phase.offsets, width, plane.columns},
                        turned + group * group_weights + phase.weights, row0, last, dx_group);
            continue;
          }
          Product product{.m = in,
                          .n = count,
                          .k = phase.k,
                          .a = {turned + group * group_weights + phase.weights, phase.k, false},
                          .b = {dy_group + std::int64_t{row0} * width, y_size, false},
                          .c = dx_group + std::int64_t{row0} * width,
                          .c_stride = std::int64_t{g.x.h} * g.x.w,
                          .add = false,
                          .in_parts = suits_parts(g)};
          if (pointwise(g)) product.a = {w + w_offset(g, group), in, true};  // w is w'^T
          if (scattered) {
            product.c = scratch<struct Sums>(std::int64_t{in} * count);
            product.c_stride = count;
          }
          if (pixels) {
            product.b_pictures = {pixels + std::int64_t{row0} * plane.columns,
                                  offsets + phase.offsets, width, plane.columns};
          }
          multiply_range(tiles(), product, {0, in, 0, count});
          if (scattered) scatter(g, phase, row0, last, width, product.c, dx_group);
        }
      });
}

}  // namespace longhand::fast::implicit
