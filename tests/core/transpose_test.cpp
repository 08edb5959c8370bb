// The transposition by register squares, at sizes around theirs.
#include "core/transpose.h"

#include <doctest/doctest.h>

#include <vector>

namespace longhand::test {

namespace {

// Writes `from`, whose rows are `columns` + 3 apart, as columns into memory full of 77, its rows
// `rows` + 2 apart, from the first on or, turned, from the last; returns how many numbers are
// wrong.
int faults(int rows, int columns, bool turned) {
  const int from_stride = columns + 3, to_stride = rows + 2;
  std::vector<real> from(static_cast<std::size_t>(rows * from_stride));
  for (std::size_t i = 0; i < from.size(); ++i) from[i] = static_cast<real>(i);
  std::vector<real> to(static_cast<std::size_t>((columns + 2) * to_stride), real(77));
  const auto row_of = [&](int j) { return turned ? columns - j : 1 + j; };
  transpose(rows, columns, from.data(), from_stride, to.data() + row_of(0) * to_stride,
            turned ? -to_stride : to_stride);
  std::vector<real> expected(to.size(), real(77));
  for (int i = 0; i < rows; ++i) {
    for (int j = 0; j < columns; ++j) {
      expected[static_cast<std::size_t>(row_of(j) * to_stride + i)] =
          from[static_cast<std::size_t>(i * from_stride + j)];
    }
  }
  int count = 0;
  for (std::size_t i = 0; i < to.size(); ++i) count += to[i] != expected[i] ? 1 : 0;
  return count;
}

}  // namespace

TEST_CASE("transpose turns rows into columns, and writes nothing else") {
  for (const int rows : {1, 3, 4, 5, 8, 15, 16, 17, 31, 33, 48}) {
    for (const int columns : {1, 2, 4, 7, 9, 16, 18, 25, 32, 47}) {
      for (const bool turned : {false, true}) {
        INFO(rows, " x ", columns, turned ? ", turned" : "");
        CHECK(faults(rows, columns, turned) == 0);
      }
    }
  }
}

}  // namespace longhand::test
