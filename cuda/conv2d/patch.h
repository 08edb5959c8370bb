// A rectangle of an image, of some channels, copied into shared memory by the threads of a block.
#pragma once

#include <cstdint>

#include "core/shape.h"
#include "cuda/divide.h"
#include "cuda/launch.h"

namespace longhand::cuda {

constexpr int ceil_div(int a, int b) {
  return (a + b - 1) / b;
}

struct Patch {
  Divisor rows, columns;
  Patch() = default;
  Patch(int rows_, int columns_) : rows(rows_), columns(columns_) {}
  constexpr int size() const { return rows.divisor * columns.divisor; }
};

// into[i][row][column] = x[n, first_c + i, first_row + row, first_column + column] for i < count;
// zero outside the images, of which there may be fewer than n + 1 too. Neighbouring threads read
// neighbouring pixels.
__device__ inline void load_patch(const Patch& patch, const Shape& images, const real* x, int n,
                                  int first_c, int count, int first_row, int first_column,
                                  real* into) {
  const int plane = images.h * images.w;
  const real* const image = x + (std::int64_t{n} * images.c + first_c) * plane;
  const int there = n < images.n ? count * patch.size() : 0;
  for (int e = static_cast<int>(threadIdx.x); e < count * patch.size();
       e += static_cast<int>(blockDim.x)) {
    const int line = e / patch.columns, i = line / patch.rows;
    const int row = first_row + line - i * patch.rows.divisor;
    const int column = first_column + e - line * patch.columns.divisor;
    const bool in = e < there && static_cast<unsigned>(row) < static_cast<unsigned>(images.h) &&
                    static_cast<unsigned>(column) < static_cast<unsigned>(images.w);
    into[e] = in ? image[std::int64_t{i} * plane + row * images.w + column] : 0;
  }
}

}  // namespace longhand::cuda
