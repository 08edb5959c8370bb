// Stands in for CUDA's header of this name in builds that run kernels on the CPU: bfloat16 and
// pairs of it. They have no constructors, so that they may be __shared__: make them with
// __float2bfloat16.
#pragma once

#include "cuda_runtime.h"
#include "simt/small_floats.h"

struct __nv_bfloat16 {
  unsigned short bits;
  LONGHAND_SIMT_INLINE operator float() const { return longhand::simt::bfloat_to_float(bits); }
};
struct alignas(4) __nv_bfloat162 {
  __nv_bfloat16 x, y;
};
using nv_bfloat16 = __nv_bfloat16;
using nv_bfloat162 = __nv_bfloat162;

LONGHAND_SIMT_INLINE __nv_bfloat16 __float2bfloat16(float x) {
  return {longhand::simt::float_to_bfloat(x)};
}
LONGHAND_SIMT_INLINE __nv_bfloat16 __float2bfloat16_rn(float x) {
  return __float2bfloat16(x);
}
LONGHAND_SIMT_INLINE float __bfloat162float(__nv_bfloat16 x) {
  return x;
}
LONGHAND_SIMT_INLINE __nv_bfloat16 __int2bfloat16_rn(int x) {
  return __float2bfloat16(static_cast<float>(x));
}
LONGHAND_SIMT_INLINE __nv_bfloat16 __ushort_as_bfloat16(unsigned short bits) {
  return {bits};
}
LONGHAND_SIMT_INLINE unsigned short __bfloat16_as_ushort(__nv_bfloat16 x) {
  return x.bits;
}

// Each result is that of float arithmetic, rounded once: a float holds the sum or product of two
// bfloat16s exactly enough that this is what a GPU rounds to.
LONGHAND_SIMT_INLINE __nv_bfloat16 __hadd(__nv_bfloat16 a, __nv_bfloat16 b) {
  return __float2bfloat16(float(a) + float(b));
}
LONGHAND_SIMT_INLINE __nv_bfloat16 __hsub(__nv_bfloat16 a, __nv_bfloat16 b) {
  return __float2bfloat16(float(a) - float(b));
}
LONGHAND_SIMT_INLINE __nv_bfloat16 __hmul(__nv_bfloat16 a, __nv_bfloat16 b) {
  return __float2bfloat16(float(a) * float(b));
}
LONGHAND_SIMT_INLINE __nv_bfloat16 __hdiv(__nv_bfloat16 a, __nv_bfloat16 b) {
  return __float2bfloat16(float(a) / float(b));
}
LONGHAND_SIMT_INLINE __nv_bfloat16 __hneg(__nv_bfloat16 a) {
  return {static_cast<unsigned short>(a.bits ^ 0x8000U)};
}
LONGHAND_SIMT_INLINE __nv_bfloat16 __hfma(__nv_bfloat16 a, __nv_bfloat16 b, __nv_bfloat16 c) {
  return __float2bfloat16(fmaf(float(a), float(b), float(c)));
}
LONGHAND_SIMT_INLINE __nv_bfloat16 __hmax(__nv_bfloat16 a, __nv_bfloat16 b) {
  return __float2bfloat16(fmaxf(float(a), float(b)));
}
LONGHAND_SIMT_INLINE __nv_bfloat16 __hmin(__nv_bfloat16 a, __nv_bfloat16 b) {
  return __float2bfloat16(fminf(float(a), float(b)));
}
LONGHAND_SIMT_INLINE bool __hgt(__nv_bfloat16 a, __nv_bfloat16 b) {
  return float(a) > float(b);
}
LONGHAND_SIMT_INLINE bool __hlt(__nv_bfloat16 a, __nv_bfloat16 b) {
  return float(a) < float(b);
}
LONGHAND_SIMT_INLINE bool __heq(__nv_bfloat16 a, __nv_bfloat16 b) {
  return float(a) == float(b);
}
LONGHAND_SIMT_INLINE bool __hisnan(__nv_bfloat16 a) {
  return float(a) != float(a);
}

LONGHAND_SIMT_INLINE __nv_bfloat16 operator+(__nv_bfloat16 a, __nv_bfloat16 b) {
  return __hadd(a, b);
}
LONGHAND_SIMT_INLINE __nv_bfloat16 operator-(__nv_bfloat16 a, __nv_bfloat16 b) {
  return __hsub(a, b);
}
LONGHAND_SIMT_INLINE __nv_bfloat16 operator*(__nv_bfloat16 a, __nv_bfloat16 b) {
  return __hmul(a, b);
}
LONGHAND_SIMT_INLINE __nv_bfloat16 operator/(__nv_bfloat16 a, __nv_bfloat16 b) {
  return __hdiv(a, b);
}
LONGHAND_SIMT_INLINE __nv_bfloat16 operator-(__nv_bfloat16 a) {
  return __hneg(a);
}
LONGHAND_SIMT_INLINE __nv_bfloat16& operator+=(__nv_bfloat16& a, __nv_bfloat16 b) {
  return a = a + b;
}
LONGHAND_SIMT_INLINE __nv_bfloat16& operator-=(__nv_bfloat16& a, __nv_bfloat16 b) {
  return a = a - b;
}
LONGHAND_SIMT_INLINE __nv_bfloat16& operator*=(__nv_bfloat16& a, __nv_bfloat16 b) {
  return a = a * b;
}

LONGHAND_SIMT_INLINE __nv_bfloat162 __halves2bfloat162(__nv_bfloat16 x, __nv_bfloat16 y) {
  return {x, y};
}
LONGHAND_SIMT_INLINE __nv_bfloat162 __bfloat162bfloat162(__nv_bfloat16 x) {
  return {x, x};
}
LONGHAND_SIMT_INLINE __nv_bfloat162 __float2bfloat162_rn(float x) {
  return {__float2bfloat16(x), __float2bfloat16(x)};
}
LONGHAND_SIMT_INLINE __nv_bfloat162 __floats2bfloat162_rn(float x, float y) {
  return {__float2bfloat16(x), __float2bfloat16(y)};
}
LONGHAND_SIMT_INLINE __nv_bfloat162 __float22bfloat162_rn(float2 v) {
  return __floats2bfloat162_rn(v.x, v.y);
}
LONGHAND_SIMT_INLINE float2 __bfloat1622float2(__nv_bfloat162 v) {
  return {v.x, v.y};
}
LONGHAND_SIMT_INLINE __nv_bfloat16 __low2bfloat16(__nv_bfloat162 v) {
  return v.x;
}
LONGHAND_SIMT_INLINE __nv_bfloat16 __high2bfloat16(__nv_bfloat162 v) {
  return v.y;
}
LONGHAND_SIMT_INLINE float __low2float(__nv_bfloat162 v) {
  return v.x;
}
LONGHAND_SIMT_INLINE float __high2float(__nv_bfloat162 v) {
  return v.y;
}
LONGHAND_SIMT_INLINE __nv_bfloat162 __hadd2(__nv_bfloat162 a, __nv_bfloat162 b) {
  return {a.x + b.x, a.y + b.y};
}
LONGHAND_SIMT_INLINE __nv_bfloat162 __hsub2(__nv_bfloat162 a, __nv_bfloat162 b) {
  return {a.x - b.x, a.y - b.y};
}
LONGHAND_SIMT_INLINE __nv_bfloat162 __hmul2(__nv_bfloat162 a, __nv_bfloat162 b) {
  return {a.x * b.x, a.y * b.y};
}
LONGHAND_SIMT_INLINE __nv_bfloat162 __hfma2(__nv_bfloat162 a, __nv_bfloat162 b, __nv_bfloat162 c) {
  return {__hfma(a.x, b.x, c.x), __hfma(a.y, b.y, c.y)};
}
