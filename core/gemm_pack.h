// Copies of parts of a matrix in the order in which the register tile reads them.
#pragma once

#include <cstdint>

#include "core/gemm_blocks.h"
#include "core/real.h"

namespace longhand::fast {

// b's k values [0, depth) and `columns` columns as a panel: panel[l * width + j] with width the
// whole vectors that hold the columns. The last vector holds the last lanes columns, as Tile
// reads them; of fewer than lanes columns the rest of the vector is zeros.
// `transposed`: b[l, j] is b[j * stride + l] instead of b[l * stride + j].
void pack_panel(const real* b, std::int64_t stride, bool transposed, int depth, int columns,
                real* panel);

// The same for `panels` neighbouring panels of `width` columns each, whole vectors, `distance`
// numbers apart in memory; b is not transposed. It is read row by row, as it lies in memory.
void pack_panels(const real* b, std::int64_t stride, int depth, int panels, int width,
                 std::int64_t distance, real* packed);

// a's rows [0, rows) and k values [0, depth), where a's rows lie side by side: packed[l * width +
// i] is a[l * stride + i]. Up to `width`, whole vectors, the rest is unspecified.
void pack_rows_by_k(const real* a, std::int64_t stride, int depth, int rows, int width,
                    real* packed);

// to[j, i] += from[i, j] for i < rows, j < columns, with the strides of core/transpose.h.
void add_transposed(int rows, int columns, const real* from, std::int64_t from_stride, real* to,
                    std::int64_t to_stride);

// b's k values and columns as above, with b the matrix of pictures `b` (gemm_blocks.h): its rows
// are the k values l0 to l0 + depth, its columns j to j + columns.
void pack_panel(const Pictures& b, int l0, int depth, int j, int columns, real* panel);

// The same where b is the transpose of the matrix of pictures: its columns j to j + `columns` are
// rows of pictures, whole vectors of them.
void pack_turned_panel(const Pictures& b, int l0, int depth, int j, int columns, real* panel);

// Row i of `a`, its columns [l0, l0 + depth): packed[l] is a[i, l0 + l]. Up to a vector more
// of packed may be overwritten.
void pack_row(const Pictures& a, int i, int l0, int depth, real* packed);

}  // namespace longhand::fast
