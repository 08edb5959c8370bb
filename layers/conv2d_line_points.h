// The transformations of Winograd's convolution along lines, and the numbering of its points
// (conv2d_line_winograd.h).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "core/real.h"
#include "layers/conv2d.h"
#include "layers/conv2d_line_matrices.h"

namespace longhand::fast::line_winograd {

inline int phases(const Conv2dGeometry& g) {
  return std::min(g.stride_w, g.w.w);
}
// Elements phase, phase + stride, ... of the kernel's line.
inline int taps(const Conv2dGeometry& g, int phase) {
  return (g.w.w - 1 - phase) / g.stride_w + 1;
}
// Of all phases: the first has the most. The last of them is infinity.
inline int points(const Conv2dGeometry& g) {
  return taps(g, 0) + 1;
}

// Calls body(point, phase, own) for every point and, inside of that, every phase that has it, `own`
// being the point's number among the phase's.
template <class Body>
void for_each_point(const Conv2dGeometry& g, Body&& body) {
  const int infinity = points(g) - 1;
  for (int point = 0; point <= infinity; ++point) {
    for (int q = 0; q < phases(g); ++q) {
      if (point == infinity || point < taps(g, q)) body(point, q, std::min(point, taps(g, q)));
    }
  }
}

// Numbers from one line of pixels to the next, as transform_lines() wants them.
int pixels_pitch(int pairs);

// V = B^T d for `rows` lines of pixels of one phase: pair p of a line sees the pixels 2 p to 2 p +
// taps. Its point i is written to v[i * point_stride + row * pairs + p]; behind the last row of a
// point up to a vector of numbers is overwritten.
void transform_lines(int taps, const real* pixels, int rows, int pairs, real* v,
                     std::int64_t point_stride);

// U = G g for `lines` lines of the kernels of `channels` output channels. Element j of line l of
// channel c is g[(l * pitch + j * step) * width + c]; its point i is written to u[i][l * channels +
// c]. Up to a vector of numbers behind the last element is read.
struct KernelLines {
  const real* g;
  int lines, pitch, step, width, channels;
  std::array<real*, most_points> u;
};
void transform_taps(int taps, const KernelLines& kernels);

}  // namespace longhand::fast::line_winograd
