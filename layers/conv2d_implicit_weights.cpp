// Implicit gemm, backward by the weights: dw^T [in kh kw, out] = pictures of x [in kh kw, places] *
// dy^T [places, out], or dw = dy * pictures^T (conv2d_implicit.cpp). Kernels of usual widths go by
// windows instead (conv2d_windows.h), and share here how the work is spread.
#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/gemm_blocks.h"
#include "core/gemm_pack.h"
#include "core/gemm_parts.h"
#include "core/parallel.h"
#include "core/scratch.h"
#include "layers/conv2d_fast.h"
#include "layers/conv2d_planes.h"
#include "layers/conv2d_windows.h"

namespace longhand::fast::implicit {

bool suits_backward_weights(const Conv2dGeometry& g) {
  return g.y.c / g.groups >= tiles().lanes;
}

namespace {

constexpr std::int64_t small_weights = 1 << 16;

// The matrix unit takes whatever has enough output channels, and computes dw, not dw^T: of the two
// matrices it likes the second to be the one with more numbers.
bool suits_parts(const Conv2dGeometry& g) {
  return parts_pay(g.y.c / g.groups, g.w.c * g.w.h * g.w.w, std::int64_t{g.y.h} * g.y.w, true);
}

// Whether dw^T is computed, not dw. For a kernel of one pixel it is the one with more rows than
// columns: then the smaller matrix is the one that must be transposed.
bool computes_transpose(const Conv2dGeometry& g) {
  const int in = g.w.c, out = g.y.c / g.groups;
  const bool more_rows_than_columns = !one_pixel(g) || in >= out || in < tiles().lanes;
  return !suits_parts(g) && more_rows_than_columns;
}

// What a thread computes: rows [row0, row1) of dw^T, summed over images [n0, n1).
struct WeightPart {
  int row0, row1, n0, n1;
};

// sums [group][row, out] = the part's rows of every group; [group][out, row] for dw, not dw^T
void sum_weights(const Conv2dGeometry& g, const InputPlanes& planes, const int* offsets,
                 const WeightPart& part, const real* x, const real* dy, real* sums) {
  const int out = g.y.c / g.groups, places = g.y.h * g.y.w, kernel = g.w.h * g.w.w;
  const int count = part.row1 - part.row0;
  const int c0 = part.row0 / kernel, c1 = (part.row1 - 1) / kernel + 1;  // their channels
  const int most_lines = planes.rows.out;
  const bool in_parts = suits_parts(g), transposed = computes_transpose(g);
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
                        .add = n > part.n0 || row > 0,
                        .in_parts = in_parts};
        if (!pointwise(g)) {
          real* pixels = plane_memory((c1 - c0) * planes.channel);
          planes.copy(x_group, c0, c1, row, end, pixels);
          if (one_pixel(g)) {
            product.a = {pixels, planes.channel, false};
          } else {
            product.a_pictures = {pixels - c0 * planes.channel, offsets + part.row0, g.y.w,
                                  planes.columns.plane()};
          }
        }
        if (!transposed) {
          product.m = out;
          product.n = count;
          std::swap(product.a, product.b);
          product.a.columns_first = false;
          product.b.columns_first = true;
          std::swap(product.a_pictures, product.b_pictures);
          product.c_stride = count;
        }
        multiply_range(tiles(), product, {0, product.m, 0, product.n});
      }
    }
  }
}

}  // namespace

void conv2d_backward_weights(const Conv2dGeometry& g, const real* x, const real* dy, real* dw) {
  const int out = g.y.c / g.groups, rows = g.w.c * g.w.h * g.w.w;
  const InputPlanes planes(g, pointwise(g) ? g.y.h : lines_at_a_time(g));
  const bool in_parts = suits_parts(g), transposed = computes_transpose(g);
  const bool in_windows = !in_parts && windows::suits_backward_weights(g);
  thread_local std::vector<int> offset;
  if (!in_windows) planes.offsets(g.w.c, offset);
  const int* offsets = offset.data();
  const auto sum = [&](const WeightPart& part, real* sums) {
    if (in_windows) {
      windows::sum_weights(g, part.row0, part.row1, part.n0, part.n1, x, dy, sums);
    } else {
      sum_weights(g, planes, offsets, part, x, dy, sums);
    }
  };
  const auto add = [&](int row0, int count, const real* sums) {
    for (int group = 0; group < g.groups; ++group, sums += std::int64_t{count} * out) {
      real* dw_group = dw + w_offset(g, group) + row0;
      if (transposed) {
        add_transposed(count, out, sums, out, dw_group, rows);
        continue;
      }
      for (int co = 0; co < out; ++co) {
        for (int i = 0; i < count; ++i) {
          dw_group[std::int64_t{co} * rows + i] += sums[std::int64_t{co} * count + i];
        }
      }
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
      sum(part, sums + piece * g.w.size());
    });
    for (int piece = 0; piece < pieces; ++piece) add(0, rows, sums + piece * g.w.size());
    return;
  }
  // Of a large one every thread sums some rows, over all images: they stay in its cache.
  // For dw they are its columns, of which a product must have a vector.
  const int most = !transposed  ? tiles().lanes
                   : in_windows ? windows::rows_of_tile(g)
                                : tiles().max_rows;
  const int unit = std::min(most, rows), units = rows / unit;
  parallel_for(units, grain_of_work(units, multiplications(g)),
               [&](std::int64_t begin, std::int64_t end, int) {
                 const int row0 = static_cast<int>(begin) * unit;
                 const int row1 = end == units ? rows : static_cast<int>(end) * unit;
                 real* sums =
                     scratch<struct WeightSums>(std::int64_t{row1 - row0} * out * g.groups);
                 sum({row0, row1, 0, g.y.n}, sums);
                 add(row0, row1 - row0, sums);
               });
}

}  // namespace longhand::fast::implicit
