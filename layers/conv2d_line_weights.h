// U of Winograd's convolution along lines (conv2d_line_winograd.h): where its numbers lie.
#pragma once

#include <cstdint>

#include "layers/conv2d.h"

namespace longhand::fast::line_winograd {

// The kernels [group, out, in, kh, kw]: how far apart in memory, and whether they are turned by 180
// degrees.
struct Kernels {
  const real* w;
  std::int64_t group, out, in;
  bool turned;
};

// The kernels of forward, and those of backward by data, turned, where dy's channels come in and
// dx's go out: g is the geometry of forward both times.
Kernels forward_kernels(const Conv2dGeometry& g, const real* w);
Kernels turned_kernels(const Conv2dGeometry& g, const real* w);

// One group's kernels, `shape` [out, in, kh, kw], as to[in, kh, kw, out]: output channels lie side
// by side.
void transpose_kernels(const Shape& shape, const Kernels& kernels, int group, real* to);

// For each register tile of output channels [k values of all points, one after the
// other][channels]. k values are ordered as in PointPlanes::offsets().
struct PointWeights {
  explicit PointWeights(const Conv2dGeometry& geometry);

  // Into this thread's memory, over threads.
  void transform(const Kernels& kernels);

  // Of the tile of channels [number * rows, ...) of a group.
  const real* tile(int group, int number) const {
    return u + (std::int64_t{group} * group_tiles + number) * tile_size;
  }

  const Conv2dGeometry& g;
  int out;          // channels of a group
  int rows;         // channels of a tile; a group's last one may have fewer
  int group_tiles;  // tiles of a group
  int k;            // values
  std::int64_t tile_size;
  real* u;
};

}  // namespace longhand::fast::line_winograd
