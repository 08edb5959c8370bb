// The versions of the convolution on cuda, each held against the loops of ref.
#pragma once

#include "core/error.h"
#include "cuda/conv2d/versions.h"
#include "layers/cases.h"
#include "tests/cuda/on_device.h"

namespace longhand::test {

// Calls f with the geometry of each convolution in layers/cases.h, and whether it has a bias.
template <class F>
void for_each_case(F f) {
  int cases = 0;
  for (const LayerCase& c : layer_cases("conv2d")) {
    CAPTURE(c.name);
    const auto layer = c.make();
    const auto& conv = dynamic_cast<const Conv2d&>(*layer);
    f(conv.geometry(c.x, Layout::nchw), conv.has_bias());
    ++cases;
  }
  REQUIRE(cases > 0);
}

// Whether it fits; if so, it gives the very numbers of ref.
inline bool check_version(cuda::Conv2dVersion version, const Conv2dGeometry& g, bool bias) {
  CAPTURE(to_string(version));
  if (!fits(version, g)) return false;
  const Tensor x = whole_numbers(g.x, 1), w = whole_numbers(g.w, 2);
  const Tensor b = whole_numbers({g.y.c}, 3), dy = whole_numbers(g.y, 4);
  const DeviceArray<real> device_x = on_device(x), device_w = on_device(w);
  const DeviceArray<real> device_b = on_device(b), device_dy = on_device(dy);

  // y and dx are garbage before; dw holds what earlier batches have added.
  Tensor y(g.y), dx(g.x), dw(g.w);
  dw.fill(1);
  DeviceArray<real> device_y(static_cast<std::size_t>(y.size()));
  DeviceArray<real> device_dx(static_cast<std::size_t>(dx.size()));
  const DeviceArray<real> device_dw = on_device(dw);

  ref::conv2d_forward(g, x.data(), w.data(), bias ? b.data() : nullptr, y.data());
  cuda::conv2d_forward(version, g, device_x.data(), device_w.data(),
                       bias ? device_b.data() : nullptr, device_y.data());
  check_same("y", device_y, y);
  ref::conv2d_backward_data(g, dy.data(), w.data(), dx.data());
  cuda::conv2d_backward_data(version, g, device_dy.data(), device_w.data(), device_dx.data());
  check_same("dx", device_dx, dx);
  ref::conv2d_backward_weights(g, x.data(), dy.data(), dw.data());
  cuda::conv2d_backward_weights(version, g, device_x.data(), device_dy.data(), device_dw.data());
  check_same("dw", device_dw, dw);
  return true;
}

// Calls f with shapes that are just beyond the sizes in which the versions cut their work.
template <class F>
void for_each_edge(F f) {
  const auto edge = [&](const std::string& name, const Shape& x, int out, const Window& window,
                        int groups = 1) {
    CAPTURE(name);
    const Shape w{out, x.c / groups, window.kernel.h, window.kernel.w};
    f(conv2d_geometry(x, w, window, groups));
  };
  const Padding per_side{.top = 2, .left = 0, .bottom = 1, .right = 3};
  edge("lenet, 1 to 6", {3, 1, 28, 28}, 6, {.kernel = 5, .padding = Padding::all(2)});
  edge("lenet, 6 to 16", {9, 6, 14, 14}, 16, {.kernel = 5});
  edge("lenet, 20 to 50", {5, 20, 14, 14}, 50, {.kernel = 5, .padding = Padding::same()});
  edge("a kernel as large as the image", {9, 16, 5, 5}, 24, {.kernel = 5});
  edge("several bands and many channels", {2, 13, 35, 33}, 33, {.kernel = 3, .padding = per_side});
  edge("rows of several tiles", {1, 2, 3, 135}, 9, {.kernel = 3, .padding = Padding::same()});
  edge("a row beyond a block's strips", {1, 1, 3, 1030}, 1, {.kernel = 3});
  edge("groups of many channels", {3, 24, 7, 9}, 22, {.kernel = 3, .padding = Padding::all(1)}, 2);
  edge("stride 2", {3, 9, 21, 19}, 17, {.kernel = 3, .stride = 2, .padding = Padding::all(1)});
  edge("a large kernel, stride 4", {2, 3, 39, 41}, 10,
       {.kernel = 11, .stride = 4, .padding = Padding::all(2)});
  edge("more taps than a block has", {1, 2, 20, 20}, 3, {.kernel = {17, 16}});
  edge("dilation that no tile holds", {1, 1, 1, 14001}, 1, {.kernel = {1, 2}, .dilation = 14000});
  edge("1x1, many channels", {3, 70, 6, 7}, 130, {.kernel = 1});
  edge("1x1, planes of whole packs", {3, 21, 6, 6}, 37, {.kernel = 1});
  edge("a tap beside planes of whole packs", {2, 8, 8, 8}, 9,
       {.kernel = 2, .stride = 2, .padding = {.bottom = 2, .right = 2}, .dilation = 3});
  edge("1x1, stride 2", {2, 20, 7, 7}, 9, {.kernel = 1, .stride = 2});
}

}  // namespace longhand::test
