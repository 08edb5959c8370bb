// Products whose a stays in the L2 cache while all of b passes by, panel after panel.
#include "core/gemm_few_rows.h"

#include <cstddef>
#include <limits>
#include <vector>

#include "core/gemm_panels.h"

namespace longhand::fast {

namespace {

constexpr int least_rows = 15, most_rows = 512;
constexpr int most_of_a = 1 << 18;  // numbers: 1 MB
constexpr int least_columns = 256;  // or to copy a would cost too much
constexpr int line = 64 / static_cast<int>(sizeof(real));

// Tiles may as well read b where it lies if it fits L2, or if they are few and b's rows are not so
// long that each is in a page of memory of its own.
constexpr int small_b = 32768, many_rows = 128, long_row = 1024;

// Where c's rows do not begin with a cache line, panels write half a line at a time. Of many rows
// the other half comes late, and a short sum has no time to wait for it.
constexpr int short_sum = 128;

}  // namespace

bool suits_few_rows(const Product& p) {
  const bool as_it_lies =
      p.a_pictures.pixels == nullptr && p.b_pictures.pixels == nullptr && !p.b.columns_first;
  const std::int64_t b_size = p.k * p.b.stride;
  if (!as_it_lies || b_size > std::numeric_limits<int>::max()) return false;
  if (p.m < least_rows || p.m > most_rows || std::int64_t{p.m} * p.k > most_of_a) return false;
  if (p.n < least_columns) return false;
  const bool many = p.m > many_rows;
  if (many && p.k < short_sum && p.c_stride % line != 0) return false;
  return p.b.stride >= long_row || (many && b_size > small_b);
}

void multiply_few_rows(const Tiles& t, const Product& p, const Range& range) {
  thread_local std::vector<int> offset;
  offset.resize(static_cast<std::size_t>(p.k));
  for (int l = 0; l < p.k; ++l) {
    offset[static_cast<std::size_t>(l)] = static_cast<int>(l * p.b.stride);
  }
  Panels panels(t, p, range.m0, range.m1, offset.data());
  for_each_panel(t, range.n1 - range.n0, Panels::most_vectors, [&](int j, int width, int vectors) {
    const int column = range.n0 + j, last = width - t.lanes;
    panels.take({p.b.at(0, column), p.c + column, vectors, last, last});
  });
  panels.finish();
}

}  // namespace longhand::fast
