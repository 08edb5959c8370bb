// Shape: the four extents of a tensor, and the place of an element in memory.
#pragma once

#include <cassert>
#include <cstdint>
#include <string>

namespace longhand {

// n images (or output channels, for weights) of c channels, h rows and w columns. A vector of
// features is c x 1 x 1. All extents are at least 1, except in the empty default shape.
struct Shape {
  int n = 0;
  int c = 1;
  int h = 1;
  int w = 1;

  constexpr std::int64_t size() const { return static_cast<std::int64_t>(n) * c * h * w; }
  friend bool operator==(const Shape&, const Shape&) = default;
};

// Where element (n, c, h, w) lies in contiguous NCHW memory: the last index runs fastest. The debug
// build stops at an index outside the shape.
constexpr std::int64_t at(const Shape& shape, int n, int c, int h, int w) {
  assert(n >= 0 && n < shape.n && c >= 0 && c < shape.c);
  assert(h >= 0 && h < shape.h && w >= 0 && w < shape.w);
  return ((static_cast<std::int64_t>(n) * shape.c + c) * shape.h + h) * shape.w + w;
}

// The four indices of an element.
struct Index {
  int n, c, h, w;
};

// Those of the element that lies at `offset` in contiguous NCHW memory: at() the other way round.
constexpr Index index_at(const Shape& shape, std::int64_t offset) {
  const std::int64_t w = offset % shape.w, h = offset / shape.w % shape.h;
  const std::int64_t image = offset / shape.w / shape.h;
  return {static_cast<int>(image / shape.c), static_cast<int>(image % shape.c), static_cast<int>(h),
          static_cast<int>(w)};
}

// "64x1x28x28"
std::string to_string(const Shape& shape);

// "(n, c, h, w) = (0, 2, 5, 5)": the four indices of the element that lies at `offset`.
std::string index_string(const Shape& shape, std::int64_t offset);

// Throws ShapeError unless every extent is at least 1 and there are at most 2^40 elements.
void require_valid(const Shape& shape, const std::string& what);

}  // namespace longhand
