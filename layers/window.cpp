#include "layers/window.h"

#include <algorithm>
#include <cstdint>

#include "core/error.h"

namespace longhand {

namespace {

// The rows (or columns) that a dilated kernel reaches over.
std::int64_t reach(int kernel, int dilation) {
  return static_cast<std::int64_t>(dilation) * (kernel - 1) + 1;
}

int same_total(int size, int kernel, int stride, int dilation) {
  const std::int64_t outputs = (static_cast<std::int64_t>(size) + stride - 1) / stride;
  const std::int64_t total = (outputs - 1) * stride + reach(kernel, dilation) - size;
  return static_cast<int>(std::max<std::int64_t>(total, 0));
}

}  // namespace

std::string to_string(const Size2& size) {
  return std::to_string(size.h) + "x" + std::to_string(size.w);
}

void require_valid(const Window& window, std::string_view layer) {
  const auto require = [&](const char* name, int value, int least, int most) {
    if (value >= least && value <= most) return;
    throw ValueError(std::string(layer) + ": " + name + " must be from " + std::to_string(least) +
                     " to " + std::to_string(most) + ", but is " + std::to_string(value));
  };
  constexpr int most = 1 << 20;
  for (const int value : {window.kernel.h, window.kernel.w}) require("kernel", value, 1, most);
  for (const int value : {window.stride.h, window.stride.w}) require("stride", value, 1, most);
  for (const int value : {window.dilation.h, window.dilation.w}) {
    require("dilation", value, 1, most);
  }
  const Padding& p = window.padding;
  for (const int value : {p.top, p.left, p.bottom, p.right}) require("padding", value, 0, most);
}

Padding resolve_padding(const Window& window, const Shape& x) {
  if (!window.padding.automatic) return window.padding;
  const int rows = same_total(x.h, window.kernel.h, window.stride.h, window.dilation.h);
  const int columns = same_total(x.w, window.kernel.w, window.stride.w, window.dilation.w);
  return {rows / 2, columns / 2, rows - rows / 2, columns - columns / 2};
}

Size2 output_size(const Window& window, const Shape& x, std::string_view layer) {
  const Padding p = resolve_padding(window, x);
  const std::int64_t free_h =
      static_cast<std::int64_t>(x.h) + p.top + p.bottom - reach(window.kernel.h, window.dilation.h);
  const std::int64_t free_w =
      static_cast<std::int64_t>(x.w) + p.left + p.right - reach(window.kernel.w, window.dilation.w);
  if (free_h < 0 || free_w < 0) {
    throw ShapeError(std::string(layer) + ": input " + to_string(x) +
                     " with its padding is smaller than the " + to_string(window.kernel) +
                     " kernel with its dilation");
  }
  return {static_cast<int>(free_h / window.stride.h) + 1,
          static_cast<int>(free_w / window.stride.w) + 1};
}

}  // namespace longhand
