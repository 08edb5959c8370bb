// Vectors: the compiler's vector types as kernels use them (core/cpu.h says what a kernel is).
//
// Vectors go by reference and come back through the last argument: by value, the compilers warn
// that the way they are passed depends on the instruction set.
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "core/cpu.h"
#include "core/real.h"

namespace longhand {

constexpr int cache_line = 64 / static_cast<int>(sizeof(real));  // in numbers

// What one register of `Isa` holds, and the way from memory and back, where an address need only be
// good for one number.
template <class Isa>
struct Vectors {
  static constexpr int lanes = Isa::vector_bytes / static_cast<int>(sizeof(real));

  typedef real Vector __attribute__((vector_size(Isa::vector_bytes)));
  // As many integers, each as large as a `real`: what comparing two vectors gives.
  using Integer = std::conditional_t<sizeof(real) == 4, std::int32_t, std::int64_t>;
  typedef Integer Integers __attribute__((vector_size(Isa::vector_bytes)));

  [[gnu::always_inline]] static void load(const real* from, Vector& v) {
    v = *reinterpret_cast<const Stored*>(from);
  }
  [[gnu::always_inline]] static void store(const Vector& v, real* to) {
    *reinterpret_cast<Stored*>(to) = v;
  }

  // A store that goes past the caches with `streaming` (core/streaming.h), where the address is a
  // multiple of the vector's size and the CPU has an instruction for it.
  [[gnu::always_inline]] static void put(const Vector& v, real* to, bool streaming) {
    if (!(streaming && put_past_caches<Stored>(v, to))) store(v, to);
  }
  [[gnu::always_inline]] static void put(const Integers& v, std::int32_t* to, bool streaming) {
    if constexpr (sizeof(real) == sizeof(std::int32_t)) {
      if (streaming && put_past_caches<StoredIntegers>(v, to)) return;
    }
    store(v, to);
  }

  // The first `count` numbers only, for the end of an array: the other lanes are zero.
  [[gnu::always_inline]] static void load(const real* from, std::int64_t count, Vector& v) {
    real all[lanes] = {};
    for (std::int64_t i = 0; i < count; ++i) all[i] = from[i];
    load(all, v);
  }
  [[gnu::always_inline]] static void store(const Vector& v, std::int64_t count, real* to) {
    real all[lanes];
    store(v, all);
    for (std::int64_t i = 0; i < count; ++i) to[i] = all[i];
  }

  // Integers have 32 bits in memory.
  [[gnu::always_inline]] static void load(const std::int32_t* from, Integers& v) {
    const Narrow narrow = *reinterpret_cast<const StoredIntegers*>(from);
    convert(narrow, v);
  }
  [[gnu::always_inline]] static void store(const Integers& v, std::int32_t* to) {
    Narrow narrow;
    convert(v, narrow);
    *reinterpret_cast<StoredIntegers*>(to) = narrow;
  }

 private:
  // In memory, among numbers: no vector's alignment, and other names for the same bytes.
  typedef real Stored
      __attribute__((vector_size(Isa::vector_bytes), aligned(sizeof(real)), may_alias));
  typedef std::int32_t Narrow __attribute__((vector_size(lanes * sizeof(std::int32_t))));
  typedef std::int32_t StoredIntegers __attribute__((vector_size(lanes * sizeof(std::int32_t)),
                                                     aligned(sizeof(std::int32_t)), may_alias));

  template <class InMemory, class V, class Number>
  [[gnu::always_inline]] static bool put_past_caches(const V& v, Number* to) {
#if defined(__x86_64__)
    if constexpr (Isa::vector_bytes >= Avx2::vector_bytes) {
      if (reinterpret_cast<std::uintptr_t>(to) % Isa::vector_bytes != 0) return false;
#if defined(__clang__)
      __builtin_nontemporal_store(v, reinterpret_cast<V*>(to));
#else
      asm("vmovntps %1, %0" : "=m"(*reinterpret_cast<InMemory*>(to)) : "v"(v));
#endif
      return true;
    }
#endif
    static_cast<void>(v);
    static_cast<void>(to);
    return false;
  }

  template <class From, class To>
  [[gnu::always_inline]] static void convert(const From& from, To& to) {
    to = __builtin_convertvector(from, To);
  }
};

// Before a number is written the cache must have its line. A loop that is about to write `numbers`
// numbers here asks for those that are 1 KB ahead, so that they come in time. (ReLU and pooling
// backward take a tenth less time from L2 by it, and up to a quarter less from memory.) What is at
// `end` and behind it may be another thread's, who would lose it: it is not asked for.
template <int numbers>
[[gnu::always_inline]] inline void fetch_ahead(const real* to, const real* end) {
  constexpr int distance = 1024 / sizeof(real);
  for (int i = 0; i < numbers; i += cache_line) {
    __builtin_prefetch(std::min(to + distance + i, end - 1), 1);
  }
}

// Asks for the numbers that a loop which is about to read `numbers` here will read 8 KB further on:
// from memory they then come in time, also for a loop that has much to do in between. They come as
// far as the second-level cache: to the first they have to pass the buffers in which lines wait
// that are written past the caches.
[[gnu::always_inline]] inline void fetch_far_ahead(const real* from, std::int64_t numbers,
                                                   const real* end) {
  constexpr int distance = 8192 / sizeof(real);
  for (std::int64_t i = 0; i < numbers; i += cache_line) {
    __builtin_prefetch(std::min(from + distance + i, end - 1), 0, 2);
  }
}

}  // namespace longhand
