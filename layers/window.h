// What convolution and pooling share: a kernel-sized window that slides over a padded image.
#pragma once

#include <string>
#include <string_view>

#include "core/shape.h"

namespace longhand {

// An extent for rows and columns; one number stands for both.
struct Size2 {
  Size2(int both) : h(both), w(both) {}  // NOLINT(google-explicit-constructor): so 5 means 5x5
  Size2(int h_, int w_) : h(h_), w(w_) {}
  int h, w;
  friend bool operator==(const Size2&, const Size2&) = default;
};

// "5x3"
std::string to_string(const Size2& size);

// Rows and columns of padding on each side of the image.
struct Padding {
  int top = 0, left = 0, bottom = 0, right = 0;
  bool automatic = false;  // `same`: worked out from the image's size

  static Padding valid() { return {}; }
  static Padding all(int side) { return {side, side, side, side}; }
  static Padding rows_columns(int rows, int columns) { return {rows, columns, rows, columns}; }

  // As much as makes the output ceil(input / stride) rows and columns; where the sum is odd, the
  // extra row goes below and the extra column to the right.
  static Padding same() { return {0, 0, 0, 0, true}; }
};

// A window: its kernel, how far it moves, and how far apart its elements are.
struct Window {
  Size2 kernel = 1;
  Size2 stride = 1;
  Padding padding = {};
  Size2 dilation = 1;
};

// Throws ValueError naming the layer when an option is out of its range.
void require_valid(const Window& window, std::string_view layer);

// The padding in numbers for an image of x.h rows and x.w columns.
Padding resolve_padding(const Window& window, const Shape& x);

// How many places the window has, as rows and columns of the output:
//   floor((h + top + bottom - dilation * (kernel - 1) - 1) / stride) + 1
// (Dumoulin, Visin 2016, relationship 15). ShapeError when the window does not fit even once.
Size2 output_size(const Window& window, const Shape& x, std::string_view layer);

// Whether row h and column w lie in the image, not in its padding.
constexpr bool inside(const Shape& x, int h, int w) {
  return h >= 0 && h < x.h && w >= 0 && w < x.w;
}

}  // namespace longhand
