// Backward by the weights: dw[out, c, kh, kw] is the sum over all places (oh, ow) of
// dy[out, oh, ow] times pixel (c, oh s + kh, ow s + kw) of the padded image. A tile has the kw
// elements of some rows of the kernel, times two vectors of output channels. In a row of the image
// these kw pixels lie side by side, at each place of y, so the tile multiplies them where they are.
#include "layers/conv2d_windows.h"

#include <algorithm>
#include <cstdint>

#include "core/cpu.h"
#include "core/gemm_blocks.h"
#include "core/gemm_pack.h"
#include "core/gemm_tile.h"
#include "core/scratch.h"
#include "core/tile_vectors.h"
#include "layers/conv2d_planes.h"

namespace longhand::fast::windows {

namespace {

using implicit::Plane;

constexpr int most_rows = 4;
constexpr int vectors = 2;
constexpr int panel_places = 256;  // of dy: two vectors of channels each fit L1

// c[row * kw + j, channels] (+)= the sum over lines and places of
// pixels[row][line * pitch + place * step + j] * dy[line * places + place, channels].
struct WindowsTile {
  const real* pixels[most_rows];
  int lines, places;
  std::int64_t step, pitch;
  const real* dy;  // [lines * places][vectors]
  real* c;
  std::int64_t c_stride;
  int c_last;  // where the last vector begins in a row of c
  bool add;
};

template <int kw, int rows, int count>
struct WindowsTileKernel {
  template <class Isa>
  [[gnu::always_inline]] static void run(const WindowsTile* tile) {
    if constexpr (kw * rows * count <= TileVectors<Isa>::sums) sum<Isa>(*tile);
  }

 private:
  template <class Isa>
  [[gnu::always_inline]] static void sum(const WindowsTile& tile) {
    using V = TileVectors<Isa>;
    using Vector = typename V::Vector;
    const int places = tile.places, lines = tile.lines;
    const std::int64_t step = tile.step, next_line = tile.pitch - places * step;
    const real* dy = tile.dy;
    const real* pixels[rows][count];
    LONGHAND_UNROLL
    for (int r = 0; r < rows; ++r) {
      LONGHAND_UNROLL
      for (int v = 0; v < count; ++v) pixels[r][v] = V::pointer_of_its_own(tile.pixels[r]);
    }
    const auto advance = [&](std::int64_t distance) __attribute__((always_inline)) {
      LONGHAND_UNROLL
      for (int r = 0; r < rows; ++r) {
        LONGHAND_UNROLL
        for (int v = 0; v < count; ++v) pixels[r][v] += distance;
      }
    };
    Vector sum[rows][kw][count] = {};
    for (int line = 0; line < lines; ++line) {
      for (int place = 0; place < places; ++place) {
        Vector dy_here[count];
        LONGHAND_UNROLL
        for (int v = 0; v < count; ++v) V::load(dy + v * V::lanes, dy_here[v]);
        dy += count * V::lanes;
        LONGHAND_UNROLL
        for (int r = 0; r < rows; ++r) {
          LONGHAND_UNROLL
          for (int j = 0; j < kw; ++j) {
            LONGHAND_UNROLL
            for (int v = 0; v < count; ++v) {
              sum[r][j][v] += pixels[r][loaded_first(j) ? 0 : v][j] * dy_here[v];
            }
          }
        }
        advance(step);
      }
      advance(next_line);
    }
    real* c = tile.c;
    LONGHAND_UNROLL
    for (int r = 0; r < rows; ++r) {
      LONGHAND_UNROLL
      for (int j = 0; j < kw; ++j) {
        V::template store_row<count>(sum[r][j], tile.add, tile.c_last, c);
        c += tile.c_stride;
      }
    }
  }
};

using Function = void (*)(const WindowsTile*);

template <int kw, int rows>
Function function_of(int count) {
  return count == 2 ? run_kernel<WindowsTileKernel<kw, rows, 2>, const WindowsTile*>
                    : run_kernel<WindowsTileKernel<kw, rows, 1>, const WindowsTile*>;
}

Function function(int kw, int rows, int count) {
  switch (kw * 10 + rows) {
    case 31:
      return function_of<3, 1>(count);
    case 32:
      return function_of<3, 2>(count);
    case 33:
      return function_of<3, 3>(count);
    case 34:
      return function_of<3, 4>(count);
    case 51:
      return function_of<5, 1>(count);
    case 52:
      return function_of<5, 2>(count);
    case 71:
      return function_of<7, 1>(count);
    case 72:
      return function_of<7, 2>(count);
    default:
      return function_of<11, 1>(count);
  }
}

// As many as the registers hold sums for.
int kernel_rows_of_tile(int kw) {
  return std::min(tiles().sums / (kw * vectors), most_rows);
}

}  // namespace

bool suits_backward_weights(const Conv2dGeometry& g) {
  const int kw = g.w.w;
  return (kw == 3 || kw == 5 || kw == 7 || kw == 11) && kernel_rows_of_tile(kw) > 0 &&
         g.dilation_w == 1;
}

int rows_of_tile(const Conv2dGeometry& g) {
  return kernel_rows_of_tile(g.w.w) * g.w.w;
}

void sum_weights(const Conv2dGeometry& g, int row0, int row1, int n0, int n1, const real* x,
                 const real* dy, real* sums) {
  const Tiles& t = tiles();
  const int out = g.y.c / g.groups, kh = g.w.h, kw = g.w.w;
  const int begin = row0 / kw, end = row1 / kw;                   // rows of all channels' kernels
  const int c0 = begin / kh, channels = (end - 1) / kh + 1 - c0;  // whose they are
  const std::int64_t places = std::int64_t{g.y.h} * g.y.w;
  const int most_lines = std::clamp(panel_places / g.y.w, 1, g.y.h);
  // What so many lines of y meet of the padded image.
  Plane plane{0,
              1,
              -g.padding_left,
              1,
              (most_lines - 1) * g.stride_h + (kh - 1) * g.dilation_h + 1,
              (g.y.w - 1) * g.stride_w + kw};
  real* pixels = implicit::plane_memory(channels * plane.size());
  real* packed = scratch<struct PackedDy>(std::int64_t{most_lines} * g.y.w * vectors * t.lanes);
  // Of output channels [co, co + width), for lines of image n.
  const auto sum_panel = [&](int group, int n, int oh, int lines, int co, int width, int count) {
    pack_panel(dy + implicit::y_offset(g, n, group) + co * places + std::int64_t{oh} * g.y.w,
               places, true, lines * g.y.w, width, packed);
    WindowsTile tile{.pixels = {},
                     .lines = lines,
                     .places = g.y.w,
                     .step = g.stride_w,
                     .pitch = std::int64_t{g.stride_h} * plane.columns,
                     .dy = packed,
                     .c = sums + std::int64_t{group} * (row1 - row0) * out + co,
                     .c_stride = out,
                     .c_last = width - t.lanes,
                     .add = n > n0 || oh > 0};
    for (int row = begin; row < end;) {
      const int rows = std::min(kernel_rows_of_tile(kw), end - row);
      for (int r = 0; r < rows; ++r, ++row) {
        tile.pixels[r] = pixels + (row / kh - c0) * plane.size() +
                         std::int64_t{row % kh} * g.dilation_h * plane.columns;
      }
      function(kw, rows, count)(&tile);
      tile.c += std::int64_t{rows} * kw * out;
    }
  };
  for (int group = 0; group < g.groups; ++group) {
    for (int n = n0; n < n1; ++n) {
      const real* image = x + implicit::x_offset(g, n, group);
      for (int oh = 0; oh < g.y.h; oh += most_lines) {
        plane.first_h = oh * g.stride_h - g.padding_top;
        for (int c = 0; c < channels; ++c) {
          implicit::copy_plane(image + std::int64_t{c0 + c} * g.x.h * g.x.w, g.x.h, g.x.w, plane, 0,
                               plane.rows, pixels + c * plane.size());
        }
        for_each_panel(t, out, vectors, [&](int co, int width, int count) {
          sum_panel(group, n, oh, std::min(most_lines, g.y.h - oh), co, width, count);
        });
      }
    }
  }
}

}  // namespace longhand::fast::windows
