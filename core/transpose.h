// transpose: rows become columns, a register tile at a time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "core/cpu.h"
#include "core/real.h"

namespace longhand {

// to[j, i] = from[i, j] for i < rows, j < columns. A stride is the distance in numbers from one row
// to the next. The matrices must not overlap.
void transpose(int rows, int columns, const real* from, std::int64_t from_stride, real* to,
               std::int64_t to_stride);

// A square of lanes x lanes numbers in registers becomes its transpose: at each step, pairs of rows
// `step` apart exchange their blocks of `step` numbers off the diagonal.
template <class Isa>
struct SquareTranspose {
  typedef real Vector __attribute__((vector_size(Isa::vector_bytes)));
  // The same in memory, where an address need only be good for one number.
  typedef real Stored
      __attribute__((vector_size(Isa::vector_bytes), aligned(sizeof(real)), may_alias));
  static constexpr int lanes = Isa::vector_bytes / static_cast<int>(sizeof(real));

  template <int step, int... lane>
  [[gnu::always_inline]] static void exchange(Vector& a, Vector& b,
                                              std::integer_sequence<int, lane...>) {
    const Vector low =
        __builtin_shufflevector(a, b, ((lane & step) ? lanes + lane - step : lane)...);
    const Vector high =
        __builtin_shufflevector(a, b, ((lane & step) ? lanes + lane : lane + step)...);
    a = low;
    b = high;
  }

  template <int step = 1>
  [[gnu::always_inline]] static void run(Vector (&row)[lanes]) {
    if constexpr (step < lanes) {
      LONGHAND_UNROLL
      for (int i = 0; i < lanes; ++i) {
        if ((i & step) == 0) {
          exchange<step>(row[i], row[i + step], std::make_integer_sequence<int, lanes>());
        }
      }
      run<2 * step>(row);
    }
  }

  // row[0][i] = the sum over row[i]: the same exchanges, but pairs are added up at each step, which
  // leaves half as many rows for the next. The other rows are used up.
  template <int step = 1>
  [[gnu::always_inline]] static void sum_rows(Vector (&row)[lanes]) {
    if constexpr (step < lanes) {
      LONGHAND_UNROLL
      for (int i = 0; i < lanes; i += 2 * step) {
        exchange<step>(row[i], row[i + step], std::make_integer_sequence<int, lanes>());
        row[i] += row[i + step];
      }
      sum_rows<2 * step>(row);
    }
  }
};

// The kernel behind transpose(), for kernels that need it inline. With `add` the numbers are added
// to those that are there.
template <bool add>
struct TransposeInto {
  template <class Isa>
  [[gnu::always_inline]] static void run(int rows, int columns, const real* from,
                                         std::int64_t from_stride, real* to,
                                         std::int64_t to_stride) {
    using Vector = typename SquareTranspose<Isa>::Vector;
    using Stored = typename SquareTranspose<Isa>::Stored;
    constexpr int lanes = SquareTranspose<Isa>::lanes;
    // The last squares of `rows` and `columns` overlap those before, and write the same again; but
    // not twice if it is added, and there may be less than a square.
    const bool overlap = !add && rows >= lanes && columns >= lanes;
    const int whole_rows = overlap ? rows : rows / lanes * lanes;
    const int whole_columns = overlap ? columns : columns / lanes * lanes;
    for (int row0 = 0; row0 < whole_rows; row0 += lanes) {
      const int i = std::min(row0, rows - lanes);
      for (int column0 = 0; column0 < whole_columns; column0 += lanes) {
        const int j = std::min(column0, columns - lanes);
        Vector row[lanes];
        for (int k = 0; k < lanes; ++k) {
          row[k] = *reinterpret_cast<const Stored*>(from + (i + k) * from_stride + j);
        }
        SquareTranspose<Isa>::run(row);
        for (int k = 0; k < lanes; ++k) {
          real* there = to + (j + k) * to_stride + i;
          if constexpr (add) row[k] += *reinterpret_cast<const Stored*>(there);
          *reinterpret_cast<Stored*>(there) = row[k];
        }
      }
    }
    for (int i = 0; i < rows; ++i) {
      for (int j = i < whole_rows ? whole_columns : 0; j < columns; ++j) {
        real& there = to[j * to_stride + i];
        const real number = from[i * from_stride + j];
        there = add ? there + number : number;
      }
    }
  }
};
using TransposeKernel = TransposeInto<false>;

}  // namespace longhand
