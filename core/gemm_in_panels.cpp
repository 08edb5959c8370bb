#include "core/gemm_in_panels.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "core/gemm_panels.h"
#include "core/vector.h"

namespace longhand::fast {

namespace {

constexpr int most_of_a = 1 << 18;  // numbers: 1 MB, so they stay in L2 while b passes by

// With fewer rows or columns the copies of b or a cost too much.
constexpr int least_rows = 15, least_columns = 128;

// Where c's rows do not begin with a cache line, panels write half a line at a time. Of many rows
// the other half comes late, and a short sum has no time to wait for it.
constexpr int short_sum = 128;

}  // namespace

bool suits_panels(const Product& p) {
  const bool as_it_lies =
      p.a_pictures.pixels == nullptr && p.b_pictures.pixels == nullptr && !p.b.columns_first;
  const bool near_enough = p.b.stride <= std::numeric_limits<int>::max() / Panels::most_k;
  if (!as_it_lies || !near_enough || p.m < least_rows || p.n < least_columns) return false;
  const bool many = p.m > few_rows;
  if (many && p.k < short_sum && p.c_stride % cache_line != 0) return false;
  // Few tiles, or those of a small b, may as well read b where it lies.
  return p.b.stride >= long_row || (many && p.k * p.b.stride > small_b);
}

void multiply_in_panels(const Tiles& t, const Product& p, const Range& range) {
  const int k_piece = even_piece(p.k, Panels::most_k);
  const int m_piece = round_up(even_piece(range.m1 - range.m0, most_of_a / k_piece), t.max_rows);
  std::array<int, Panels::most_k> offset;
  for (int l = 0; l < k_piece; ++l) {
    offset[static_cast<std::size_t>(l)] = l * static_cast<int>(p.b.stride);
  }
  Product piece = p;
  piece.streaming = p.streaming && k_piece == p.k;  // the next piece would have to read c again
  for (int l0 = 0; l0 < p.k; l0 += k_piece) {
    piece.k = std::min(k_piece, p.k - l0);
    piece.a.data = p.a.at(0, l0);
    piece.add = p.add || l0 > 0;
    for (int m0 = range.m0; m0 < range.m1; m0 += m_piece) {
      Panels panels(t, piece, m0, std::min(m0 + m_piece, range.m1), offset.data());
      for_each_panel(t, range.n1 - range.n0, Panels::most_vectors,
                     [&](int j, int width, int vectors) {
                       const int column = range.n0 + j, last = width - t.lanes;
                       panels.take({p.b.at(l0, column), p.c + column, vectors, last, last});
                     });
      panels.finish();
    }
  }
}

}  // namespace longhand::fast
