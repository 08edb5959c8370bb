// Convolution as a product of matrices that are never written down ("implicit gemm").
//
// Each channel of the image is copied once, with its padding; with a stride above 1 it is dealt out
// to one plane for each row and column of the stride (its phase). Then every element of the kernel
// sees all its pixels side by side: a row of im2col's matrix is a picture inside a plane, shifted
// by the element's place in the kernel (Pictures in core/gemm_blocks.h), and
//
//   forward            y [out, places]      = w [out, in kh kw] * pictures of x [in kh kw, places]
//   backward, weights  dw^T [in kh kw, out] = pictures of x [in kh kw, places] * dy^T [places, out]
//   backward, data     dx [in, places]      = w' [in, out kh kw] * pictures of dy [out kh kw,
//   places]
//
// (the forward product is turned about, y^T = pictures^T * w^T, where there are many output
// channels: conv2d_direct.h), where w' is w with its channels exchanged. With a stride s, the
// pixels of dx whose row and column leave the same remainder by s meet the same elements of the
// kernel: a product for each remainder.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/gemm_blocks.h"
#include "core/gemm_pack.h"
#include "core/parallel.h"
#include "core/scratch.h"
#include "core/transpose.h"
#include "layers/conv2d_direct.h"
#include "layers/conv2d_fast.h"
#include "layers/conv2d_planes.h"

namespace longhand::fast::implicit {

bool suits_forward(const Conv2dGeometry& g) {
  return g.y.h * g.y.w >= tiles().lanes;
}

namespace {

// Tiles whose vectors hold output channels want many of them, and sums long enough to be worth
// transposing.
bool suits_direct(const Conv2dGeometry& g) {
  return g.y.c / g.groups >= tiles().lanes && g.w.c * g.w.h * g.w.w >= 64 && !pointwise(g);
}

// Lines of y that are summed before they are transposed: the sums stay in the L2 cache.
int lines_together(const Conv2dGeometry& g) {
  return std::max(512 / g.y.w, 1);
}

// y's lines [row0, row1) of one image and group from its planes.
void forward_direct(const Conv2dGeometry& g, const Tiling& tiling, Pictures pictures,
                    const real* packed, const real* b, int row0, int row1, real* y) {
  const int k = g.w.c * g.w.h * g.w.w, out = g.y.c / g.groups, places = g.y.h * g.y.w;
  const real* pixels = pictures.pixels;
  for (int row = row0; row < row1; row += lines_together(g)) {
    const int rows = std::min(lines_together(g), row1 - row), count = rows * g.y.w;
    real* sums = scratch<struct Sums>(std::int64_t{count} * out);
    pictures.pixels = pixels + std::int64_t{row} * pictures.pitch;
    real* lines = y + std::int64_t{row} * g.y.w;
    direct(tiling, pictures, rows, k, out, packed, sums, lines, places);
    if (b) {
      for (int i = 0; i < count; ++i) {
        for (int co = 0; co < out; ++co) sums[std::int64_t{i} * out + co] += b[co];
      }
    }
    transpose(count, out, sums, out, lines, places);
  }
}

}  // namespace

void conv2d_forward(const Conv2dGeometry& g, const real* x, const real* w, const real* b, real* y) {
  const int in = g.w.c, out = g.y.c / g.groups, places = g.y.h * g.y.w;
  const InputPlanes planes(g);
  thread_local std::vector<int> offset;
  planes.offsets(in, offset);
  const int k = static_cast<int>(offset.size());
  const int* offsets = offset.data();
  const Tiling tiling(tiles(), g.y.w, out);
  const std::int64_t packed_size = packed_weights_size(k, out);
  real* packed = nullptr;
  if (suits_direct(g)) {
    packed = scratch<struct PackedWeights>(packed_size * g.groups);
    parallel_for(g.groups, 1, [&](std::int64_t begin, std::int64_t end, int) {
      for (std::int64_t group = begin; group < end; ++group) {
        pack_weights(tiling, w + w_offset(g, static_cast<int>(group)), k, k, 0, k, out,
                     packed + group * packed_size);
      }
    });
  }
  for_each_part(g, g.y.h, g.y.w, [&](int n, int group, int row0, int row1) {
    const int first = row0 * g.y.w, count = (row1 - row0) * g.y.w;
    const real* x_group = x + x_offset(g, n, group);
    real* y_group = y + y_offset(g, n, group);
    const real* b_group = b ? b + group * out : nullptr;
    Pictures pictures;
    if (!pointwise(g)) {
      real* pixels = plane_memory(in * planes.channel);
      planes.copy(x_group, 0, in, row0, row1, pixels);
      pictures = {pixels, offsets, g.y.w, planes.columns.plane()};
    }
    if (packed) {
      forward_direct(g, tiling, pictures, packed + group * packed_size, b_group, row0, row1,
                     y_group);
      return;
    }
    if (b) {
      for (int co = 0; co < out; ++co) {
        std::fill_n(y_group + std::int64_t{co} * places + first, count, b_group[co]);
      }
    }
    if (pictures.pixels) pictures.pixels += std::int64_t{row0} * pictures.pitch;
    multiply_range(tiles(),
                   {.m = out,
                    .n = count,
                    .k = k,
                    .a = {w + w_offset(g, group), k, false},
                    .b = {x_group + first, places, false},
                    .c = y_group + first,
                    .c_stride = places,
                    .add = b != nullptr,
                    .b_pictures = pictures},
                   {0, out, 0, count});
  });
}

bool suits_backward_weights(const Conv2dGeometry& g) {
  return g.y.c / g.groups >= tiles().lanes;
}

void conv2d_backward_weights(const Conv2dGeometry& g, const real* x, const real* dy, real* dw) {
  const int in = g.w.c, out = g.y.c / g.groups, places = g.y.h * g.y.w;
  const int kernel = g.w.h * g.w.w;
  const InputPlanes planes(g);
  thread_local std::vector<int> offset;
  planes.offsets(in, offset);
  const int* offsets = offset.data();
  // The rows of dw^T are shared out, not the images: so every thread sums its own part of dw, which
  // stays in its cache, and the sums do not depend on how many threads there are.
  const int rows = in * kernel, unit = std::min(tiles().max_rows, rows);
  parallel_for(rows / unit, grain_of_work(rows / unit, multiplications(g)),
               [&](std::int64_t begin, std::int64_t end, int) {
                 const int first = static_cast<int>(begin) * unit;
                 const int last = end == rows / unit ? rows : static_cast<int>(end) * unit;
                 const int c0 = first / kernel, c1 = (last - 1) / kernel + 1;
                 const int count = last - first;
                 real* sums = scratch<struct WeightSums>(std::int64_t{count} * out);
                 for (int group = 0; group < g.groups; ++group) {
                   for (int n = 0; n < g.y.n; ++n) {
                     const real* x_group = x + x_offset(g, n, group);
                     Product product{.m = count,
                                     .n = out,
                                     .k = places,
                                     .a = {x_group + std::int64_t{first} * places, places, false},
                                     .b = {dy + y_offset(g, n, group), places, true},
                                     .c = sums,
                                     .c_stride = out,
                                     .add = n > 0};
                     if (!pointwise(g)) {
                       real* pixels = plane_memory((c1 - c0) * planes.channel);
                       planes.copy(x_group, c0, c1, 0, g.y.h, pixels);
                       product.a_pictures = {pixels - c0 * planes.channel, offsets + first, g.y.w,
                                             planes.columns.plane()};
                     }
                     multiply_range(tiles(), product, {0, count, 0, out});
                   }
                   add_transposed(count, out, sums, out, dw + w_offset(g, group) + first, rows);
                 }
               });
}

}  // namespace longhand::fast::implicit
