#include "layers/pool2d.h"

#include "core/error.h"

namespace longhand {

void require_valid_pool(const Window& window, std::string_view layer) {
  require_valid(window, layer);
  const Padding& p = window.padding;
  if (p.top >= window.kernel.h || p.bottom >= window.kernel.h || p.left >= window.kernel.w ||
      p.right >= window.kernel.w) {
    throw ValueError(std::string(layer) + ": padding (top " + std::to_string(p.top) + ", left " +
                     std::to_string(p.left) + ", bottom " + std::to_string(p.bottom) + ", right " +
                     std::to_string(p.right) + ") must be smaller than the kernel " +
                     to_string(window.kernel));
  }
}

Pool2dGeometry pool2d_geometry(const Shape& x, const Window& window, std::string_view layer) {
  const Size2 out = output_size(window, x, layer);
  const Padding padding = resolve_padding(window, x);
  return {.x = x,
          .y = {x.n, x.c, out.h, out.w},
          .kernel_h = window.kernel.h,
          .kernel_w = window.kernel.w,
          .stride_h = window.stride.h,
          .stride_w = window.stride.w,
          .padding_top = padding.top,
          .padding_left = padding.left};
}

std::string describe_pool(const Window& window) {
  std::string text = " " + to_string(window.kernel);
  if (window.padding.automatic) text += " same";
  return text + ", stride " + to_string(window.stride);
}

Pool2dGeometry pool2d_block_geometry(const Pool2dGeometry& g) {
  Pool2dGeometry block = g;
  block.x.n = block.y.n = lane_count;
  block.layout = Layout::lanes;
  return block;
}

}  // namespace longhand
