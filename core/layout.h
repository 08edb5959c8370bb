// Layout: how a tensor's numbers lie in memory.
#pragma once

#include <cstdint>
#include <string>

#include "core/shape.h"

namespace longhand {

// `lanes` puts the same element of 16 images into the 16 lanes of a vector register, so that a
// loop over one image becomes a loop over 16 by taking a vector for every number. Where the batch
// is no multiple of 16, the last block is filled up with lanes that stand for no image.
enum class Layout {
  nchw,   // [n][c][h][w]: one image after the other
  lanes,  // [n/16][c][h][w][16 images]
};

// Images in a block of Layout::lanes, on every CPU: 64 bytes of float, whatever a register holds.
inline constexpr int lane_count = 16;

// "nchw" or "lanes"
std::string to_string(Layout layout);

// Blocks of 16 images that a batch of n takes.
constexpr int lane_blocks(int n) {
  return (n + lane_count - 1) / lane_count;
}

// How many numbers memory holds for that shape: more than shape.size() where lanes are left over.
constexpr std::int64_t stored_size(const Shape& shape, Layout layout) {
  if (layout == Layout::nchw) return shape.size();
  return Shape{lane_blocks(shape.n) * lane_count, shape.c, shape.h, shape.w}.size();
}

// Where the element (n, c, h, w) lies.
constexpr std::int64_t at(const Shape& shape, Layout layout, int n, int c, int h, int w) {
  if (layout == Layout::nchw) return at(shape, n, c, h, w);
  return at(shape, n / lane_count, c, h, w) * lane_count + n % lane_count;
}

}  // namespace longhand
