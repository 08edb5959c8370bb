// Winograd's convolution, backward by weights: see conv2d_winograd.h. Each piece of the batch sums
// its own dU; the pieces are added in their order, so the bits repeat for the same number of
// threads.
#include <algorithm>
#include <cstdint>

#include "core/gemm_blocks.h"
#include "core/parallel.h"
#include "core/scratch.h"
#include "core/transpose.h"
#include "layers/conv2d_fast.h"
#include "layers/conv2d_winograd.h"
#include "layers/conv2d_winograd_blocks.h"
#include "layers/conv2d_winograd_tiles.h"

namespace longhand::fast::winograd {

namespace {

// dM of some rows of tiles of one image, all output channels of a group side by side: first dy is
// turned so, then every tile's four vectors become those of the 16 points.
void gradient_points(const Conv2dGeometry& g, const TileRows& all, int first, int count,
                     const real* dy, real* dm, const PointMatrices& shape) {
  const int out = g.y.c / g.groups, h = std::min(2 * count, g.y.h - 2 * first);
  const std::int64_t plane = std::int64_t{g.y.h} * g.y.w;
  real* turned = scratch<struct WinogradTurned>(h * g.y.w * shape.stride);
  transpose(out, h * g.y.w, dy + std::int64_t{2 * first} * g.y.w, plane, turned, shape.stride);
  transform_gradient({.rows = count,
                      .columns = all.columns,
                      .h = h,
                      .w = g.y.w,
                      .dy = turned,
                      .channels = out,
                      .stride = shape.stride},
                     dm, shape.point);
}

}  // namespace

void conv2d_backward_weights(const Conv2dGeometry& g, const real* x, const real* dy, real* dw) {
  const int in = g.w.c, out = g.y.c / g.groups;
  const TileRows all(g.y);
  const PointMatrices du_shape(in, out);  // transposed: [in, out]
  const std::int64_t grain = grain_of_work(all.count, multiplications(g) / 2);
  const int pieces = parallel_pieces(all.count, grain);
  const std::int64_t piece_size = du_shape.size * g.groups;
  real* du = scratch<struct WinogradDu>(piece_size * pieces);
  parallel_for(all.count, grain, [&](std::int64_t begin, std::int64_t end, int piece) {
    const int most = rows_together(in, out, all.columns, static_cast<int>(end - begin));
    const PointMatrices v_shape(in, most * all.columns), dm_shape(most * all.columns, out);
    real* v = scratch<struct WinogradV>(v_shape.size);
    real* dm = scratch<struct WinogradM>(dm_shape.size);
    real* pixels = zero_pixels(most, all.columns);
    const Tiling tiling(tiles(), in, out);
    for (int group = 0; group < g.groups; ++group) {
      for (std::int64_t row = begin; row < end; row += most) {
        const int rows = static_cast<int>(std::min<std::int64_t>(most, end - row));
        all.for_each_image(row, rows, [&](int n, int first, int count, int done) {
          transform_inputs(g, all, n, group, first, count, pixels, x,
                           v + std::int64_t{done} * all.columns, v_shape);
          gradient_points(g, all, first, count, dy + at(g.y, n, group * out, 0, 0),
                          dm + done * all.columns * dm_shape.stride, dm_shape);
        });
        real* sums = du + piece * piece_size + group * du_shape.size;
        for (int p = 0; p < points; ++p) {
          multiply_tiles(tiling, in, rows * all.columns, tiles().vectors_of(out),
                         {v + p * v_shape.point, v_shape.stride},
                         {dm + p * dm_shape.point, dm_shape.stride}, sums + p * du_shape.point,
                         du_shape.stride, row > begin);
        }
      }
    }
  });
  const std::int64_t channel_grain = grain_of_work(g.x.c, 2 * pieces * g.w.size());
  parallel_for(g.x.c, channel_grain, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t c = begin; c < end; ++c) {
      const std::int64_t group = c / in, ci = c % in;
      add_weight_gradient(du + group * du_shape.size + ci * du_shape.stride, du_shape.point, pieces,
                          piece_size, out, dw + (group * out * in + ci) * 9, std::int64_t{in} * 9);
    }
  });
}

}  // namespace longhand::fast::winograd
