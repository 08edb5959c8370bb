// A rectangle of an image, of some channels, copied into shared memory by the threads of a block.
#pragma once

#include "core/shape.h"
#include "cuda/divide.h"
#include "cuda/launch.h"
#include "layers/window.h"

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
  for (int e = static_cast<int>(threadIdx.x); e < count * patch.size();
       e += static_cast<int>(blockDim.x)) {
    const int line = e / patch.columns;
    const int row = first_row + line % patch.rows, column = first_column + e % patch.columns;
    into[e] = n < images.n && inside(images, row, column)
                  ? x[at(images, n, first_c + line / patch.rows, row, column)]
                  : 0;
  }
}

}  // namespace longhand::cuda
