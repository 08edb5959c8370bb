// Winograd's convolution against the reference, called by itself, at shapes whose tiles, channels
// and rows do not come out even; and how exact it is.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "layers/conv2d_fast.h"
#include "layers/conv2d_winograd.h"
#include "tests/layers/conv2d_versions.h"
#include "tests/support/same_bits.h"

namespace longhand::test {
namespace {

std::vector<ConvCase> cases() {
  const Window none{.kernel = 3}, one{.kernel = 3, .padding = Padding::all(1)};
  const auto padded = [](const Padding& padding) {
    return Window{.kernel = 3, .padding = padding};
  };
  return {
      {"one tile", {1, 1, 4, 4}, 1, none},
      {"one output", {1, 3, 3, 3}, 5, none},
      {"one output amid padding", {2, 3, 1, 1}, 5, one},
      {"even size", {2, 16, 8, 8}, 16, one},
      {"odd size, a channel more than a vector", {3, 17, 7, 9}, 33, one},
      {"no padding, odd output", {2, 18, 9, 7}, 15, none},
      {"padding 2", {2, 5, 6, 5}, 7, padded(Padding::all(2))},
      {"padding beyond the kernel", {1, 4, 3, 5}, 6, padded(Padding::all(4))},
      {"padding on each side",
       {2, 16, 7, 5},
       16,
       padded({.top = 2, .left = 0, .bottom = 1, .right = 3})},
      {"padding below only",
       {1, 3, 5, 6},
       4,
       padded({.top = 0, .left = 0, .bottom = 2, .right = 1})},
      {"rows longer than a vector", {1, 6, 5, 67}, 20, one},
      {"rows of one vector and a tile", {1, 6, 6, 34}, 20, one},
      {"one row", {2, 3, 1, 40}, 4, one},
      {"one column", {2, 3, 40, 1}, 4, one},
      {"blocks that cut images", {5, 260, 13, 13}, 6, one},
      {"more channels than a block", {1, 6, 11, 12}, 270, one},
      {"a large U", {1, 96, 16, 14}, 96, one},
      {"3 groups", {2, 51, 8, 6}, 54, one, 3},
      {"depthwise", {2, 5, 9, 8}, 5, one, 5},
  };
}

Outcome winograd(const Conv2dGeometry& g, bool bias) {
  return run(g, bias, fast::winograd::conv2d_forward, fast::winograd::conv2d_backward_data,
             fast::winograd::conv2d_backward_weights);
}

}  // namespace

TEST_CASE("Winograd's convolution is the reference, at any number of threads") {
  for (const ConvCase& c : cases()) check_versions(c, winograd);
}

TEST_CASE("Winograd's convolution repeats to the bit") {
  for (const ConvCase& c : cases()) {
    INFO(c.name);
    const auto outcome = [g = geometry(c)] { return winograd(g, true); };
    const Outcome one = with_threads(1, outcome), three = with_threads(3, outcome);
    // The weights' gradient sums over threads, so it repeats for the same number of them.
    const Outcome again = with_threads(3, outcome);
    CHECK(same_bits(one.y, three.y));
    CHECK(same_bits(one.dx, three.dx));
    CHECK(same_bits(three.dw, again.dw));
  }
}

TEST_CASE("it is chosen for wide layers of 3x3 kernels that move by one") {
  const auto chosen = [](const Shape& x, int out, const Window& window) {
    const Conv2dGeometry g =
        conv2d_geometry(x, {out, x.c, window.kernel.h, window.kernel.w}, window, 1);
    return fast::winograd::suits_forward(g) && fast::winograd::suits_backward_data(g) &&
           fast::winograd::suits_backward_weights(g);
  };
  const Padding one = Padding::all(1);
  CHECK(chosen({8, 64, 56, 56}, 64, {.kernel = 3, .padding = one}));
  CHECK_FALSE(chosen({8, 3, 56, 56}, 64, {.kernel = 3, .padding = one}));
  CHECK_FALSE(chosen({8, 64, 56, 56}, 64, {.kernel = 3, .stride = 2, .padding = one}));
  CHECK_FALSE(chosen({8, 64, 56, 56}, 64, {.kernel = 3, .padding = one, .dilation = 2}));
  CHECK_FALSE(chosen({8, 64, 56, 56}, 64, {.kernel = {3, 1}}));
  CHECK_FALSE(chosen({1, 64, 6, 6}, 64, {.kernel = 3, .padding = one}));
}

// What docs/fast_cpu.md says of its accuracy: the sums of 64 channels in double, by the loop of the
// formula, beside both versions.
TEST_CASE("how exact it is") {
  const Conv2dGeometry g =
      geometry({"", {1, 64, 12, 12}, 16, {.kernel = 3, .padding = Padding::all(1)}});
  const double error = forward_error(g, "Winograd", fast::winograd::conv2d_forward);
  CHECK(error <= (sizeof(real) == 8 ? 1e-14 : 3e-6));
}

}  // namespace longhand::test
