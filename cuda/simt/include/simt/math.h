// CUDA's arithmetic: the functions that C's library does not have, and the fast ones, which are
// here as exact as any. What a GPU rounds differently differs here too.
#pragma once

#include <math.h>

#include <bit>
#include <cmath>
#include <cstdint>

#define LONGHAND_SIMT_MIN_MAX(type)    \
  constexpr type min(type a, type b) { \
    return b < a ? b : a;              \
  }                                    \
  constexpr type max(type a, type b) { \
    return a < b ? b : a;              \
  }
LONGHAND_SIMT_MIN_MAX(int)
LONGHAND_SIMT_MIN_MAX(unsigned)
LONGHAND_SIMT_MIN_MAX(long)
LONGHAND_SIMT_MIN_MAX(unsigned long)
LONGHAND_SIMT_MIN_MAX(long long)
LONGHAND_SIMT_MIN_MAX(unsigned long long)
#undef LONGHAND_SIMT_MIN_MAX
// As fminf: of a number and a NaN, the number.
inline float min(float a, float b) {
  return fminf(a, b);
}
inline float max(float a, float b) {
  return fmaxf(a, b);
}
inline double min(double a, double b) {
  return fmin(a, b);
}
inline double max(double a, double b) {
  return fmax(a, b);
}

inline float rsqrtf(float x) {
  return 1.0F / sqrtf(x);
}
inline double rsqrt(double x) {
  return 1.0 / sqrt(x);
}
inline float __saturatef(float x) {
  return fminf(fmaxf(x, 0.0F), 1.0F);
}

// glibc declares some of these names, with C linkage and noexcept.
#define LONGHAND_SIMT_FAST(name, exact) \
  inline float name(float x) noexcept { \
    return exact(x);                    \
  }
LONGHAND_SIMT_FAST(__expf, expf)
LONGHAND_SIMT_FAST(__logf, logf)
LONGHAND_SIMT_FAST(__log2f, log2f)
LONGHAND_SIMT_FAST(__log10f, log10f)
LONGHAND_SIMT_FAST(__sinf, sinf)
LONGHAND_SIMT_FAST(__cosf, cosf)
LONGHAND_SIMT_FAST(__tanf, tanf)
LONGHAND_SIMT_FAST(__fsqrt_rn, sqrtf)
LONGHAND_SIMT_FAST(__frsqrt_rn, rsqrtf)
LONGHAND_SIMT_FAST(__frcp_rn, 1.0F /)
#undef LONGHAND_SIMT_FAST
inline float __powf(float x, float y) noexcept {
  return powf(x, y);
}
inline float __fdividef(float x, float y) {
  return x / y;
}
inline float __fdiv_rn(float x, float y) {
  return x / y;
}
inline float __fmaf_rn(float x, float y, float z) {
  return fmaf(x, y, z);
}

// Sums and products that must not become one instruction together: the result passes through a
// place the compiler cannot look into.
inline float longhand_simt_rounded(float x) {
  asm volatile("" : "+m"(x));
  return x;
}
inline float __fadd_rn(float x, float y) {
  return longhand_simt_rounded(x + y);
}
inline float __fsub_rn(float x, float y) {
  return longhand_simt_rounded(x - y);
}
inline float __fmul_rn(float x, float y) {
  return longhand_simt_rounded(x * y);
}

inline int __float2int_rn(float x) {
  return static_cast<int>(nearbyintf(x));
}
inline int __float2int_rz(float x) {
  return static_cast<int>(x);
}
inline int __float2int_rd(float x) {
  return static_cast<int>(floorf(x));
}
inline int __float2int_ru(float x) {
  return static_cast<int>(ceilf(x));
}
inline float __int2float_rn(int x) {
  return static_cast<float>(x);
}
inline float __uint2float_rn(unsigned x) {
  return static_cast<float>(x);
}
inline int __float_as_int(float x) {
  return std::bit_cast<int>(x);
}
inline unsigned __float_as_uint(float x) {
  return std::bit_cast<unsigned>(x);
}
inline float __int_as_float(int x) {
  return std::bit_cast<float>(x);
}
inline float __uint_as_float(unsigned x) {
  return std::bit_cast<float>(x);
}

constexpr int __popc(unsigned x) {
  return std::popcount(x);
}
constexpr int __popcll(unsigned long long x) {
  return std::popcount(x);
}
constexpr int __clz(int x) {
  return std::countl_zero(static_cast<unsigned>(x));
}
constexpr int __ffs(int x) {
  return x == 0 ? 0 : std::countr_zero(static_cast<unsigned>(x)) + 1;
}
constexpr unsigned __brev(unsigned x) {
  unsigned reversed = 0;
  for (int bit = 0; bit < 32; ++bit) reversed |= (x >> bit & 1U) << (31 - bit);
  return reversed;
}
constexpr int __mulhi(int x, int y) {
  return static_cast<int>(static_cast<std::int64_t>(x) * y >> 32);
}
constexpr unsigned __umulhi(unsigned x, unsigned y) {
  return static_cast<unsigned>(static_cast<std::uint64_t>(x) * y >> 32);
}

// Loads and stores that hint at the caches; plain ones here. Inlined, so that what is said of them
// names the kernel's line.
template <class T>
[[gnu::always_inline]] inline T __ldg(const T* address) {
  return *address;
}
template <class T>
[[gnu::always_inline]] inline T __ldcs(const T* address) {
  return *address;
}
template <class T>
[[gnu::always_inline]] inline void __stcs(T* address, T value) {
  *address = value;
}
