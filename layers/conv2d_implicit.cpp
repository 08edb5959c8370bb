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
//
// Of a kernel of one pixel the pictures are the planes, whole: plain matrices. By data, without
// padding, dy is one as it lies. By weights, dw is computed instead of dw^T if it has more rows.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/gemm_blocks.h"
#include "core/gemm_parts.h"
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

// The matrix unit takes whatever has enough output channels.
bool suits_parts(const Conv2dGeometry& g) {
  return parts_pay(g.y.c / g.groups, std::int64_t{g.y.h} * g.y.w, g.w.c * g.w.h * g.w.w,
                   !one_pixel(g));
}

// Tiles whose vectors hold output channels want many of them, and sums long enough to be worth
// transposing.
bool suits_direct(const Conv2dGeometry& g) {
  return g.y.c / g.groups >= tiles().lanes && g.w.c * g.w.h * g.w.w >= 64 && !one_pixel(g);
}

// Where the pixels that the tiles of a line read fit L1, in cache lines: nothing is packed, nothing
// transposed.
bool suits_in_place(const Conv2dGeometry& g) {
  const int vectors = std::min(tiles().vectors_of(g.y.w), Tiles::most_vectors);
  const std::int64_t lines = g.w.c * g.w.h * std::min(g.w.w, g.stride_w);
  return g.y.w >= tiles().lanes && !one_pixel(g) && lines * (vectors + 1) <= 512;
}

// Lines that a vector holds with room to spare, if they leave less of it empty than the channels of
// suits_direct would: a tile takes each of them, and some of the next picture line, as a vector.
bool suits_short_lines(const Conv2dGeometry& g) {
  const int lanes = tiles().lanes, out = g.y.c / g.groups;
  return suits_direct(g) && g.y.w < lanes && g.y.w * round_up(out, lanes) > lanes * out &&
         g.w.c * g.w.h * std::min(g.w.w, g.stride_w) * 2 <= 512;
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
    pictures.pixels = pixels + std::int64_t{row - row0} * pictures.pitch;
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

// y's lines from row0 on from sums [out][rows][a vector's lanes].
void unpack_short_lines(const Conv2dGeometry& g, const real* sums, const real* b, int row0,
                        int rows, real* y) {
  const int lanes = tiles().lanes;
  for (int co = 0; co < g.y.c / g.groups; ++co) {
    const real bias = b ? b[co] : 0;
    real* line = y + (std::int64_t{co} * g.y.h + row0) * g.y.w;
    for (int row = 0; row < rows; ++row, line += g.y.w, sums += lanes) {
      for (int ow = 0; ow < g.y.w; ++ow) line[ow] = sums[ow] + bias;
    }
  }
}

}  // namespace

void conv2d_forward(const Conv2dGeometry& g, const real* x, const real* w, const real* b, real* y) {
  const int in = g.w.c, out = g.y.c / g.groups, places = g.y.h * g.y.w;
  const bool in_parts = suits_parts(g), short_lines = !in_parts && suits_short_lines(g);
  const bool in_place = !in_parts && (short_lines || suits_in_place(g));
  const int width = short_lines ? tiles().lanes : g.y.w;
  // a product must have as many columns as a vector holds
  const bool by_lines = in_place || (in_parts && g.y.w >= tiles().lanes);
  const int most_lines = by_lines ? lines_at_a_time(g) : g.y.h;
  const InputPlanes planes(g, most_lines);
  thread_local std::vector<int> offset;
  planes.offsets(in, offset);
  const int k = static_cast<int>(offset.size());
  const int* offsets = offset.data();
  const Tiling tiling(tiles(), g.y.w, out);
  const std::int64_t packed_size = packed_weights_size(k, out);
  real* packed = nullptr;
  if (suits_direct(g) && !in_place && !in_parts) {
    packed = scratch<struct PackedWeights>(packed_size * g.groups);
    parallel_for(g.groups, 1, [&](std::int64_t begin, std::int64_t end, int) {
      for (std::int64_t group = begin; group < end; ++group) {
        pack_weights(tiling, w + w_offset(g, static_cast<int>(group)), k, k, 0, k, out,
                     packed + group * packed_size);
      }
    });
  }
  const auto compute = [&](int n, int group, int row0, int row1) {
    const int first = row0 * g.y.w, count = (row1 - row0) * g.y.w;
    const real* x_group = x + x_offset(g, n, group);
    real* y_group = y + y_offset(g, n, group);
    const real* b_group = b ? b + group * out : nullptr;
    Pictures pictures;
    Matrix matrix{x_group + first, places, false};
    if (!pointwise(g)) {
      real* pixels = plane_memory(in * planes.channel);
      planes.copy(x_group, 0, in, row0, row1, pixels);
      if (one_pixel(g)) {
        matrix = {pixels, planes.channel, false};
      } else {
        pictures = {pixels, offsets, width, planes.columns.plane()};
      }
    }
    if (packed) {
      forward_direct(g, tiling, pictures, packed + group * packed_size, b_group, row0, row1,
                     y_group);
      return;
    }
    Product product{.m = out,
                    .n = count,
                    .k = k,
                    .a = {w + w_offset(g, group), k, false},
                    .b = matrix,
                    .c = y_group + first,
                    .c_stride = places,
                    .add = b != nullptr,
                    .b_pictures = pictures,
                    .pictures_in_place = in_place,
                    .in_parts = in_parts};
    if (short_lines) {
      product.n = (row1 - row0) * width;
      product.c = scratch<struct ShortLines>(std::int64_t{out} * product.n);
      product.c_stride = product.n;
      product.add = false;
    } else if (b) {
      for (int co = 0; co < out; ++co) {
        std::fill_n(y_group + std::int64_t{co} * places + first, count, b_group[co]);
      }
    }
    multiply_range(tiles(), product, {0, out, 0, product.n});
    if (short_lines) unpack_short_lines(g, product.c, b_group, row0, row1 - row0, y_group);
  };
  for_each_part(g, g.y.h, g.y.w, [&](int n, int group, int row0, int row1) {
    for (int row = row0; row < row1; row += most_lines) {
      compute(n, group, row, std::min(row + most_lines, row1));
    }
  });
}

}  // namespace longhand::fast::implicit
