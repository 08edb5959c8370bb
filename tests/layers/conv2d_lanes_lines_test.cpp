// Winograd's convolution along lines in Layout::lanes against the reference, called by itself, at
// shapes whose pairs of outputs, rows, channels and blocks of images do not come out even; and how
// exact it is.
#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

#include "core/layout.h"
#include "layers/conv2d_fast.h"
#include "layers/conv2d_lanes_lines.h"
#include "tests/layers/conv2d_versions.h"
#include "tests/support/same_bits.h"

namespace longhand::test {
namespace {

using fast::lanes::LineRows;
using fast::lanes::LineSums;

std::vector<ConvCase> cases() {
  const Padding one = Padding::all(1), two = Padding::all(2);
  return {
      {"one output of 5x5", {1, 1, 5, 5}, 1, {.kernel = 5}},
      {"one pixel amid padding", {2, 3, 1, 1}, 5, {.kernel = 5, .padding = two}},
      {"one pair", {1, 2, 5, 6}, 3, {.kernel = 5}},
      {"two blocks of images", {17, 2, 8, 8}, 3, {.kernel = 3, .padding = one}},
      {"3 taps, odd width", {2, 7, 6, 9}, 13, {.kernel = 3, .padding = one}},
      {"3 taps, no padding", {16, 16, 5, 8}, 9, {.kernel = 3}},
      {"4 taps", {2, 3, 9, 10}, 6, {.kernel = 4, .padding = two}},
      {"4 taps, odd output", {3, 3, 9, 10}, 6, {.kernel = 4}},
      {"LeNet-5's second", {20, 6, 14, 14}, 16, {.kernel = 5}},
      {"modern LeNet's second", {3, 20, 14, 14}, 50, {.kernel = 5, .padding = two}},
      {"no padding, odd output", {2, 6, 11, 15}, 16, {.kernel = 5}},
      {"padding beyond the kernel", {1, 4, 3, 5}, 6, {.kernel = 5, .padding = Padding::all(6)}},
      {"padding on each side",
       {2, 3, 7, 5},
       5,
       {.kernel = 5, .padding = {.top = 4, .left = 0, .bottom = 1, .right = 3}}},
      {"padding left alone", {2, 3, 7, 5}, 5, {.kernel = 3, .padding = {.left = 2}}},
      {"one row", {2, 3, 1, 30}, 4, {.kernel = {1, 5}, .padding = two}},
      {"one column", {2, 3, 30, 1}, 4, {.kernel = {5, 3}, .padding = one}},
      {"rows apart", {1, 3, 19, 14}, 7, {.kernel = 5, .padding = two, .dilation = {3, 1}}},
      {"rows apart, beyond the image",
       {1, 2, 4, 9},
       3,
       {.kernel = {3, 4}, .padding = Padding::all(6), .dilation = {6, 1}}},
      {"2 rows", {2, 3, 9, 9}, 4, {.kernel = {2, 3}}},
      {"channels that are summed in pieces", {1, 3, 10, 34}, 30, {.kernel = 5, .padding = two}},
      {"more images than are summed at once", {50, 17, 10, 12}, 2, {.kernel = 5, .padding = two}},
      {"more taps than a tile takes at once", {1, 120, 6, 6}, 3, {.kernel = 5, .padding = two}},
      {"3 groups", {2, 6, 8, 10}, 42, {.kernel = 5, .padding = two}, 3},
      {"depthwise", {2, 5, 9, 8}, 5, {.kernel = 3, .padding = one}, 5},
  };
}

// The three directions in NCHW by those over blocks of lanes, with garbage where nothing was
// written. The rows and channels are done in two pieces, as threads do them.
Tensor in_lanes(const Shape& shape, const real* values) {
  Tensor nchw(shape), lanes;
  std::copy_n(values, shape.size(), nchw.data());
  convert(nchw, Layout::lanes, lanes);
  return lanes;
}

std::int64_t block_size(const Shape& s) {
  return Shape{lane_count, s.c, s.h, s.w}.size();
}

void rows(const LineRows& lines, const Shape& from, const real* x, const real* b, const Shape& to,
          real* y) {
  const Tensor x_lanes = in_lanes(from, x);
  Tensor y_lanes, result;
  y_lanes.resize(to, Layout::lanes);
  std::fill_n(y_lanes.data(), y_lanes.stored(), real(77));
  for (int block = 0; block < lane_blocks(to.n); ++block) {
    const real* block_x = x_lanes.data() + block * block_size(from);
    real* block_y = y_lanes.data() + block * block_size(to);
    lines.rows(block_x, b, 0, to.h / 3, block_y);
    lines.rows(block_x, b, to.h / 3, to.h, block_y);
  }
  convert(y_lanes, Layout::nchw, result);
  std::copy_n(result.data(), to.size(), y);
}

void forward(const Conv2dGeometry& g, const real* x, const real* w, const real* b, real* y) {
  LineRows lines;
  lines.prepare_forward(g, w);
  rows(lines, g.x, x, b, g.y, y);
}

void backward_data(const Conv2dGeometry& g, const real* dy, const real* w, real* dx) {
  LineRows lines;
  lines.prepare_backward(g, w);
  rows(lines, g.y, dy, nullptr, g.x, dx);
}

void backward_weights(const Conv2dGeometry& g, const real* x, const real* dy, real* dw) {
  const Tensor x_lanes = in_lanes(g.x, x), dy_lanes = in_lanes(g.y, dy);
  LineSums lines;
  lines.prepare(g);
  const int blocks = lane_blocks(g.x.n);
  lines.add(x_lanes.data(), dy_lanes.data(), blocks, 0, g.y.c / 3, dw);
  lines.add(x_lanes.data(), dy_lanes.data(), blocks, g.y.c / 3, g.y.c, dw);
}

Outcome lines(const Conv2dGeometry& g, bool bias) {
  return run(g, bias, forward, backward_data, backward_weights);
}

Conv2dGeometry shape(const Shape& x, int out, const Window& window) {
  return conv2d_geometry(x, {out, x.c, window.kernel.h, window.kernel.w}, window, 1);
}

// dw in double, by the loop of the formula; without groups, dilation and strides.
std::vector<double> exact_weights(const Conv2dGeometry& g, const Tensor& x, const Tensor& dy) {
  std::vector<double> dw;
  for (int co = 0; co < g.w.n; ++co) {
    for (int ci = 0; ci < g.w.c; ++ci) {
      for (int kh = 0; kh < g.w.h; ++kh) {
        for (int kw = 0; kw < g.w.w; ++kw) {
          double sum = 0;
          for (int n = 0; n < g.y.n; ++n) {
            for (int oh = 0; oh < g.y.h; ++oh) {
              for (int ow = 0; ow < g.y.w; ++ow) {
                const int ih = oh - g.padding_top + kh, iw = ow - g.padding_left + kw;
                if (ih < 0 || ih >= g.x.h || iw < 0 || iw >= g.x.w) continue;
                sum += static_cast<double>(x.at(n, ci, ih, iw)) * dy.at(n, co, oh, ow);
              }
            }
          }
          dw.push_back(sum);
        }
      }
    }
  }
  return dw;
}

}  // namespace

TEST_CASE("Winograd's convolution along lines in lanes is the reference") {
  for (const ConvCase& c : cases()) {
    REQUIRE_MESSAGE(fast::lanes::lines_compute(geometry(c)), c.name);
    check_versions(c, lines);
  }
}

TEST_CASE("weights that have changed are used") {
  const Conv2dGeometry g = shape({1, 3, 8, 8}, 4, {.kernel = 3});
  Tensor w = spread_values(g.w, 2);
  const Tensor x = spread_values(g.x, 1);
  LineRows lines;
  const auto output = [&] {
    Tensor y(g.y);
    lines.prepare_forward(g, w.data());
    rows(lines, g.x, x.data(), nullptr, g.y, y.data());
    return y;
  };
  const Tensor before = output();
  CHECK(same_bits(output(), before));
  w[w.size() - 1] += real(0.5);
  Tensor expected(g.y);
  ref::conv2d_forward(g, x.data(), w.data(), nullptr, expected.data());
  check_equal("y", output(), expected);
}

TEST_CASE("what it does not compute in lanes") {
  const auto computes = [](const Window& window) {
    return fast::lanes::lines_compute(shape({1, 2, 40, 40}, 3, window));
  };
  CHECK(computes({.kernel = {7, 5}}));
  CHECK_FALSE(computes({.kernel = 2}));
  CHECK_FALSE(computes({.kernel = 6}));
  CHECK_FALSE(computes({.kernel = 3, .stride = {2, 1}}));
  CHECK_FALSE(computes({.kernel = 3, .stride = {1, 2}}));
  CHECK_FALSE(computes({.kernel = 3, .dilation = {1, 2}}));
  CHECK(computes({.kernel = 3, .dilation = {2, 1}}));
}

TEST_CASE("it is chosen in lanes where it takes fewer operations") {
  const auto chosen = [](const Shape& x, int out, const Window& window) {
    const Conv2dGeometry g = shape(x, out, window);
    return std::vector<bool>{fast::lanes::lines_pay_forward(g),
                             fast::lanes::lines_pay_backward_data(g),
                             fast::lanes::lines_pay_backward_weights(g)};
  };
  using Chosen = std::vector<bool>;
  const Padding one = Padding::all(1), two = Padding::all(2);
  CHECK(chosen({64, 1, 28, 28}, 20, {.kernel = 5, .padding = two}) == Chosen{false, false, false});
  CHECK(chosen({64, 6, 14, 14}, 16, {.kernel = 5}) == Chosen{true, true, false});
  CHECK(chosen({64, 20, 14, 14}, 50, {.kernel = 5, .padding = two}) == Chosen{true, true, true});
  CHECK(chosen({64, 64, 8, 8}, 64, {.kernel = 3, .padding = one}) == Chosen{true, true, true});
  CHECK(chosen({64, 64, 56, 56}, 64, {.kernel = 3, .padding = one}) == Chosen{true, true, false});
  CHECK(chosen({64, 64, 8, 8}, 64, {.kernel = 3, .stride = 2, .padding = one}) ==
        Chosen{false, false, false});
}

// What docs/fast_cpu.md says of its accuracy: beside sums in double.
TEST_CASE("how exact it is in lanes") {
  for (const int kernel : {3, 4, 5}) {
    const Conv2dGeometry g =
        shape({1, 20, 14, 14}, 50, {.kernel = kernel, .padding = Padding::all(2)});
    CHECK(forward_error(g, "along lines in lanes", forward) <= (sizeof(real) == 8 ? 2e-14 : 6e-6));
  }
  const Conv2dGeometry g = shape({16, 20, 14, 14}, 5, {.kernel = 5, .padding = Padding::all(2)});
  const Tensor x = spread_values(g.x, 1), dy = spread_values(g.y, 3);
  const std::vector<double> exact = exact_weights(g, x, dy);
  const auto error = [&](auto&& weights) {
    Tensor dw(g.w);
    dw.fill(0);
    weights(g, x.data(), dy.data(), dw.data());
    return largest_error(dw, exact);
  };
  const double own = error(backward_weights);
  MESSAGE("by weights, largest error over root mean square: reference ",
          error(ref::conv2d_backward_weights), ", along lines in lanes ", own);
  CHECK(own <= (sizeof(real) == 8 ? 2e-14 : 6e-6));
}

}  // namespace longhand::test
