// The poolings that the tests of the kernels run.
#pragma once

#include <doctest/doctest.h>

#include <string>

#include "layers/pool2d.h"

namespace longhand::test {

// Calls f with the geometry of each.
template <class F>
void for_each_pool2d(F f) {
  struct Case {
    std::string name;
    Shape x;
    Window window;
  };
  const Padding per_side{.top = 1, .left = 0, .bottom = 0, .right = 2};
  const Case cases[] = {
      {"1x1 image, batch 1", {1, 1, 1, 1}, {}},
      {"2x2", {2, 3, 6, 4}, {.kernel = 2, .stride = 2}},
      {"tiles of 3x2", {2, 2, 9, 8}, {.kernel = {3, 2}, .stride = {3, 2}}},
      {"tiles of 2x3", {2, 2, 4, 9}, {.kernel = {2, 3}, .stride = {2, 3}}},
      {"rows left over", {2, 2, 7, 6}, {.kernel = 2, .stride = 2}},
      {"columns left over", {2, 2, 6, 7}, {.kernel = 2, .stride = 2}},
      {"rows and columns left over", {2, 2, 7, 5}, {.kernel = 2, .stride = 2}},
      {"overlapping windows", {2, 2, 7, 6}, {.kernel = 3, .stride = {1, 2}}},
      {"overlapping windows, padding", {2, 2, 5, 6}, {3, 2, Padding::all(1)}},
      {"stride above kernel", {2, 2, 8, 9}, {.kernel = 2, .stride = {3, 4}}},
      {"1x1 kernel, stride 2", {1, 2, 5, 4}, {.kernel = 1, .stride = 2}},
      {"padding on each side", {2, 2, 5, 6}, {{2, 3}, {2, 1}, per_side}},
      {"padding as wide as it may be", {1, 2, 4, 3}, {4, {1, 3}, Padding::all(3)}},
      {"kernel above the image", {1, 1, 2, 2}, {4, 1, Padding::all(2)}},
      {"the whole image", {2, 2, 4, 6}, {.kernel = {4, 6}}},
      {"more than a block of numbers", {3, 5, 9, 11}, {3, 1, Padding::all(1)}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    f(pool2d_geometry(c.x, c.window, "pool2d"));
  }
}

}  // namespace longhand::test
