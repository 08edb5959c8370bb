// The numbers of docs/avg_pool2d.md: small enough to redo on paper.
#include "layers/avg_pool2d.h"

#include <cmath>
#include <vector>

#include "tests/layers/golden.h"
#include "tests/support/checks.h"

namespace longhand::test {
namespace {

// What is put into a pooling and what must come out.
struct Golden {
  Window window;
  bool count_padding = true;
  Tensor x, y;
  Tensor dy, dx;
};

// The layer on every device, and the loops by themselves.
void check(const Golden& want) {
  for (const Device device : devices) {
    CAPTURE(to_string(device));
    AvgPool2d pool(want.window.kernel, want.window.stride, want.window.padding, want.count_padding);
    pool.to(device);
    check_close("y", pool.forward(want.x), want.y);
    check_close("dx", pool.backward(want.dy), want.dx);
  }
  Pool2dGeometry g = pool2d_geometry(want.x.shape(), want.window, "avg_pool2d");
  g.count_padding = want.count_padding;
  Tensor y(g.y), dx(g.x);
  ref::avg_pool2d_forward(g, want.x.data(), y.data());
  ref::avg_pool2d_backward(g, want.dy.data(), dx.data());
  check_close("y", y, want.y);
  check_close("dx", dx, want.dx);
}

const Tensor image({1, 1, 5, 5}, {3, 3, 2, 1, 0,  //
                                  0, 0, 1, 3, 1,  //
                                  3, 1, 2, 2, 3,  //
                                  2, 0, 0, 2, 2,  //
                                  2, 0, 0, 0, 1});

}  // namespace

TEST_CASE("3x3 windows over a 5x5 image: ninths") {
  const Tensor ninths({1, 1, 3, 3}, {15, 15, 15, 9, 11, 16, 10, 7, 12});
  Tensor y = ninths;
  for (std::int64_t i = 0; i < y.size(); ++i) y[i] = ninths[i] / 9;
  check({.window = {.kernel = 3},
         .x = image,
         .y = y,
         .dy = {{1, 1, 3, 3}, {9, 18, 27, 36, 45, 54, 63, 72, 81}},
         .dx = {{1, 1, 5, 5}, {1,  3,  6,  5,  3,   //
                               5,  12, 21, 16, 9,   //
                               12, 27, 45, 33, 18,  //
                               11, 24, 39, 28, 15,  //
                               7,  15, 24, 17, 9}}});

  // To one decimal: 1.7 1.7 1.7 / 1.0 1.2 1.8 / 1.1 0.8 1.3.
  const std::vector<long> tenths{17, 17, 17, 10, 12, 18, 11, 8, 13};
  AvgPool2d pool(3, 1);
  const Tensor& found = pool.forward(image);
  for (std::size_t i = 0; i < tenths.size(); ++i) {
    CHECK(std::lround(10 * found[static_cast<std::int64_t>(i)]) == tenths[i]);
  }
}

TEST_CASE("2x2 windows side by side: each element gets a quarter") {
  check({.window = {.kernel = 2, .stride = 2},
         .x = {{1, 1, 2, 4}, {1, 2, 5, 6, 4, 3, 8, 7}},
         .y = {{1, 1, 1, 2}, {2.5, 6.5}},
         .dy = {{1, 1, 1, 2}, {4, 10}},
         .dx = {{1, 1, 2, 4}, {1, 1, 2.5, 2.5, 1, 1, 2.5, 2.5}}});
}

TEST_CASE("every image and channel by itself; the whole image in one window") {
  check({.window = {.kernel = {1, 3}, .stride = {1, 3}},
         .x = {{2, 2, 1, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}},
         .y = {{2, 2}, {2, 5, 8, 11}},
         .dy = {{2, 2}, {3, 6, 9, 12}},
         .dx = {{2, 2, 1, 3}, {1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4}}});
}

TEST_CASE("padding counted as zeros, or not counted") {
  // Each 2x2 window holds one element and three of padding.
  const Tensor x({1, 1, 2, 2}, {4, 8, 12, 16}), dy({1, 1, 2, 2}, {4, 8, 12, 16});
  const Window window{.kernel = 2, .stride = 2, .padding = Padding::all(1)};
  SUBCASE("counted") {
    check({.window = window,
           .count_padding = true,
           .x = x,
           .y = {{1, 1, 2, 2}, {1, 2, 3, 4}},
           .dy = dy,
           .dx = {{1, 1, 2, 2}, {1, 2, 3, 4}}});
  }
  SUBCASE("not counted") {
    check({.window = window, .count_padding = false, .x = x, .y = x, .dy = dy, .dx = dy});
  }
  SUBCASE("on one side, overlapping") {
    // The windows: (padding 1), (1 2), (2 3).
    const Window left{.kernel = {1, 2}, .padding = {.left = 1}};
    const Tensor row({1, 1, 1, 3}, {1, 2, 3}), drow({1, 1, 1, 3}, {2, 4, 6});
    check({.window = left,
           .count_padding = true,
           .x = row,
           .y = {{1, 1, 1, 3}, {0.5, 1.5, 2.5}},
           .dy = drow,
           .dx = {{1, 1, 1, 3}, {3, 5, 3}}});
    check({.window = left,
           .count_padding = false,
           .x = row,
           .y = {{1, 1, 1, 3}, {1, 1.5, 2.5}},
           .dy = drow,
           .dx = {{1, 1, 1, 3}, {4, 5, 3}}});
  }
}

TEST_CASE("output sizes") {
  CHECK(to_string(AvgPool2d(2).output_shape({64, 6, 28, 28})) == "64x6x14x14");
  CHECK(to_string(AvgPool2d(7).output_shape({1, 512, 7, 7})) == "1x512x1x1");
  CHECK(to_string(AvgPool2d({2, 3}, {1, 2}).output_shape({1, 1, 5, 8})) == "1x1x4x3");
  CHECK(AvgPool2d(2).describe() == "avg_pool2d 2x2, stride 2x2");
}

TEST_CASE("shapes and options that do not fit are refused") {
  check_mentions(message_of<ShapeError>([] {
                   AvgPool2d(3).output_shape({1, 2, 2, 9});
                 }),
                 {"avg_pool2d", "1x2x2x9", "3x3 kernel"});
  check_mentions(message_of<ValueError>([] { AvgPool2d(-1); }), {"avg_pool2d", "kernel", "is -1"});
  check_mentions(message_of<ValueError>([] { AvgPool2d(2, 0); }), {"avg_pool2d", "stride", "is 0"});
  check_mentions(message_of<ValueError>([] { AvgPool2d(2, 2, {.top = 2}); }),
                 {"avg_pool2d", "top 2", "2x2"});

  AvgPool2d pool(2);
  const Tensor x({1, 2, 4, 4}), dy({1, 2, 2, 2});
  check_mentions(message_of<OrderError>([&] { pool.backward(dy); }), {"avg_pool2d", "forward"});
  pool.forward(x);
  check_mentions(message_of<ShapeError>([&] { pool.backward(x); }),
                 {"avg_pool2d", "1x2x4x4", "1x2x2x2"});
}

}  // namespace longhand::test

TEST_CASE("avg_pool2d: gradient check, contract and parity, with every option") {
  longhand::test::run_cases("avg_pool2d");
}
