#include "layers/conv2d_line_planes.h"

#include <algorithm>

#include "core/gemm_tile.h"
#include "core/scratch.h"
#include "layers/conv2d_line_points.h"

namespace longhand::fast::line_winograd {

namespace {

using implicit::Axis;
using implicit::Plane;
using implicit::rows_of;

// The points of the phases before `phase`.
int points_before(const Conv2dGeometry& g, int phase) {
  int count = 0;
  for (int q = 0; q < phase; ++q) count += taps(g, q) + 1;
  return count;
}

// So many lines of y that V stays in the L2 cache, but not so few that most of it would be made
// anew for the next. A multiple of four: whole tiles, where a line has four pairs or more.
int lines_at_a_time(const Conv2dGeometry& g, std::int64_t line_numbers) {
  constexpr std::int64_t most_numbers = 1 << 16;
  const Axis one = rows_of(g, 1);
  const std::int64_t lines = most_numbers / (line_numbers * one.phases()) - one.plane() + 1;
  return static_cast<int>(std::min<std::int64_t>(std::max<std::int64_t>(lines / 4 * 4, 16), g.y.h));
}

}  // namespace

std::pair<const real*, const real*> PixelsAhead::next(std::int64_t numbers) {
  if (count == 0) return {};
  const real* from = begin + done;
  const std::int64_t here = std::min(numbers, size - done);
  done += here;
  if (done == size) {
    begin += stride;
    --count;
    done = 0;
  }
  return {from, from + here};
}

PointPlanes::PointPlanes(const Conv2dGeometry& geometry)
    : g(geometry),
      pairs((g.y.w + 1) / 2),
      lines(0),
      rows{},
      channel_points(points_before(g, phases(g))) {
  lines = lines_at_a_time(g, std::int64_t{g.w.c} * channel_points * pairs);
  rows = rows_of(g, lines);
  plane = std::int64_t{rows.plane()} * pairs + tiles().lanes;  // see transform_lines()
  channel = plane * channel_points * rows.phases();
}

void PointPlanes::transform(const real* x, int oh0, int oh1, real* v) const {
  const int count = oh1 - oh0 + rows.plane() - rows.out, pitch = pixels_pitch(pairs);
  real* pixels = scratch<struct LinePixels>(std::int64_t{count} * pitch);
  for (int ci = 0; ci < g.w.c; ++ci) {
    const real* image = x + std::int64_t{ci} * g.x.h * g.x.w;
    for (int ph = 0; ph < rows.phases(); ++ph) {
      for (int q = 0; q < phases(g); ++q) {
        const Plane phase{oh0 * rows.stride + ph - rows.padding,
                          rows.stride,
                          q - g.padding_left,
                          g.stride_w,
                          count,
                          pitch};
        copy_plane(image, g.x.h, g.x.w, phase, 0, count, pixels);
        transform_lines(taps(g, q), pixels, count, pairs, v, plane);
        v += (taps(g, q) + 1) * plane;
      }
    }
  }
}

PixelsAhead PointPlanes::ahead(const real* x, int oh0, int oh1) const {
  // The line of the image behind the last that line oh - 1 of y sees.
  const auto behind = [&](int oh) {
    return std::clamp((oh - 1) * rows.stride - rows.padding + rows.reach() + 1, 0, g.x.h);
  };
  const int begin = behind(oh0), end = behind(oh1);
  return {.begin = x + std::int64_t{begin} * g.x.w,
          .size = std::int64_t{end - begin} * g.x.w,
          .stride = std::int64_t{g.x.h} * g.x.w,
          .count = begin < end ? g.w.c : 0};
}

void PointPlanes::offsets(std::vector<int>& offset) const {
  offset.clear();
  for_each_point(g, [&](int /*point*/, int q, int own) {
    const int number = points_before(g, q) + own;
    for (int ci = 0; ci < g.w.c; ++ci) {
      for (int kh = 0; kh < g.w.h; ++kh) {
        const std::int64_t first =
            ci * channel + (rows.phase_of(kh) * channel_points + number) * plane;
        offset.push_back(static_cast<int>(first + rows.shift_of(kh) * pairs));
      }
    }
  });
}

}  // namespace longhand::fast::line_winograd
