// Stands in for CUDA's header of this name in builds that run kernels on the CPU: tensor cores, as
// nvcuda::wmma offers them. A fragment's 32 lanes hold a matrix between them; which lane holds
// which element is CUDA's secret, and another here. Sums are float's, in the order of k; a GPU's
// are in an order of its own.
#pragma once

#include <cstdint>

#include "cuda_bf16.h"
#include "cuda_fp16.h"

namespace nvcuda::wmma {

struct matrix_a;
struct matrix_b;
struct accumulator;
struct row_major;
struct col_major;
enum layout_t { mem_row_major, mem_col_major };
namespace precision {
struct tf32;  // a float of which 10 fraction bits count
}

namespace simt {

using longhand::simt::Site;

template <class T>
struct Stored {
  using type = T;
};
template <>
struct Stored<precision::tf32> {
  using type = float;
};

template <class Use, int m, int n, int k>
struct Size;
template <int m, int n, int k>
struct Size<matrix_a, m, n, k> {
  static constexpr int rows = m, columns = k;
};
template <int m, int n, int k>
struct Size<matrix_b, m, n, k> {
  static constexpr int rows = k, columns = n;
};
template <int m, int n, int k>
struct Size<accumulator, m, n, k> {
  static constexpr int rows = m, columns = n;
};

template <class T>
float to_float(T value) {
  return static_cast<float>(value);
}
inline void from_float(float value, float& x) {
  x = value;
}
inline void from_float(float value, __half& x) {
  x = __float2half(value);
}

// What the tensor core sees of an element.
template <class T>
float operand(typename Stored<T>::type value) {
  if constexpr (std::is_same_v<T, precision::tf32>) {
    return std::bit_cast<float>(std::bit_cast<std::uint32_t>(value) & 0xffffe000U);
  } else {
    return to_float(value);
  }
}

}  // namespace simt

// Element e = lane * num_elements + i of the matrix, in the order of rows, is x[i] of that lane.
template <class Use, int m, int n, int k, class T, class Layout = void>
struct fragment {
  using storage_element_type = typename simt::Stored<T>::type;
  static constexpr int rows = simt::Size<Use, m, n, k>::rows;
  static constexpr int columns = simt::Size<Use, m, n, k>::columns;
  static constexpr int num_elements = rows * columns / warpSize;
  storage_element_type x[num_elements];
};

template <class Use, int m, int n, int k, class T, class Layout, class V>
void fill_fragment(fragment<Use, m, n, k, T, Layout>& f, V value) {
  for (auto& x : f.x) x = value;
}

inline float __float_to_tf32(float x) {  // rounds away from zero at ties
  const auto bits = std::bit_cast<std::uint32_t>(x);
  return std::bit_cast<float>((bits + 0x1000U) & 0xffffe000U);
}

namespace simt {

// A GPU's alignment: 32 bytes for the matrix, 16 for each of its lines.
template <class T>
void check_alignment(const char* name, const T* memory, unsigned stride, Site site) {
  if (reinterpret_cast<std::uintptr_t>(memory) % 32 != 0 || stride * sizeof(T) % 16 != 0) {
    longhand::simt::kernel_error(
        "misaligned matrix", name,
        "needs a pointer aligned to 32 bytes and lines of a multiple of 16 bytes", site);
  }
}

// Calls f(x[i], offset in memory of that element) for the lane's elements.
template <class F, class Fragment>
[[gnu::always_inline]] inline void each(Fragment& f, unsigned stride, bool by_rows, F use) {
  for (int i = 0; i < f.num_elements; ++i) {
    const unsigned e = longhand::simt::lane_id() * f.num_elements + static_cast<unsigned>(i);
    const unsigned row = e / f.columns, column = e % f.columns;
    use(f.x[i], by_rows ? row * stride + column : column * stride + row);
  }
}

}  // namespace simt

template <class Use, int m, int n, int k, class T, class Layout>
[[gnu::always_inline]] inline void load_matrix_sync(fragment<Use, m, n, k, T, Layout>& f,
                                                    const typename simt::Stored<T>::type* memory,
                                                    unsigned stride,
                                                    const char* file = __builtin_FILE(),
                                                    int line = __builtin_LINE()) {
  simt::check_alignment("load_matrix_sync", memory, stride, {file, line});
  simt::each(
      f, stride, std::is_same_v<Layout, row_major>,
      [=](auto& x, unsigned offset) __attribute__((always_inline)) { x = memory[offset]; });
}

template <int m, int n, int k, class T>
[[gnu::always_inline]] inline void load_matrix_sync(fragment<accumulator, m, n, k, T>& f,
                                                    const T* memory, unsigned stride,
                                                    layout_t layout,
                                                    const char* file = __builtin_FILE(),
                                                    int line = __builtin_LINE()) {
  simt::check_alignment("load_matrix_sync", memory, stride, {file, line});
  simt::each(
      f, stride,
      layout == mem_row_major, [=](T & x, unsigned offset) __attribute__((always_inline)) {
        x = memory[offset];
      });
}

template <int m, int n, int k, class T>
[[gnu::always_inline]] inline void store_matrix_sync(T* memory,
                                                     const fragment<accumulator, m, n, k, T>& f,
                                                     unsigned stride, layout_t layout,
                                                     const char* file = __builtin_FILE(),
                                                     int line = __builtin_LINE()) {
  simt::check_alignment("store_matrix_sync", memory, stride, {file, line});
  simt::each(
      f, stride,
      layout == mem_row_major, [=](const T& x, unsigned offset) __attribute__((always_inline)) {
        memory[offset] = x;
      });
}

namespace simt {

template <class D, class A, class B, class C>
struct MmaLane {
  D* d;
  const A* a;
  const B* b;
  const C* c;
};

// The last lane to come multiplies for all of them.
template <int m, int n, int k, class TA, class TB, class Lane>
void complete_mma(void* const (&payloads)[32]) {
  const auto lane = [&](int i) {
    if (payloads[i] == nullptr) {
      longhand::simt::kernel_error("wrong mma_sync", "mma_sync", "needs all 32 lanes of the warp",
                                   {});
    }
    return static_cast<const Lane*>(payloads[i]);
  };
  float a[m][k], b[k][n], d[m][n];
  const auto gather = [&](auto part, auto& matrix, auto convert) {
    constexpr int columns = sizeof matrix[0] / sizeof(float);
    for (int i = 0; i < 32; ++i) {
      const auto& x = part(lane(i)).x;
      constexpr int count = sizeof x / sizeof x[0];
      for (int j = 0; j < count; ++j) {
        matrix[(i * count + j) / columns][(i * count + j) % columns] = convert(x[j]);
      }
    }
  };
  gather(
      [](const Lane* l) -> const auto& { return *l->a; }, a, operand<TA>);
  gather(
      [](const Lane* l) -> const auto& { return *l->b; }, b, operand<TB>);
  gather(
      [](const Lane* l) -> const auto& { return *l->c; }, d,
      [](auto value) { return to_float(value); });
  for (int row = 0; row < m; ++row) {
    for (int i = 0; i < k; ++i) {
      for (int column = 0; column < n; ++column) d[row][column] += a[row][i] * b[i][column];
    }
  }
  for (int i = 0; i < 32; ++i) {
    auto& x = lane(i)->d->x;
    constexpr int count = sizeof x / sizeof x[0];
    for (int j = 0; j < count; ++j) {
      from_float(d[(i * count + j) / n][(i * count + j) % n], x[j]);
    }
  }
}

}  // namespace simt

// d = a * b + c; d may be c.
template <int m, int n, int k, class TA, class LA, class TB, class LB, class TD, class TC>
void mma_sync(fragment<accumulator, m, n, k, TD>& d, const fragment<matrix_a, m, n, k, TA, LA>& a,
              const fragment<matrix_b, m, n, k, TB, LB>& b,
              const fragment<accumulator, m, n, k, TC>& c, const char* file = __builtin_FILE(),
              int line = __builtin_LINE()) {
  using Lane = simt::MmaLane<std::remove_reference_t<decltype(d)>, std::remove_cvref_t<decltype(a)>,
                             std::remove_cvref_t<decltype(b)>, std::remove_cvref_t<decltype(c)>>;
  Lane lane{&d, &a, &b, &c};
  longhand::simt::warp_operation(
      {"mma_sync", 0xffffffffU, {file, line}, simt::complete_mma<m, n, k, TA, TB, Lane>, true},
      &lane);
}

}  // namespace nvcuda::wmma
