// Stands in for CUDA's header of this name in builds that run kernels on the CPU: half and half2.
// They have no constructors, so that they may be __shared__: make them with __float2half.
#pragma once

#include "cuda_runtime.h"
#include "simt/small_floats.h"

struct __half {
  unsigned short bits;
  LONGHAND_SIMT_INLINE operator float() const { return longhand::simt::half_to_float(bits); }
};
struct alignas(4) __half2 {
  __half x, y;
};
using half = __half;
using half2 = __half2;

LONGHAND_SIMT_INLINE __half __float2half(float x) {
  return {longhand::simt::float_to_half(x)};
}
LONGHAND_SIMT_INLINE __half __float2half_rn(float x) {
  return __float2half(x);
}
LONGHAND_SIMT_INLINE float __half2float(__half x) {
  return x;
}
LONGHAND_SIMT_INLINE __half __int2half_rn(int x) {
  return __float2half(static_cast<float>(x));
}
LONGHAND_SIMT_INLINE __half __ushort_as_half(unsigned short bits) {
  return {bits};
}
LONGHAND_SIMT_INLINE unsigned short __half_as_ushort(__half x) {
  return x.bits;
}

// Each result is that of float arithmetic, rounded once: a float holds the sum or product of two
// halfs exactly enough that this is what a GPU rounds to.
LONGHAND_SIMT_INLINE __half __hadd(__half a, __half b) {
  return __float2half(float(a) + float(b));
}
LONGHAND_SIMT_INLINE __half __hsub(__half a, __half b) {
  return __float2half(float(a) - float(b));
}
LONGHAND_SIMT_INLINE __half __hmul(__half a, __half b) {
  return __float2half(float(a) * float(b));
}
LONGHAND_SIMT_INLINE __half __hdiv(__half a, __half b) {
  return __float2half(float(a) / float(b));
}
LONGHAND_SIMT_INLINE __half __hneg(__half a) {
  return {static_cast<unsigned short>(a.bits ^ 0x8000U)};
}
LONGHAND_SIMT_INLINE __half __hfma(__half a, __half b, __half c) {
  return __float2half(fmaf(float(a), float(b), float(c)));
}
LONGHAND_SIMT_INLINE __half __hmax(__half a, __half b) {
  return __float2half(fmaxf(float(a), float(b)));
}
LONGHAND_SIMT_INLINE __half __hmin(__half a, __half b) {
  return __float2half(fminf(float(a), float(b)));
}
LONGHAND_SIMT_INLINE bool __hgt(__half a, __half b) {
  return float(a) > float(b);
}
LONGHAND_SIMT_INLINE bool __hlt(__half a, __half b) {
  return float(a) < float(b);
}
LONGHAND_SIMT_INLINE bool __heq(__half a, __half b) {
  return float(a) == float(b);
}
LONGHAND_SIMT_INLINE bool __hisnan(__half a) {
  return float(a) != float(a);
}

LONGHAND_SIMT_INLINE __half operator+(__half a, __half b) {
  return __hadd(a, b);
}
LONGHAND_SIMT_INLINE __half operator-(__half a, __half b) {
  return __hsub(a, b);
}
LONGHAND_SIMT_INLINE __half operator*(__half a, __half b) {
  return __hmul(a, b);
}
LONGHAND_SIMT_INLINE __half operator/(__half a, __half b) {
  return __hdiv(a, b);
}
LONGHAND_SIMT_INLINE __half operator-(__half a) {
  return __hneg(a);
}
LONGHAND_SIMT_INLINE __half& operator+=(__half& a, __half b) {
  return a = a + b;
}
LONGHAND_SIMT_INLINE __half& operator-=(__half& a, __half b) {
  return a = a - b;
}
LONGHAND_SIMT_INLINE __half& operator*=(__half& a, __half b) {
  return a = a * b;
}

LONGHAND_SIMT_INLINE __half2 __halves2half2(__half x, __half y) {
  return {x, y};
}
LONGHAND_SIMT_INLINE __half2 __half2half2(__half x) {
  return {x, x};
}
LONGHAND_SIMT_INLINE __half2 __float2half2_rn(float x) {
  return {__float2half(x), __float2half(x)};
}
LONGHAND_SIMT_INLINE __half2 __floats2half2_rn(float x, float y) {
  return {__float2half(x), __float2half(y)};
}
LONGHAND_SIMT_INLINE __half2 __float22half2_rn(float2 v) {
  return __floats2half2_rn(v.x, v.y);
}
LONGHAND_SIMT_INLINE float2 __half22float2(__half2 v) {
  return {v.x, v.y};
}
LONGHAND_SIMT_INLINE __half __low2half(__half2 v) {
  return v.x;
}
LONGHAND_SIMT_INLINE __half __high2half(__half2 v) {
  return v.y;
}
LONGHAND_SIMT_INLINE float __low2float(__half2 v) {
  return v.x;
}
LONGHAND_SIMT_INLINE float __high2float(__half2 v) {
  return v.y;
}
LONGHAND_SIMT_INLINE __half2 __hadd2(__half2 a, __half2 b) {
  return {a.x + b.x, a.y + b.y};
}
LONGHAND_SIMT_INLINE __half2 __hsub2(__half2 a, __half2 b) {
  return {a.x - b.x, a.y - b.y};
}
LONGHAND_SIMT_INLINE __half2 __hmul2(__half2 a, __half2 b) {
  return {a.x * b.x, a.y * b.y};
}
LONGHAND_SIMT_INLINE __half2 __hfma2(__half2 a, __half2 b, __half2 c) {
  return {__hfma(a.x, b.x, c.x), __hfma(a.y, b.y, c.y)};
}
