#include "core/gemm_last_columns.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "core/cpu.h"
#include "core/transpose.h"

namespace longhand::fast {

namespace {

// A vector holds `group` k values of each of `most` columns: number group * j + q is column j's
// k value q.
constexpr int group = 4, most = 4;

typedef real Group
    __attribute__((vector_size(group * sizeof(real)), aligned(sizeof(real)), may_alias));

#if defined(__x86_64__) && !defined(__clang__) && !defined(LONGHAND_SANITIZED)
#define LONGHAND_INSERT  // AVX-512 instructions by name, whose addresses no sanitizer checks
#endif

// Four neighbours of a row of a, repeated for each column, times a vector of b are added to the
// row's sums; in the end the four sums of each column are added up.
struct LastColumnsKernel {
  template <class Isa>
  [[gnu::always_inline]] static void run(const Product* p, const Range* range) {
    if constexpr (Square<Isa>::lanes == group * most) {
      int i = range->m0;
      for (; i + 16 <= range->m1; i += 16) multiply_rows<Isa, 16>(*p, *range, i, i);
      for (; i < range->m1; i += 4) multiply_rows<Isa, 4>(*p, *range, std::min(i, p->m - 4), i);
    }
  }

 private:
  template <class Isa>
  using Square = SquareTranspose<Isa>;

  // Four numbers, repeated. (g++ makes a dozen instructions of the repetition, and of putting four
  // groups together; there are instructions that do it while they load.)
  template <class Vector, int... lane>
  [[gnu::always_inline]] static void repeat(const real* from, Vector& v,
                                            std::integer_sequence<int, lane...> /*all*/) {
#if defined(LONGHAND_INSERT)
    asm("vbroadcastf32x4 %1, %0" : "=v"(v) : "m"(*reinterpret_cast<const Group*>(from)));
#else
    const Group four = *reinterpret_cast<const Group*>(from);
    v = __builtin_shufflevector(four, four, (lane % group)...);
#endif
  }

  // The vector of b's k values from l and columns from j.
  template <class Vector, int... lane>
  [[gnu::always_inline]] static void load_b(const Matrix& b, int l, int j, Vector& v,
                                            std::integer_sequence<int, lane...> all) {
    const auto from = [&](int i) { return b.columns_first ? b.at(l, j + i) : b.at(l + i, j); };
#if defined(LONGHAND_INSERT)
    repeat(from(0), v, all);
    asm("vinsertf32x4 $1, %1, %0, %0" : "+v"(v) : "m"(*reinterpret_cast<const Group*>(from(1))));
    asm("vinsertf32x4 $2, %1, %0, %0" : "+v"(v) : "m"(*reinterpret_cast<const Group*>(from(2))));
    asm("vinsertf32x4 $3, %1, %0, %0" : "+v"(v) : "m"(*reinterpret_cast<const Group*>(from(3))));
#else
    Group four[most];
    for (int i = 0; i < most; ++i) four[i] = *reinterpret_cast<const Group*>(from(i));
    const auto low = __builtin_shufflevector(four[0], four[1], 0, 1, 2, 3, 4, 5, 6, 7);
    const auto high = __builtin_shufflevector(four[2], four[3], 0, 1, 2, 3, 4, 5, 6, 7);
    v = __builtin_shufflevector(low, high, lane...);
    static_cast<void>(all);
#endif
    if (!b.columns_first) v = __builtin_shufflevector(v, v, (lane % 4 * 4 + lane / 4)...);
  }

  // Rows [i, i + rows) of a, and those of c from row `first` on that are in the range.
  template <class Isa, int rows>
  [[gnu::always_inline]] static void multiply_rows(const Product& p, const Range& range, int i,
                                                   int first) {
    using Vector = typename Square<Isa>::Vector;
    constexpr int lanes = Square<Isa>::lanes;
    constexpr std::make_integer_sequence<int, lanes> all_lanes;
    const std::int64_t stride = p.a.stride;
    const real* a_rows[rows / 4];  // every fourth, as in the register tile
    LONGHAND_UNROLL
    for (int r = 0; r < rows; r += 4) {
      a_rows[r / 4] = p.a.at(i + r, 0);
      asm("" : "+r"(a_rows[r / 4]));
    }
    Vector sum[rows] = {}, four, b_l;
    int l = 0;
    for (; l + group <= p.k; l += group) {
      load_b(p.b, l, range.n1 - most, b_l, all_lanes);
      LONGHAND_UNROLL
      for (int r = 0; r < rows; ++r) {
        repeat(a_rows[r / 4] + r % 4 * stride + l, four, all_lanes);
        sum[r] += four * b_l;
      }
    }
    if (l < p.k) {
      const Vector zero = {};
      Vector place;  // of a k value in its group
      for (int lane = 0; lane < lanes; ++lane) place[lane] = static_cast<real>(lane % group);
      const Vector before = zero + static_cast<real>(l + group - p.k);
      load_b(p.b, p.k - group, range.n1 - most, b_l, all_lanes);
      b_l = place < before ? zero : b_l;
      LONGHAND_UNROLL
      for (int r = 0; r < rows; ++r) {
        repeat(a_rows[r / 4] + r % 4 * stride + p.k - group, four, all_lanes);
        sum[r] += (place < before ? zero : four) * b_l;  // 0 times infinity would be NaN
      }
    }
    LONGHAND_UNROLL
    for (int r = 0; r < rows; r += 4) {
      real found[4][most];
      add_groups<Isa>(sum + r, found[0], all_lanes);
      for (int q = 0; q < 4; ++q) {
        if (i + r + q >= first && i + r + q < range.m1) write(p, range, i + r + q, found[q]);
      }
    }
  }

  // to[q * most + j] = the sum of column j's group in sum[q], for four rows q. As in
  // SquareTranspose::sum_rows pairs are added up, but as far as the groups go; then it is turned.
  template <class Isa, int... lane>
  [[gnu::always_inline]] static void add_groups(typename Square<Isa>::Vector* sum, real* to,
                                                std::integer_sequence<int, lane...> all_lanes) {
    Square<Isa>::template exchange<1>(sum[0], sum[1], all_lanes);
    Square<Isa>::template exchange<1>(sum[2], sum[3], all_lanes);
    typename Square<Isa>::Vector even = sum[0] + sum[1], odd = sum[2] + sum[3];
    Square<Isa>::template exchange<2>(even, odd, all_lanes);
    even += odd;
    *reinterpret_cast<typename Square<Isa>::Stored*>(to) =
        __builtin_shufflevector(even, even, (lane % 4 * 4 + lane / 4)...);
  }

  // Row i of c in the range, of which `numbers` are the last.
  [[gnu::always_inline]] static void write(const Product& p, const Range& range, int i,
                                           const real* numbers) {
    real* c = p.c + i * p.c_stride + range.n0;
    const int columns = range.n1 - range.n0;
    if (columns == most) {
      Group& to = *reinterpret_cast<Group*>(c);
      const Group& from = *reinterpret_cast<const Group*>(numbers);
      to = p.add ? to + from : from;
      return;
    }
    numbers += most - columns;
    for (int j = 0; j < columns; ++j) c[j] = p.add ? c[j] + numbers[j] : numbers[j];
  }
};

}  // namespace

int last_columns(const Tiles& t, const Product& p, int columns) {
  const int rest = columns % t.lanes;
  const bool possible = t.lanes == group * most && rest <= most && columns >= t.lanes &&
                        p.k >= group && !p.a.columns_first && p.a_pictures.pixels == nullptr &&
                        p.b_pictures.pixels == nullptr;
  // Of many columns the last vector is a small part, and with few rows b is read for little. (A
  // choice by the whole product: its bits are the same however it is spread over threads.)
  return possible && p.n <= 256 && p.m >= 8 ? rest : 0;
}

void multiply_last_columns(const Product& p, const Range& range) {
  run_kernel<LastColumnsKernel>(&p, &range);
}

}  // namespace longhand::fast
