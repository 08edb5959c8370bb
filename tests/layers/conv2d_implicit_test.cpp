// The versions of Device::cpu's convolution against the reference, each called by itself, at shapes
// that reach all of their branches.
#include <doctest/doctest.h>

#include <string>

#include "layers/conv2d_fast.h"
#include "tests/layers/conv2d_versions.h"
#include "tests/support/same_bits.h"

namespace longhand::test {
namespace {

std::vector<ConvCase> cases() {
  const Padding per_side{.top = 2, .left = 0, .bottom = 1, .right = 3};
  const Padding one = Padding::all(1);
  const Padding above{.top = 1}, before{.left = 1}, below{.bottom = 2}, behind{.right = 2};
  return {
      {"one tile", {1, 2, 6, 5}, 4, {.kernel = 3}},
      {"rows longer than a tile, batch 1", {1, 3, 9, 37}, 20, {.kernel = 3, .padding = one}},
      {"many channels, batch 8", {8, 17, 6, 6}, 33, {.kernel = 3, .padding = one}},
      {"many channels, batch 3", {3, 32, 9, 7}, 80, {.kernel = 3, .padding = one}},
      {"sums longer than a block", {1, 40, 8, 8}, 18, {.kernel = 3}},
      {"more places than a block", {1, 2, 30, 40}, 16, {.kernel = 3}},
      {"1x1 kernel", {3, 35, 5, 7}, 33, {.kernel = 1}},
      {"1x1 kernel, groups", {2, 12, 7, 9}, 18, {.kernel = 1}, 3},
      {"1x1 kernel, channels of x more than tiles have rows, more places than a block",
       {1, 130, 60, 71},
       48,
       {.kernel = 1}},
      {"1x1 kernel, gradient of the weights in wide tiles", {2, 98, 11, 13}, 64, {.kernel = 1}},
      {"the same, more output channels", {2, 64, 11, 13}, 97, {.kernel = 1}},
      {"the same, fewer input channels than a vector holds", {2, 7, 11, 13}, 97, {.kernel = 1}},
      {"1x1 kernel, more output channels, one image for two threads",
       {1, 50, 9, 7},
       70,
       {.kernel = 1}},
      {"1x1 kernel, more output channels, large weights, groups",
       {3, 392, 5, 7},
       464,
       {.kernel = 1},
       2},
      {"1x1 kernel, gradient of the input in whole cache lines",
       {2, 135, 32, 35},
       20,
       {.kernel = 1}},
      {"1x1 kernel, padding", {2, 17, 5, 7}, 16, {.kernel = 1, .padding = one}},
      {"1x1 kernel, stride 2", {2, 17, 9, 8}, 18, {.kernel = 1, .stride = 2}},
      {"1x1 kernel, stride 2, groups", {2, 40, 19, 18}, 100, {.kernel = 1, .stride = 2}, 2},
      {"1x1 kernel, stride 2, padding",
       {2, 20, 16, 15},
       33,
       {.kernel = 1, .stride = 2, .padding = one}},
      {"1x1 kernel, padding above",
       {2, 16, 13, 15},
       17,
       {.kernel = 1, .stride = 2, .padding = above}},
      {"1x1 kernel, padding before",
       {2, 16, 13, 15},
       17,
       {.kernel = 1, .stride = 2, .padding = before}},
      {"1x1 kernel, padding below",
       {2, 16, 13, 15},
       17,
       {.kernel = 1, .stride = 2, .padding = below}},
      {"1x1 kernel, padding behind",
       {2, 16, 13, 15},
       17,
       {.kernel = 1, .stride = 2, .padding = behind}},
      {"1x1 kernel, a stride in one direction",
       {1, 20, 13, 15},
       19,
       {.kernel = 1, .stride = {1, 3}}},
      {"1x1 kernel, several strides of lines left over",
       {2, 20, 18, 19},
       17,
       {.kernel = 1, .stride = {5, 4}}},
      {"1x1 kernel, stride 2, many places", {1, 20, 70, 66}, 32, {.kernel = 1, .stride = 2}},
      {"stride 2", {2, 18, 9, 10}, 17, {.kernel = 3, .stride = 2, .padding = one}},
      {"stride above the kernel", {2, 16, 13, 14}, 17, {.kernel = 2, .stride = {3, 4}}},
      {"7x7 kernel, stride 2",
       {2, 3, 21, 18},
       16,
       {.kernel = 7, .stride = 2, .padding = Padding::all(3)}},
      {"few channels, phases of as many pixels each",
       {2, 3, 22, 18},
       16,
       {.kernel = 7, .stride = 2, .padding = Padding::all(3)}},
      {"the same, groups, padding on each side",
       {2, 6, 20, 42},
       34,
       {.kernel = {4, 6}, .stride = {2, 3}, .padding = per_side},
       2},
      {"the same, one channel, one stride, dilation",
       {3, 1, 15, 40},
       5,
       {.kernel = 3, .stride = {1, 2}, .padding = one, .dilation = {2, 1}}},
      {"the same, 16 phases",
       {3, 3, 36, 32},
       20,
       {.kernel = 11, .stride = 4, .padding = Padding::all(2)}},
      {"lines of a tile, stride 2, groups",
       {2, 6, 22, 41},
       34,
       {.kernel = 7, .stride = 2, .padding = Padding::all(3)},
       2},
      {"lines of a tile, several lots of them", {2, 4, 125, 89}, 17, {.kernel = 5, .stride = 2}},
      {"lines of a tile, dilation", {1, 3, 9, 60}, 18, {.kernel = 3, .dilation = {2, 3}}},
      {"lines of a tile, sums longer than a block", {2, 24, 8, 37}, 9, {.kernel = 5}},
      {"lines of a tile, long rows of weights", {1, 24, 9, 22}, 17, {.kernel = 7}},
      {"lines of tiles that are copied, an odd number of vectors, an odd number of lines",
       {2, 3, 21, 90},
       37,
       {.kernel = 5, .stride = 2, .padding = Padding::all(2)}},
      {"lines of tiles that are copied, two vectors, groups",
       {1, 6, 19, 61},
       130,
       {.kernel = 3, .stride = 2, .padding = one},
       2},
      {"lines of tiles, sums longer than a panel", {1, 20, 8, 40}, 30, {.kernel = 5}},
      {"lines a little shorter than a vector",
       {2, 20, 14, 14},
       50,
       {.kernel = 5, .padding = Padding::all(2)}},
      {"lines a little shorter than a vector, stride 2, groups",
       {3, 16, 29, 27},
       38,
       {.kernel = 3, .stride = 2},
       2},
      {"lines a little shorter than half a vector", {1, 9, 12, 9}, 10, {.kernel = 3}},
      {"lines a little shorter than a quarter", {1, 9, 6, 5}, 5, {.kernel = 3}},
      {"windows of 3, two rows of them, dilated",
       {2, 5, 12, 40},
       37,
       {.kernel = {2, 3}, .padding = one, .dilation = {3, 1}}},
      {"windows of 5, large weights", {3, 33, 9, 11}, 88, {.kernel = 5}},
      {"windows of 5, groups, stride above the kernel",
       {2, 6, 30, 29},
       48,
       {.kernel = 5, .stride = {7, 6}, .padding = per_side},
       2},
      {"windows of 7, several lots of lines", {1, 3, 40, 50}, 48, {.kernel = 7}},
      {"windows of 11, stride 4",
       {3, 3, 35, 31},
       20,
       {.kernel = 11, .stride = 4, .padding = Padding::all(2)}},
      {"dilation", {2, 16, 11, 12}, 17, {.kernel = 3, .padding = one, .dilation = {3, 2}}},
      {"dilation a multiple of the stride",
       {1, 16, 15, 14},
       16,
       {.kernel = 3, .stride = 2, .padding = Padding::all(2), .dilation = 2}},
      {"padding above the kernel's reach",
       {1, 16, 4, 5},
       16,
       {.kernel = 3, .padding = Padding::all(4)}},
      {"padding on each side", {2, 16, 7, 5}, 16, {.kernel = 3, .padding = per_side}},
      {"rows of one pixel", {2, 16, 40, 1}, 16, {.kernel = {3, 1}}},
      {"one row", {2, 16, 1, 40}, 16, {.kernel = {1, 3}}},
      {"2 groups", {2, 34, 8, 6}, 36, {.kernel = 3}, 2},
      {"large enough for a matrix unit",
       {1, 52, 16, 15},
       54,
       {.kernel = 5, .padding = Padding::all(2)}},
      {"large enough for a matrix unit, lines of a tile, stride 2, 2 groups",
       {1, 100, 31, 35},
       100,
       {.kernel = 5, .stride = 2, .padding = Padding::all(2)},
       2},
      {"large enough for a matrix unit, 1x1", {1, 256, 29, 28}, 64, {.kernel = 1}},
      {"depthwise", {2, 5, 9, 8}, 5, {.kernel = 3, .padding = one}, 5},
      {"depthwise, 16 outputs a channel", {2, 3, 9, 8}, 48, {.kernel = 3, .padding = one}, 3},
      {"everything",
       {2, 34, 12, 11},
       36,
       {.kernel = {3, 2}, .stride = {2, 3}, .padding = per_side, .dilation = {2, 3}},
       2},
  };
}

// Where it does not suit the shape, the reference: nothing to compare.
Outcome implicit(const Conv2dGeometry& g, bool bias) {
  return run(
      g, bias,
      fast::implicit::suits_forward(g) ? fast::implicit::conv2d_forward : ref::conv2d_forward,
      fast::implicit::suits_backward_data(g) ? fast::implicit::conv2d_backward_data
                                             : ref::conv2d_backward_data,
      fast::implicit::suits_backward_weights(g) ? fast::implicit::conv2d_backward_weights
                                                : ref::conv2d_backward_weights);
}

Outcome im2col(const Conv2dGeometry& g, bool bias) {
  return run(g, bias, fast::im2col::conv2d_forward, fast::im2col::conv2d_backward_data,
             fast::im2col::conv2d_backward_weights);
}

}  // namespace

TEST_CASE("im2col and implicit gemm are the reference, at any number of threads") {
  for (const ConvCase& c : cases()) check_versions(c, im2col, implicit);
}

TEST_CASE("implicit gemm is the reference with more threads than there are whole tiles") {
  const Conv2dGeometry g =
      geometry({"", {3, 3, 70, 70}, 64, {.kernel = 7, .stride = 2, .padding = Padding::all(3)}});
  const Outcome expected =
      run(g, true, ref::conv2d_forward, ref::conv2d_backward_data, ref::conv2d_backward_weights);
  for (const int count : {4, 16}) {
    CAPTURE(count);
    check_outcome(with_threads(count, [&] { return implicit(g, true); }), expected);
  }
}

TEST_CASE("implicit gemm repeats to the bit; y and dx at any number of threads") {
  for (const ConvCase& c : cases()) {
    INFO(c.name);
    const auto outcome = [g = geometry(c)] { return implicit(g, true); };
    const Outcome one = with_threads(1, outcome), three = with_threads(3, outcome),
                  again = with_threads(3, outcome);
    CHECK(same_bits(one.y, three.y));
    CHECK(same_bits(one.dx, three.dx));
    // The threads' shares of a small dw are added up, so their number shows in the rounding.
    check_equal("dw", three.dw, one.dw);
    CHECK(same_bits(again.dw, three.dw));
  }
}

}  // namespace longhand::test
