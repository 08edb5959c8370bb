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

// Where the pixels that the tiles of a line read fit L1, in cache lines: nothing is packed, nothing
// transposed.
bool suits_in_place(const Conv2dGeometry& g) {
  const int vectors = std::min(tiles().vectors_of(g.y.w), Tiles::most_vectors);
  const std::int64_t lines = g.w.c * g.w.h * std::min(g.w.w, g.stride_w);
  return g.y.w >= tiles().lanes && !pointwise(g) && lines * (vectors + 1) <= 512;
}

// How many lines of y have their planes copied and used before the next lines: few enough for the
// planes to stay in the L2 cache. An even number: tiles take two lines at a time. All of them where
// that would be so few that most of a copy is rows that the next lines need again.
int lines_at_a_time(const Conv2dGeometry& g) {
  constexpr std::int64_t most_numbers = 1 << 15;
  const std::int64_t one = InputPlanes(g, 1).channel, line = InputPlanes(g, 2).channel - one;
  const std::int64_t lines = (most_numbers / g.w.c - one) / line / 2 * 2;
  return lines < 16 || lines > g.y.h ? g.y.h : static_cast<int>(lines);
}

constexpr std::int64_t small_weights = 1 << 16;

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

}  // namespace

void conv2d_forward(const Conv2dGeometry& g, const real* x, const real* w, const real* b, real* y) {
  const int in = g.w.c, out = g.y.c / g.groups, places = g.y.h * g.y.w;
  const bool in_place = suits_in_place(g);
  const int most_lines = in_place ? lines_at_a_time(g) : g.y.h;
  const InputPlanes planes(g, most_lines);
  thread_local std::vector<int> offset;
  planes.offsets(in, offset);
  const int k = static_cast<int>(offset.size());
  const int* offsets = offset.data();
  const Tiling tiling(tiles(), g.y.w, out);
  const std::int64_t packed_size = packed_weights_size(k, out);
  real* packed = nullptr;
  if (suits_direct(g) && !in_place) {
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
    multiply_range(tiles(),
                   {.m = out,
                    .n = count,
                    .k = k,
                    .a = {w + w_offset(g, group), k, false},
                    .b = {x_group + first, places, false},
                    .c = y_group + first,
                    .c_stride = places,
                    .add = b != nullptr,
                    .b_pictures = pictures,
                    .pictures_in_place = in_place},
                   {0, out, 0, count});
  };
  for_each_part(g, g.y.h, g.y.w, [&](int n, int group, int row0, int row1) {
    for (int row = row0; row < row1; row += most_lines) {
      compute(n, group, row, std::min(row + most_lines, row1));
    }
  });
}

bool suits_backward_weights(const Conv2dGeometry& g) {
  return g.y.c / g.groups >= tiles().lanes;
}

namespace {

// What a thread computes: rows [row0, row1) of dw^T, summed over images [n0, n1).
struct WeightPart {
  int row0, row1, n0, n1;
};

// sums [group][row, out] = the part's rows of every group
void sum_weights(const Conv2dGeometry& g, const InputPlanes& planes, const int* offsets,
                 const WeightPart& part, const real* x, const real* dy, real* sums) {
  const int out = g.y.c / g.groups, places = g.y.h * g.y.w, kernel = g.w.h * g.w.w;
  const int count = part.row1 - part.row0;
  const int c0 = part.row0 / kernel, c1 = (part.row1 - 1) / kernel + 1;  // their channels
  const int most_lines = planes.rows.out;
  for (int group = 0; group < g.groups; ++group) {
    for (int n = part.n0; n < part.n1; ++n) {
      for (int row = 0; row < g.y.h; row += most_lines) {
        const int end = std::min(row + most_lines, g.y.h), first = row * g.y.w;
        const real* x_group = x + x_offset(g, n, group);
        Product product{.m = count,
                        .n = out,
                        .k = (end - row) * g.y.w,
                        .a = {x_group + std::int64_t{part.row0} * places + first, places, false},
                        .b = {dy + y_offset(g, n, group) + first, places, true},
                        .c = sums + std::int64_t{group} * count * out,
                        .c_stride = out,
                        .add = n > part.n0 || row > 0};
        if (!pointwise(g)) {
          real* pixels = plane_memory((c1 - c0) * planes.channel);
          planes.copy(x_group, c0, c1, row, end, pixels);
          product.a_pictures = {pixels - c0 * planes.channel, offsets + part.row0, g.y.w,
                                planes.columns.plane()};
        }
        multiply_range(tiles(), product, {0, count, 0, out});
      }
    }
  }
}

}  // namespace

void conv2d_backward_weights(const Conv2dGeometry& g, const real* x, const real* dy, real* dw) {
  const int out = g.y.c / g.groups, rows = g.w.c * g.w.h * g.w.w;
  const InputPlanes planes(g, pointwise(g) ? g.y.h : lines_at_a_time(g));
  thread_local std::vector<int> offset;
  planes.offsets(g.w.c, offset);
  const int* offsets = offset.data();
  const auto add = [&](int row0, int count, const real* sums) {
    for (int group = 0; group < g.groups; ++group) {
      add_transposed(count, out, sums + std::int64_t{group} * count * out, out,
                     dw + w_offset(g, group) + row0, rows);
    }
  };
  // A small dw is summed by every thread for its own images, whose dy nobody else must pack. (So
  // the bits are the same for the same number of threads.)
  if (g.w.size() <= small_weights && g.y.n % threads() == 0) {
    const std::int64_t grain = grain_of_work(g.y.n, multiplications(g));
    const int pieces = parallel_pieces(g.y.n, grain);
    real* sums = scratch<struct WeightSums>(g.w.size() * pieces);
    parallel_for(g.y.n, grain, [&](std::int64_t begin, std::int64_t end, int piece) {
      const WeightPart part{0, rows, static_cast<int>(begin), static_cast<int>(end)};
      sum_weights(g, planes, offsets, part, x, dy, sums + piece * g.w.size());
    });
    for (int piece = 0; piece < pieces; ++piece) add(0, rows, sums + piece * g.w.size());
    return;
  }
  // Of a large one every thread sums some rows, over all images: they stay in its cache.
  const int unit = std::min(tiles().max_rows, rows), units = rows / unit;
  parallel_for(units, grain_of_work(units, multiplications(g)),
               [&](std::int64_t begin, std::int64_t end, int) {
                 const int row0 = static_cast<int>(begin) * unit;
                 const int row1 = end == units ? rows : static_cast<int>(end) * unit;
                 real* sums =
                     scratch<struct WeightSums>(std::int64_t{row1 - row0} * out * g.groups);
                 sum_weights(g, planes, offsets, {row0, row1, 0, g.y.n}, x, dy, sums);
                 add(row0, row1 - row0, sums);
               });
}

}  // namespace longhand::fast::implicit
