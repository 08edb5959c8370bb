#include "core/gemm_vector.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "core/cpu.h"
#include "core/parallel.h"

namespace longhand::fast {

namespace {

constexpr std::int64_t grain = 1 << 15;  // numbers of b a thread reads at least

// Rows of b are added up, each times its a: `together` rows at a time, so that c is loaded and
// stored once for all of them.
struct AddRows {
  static constexpr int together = 8;

  template <class Isa, int rows>
  [[gnu::always_inline]] static void add_rows(int n, const real* a, const real* b,
                                              std::int64_t stride, bool add, real* c) {
    typedef real Vector
        __attribute__((vector_size(Isa::vector_bytes), aligned(sizeof(real)), may_alias));
    constexpr int lanes = Isa::vector_bytes / static_cast<int>(sizeof(real));
    int j = 0;
    for (; j + lanes <= n; j += lanes) {
      Vector& to = *reinterpret_cast<Vector*>(c + j);
      Vector sum = {};
      if (add) sum = to;
      LONGHAND_UNROLL
      for (int q = 0; q < rows; ++q) {
        sum += a[q] * *reinterpret_cast<const Vector*>(b + q * stride + j);
      }
      to = sum;
    }
    for (; j < n; ++j) {
      real sum = add ? c[j] : 0;
      for (int q = 0; q < rows; ++q) sum += a[q] * b[q * stride + j];
      c[j] = sum;
    }
  }

  template <class Isa>
  [[gnu::always_inline]] static void run(int n, int k, const real* a, const real* b,
                                         std::int64_t stride, bool add, real* c) {
    int l = 0;
    for (; l + together <= k; l += together) {
      add_rows<Isa, together>(n, a + l, b + l * stride, stride, add || l > 0, c);
    }
    for (; l < k; ++l) add_rows<Isa, 1>(n, a + l, b + l * stride, stride, add || l > 0, c);
  }
};

// b's columns lie side by side: c[j] is a dot product. `together` of them share the loads of a.
struct DotColumns {
  static constexpr int together = 4;

  template <class Isa, int columns>
  [[gnu::always_inline]] static void dot(int k, const real* a, const real* b, std::int64_t stride,
                                         bool add, real* c) {
    typedef real Vector
        __attribute__((vector_size(Isa::vector_bytes), aligned(sizeof(real)), may_alias));
    constexpr int lanes = Isa::vector_bytes / static_cast<int>(sizeof(real));
    Vector sum[columns][2] = {};
    int l = 0;
    for (; l + 2 * lanes <= k; l += 2 * lanes) {
      const Vector a0 = *reinterpret_cast<const Vector*>(a + l);
      const Vector a1 = *reinterpret_cast<const Vector*>(a + l + lanes);
#pragma GCC unroll 4
      for (int j = 0; j < columns; ++j) {
        sum[j][0] += a0 * *reinterpret_cast<const Vector*>(b + j * stride + l);
        sum[j][1] += a1 * *reinterpret_cast<const Vector*>(b + j * stride + l + lanes);
      }
    }
    for (int j = 0; j < columns; ++j) {
      const Vector both = sum[j][0] + sum[j][1];
      const real* parts = reinterpret_cast<const real*>(&both);
      real total = 0;
      for (int q = 0; q < lanes; ++q) total += parts[q];
      for (int q = l; q < k; ++q) total += a[q] * b[j * stride + q];
      c[j] = add ? c[j] + total : total;
    }
  }

  // From the last column to the first when it goes `backwards`.
  template <class Isa>
  [[gnu::always_inline]] static void run(int n, int k, const real* a, const real* b,
                                         std::int64_t stride, bool add, real* c, bool backwards) {
    const int whole = n / together;
    for (int i = 0; i < whole; ++i) {
      const int j = (backwards ? whole - 1 - i : i) * together;
      dot<Isa, together>(k, a, b + j * stride, stride, add, c + j);
    }
    for (int j = whole * together; j < n; ++j) {
      dot<Isa, 1>(k, a, b + j * stride, stride, add, c + j);
    }
  }
};

// Whether this thread reads the matrix at b from its end this time: every second time. A matrix
// that is a little too large for the cache has its end there from the time before, and loses it
// when it is read from the start. (The table is small: two matrices may share an entry.)
bool next_direction(const real* b) {
  thread_local std::array<bool, 64> backwards{};
  bool& direction = backwards[reinterpret_cast<std::uintptr_t>(b) / 4096 % backwards.size()];
  direction = !direction;
  return direction;
}

}  // namespace

void gemm_vector(int n, int k, const real* a, const real* b, std::int64_t stride, bool transposed,
                 bool add, real* c) {
  constexpr int unit = 64;  // columns: pieces end where DotColumns' and AddRows' whole steps do
  const std::int64_t units = (n + unit - 1) / unit;
  const bool backwards = transposed && next_direction(b);
  parallel_for(units, grain / (std::int64_t{unit} * k) + 1,
               [&](std::int64_t begin, std::int64_t end, int) {
                 const std::int64_t first = begin * unit;
                 const int count = static_cast<int>(std::min<std::int64_t>(n, end * unit) - first);
                 if (transposed) {
                   run_kernel<DotColumns>(count, k, a, b + first * stride, stride, add, c + first,
                                          backwards);
                 } else {
                   run_kernel<AddRows>(count, k, a, b + first, stride, add, c + first);
                 }
               });
}

}  // namespace longhand::fast
