// CUDA's small vectors and dim3, with the sizes and alignments that they have under nvcc.
#pragma once

#define LONGHAND_SIMT_VECTORS(name, type, bytes)                     \
  struct name##1 {                                                   \
    type x;                                                          \
  };                                                                 \
  struct alignas(2 * (bytes)) name##2 {                              \
    type x, y;                                                       \
  };                                                                 \
  struct name##3 {                                                   \
    type x, y, z;                                                    \
  };                                                                 \
  struct alignas((bytes) >= 4 ? 16 : 4 * (bytes)) name##4 {          \
    type x, y, z, w;                                                 \
  };                                                                 \
  constexpr name##1 make_##name##1(type x) {                         \
    return {x};                                                      \
  }                                                                  \
  constexpr name##2 make_##name##2(type x, type y) {                 \
    return {x, y};                                                   \
  }                                                                  \
  constexpr name##3 make_##name##3(type x, type y, type z) {         \
    return {x, y, z};                                                \
  }                                                                  \
  constexpr name##4 make_##name##4(type x, type y, type z, type w) { \
    return {x, y, z, w};                                             \
  }

LONGHAND_SIMT_VECTORS(char, signed char, 1)
LONGHAND_SIMT_VECTORS(uchar, unsigned char, 1)
LONGHAND_SIMT_VECTORS(short, short, 2)
LONGHAND_SIMT_VECTORS(ushort, unsigned short, 2)
LONGHAND_SIMT_VECTORS(int, int, 4)
LONGHAND_SIMT_VECTORS(uint, unsigned int, 4)
LONGHAND_SIMT_VECTORS(float, float, 4)
LONGHAND_SIMT_VECTORS(longlong, long long, 8)
LONGHAND_SIMT_VECTORS(ulonglong, unsigned long long, 8)
LONGHAND_SIMT_VECTORS(double, double, 8)
#undef LONGHAND_SIMT_VECTORS

// The size of a grid or a block; what is not given is 1.
struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}
  constexpr dim3(uint3 v) : x(v.x), y(v.y), z(v.z) {}
  constexpr operator uint3() const { return {x, y, z}; }
};
