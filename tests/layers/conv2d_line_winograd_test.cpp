// Winograd's convolution along lines against the reference, called by itself, at shapes whose pairs
// of outputs, lines, channels and phases do not come out even; and how exact it is.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "layers/conv2d_fast.h"
#include "layers/conv2d_line_winograd.h"
#include "tests/layers/conv2d_versions.h"
#include "tests/support/same_bits.h"

namespace longhand::test {
namespace {

std::vector<ConvCase> cases() {
  const Padding one = Padding::all(1), two = Padding::all(2), three = Padding::all(3);
  return {
      // a stride of one: also by data
      {"one output of 5x5", {1, 1, 5, 5}, 1, {.kernel = 5}},
      {"one pixel amid padding", {2, 3, 1, 1}, 5, {.kernel = 5, .padding = two}},
      {"one pair", {1, 2, 5, 6}, 3, {.kernel = 5}},
      {"1 tap", {2, 3, 6, 9}, 4, {.kernel = {3, 1}, .padding = one}},
      {"2 taps", {2, 3, 6, 9}, 4, {.kernel = {1, 2}}},
      {"3 taps", {2, 3, 8, 8}, 17, {.kernel = 3, .padding = one}},
      {"4 taps", {2, 3, 9, 10}, 6, {.kernel = 4, .padding = two}},
      {"5 taps, even width", {3, 4, 12, 12}, 20, {.kernel = 5, .padding = two}},
      {"5 taps, odd width", {2, 4, 13, 13}, 29, {.kernel = 5, .padding = two}},
      {"no padding, odd output", {2, 6, 11, 15}, 16, {.kernel = 5}},
      {"padding beyond the kernel", {1, 4, 3, 5}, 6, {.kernel = 5, .padding = Padding::all(6)}},
      {"padding on each side",
       {2, 3, 7, 5},
       5,
       {.kernel = 5, .padding = {.top = 4, .left = 0, .bottom = 1, .right = 3}}},
      {"one row", {2, 3, 1, 70}, 4, {.kernel = {1, 5}, .padding = two}},
      {"one column", {2, 3, 70, 1}, 4, {.kernel = {5, 1}, .padding = {.top = 2, .bottom = 2}}},
      {"lines of a vector and a pair", {1, 3, 6, 34}, 20, {.kernel = 5, .padding = two}},
      {"lines apart", {1, 3, 19, 14}, 7, {.kernel = 5, .padding = three, .dilation = {3, 1}}},
      {"more lines than are made at a time", {2, 17, 40, 66}, 3, {.kernel = 5, .padding = two}},
      {"3 groups", {2, 6, 8, 10}, 42, {.kernel = 5, .padding = two}, 3},
      {"depthwise", {2, 5, 9, 8}, 5, {.kernel = 5, .padding = two}, 5},
      // forward only
      {"7x7 stride 2", {2, 3, 20, 20}, 16, {.kernel = 7, .stride = 2, .padding = three}},
      {"7x7 stride 2, odd", {3, 2, 19, 17}, 15, {.kernel = 7, .stride = 2, .padding = three}},
      {"7x7 stride 2, many lines",
       {2, 3, 120, 110},
       4,
       {.kernel = 7, .stride = 2, .padding = three}},
      {"11x11 stride 4", {2, 3, 43, 43}, 18, {.kernel = 11, .stride = 4}},
      {"11x11 stride 4, even", {1, 2, 40, 48}, 9, {.kernel = 11, .stride = 4, .padding = two}},
      {"5x5 stride 2", {2, 4, 17, 23}, 7, {.kernel = 5, .stride = 2, .padding = two}},
      {"phases of five", {1, 2, 16, 30}, 5, {.kernel = {3, 10}, .stride = {3, 2}}},
      {"strides 2 and 1", {1, 3, 15, 14}, 5, {.kernel = 5, .stride = {2, 1}, .padding = two}},
      {"strides 1 and 3", {1, 3, 9, 32}, 5, {.kernel = 7, .stride = {1, 3}, .padding = three}},
      {"a stride above the kernel", {2, 2, 9, 33}, 3, {.kernel = 3, .stride = 4}},
      {"a stride above the kernel in lines",
       {1, 2, 9, 12},
       3,
       {.kernel = {2, 5}, .stride = {3, 1}}},
      {"2 groups, stride 2", {1, 4, 14, 14}, 8, {.kernel = 7, .stride = 2, .padding = three}, 2},
  };
}

// By weights, and where it can't, by data, as the reference: nothing to compare.
Outcome line_winograd(const Conv2dGeometry& g, bool bias) {
  const auto data = fast::line_winograd::computes_backward_data(g)
                        ? fast::line_winograd::conv2d_backward_data
                        : ref::conv2d_backward_data;
  return run(g, bias, fast::line_winograd::conv2d_forward, data, ref::conv2d_backward_weights);
}

Conv2dGeometry shape(const Shape& x, int out, const Window& window) {
  return conv2d_geometry(x, {out, x.c, window.kernel.h, window.kernel.w}, window, 1);
}

}  // namespace

TEST_CASE("Winograd's convolution along lines is the reference, at any number of threads") {
  int by_data = 0;
  for (const ConvCase& c : cases()) {
    const Conv2dGeometry g = geometry(c);
    REQUIRE_MESSAGE(fast::line_winograd::computes_forward(g), c.name);
    if (fast::line_winograd::computes_backward_data(g)) ++by_data;
    check_versions(c, line_winograd);
  }
  CHECK(by_data == 19);
}

TEST_CASE("its bits do not depend on the threads") {
  for (const ConvCase& c : cases()) {
    INFO(c.name);
    const auto outcome = [g = geometry(c)] { return line_winograd(g, true); };
    const Outcome one = with_threads(1, outcome), three = with_threads(3, outcome);
    CHECK(same_bits(one.y, three.y));
    CHECK(same_bits(one.dx, three.dx));
  }
}

TEST_CASE("what it does not compute") {
  const auto computes = [](const Window& window) {
    const Conv2dGeometry g = shape({1, 2, 40, 40}, 3, window);
    return fast::line_winograd::computes_forward(g) ||
           fast::line_winograd::computes_backward_data(g);
  };
  CHECK(computes({.kernel = 5}));
  CHECK_FALSE(computes({.kernel = 6}));
  CHECK_FALSE(computes({.kernel = 5, .dilation = {1, 2}}));
  CHECK_FALSE(computes({.kernel = 7, .stride = {2, 1}}));
  const Conv2dGeometry strided = shape({1, 2, 40, 40}, 3, {.kernel = 5, .stride = {2, 1}});
  CHECK(fast::line_winograd::computes_forward(strided));
  CHECK_FALSE(fast::line_winograd::computes_backward_data(strided));
}

TEST_CASE("it is chosen where it multiplies less and wastes little") {
  const auto forward = [](const Shape& x, int out, const Window& window) {
    return fast::line_winograd::suits_forward(shape(x, out, window));
  };
  const auto by_data = [](const Shape& x, int out, const Window& window) {
    return fast::line_winograd::suits_backward_data(shape(x, out, window));
  };
  const Padding two = Padding::all(2), three = Padding::all(3);
  // too small for a matrix unit
  CHECK(forward({1, 1, 28, 28}, 20, {.kernel = 5}));
  CHECK(by_data({1, 1, 28, 28}, 20, {.kernel = 5}));
  CHECK(forward({1, 3, 64, 64}, 16, {.kernel = 7, .stride = 2, .padding = three}));
  CHECK_FALSE(by_data({1, 3, 64, 64}, 16, {.kernel = 7, .stride = 2, .padding = three}));
  CHECK_FALSE(forward({1, 1, 28, 28}, 20, {.kernel = 3}));
  CHECK_FALSE(forward({1, 3, 64, 64}, 16, {.kernel = 3, .stride = 2}));
  CHECK_FALSE(forward({1, 1, 6, 6}, 20, {.kernel = 5}));
  CHECK_FALSE(forward({1, 1, 9, 80}, 20, {.kernel = {9, 80}, .padding = two}));
}

// What docs/fast_cpu.md says of its accuracy: beside sums in double.
TEST_CASE("how exact it is") {
  const Padding two = Padding::all(2), three = Padding::all(3);
  const Conv2dGeometry shapes[] = {
      shape({1, 3, 56, 56}, 16, {.kernel = 7, .stride = 2, .padding = three}),
      shape({1, 3, 83, 83}, 16, {.kernel = 11, .stride = 4}),
      shape({1, 64, 12, 12}, 16, {.kernel = 5, .padding = two})};
  for (const Conv2dGeometry& g : shapes) {
    const double error =
        forward_error(g, "Winograd along lines", fast::line_winograd::conv2d_forward);
    CHECK(error <= (sizeof(real) == 8 ? 2e-14 : 6e-6));
  }
}

}  // namespace longhand::test
