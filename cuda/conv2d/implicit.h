// The operands of a convolution that is computed as a product of matrices: the matrix of windows,
// which im2col writes down, is here only a rule that says where in the image each of its elements
// lies (cuda/gemm/tiles.h asks). It is bigger than the image by the number of taps, so not to write
// it saves most of the traffic.
#pragma once

#include <algorithm>
#include <cstdint>

#include "cuda/conv2d/correlation.h"
#include "cuda/divide.h"
#include "cuda/gemm/operands.h"
#include "cuda/gemm/tiles.h"

namespace longhand::cuda::implicit {

// What a number of the windows' matrix is: along one index the places of all images, n, row and
// column; along the other the input channel and the tap, i, th and tw.
struct Windows {
  const real* x = nullptr;  // of the group's first channel
  int rows = 0, columns = 0, plane = 0;
  std::int64_t image = 0;  // from one image to the next
  int from_row = 0, row_step = 1, tap_row_step = 1;
  int from_column = 0, column_step = 1, tap_column_step = 1;
  Divisor place_columns, place_rows, taps, tap_columns;
  bool packed = false;

  Windows() = default;
  Windows(const Correlation& k, const real* from, int group)
      : x(from + std::int64_t{group} * k.from_c * k.from.h * k.from.w),
        rows(k.from.h),
        columns(k.from.w),
        plane(k.from.h * k.from.w),
        image(std::int64_t{k.from.c} * k.from.h * k.from.w),
        from_row(k.rows.from),
        row_step(k.rows.from_step),
        tap_row_step(k.rows.tap_step),
        from_column(k.columns.from),
        column_step(k.columns.from_step),
        tap_column_step(k.columns.tap_step),
        place_columns(k.columns.places),
        place_rows(k.rows.places),
        taps(std::max(k.taps(), 1)),
        tap_columns(std::max(k.columns.taps, 1)) {
    // One tap at every pixel of the image: then neighbouring places are neighbouring numbers.
    const auto whole = [](const Axis& axis, int size) {
      return axis.taps == 1 && axis.from == 0 && axis.from_step == 1 && axis.places == size;
    };
    packed = whole(k.rows, rows) && whole(k.columns, columns) && in_packs(x, plane);
  }

  // Where the number lies; null in the padding.
  __device__ const real* at(int place, int tap) const {
    const int line = place / place_columns, n = line / place_rows;
    const int i = tap / taps, tap_of_i = tap % taps;
    const int row = from_row + line % place_rows * row_step + tap_of_i / tap_columns * tap_row_step;
    const int column = from_column + place % place_columns * column_step +
                       tap_of_i % tap_columns * tap_column_step;
    const bool in = static_cast<unsigned>(row) < static_cast<unsigned>(rows) &&
                    static_cast<unsigned>(column) < static_cast<unsigned>(columns);
    return in ? x + n * image + (i * plane + row * columns + column) : nullptr;
  }
};

// How many there are of each.
constexpr int place_count(const Correlation& k) {
  return k.to.n * k.rows.places * k.columns.places;
}
constexpr int tap_count(const Correlation& k) {
  return k.from_c * k.taps();
}

}  // namespace longhand::cuda::implicit
