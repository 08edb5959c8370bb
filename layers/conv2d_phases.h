// The phases of a convolution's input, for its gradient (conv2d_implicit_data.cpp): with a stride
// s, the pixels of dx whose row and column leave the same remainders by s meet the same elements of
// the kernel.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/gemm_blocks.h"
#include "core/gemm_pack.h"
#include "core/gemm_parts.h"
#include "core/scratch.h"
#include "core/transpose.h"
#include "layers/conv2d_direct.h"
#include "layers/conv2d_fast.h"
#include "layers/conv2d_planes.h"

namespace longhand::fast::implicit {

inline constexpr int few_channels = 16;

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
inline bool data_suits_parts(const Conv2dGeometry& g) {
  const std::int64_t places = std::int64_t{g.x.h / g.stride_h} * (g.x.w / g.stride_w);
  return parts_pay(g.w.c, places, g.y.c / g.groups * g.w.h * g.w.w / (g.stride_h * g.stride_w),
                   !one_pixel_of_image(g));
}

// As for the forward direction: many channels, and sums long enough.
inline bool data_suits_direct(const Conv2dGeometry& g) {
  return g.w.c >= tiles().lanes && g.y.c / g.groups >= 16 && !one_pixel_of_image(g) &&
         !data_suits_parts(g);
}

struct Phases {
  Phases(const Conv2dGeometry& geometry)
      : g(geometry), rows(rows_of(g)), columns(columns_of(g)), together(suits_together()) {}

  // Of few channels each phase has few rows, for which it would pack all of dy. So all phases
  // become the rows of one product, whose weights are zero where a phase does not meet an element:
  // if these are fewer than half, and the phases have as many pixels each.
  bool suits_together() const {
    const int phases = g.stride_h * g.stride_w, kernel = g.w.h * g.w.w;
    return phases > 1 && g.w.c < few_channels && g.x.h % g.stride_h == 0 &&
           g.x.w % g.stride_w == 0 && 2 * kernel > phases * shifts() && !data_suits_direct(g) &&
           !data_suits_parts(g);
  }
  // In how many places of dy, from a phase's pixel, are what its elements of the kernel met.
  int shifts() const {
    return (rows.highest - rows.lowest + 1) * (columns.highest - columns.lowest + 1);
  }
  std::int64_t weights_of_group() const {
    const int out = g.y.c / g.groups;
    return together               ? std::int64_t{g.stride_h} * g.stride_w * g.w.c * shifts() * out
           : data_suits_direct(g) ? packed_weights_size(out * g.w.h * g.w.w, g.w.c)
                                  : g.w.size() / g.groups;
  }

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
    if (together) {
      for (int h = 0; h <= rows.highest - rows.lowest; ++h) {
        for (int w = 0; w <= columns.highest - columns.lowest; ++w) {
          for (int co = 0; co < out; ++co) {
            offset.push_back(co * size + h * columns.plane_size() + w);
          }
        }
      }
      phases.push_back({0, 0, static_cast<int>(offset.size()), 0, 0});
      return;
    }
    std::int64_t weights = 0;
    for (int h = 0; h < std::min(g.stride_h, g.x.h); ++h) {
      for (int w = 0; w < std::min(g.stride_w, g.x.w); ++w) {
        const int first = static_cast<int>(offset.size());
        const auto add = [&](int co, int kh, int kw) {
          offset.push_back(co * size +
                           (rows.shift_of_output(kh) - rows.lowest) * columns.plane_size() +
                           columns.shift_of_output(kw) - columns.lowest);
        };
        if (data_suits_direct(g)) {
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
        weights += data_suits_direct(g) ? packed_weights_size(k, g.w.c) : std::int64_t{g.w.c} * k;
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

  // The same of all phases, [(phase, ci), (place of dy, co)]: zero where there is no element.
  void turn_weights_together(const Phase& all, const real* w, real* turned) const {
    const int in = g.w.c, out = g.y.c / g.groups, kernel = g.w.h * g.w.w;
    std::fill_n(turned, weights_of_group(), real(0));
    for (int kh = 0; kh < g.w.h; ++kh) {
      for (int kw = 0; kw < g.w.w; ++kw) {
        const int phase = rows.phase_met_by(kh) * g.stride_w + columns.phase_met_by(kw);
        const int place =
            (rows.shift_of_output(kh) - rows.lowest) * (columns.highest - columns.lowest + 1) +
            columns.shift_of_output(kw) - columns.lowest;
        for (int ci = 0; ci < in; ++ci) {
          real* to = turned + (std::int64_t{phase} * in + ci) * all.k + std::int64_t{place} * out;
          const real* from = w + std::int64_t{ci} * kernel + kh * g.w.w + kw;
          for (int co = 0; co < out; ++co) to[co] = from[std::int64_t{co} * in * kernel];
        }
      }
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
  bool together;
};

}  // namespace longhand::fast::implicit
