// V of Winograd's convolution along lines (conv2d_line_winograd.h): where its numbers lie.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "layers/conv2d.h"
#include "layers/conv2d_planes.h"

namespace longhand::fast::line_winograd {

// Pixels that will soon be read, to be fetched a piece at a time: a stretch of each channel.
struct PixelsAhead {
  const real* begin;
  std::int64_t size, stride;  // of a stretch, and from one to the next
  int count;

  // The next piece, of `numbers` at most; empty when there are no more.
  std::pair<const real*, const real*> next(std::int64_t numbers);

  std::int64_t done = 0;  // of the first stretch
};

// A plane for each input channel, phase of the rows, phase of the columns and point of it. Its
// lines are every stride-th line of the image, `pairs` numbers each, one behind the other: so what
// a line of the kernel sees of some lines of y lies side by side.
struct PointPlanes {
  explicit PointPlanes(const Conv2dGeometry& geometry);

  // Of channels [0, in) of x, what rows [oh0, oh1) of y need, `lines` at most.
  void transform(const real* x, int oh0, int oh1, real* v) const;

  // What transform() will read for the lines of y from oh0 on, and has not read for those before.
  PixelsAhead ahead(const real* x, int oh0, int oh1) const;

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
