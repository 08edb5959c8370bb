// The numbers of docs/max_pool2d.md: small enough to redo on paper.
#include "layers/max_pool2d.h"

#include <cmath>
#include <limits>
#include <vector>

#include "tests/layers/golden.h"
#include "tests/support/checks.h"

namespace longhand::test {
namespace {

constexpr real inf = std::numeric_limits<real>::infinity();
constexpr real nan = std::numeric_limits<real>::quiet_NaN();

// What is put into a pooling and what must come out.
struct Golden {
  Window window;
  Tensor x, y;
  std::vector<std::int32_t> argmax;
  Tensor dy, dx;
};

// The layer on every device, and the loops by themselves.
void check(const Golden& want) {
  for (const Device device : devices) {
    CAPTURE(to_string(device));
    MaxPool2d pool(want.window.kernel, want.window.stride, want.window.padding);
    pool.to(device);
    check_equal("y", pool.forward(want.x), want.y);
    CHECK(pool.argmax() == want.argmax);
    check_equal("dx", pool.backward(want.dy), want.dx);
  }
  const Pool2dGeometry g = pool2d_geometry(want.x.shape(), want.window, "max_pool2d");
  Tensor y(g.y), dx(g.x);
  std::vector<std::int32_t> argmax(want.argmax.size(), -1);
  ref::max_pool2d_forward(g, want.x.data(), y.data(), argmax.data());
  ref::max_pool2d_backward(g, want.dy.data(), argmax.data(), dx.data());
  check_equal("y", y, want.y);
  CHECK(argmax == want.argmax);
  check_equal("dx", dx, want.dx);
}

}  // namespace

TEST_CASE("2x2 windows side by side: each gradient goes to its window's winner") {
  check({.window = {.kernel = 2, .stride = 2},
         .x = {{1, 1, 4, 4},
               {1, 2, 5, 6,    //
                4, 3, 8, 7,    //
                9, 1, 0, 2,    //
                2, 3, 4, 1}},  //
         .y = {{1, 1, 2, 2}, {4, 8, 9, 4}},
         .argmax = {4, 6, 8, 14},
         .dy = {{1, 1, 2, 2}, {1, 2, 3, 4}},
         .dx = {{1, 1, 4, 4},
                {0, 0, 0, 0,      //
                 1, 0, 2, 0,      //
                 3, 0, 0, 0,      //
                 0, 0, 4, 0}}});  //
}

TEST_CASE("overlapping windows: the gradients of a shared winner add up") {
  check({.window = {.kernel = 3, .stride = 1},
         .x = {{1, 1, 5, 5}, {3, 3, 2, 1, 0,    //
                              0, 0, 1, 3, 1,    //
                              3, 1, 2, 2, 3,    //
                              2, 0, 0, 2, 2,    //
                              2, 0, 0, 0, 1}},  //
         .y = {{1, 1, 3, 3}, {3, 3, 3, 3, 3, 3, 3, 2, 3}},
         .argmax = {0, 1, 8, 10, 8, 8, 10, 12, 14},
         .dy = {{1, 1, 3, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9}},
         .dx = {{1, 1, 5, 5}, {1,  2, 0, 0,  0,  //
                               0,  0, 0, 14, 0,  //
                               11, 0, 8, 0,  9,  //
                               0,  0, 0, 0,  0,  //
                               0,  0, 0, 0,  0}}});
}

TEST_CASE("every image and channel by itself; argmax counts within its channel") {
  check({.window = {.kernel = {1, 2}, .stride = {1, 2}},
         .x = {{2, 2, 1, 4}, {1, 2, 4, 3, 6, 5, 7, 8, 9, 8, 1, 2, -1, -2, -4, -3}},
         .y = {{2, 2, 1, 2}, {2, 4, 6, 8, 9, 2, -1, -3}},
         .argmax = {1, 2, 0, 3, 0, 3, 0, 3},
         .dy = {{2, 2, 1, 2}, {1, 2, 3, 4, 5, 6, 7, 8}},
         .dx = {{2, 2, 1, 4}, {0, 1, 2, 0, 3, 0, 0, 4, 5, 0, 0, 6, 7, 0, 0, 8}}});
}

TEST_CASE("of equal elements the first in row order wins") {
  check({.window = {.kernel = 2, .stride = 2},
         .x = {{1, 1, 2, 4}, {7, 7, 1, 5, 7, 7, 5, 5}},
         .y = {{1, 1, 1, 2}, {7, 5}},
         .argmax = {0, 3},
         .dy = {{1, 1, 1, 2}, {1, 2}},
         .dx = {{1, 1, 2, 4}, {1, 0, 0, 2, 0, 0, 0, 0}}});
}

TEST_CASE("padding never wins, even where every element is negative") {
  check({.window = {.kernel = 2, .stride = 2, .padding = Padding::all(1)},
         .x = {{1, 1, 2, 2}, {-1, -2, -3, -4}},
         .y = {{1, 1, 2, 2}, {-1, -2, -3, -4}},
         .argmax = {0, 1, 2, 3},
         .dy = {{1, 1, 2, 2}, {1, 2, 3, 4}},
         .dx = {{1, 1, 2, 2}, {1, 2, 3, 4}}});
}

TEST_CASE("a window of -inf has the first element inside the image as its winner") {
  check({.window = {.kernel = {1, 2}, .stride = {1, 2}, .padding = {.left = 1}},
         .x = {{1, 1, 1, 3}, {-inf, -inf, -inf}},
         .y = {{1, 1, 1, 2}, {-inf, -inf}},
         .argmax = {0, 1},
         .dy = {{1, 1, 1, 2}, {1, 2}},
         .dx = {{1, 1, 1, 3}, {1, 2, 0}}});
}

TEST_CASE("a NaN wins over every number, and of several the first") {
  const Tensor x({1, 1, 1, 8}, {1, nan, 5, nan, inf, 2, nan, 3});
  const Tensor dy({1, 1, 1, 2}, {1, 2});
  for (const Device device : devices) {
    CAPTURE(to_string(device));
    MaxPool2d pool(Size2(1, 4));
    pool.to(device);
    const Tensor& y = pool.forward(x);
    CHECK(std::isnan(y[0]));
    CHECK(std::isnan(y[1]));
    CHECK(pool.argmax() == std::vector<std::int32_t>{1, 6});
    check_equal("dx", pool.backward(dy), {{1, 1, 1, 8}, {0, 1, 0, 0, 0, 0, 2, 0}});
  }
}

TEST_CASE("output sizes") {
  CHECK(to_string(MaxPool2d(2).output_shape({64, 6, 28, 28})) == "64x6x14x14");
  CHECK(to_string(MaxPool2d(2).output_shape({1, 1, 5, 5})) == "1x1x2x2");  // the rest is not seen
  CHECK(to_string(MaxPool2d(3, 2, Padding::all(1)).output_shape({1, 64, 112, 112})) ==
        "1x64x56x56");
  CHECK(to_string(MaxPool2d(3, 2, Padding::same()).output_shape({1, 1, 5, 6})) == "1x1x3x3");
  CHECK(MaxPool2d(3, 2).describe() == "max_pool2d 3x3, stride 2x2");
}

TEST_CASE("shapes and options that do not fit are refused") {
  check_mentions(message_of<ShapeError>([] {
                   MaxPool2d(3).output_shape({1, 2, 2, 9});
                 }),
                 {"max_pool2d", "1x2x2x9", "3x3 kernel"});
  check_mentions(message_of<ValueError>([] { MaxPool2d(0); }), {"max_pool2d", "kernel", "is 0"});
  check_mentions(message_of<ValueError>([] { MaxPool2d(2, -1); }),
                 {"max_pool2d", "stride", "is -1"});
  check_mentions(message_of<ValueError>([] { MaxPool2d(2, 2, Padding::all(-1)); }),
                 {"max_pool2d", "padding", "is -1"});
  check_mentions(message_of<ValueError>([] { MaxPool2d(2, 2, {.bottom = 2}); }),
                 {"max_pool2d", "bottom 2", "2x2"});

  MaxPool2d pool(2);
  const Tensor x({1, 2, 4, 4}), dy({1, 2, 2, 2});
  check_mentions(message_of<OrderError>([&] { pool.backward(dy); }), {"max_pool2d", "forward"});
  pool.forward(x);
  check_mentions(message_of<ShapeError>([&] { pool.backward(x); }),
                 {"max_pool2d", "1x2x4x4", "1x2x2x2"});
  pool.backward(dy);
  check_mentions(message_of<OrderError>([&] { pool.backward(dy); }), {"max_pool2d", "forward"});
}

}  // namespace longhand::test

TEST_CASE("max_pool2d: gradient check, contract and parity, with every option") {
  longhand::test::run_cases("max_pool2d");
}
