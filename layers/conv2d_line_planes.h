// V of Winograd's convolution along lines (conv2d_line_winograd.h): where its numbers lie.
#pragma once

#include <cstdint>
#include <vector>

#include "layers/conv2d.h"
#include "layers/conv2d_planes.h"

namespace longhand::fast::line_winograd {

// A plane for each input channel, phase of the rows, phase of the columns and point of it. Its
// lines are every stride-th line of the image, `pairs` numbers each, one behind the other: so what
// a line of the kernel sees of some lines of y lies side by side.
struct PointPlanes {
  explicit PointPlanes(const Conv2dGeometry& geometry);

  // Of channels [0, in) of x, what rows [oh0, oh1) of y need, `lines` at most.
  void transform(const real* x, int oh0, int oh1, real* v) const;

  // For every k of every point's product, in order, where its row of V begins.
  void offsets(std::vector<int>& offset) const;

  const Conv2dGeometry& g;
  int pairs;                    // of outputs in a line of y
  int lines;                    // of y for which V is made at a time
  implicit::Axis rows;          // of these
  int channel_points;           // of all phases of the columns
  std::int64_t plane, channel;  // numbers in a plane, and in the planes of a channel
};

}  // namespace longhand::fast::line_winograd
