// Winograd's convolution along lines, forward and backward by data: the header has the idea.
//
// V of some lines of y is made. Then it is multiplied, two vectors of pairs at a time, by U of all
// output channels, a register tile of them after the other. The tile makes y of M while that is
// still in the L1 cache.
#include "layers/conv2d_line_winograd.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "core/gemm_parts.h"
#include "core/scratch.h"
#include "core/vector.h"
#include "layers/conv2d_fast.h"
#include "layers/conv2d_line_planes.h"
#include "layers/conv2d_line_points.h"
#include "layers/conv2d_line_tile.h"
#include "layers/conv2d_line_weights.h"
#include "layers/conv2d_planes.h"

namespace longhand::fast::line_winograd {

namespace {

using implicit::x_offset;
using implicit::y_offset;

struct Convolution {
  const Conv2dGeometry& g;
  const PointPlanes& planes;
  const PointWeights& weights;
  const int* offset;                   // of V's rows
  std::array<int, most_points> depth;  // of each point's product

  // `lines` lines of y of one group, of V. Meanwhile `ahead` is fetched.
  void multiply(int group, const real* v, const real* b, int lines, PixelsAhead ahead,
                real* y) const {
    const int pairs = planes.pairs, count = lines * pairs, lanes = tiles().lanes;
    const int together = 2 * lanes, last = std::clamp(count - lanes, 0, lanes);
    const std::int64_t places = std::int64_t{g.y.h} * g.y.w;
    // Lines of an even width lie in y as the tile writes them, others have one output less.
    const bool in_place = g.y.w % 2 == 0 && count >= lanes;
    real* outputs = scratch<struct LineOutputs>(std::int64_t{weights.rows} * 2 * together);
    LineTile tile{.points = points(g),
                  .depth = depth.data(),
                  .u = nullptr,
                  .v = nullptr,
                  .offset = offset,
                  .last = last,
                  .copy = scratch<struct LineCopy>(std::int64_t{weights.k} * together),
                  .bias = nullptr,
                  .y = outputs,
                  .y_stride = in_place ? places : 2 * together,
                  .fetched = nullptr,
                  .fetched_stride = places,
                  .ahead = {}};
    const int all_tiles = (count + together - 1) / together * weights.group_tiles;
    const std::int64_t ahead_of_tile = ahead.size * ahead.count / all_tiles + cache_line;
    for (int block = 0; block < count; block += together) {
      // The last pairs may be some of those before, computed again.
      const int first = std::max(std::min(block, count - together), 0);
      tile.v = v + first;
      for (int i = 0; i < weights.group_tiles; ++i) {
        const int channel = i * weights.rows, rows = std::min(weights.rows, weights.out - channel);
        real* channels = y + channel * places;
        real* outputs_in_y = channels + first / pairs * g.y.w + 2 * (first % pairs);
        tile.u = weights.tile(group, i);
        tile.bias = b ? b + channel : nullptr;
        tile.fetched = outputs_in_y;
        if (in_place) tile.y = outputs_in_y;
        tile.ahead = ahead.next(ahead_of_tile);
        line_tile(rows, i == 0)(&tile);
        if (!in_place) {
          copy_lines(outputs, rows, first, std::min(count - first, together), channels);
        }
      }
    }
  }

  // The outputs of pairs [first, first + count) of some channels, to their lines.
  void copy_lines(const real* outputs, int channels, int first, int count, real* y) const {
    const std::int64_t places = std::int64_t{g.y.h} * g.y.w, stride = 4 * tiles().lanes;
    for (int done = 0; done < count;) {
      const int line = (first + done) / planes.pairs, pair = (first + done) % planes.pairs;
      const int here = std::min(planes.pairs - pair, count - done);
      real* to = y + std::int64_t{line} * g.y.w + 2 * pair;
      for (int i = 0; i < channels; ++i) {
        std::copy_n(outputs + i * stride + 2 * done, std::min(2 * here, g.y.w - 2 * pair),
                    to + i * places);
      }
      done += here;
    }
  }
};

void convolve(const Conv2dGeometry& g, const real* x, const Kernels& kernels, const real* b,
              real* y) {
  const PointPlanes planes(g);
  thread_local std::vector<int> offset;
  planes.offsets(offset);
  PointWeights weights(g);
  weights.transform(kernels);
  Convolution convolution{g, planes, weights, offset.data(), {}};
  for_each_point(g, [&](int point, int /*phase*/, int /*own*/) {
    convolution.depth[static_cast<std::size_t>(point)] += g.w.c * g.w.h;
  });
  implicit::for_each_part(g, g.y.h, g.y.w, [&](int n, int group, int row0, int row1) {
    real* v = implicit::plane_memory(g.w.c * planes.channel);
    for (int row = row0; row < row1; row += planes.lines) {
      const int end = std::min(row + planes.lines, row1);
      const real* image = x + x_offset(g, n, group);
      planes.transform(image, row, end, v);
      convolution.multiply(group, v, b ? b + group * weights.out : nullptr, end - row,
                           planes.ahead(image, end, std::min(end + planes.lines, row1)),
                           y + y_offset(g, n, group) + std::int64_t{row} * g.y.w);
    }
  });
}

// dx as a convolution of dy.
Conv2dGeometry turned(const Conv2dGeometry& g) {
  return {.x = g.y,
          .w = {g.x.c, g.y.c / g.groups, g.w.h, g.w.w},
          .y = g.x,
          .padding_top = (g.w.h - 1) * g.dilation_h - g.padding_top,
          .padding_left = g.w.w - 1 - g.padding_left,
          .dilation_h = g.dilation_h,
          .groups = g.groups};
}

// Fewer products by a third or more: phases of three elements with a stride, or of four and five.
// And little of what tiles compute is thrown away: pairs that a tile has already, or that stick out
// of a line. Where there is a matrix unit, what pays there goes there (not measured beside this).
bool pays(const Conv2dGeometry& g) {
  const int together = 2 * tiles().lanes;
  const std::int64_t pairs = (g.y.w + 1) / 2 * std::int64_t{g.y.h};
  const std::int64_t computed = (pairs + together - 1) / together * together * 2;
  return (taps(g, 0) >= 4 || (taps(g, 0) == 3 && g.stride_w > 1)) && pairs >= together &&
         4 * std::int64_t{g.y.h} * g.y.w >= 3 * computed &&
         !parts_pay(g.y.c / g.groups, std::int64_t{g.y.h} * g.y.w, g.w.c * g.w.h * g.w.w, true);
}

}  // namespace

bool computes_forward(const Conv2dGeometry& g) {
  return g.layout == Layout::nchw && g.dilation_w == 1 && taps(g, 0) <= most_taps;
}

bool computes_backward_data(const Conv2dGeometry& g) {
  return computes_forward(g) && g.stride_h == 1 && g.stride_w == 1;
}

bool suits_forward(const Conv2dGeometry& g) {
  return computes_forward(g) && pays(g);
}

bool suits_backward_data(const Conv2dGeometry& g) {
  return computes_backward_data(g) && pays(turned(g));
}

void conv2d_forward(const Conv2dGeometry& g, const real* x, const real* w, const real* b, real* y) {
  convolve(g, x, forward_kernels(g, w), b, y);
}

void conv2d_backward_data(const Conv2dGeometry& g, const real* dy, const real* w, real* dx) {
  convolve(turned(g), dy, turned_kernels(g, w), nullptr, dx);
}

}  // namespace longhand::fast::line_winograd
