// Pairs of neighbouring numbers, parted into two vectors and put together again.
#pragma once

#include <utility>

#include "core/vector.h"

namespace longhand {

template <class Isa>
struct Pairs {
  using V = Vectors<Isa>;
  using Vector = typename V::Vector;

  // Of the two vectors of numbers at `from`, those in even places and those in odd ones.
  [[gnu::always_inline]] static void split(const real* from, Vector& even, Vector& odd) {
    split(from, even, odd, lane);
  }
  // The way back, to the two vectors at `to`.
  [[gnu::always_inline]] static void join(const Vector& even, const Vector& odd, real* to) {
    join(even, odd, to, lane);
  }

 private:
  static constexpr auto lane = std::make_integer_sequence<int, V::lanes>();

  template <int... i>
  [[gnu::always_inline]] static void split(const real* from, Vector& even, Vector& odd,
                                           std::integer_sequence<int, i...> /*lanes*/) {
    Vector a, b;
    V::load(from, a);
    V::load(from + V::lanes, b);
    even = __builtin_shufflevector(a, b, (2 * i)...);
    odd = __builtin_shufflevector(a, b, (2 * i + 1)...);
  }
  template <int... i>
  [[gnu::always_inline]] static void join(const Vector& even, const Vector& odd, real* to,
                                          std::integer_sequence<int, i...> /*lanes*/) {
    constexpr int half = V::lanes / 2;
    const Vector a = __builtin_shufflevector(even, odd, (i / 2 + i % 2 * V::lanes)...);
    const Vector b = __builtin_shufflevector(even, odd, (half + i / 2 + i % 2 * V::lanes)...);
    V::store(a, to);
    V::store(b, to + V::lanes);
  }
};

}  // namespace longhand
