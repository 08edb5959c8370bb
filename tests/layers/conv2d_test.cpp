// The numbers of docs/conv2d.md: small enough to redo on paper.
#include "layers/conv2d.h"

#include "tests/layers/golden.h"
#include "tests/support/checks.h"

namespace longhand::test {
namespace {

// What is put into a convolution and what must come out. Without a bias b and db are empty.
struct Golden {
  Size2 kernel;
  Conv2dOptions options{};
  Tensor x{}, w{}, b{}, y{};
  Tensor dy{}, dx{}, dw{}, db{};  // without dy only forward is checked
};

void fill(Param& param, const Tensor& value) {
  param.value = value;
  param.grad.fill(0);
}

void check_layer(const Golden& want, Device device) {
  CAPTURE(to_string(device));
  Conv2d conv(want.x.shape().c, want.w.shape().n, want.kernel, want.options);
  conv.to(device);
  fill(conv.weight(), want.w);
  if (want.options.bias) fill(conv.bias(), want.b);
  check_equal("y", conv.forward(want.x), want.y);
  if (want.dy.empty()) return;
  check_equal("dx", conv.backward(want.dy), want.dx);
  check_equal("dw", conv.weight().grad, want.dw);
  if (want.options.bias) check_equal("db", conv.bias().grad, want.db);
}

// The functions alone, given as {forward, data, weights, bias} of one namespace.
struct Functions {
  decltype(&ref::conv2d_forward) forward;
  decltype(&ref::conv2d_backward_data) backward_data;
  decltype(&ref::conv2d_backward_weights) backward_weights;
  decltype(&ref::conv2d_backward_bias) backward_bias;
};

void check_functions(const Golden& want, const Functions& f) {
  const Window window{want.kernel, want.options.stride, want.options.padding,
                      want.options.dilation};
  const Conv2dGeometry g =
      conv2d_geometry(want.x.shape(), want.w.shape(), window, want.options.groups);
  const real* b = want.options.bias ? want.b.data() : nullptr;
  Tensor y(g.y);
  f.forward(g, want.x.data(), want.w.data(), b, y.data());
  check_equal("y", y, want.y);
  if (want.dy.empty()) return;
  Tensor dx(g.x), dw(g.w), db(Shape{g.y.c});
  f.backward_data(g, want.dy.data(), want.w.data(), dx.data());
  f.backward_weights(g, want.x.data(), want.dy.data(), dw.data());
  f.backward_bias(g, want.dy.data(), db.data());
  check_equal("dx", dx, want.dx);
  check_equal("dw", dw, want.dw);
  if (want.options.bias) check_equal("db", db, want.db);
}

// The layer on every device, and the functions by themselves.
void check(const Golden& want) {
  for (const Device device : devices) check_layer(want, device);
  {
    INFO("ref");
    check_functions(want, {ref::conv2d_forward, ref::conv2d_backward_data,
                           ref::conv2d_backward_weights, ref::conv2d_backward_bias});
  }
  {
    INFO("fast");
    check_functions(want, {fast::conv2d_forward, fast::conv2d_backward_data,
                           fast::conv2d_backward_weights, fast::conv2d_backward_bias});
  }
}

Tensor row(std::initializer_list<real> values) {
  return {{1, 1, 1, static_cast<int>(values.size())}, values};
}

const Conv2dOptions no_bias{.bias = false};

}  // namespace

TEST_CASE("a 3x3 kernel over a 5x5 image") {
  check({.kernel = 3,
         .options = no_bias,
         .x = {{1, 1, 5, 5}, {3, 3, 2, 1, 0,    //
                              0, 0, 1, 3, 1,    //
                              3, 1, 2, 2, 3,    //
                              2, 0, 0, 2, 2,    //
                              2, 0, 0, 0, 1}},  //
         .w = {{1, 1, 3, 3}, {0, 1, 2, 2, 2, 0, 0, 1, 2}},
         .y = {{1, 1, 3, 3}, {12, 12, 17, 10, 17, 19, 9, 6, 14}},
         .dy = {{1, 1, 3, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9}},
         .dx = {{1, 1, 5, 5}, {0,  1,  4,  7,  6,     //
                               2,  10, 23, 22, 12,    //
                               8,  26, 48, 44, 24,    //
                               14, 34, 47, 34, 12,    //
                               0,  7,  22, 25, 18}},  //
         .dw = {{1, 1, 3, 3}, {68, 74, 86, 46, 55, 80, 33, 23, 46}}});
}

TEST_CASE("the worked example: a 2x2 kernel over a 3x3 image, every gradient") {
  check({.kernel = 2,
         .x = {{1, 1, 3, 3}, {1, 2, 3, 3, 4, 5, 1, 0, 2}},
         .w = {{1, 1, 2, 2}, {0, 1, 1, -1}},
         .b = {{1}, {0}},
         .y = {{1, 1, 2, 2}, {1, 2, 5, 3}},
         .dy = {{1, 1, 2, 2}, {1, 0, 2, -1}},
         .dx = {{1, 1, 3, 3}, {0, 1, 0, 1, 1, -1, 2, -3, 1}},
         .dw = {{1, 1, 2, 2}, {3, 5, 5, 2}},
         .db = {{1}, {2}}});
}

TEST_CASE("a gradient at one output reaches the window below it and nothing else") {
  check({.kernel = 2,
         .x = {{1, 1, 4, 4}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}},
         .w = {{1, 1, 2, 2}, {1, 2, 3, 4}},
         .b = {{1}, {0}},
         .y = {{1, 1, 3, 3}, {34, 44, 54, 74, 84, 94, 114, 124, 134}},
         .dy = {{1, 1, 3, 3}, {1, 0, 0, 0, 0, 0, 0, 0, 0}},
         .dx = {{1, 1, 4, 4}, {1, 2, 0, 0, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
         .dw = {{1, 1, 2, 2}, {0, 1, 4, 5}},
         .db = {{1}, {1}}});
}

TEST_CASE("every index at once: batch, channels, stride, padding, bias") {
  check(
      {.kernel = 2,
       .options = {.stride = {2, 1}, .padding = {.top = 1, .right = 1}},
       .x = {{2, 2, 3, 3}, {-2, -1, 0, 1,  2,  3, 4, -2, -1, 0, 1,  2,  3, 4, -2, -1, 0, 1,
                            2,  3,  4, -2, -1, 0, 1, 2,  3,  4, -2, -1, 0, 1, 2,  3,  4, -2}},
       .w = {{2, 2, 2, 2}, {-1, 0, 1, 2, 3, -1, 0, 1, 2, 3, -1, 0, 1, 2, 3, -1}},
       .b = {{2}, {1, -1}},
       .y = {{2, 2, 2, 3}, {-2, 2,  1, 5,  10, -9, 0,  1,  5,  11, 13, 7,
                            7,  11, 5, 11, 9,  10, 11, -9, -8, -2, 14, -8}},
       .dy = {{2, 2, 2, 3},
              {-2, 1, -1, 2, 0, -2, 1, -1, 2, 0, -2, 1, -1, 2, 0, -2, 1, -1, 2, 0, -2, 1, -1, 2}},
       .dx = {{2, 2, 3, 3}, {-3, -2, -1, -2, -4, -2, 2,  6,  -3, 3, -6, 8,  6,  -4, -9, 0, -4, 5,
                             -3, 0,  6,  4,  0,  2,  -3, -2, -1, 6, -3, -4, -5, 6,  -4, 3, -6, 8}},
       .dw = {{2, 2, 2, 2}, {-1, 6, 14, 2, 9, 8, -13, -10, -2, -7, 3, 6, -7, 3, 9, -1}},
       .db = {{2}, {-3, 3}}});
}

TEST_CASE("a kernel of one pixel mixes channels; the bias gradient sums over the batch") {
  check({.kernel = 1,
         .x = {{2, 1, 1, 2}, {1, 2, 3, 4}},
         .w = {{2, 1, 1, 1}, {2, -1}},
         .b = {{2}, {10, 20}},
         .y = {{2, 2, 1, 2}, {12, 14, 19, 18, 16, 18, 17, 16}},
         .dy = {{2, 2, 1, 2}, {1, 2, 3, 4, 5, 6, 7, 8}},
         .dx = {{2, 1, 1, 2}, {-1, 0, 3, 4}},
         .dw = {{2, 1, 1, 1}, {44, 64}},
         .db = {{2}, {1 + 2 + 5 + 6, 3 + 4 + 7 + 8}}});
}

TEST_CASE("padding on two sides only") {
  check({.kernel = 2,
         .options = {.padding = {.top = 1, .right = 1}, .bias = false},
         .x = {{1, 1, 2, 2}, {1, 2, 3, 4}},
         .w = {{1, 1, 2, 2}, {1, 2, 3, 4}},
         .y = {{1, 1, 2, 2}, {11, 6, 30, 14}},
         .dy = {{1, 1, 2, 2}, {1, 10, 100, 1000}},
         .dx = {{1, 1, 2, 2}, {103, 1234, 300, 3400}},
         .dw = {{1, 1, 2, 2}, {2100, 200, 4321, 402}}});
}

TEST_CASE("valid and same padding") {
  // One row of pixels 1 2 3 ... under the kernel 1 10 (100): the digits of y are the pixels.
  const auto forward = [](Size2 kernel, int stride, const Padding& padding, const Tensor& x,
                          const Tensor& w, const Tensor& y) {
    check({.kernel = kernel,
           .options = {.stride = {1, stride}, .padding = padding, .bias = false},
           .x = x,
           .w = w,
           .y = y});
  };
  const Tensor x4 = row({1, 2, 3, 4}), x5 = row({1, 2, 3, 4, 5});
  const Tensor w2 = row({1, 10}), w3 = row({1, 10, 100});
  SUBCASE("valid") {
    forward({1, 3}, 1, Padding::valid(), x5, w3, row({321, 432, 543}));
    forward({1, 3}, 2, Padding::valid(), x5, w3, row({321, 543}));
    forward({1, 2}, 2, Padding::valid(), x5, w2, row({21, 43}));  // the last pixel is not seen
  }
  SUBCASE("same, odd kernel: as much on the left as on the right") {
    forward({1, 3}, 1, Padding::same(), x5, w3, row({210, 321, 432, 543, 54}));
    forward({1, 3}, 2, Padding::same(), x5, w3, row({210, 432, 54}));
  }
  SUBCASE("same, even kernel: the odd one goes to the right") {
    forward({1, 2}, 1, Padding::same(), x5, w2, row({21, 32, 43, 54, 5}));
    forward({1, 2}, 2, Padding::same(), x5, w2, row({21, 43, 5}));
  }
  SUBCASE("same with stride 2 is not one pixel on each side") {
    forward({1, 3}, 2, Padding::same(), x4, w3, row({321, 43}));
    forward({1, 3}, 2, Padding::rows_columns(0, 1), x4, w3, row({210, 432}));
  }
  SUBCASE("same, backward: what the padding would get is dropped") {
    check({.kernel = {1, 2},
           .options = {.padding = Padding::same(), .bias = false},
           .x = x5,
           .w = w2,
           .y = row({21, 32, 43, 54, 5}),
           .dy = row({1, 2, 3, 4, 5}),
           .dx = row({1, 12, 23, 34, 45}),
           .dw = row({55, 40})});
    check({.kernel = {1, 3},
           .options = {.stride = {1, 2}, .padding = Padding::same(), .bias = false},
           .x = x4,
           .w = w3,
           .y = row({321, 43}),
           .dy = row({1, 2}),
           .dx = row({1, 10, 102, 20}),
           .dw = row({7, 10, 3})});
  }
}

TEST_CASE("stride above the kernel leaves pixels that no output saw: their gradient is zero") {
  check({.kernel = {1, 2},
         .options = {.stride = {1, 3}, .bias = false},
         .x = row({1, 2, 3, 4, 5, 6, 7}),
         .w = row({1, 10}),
         .y = row({21, 54}),
         .dy = row({3, 5}),
         .dx = row({3, 30, 0, 5, 50, 0, 0}),
         .dw = row({23, 31})});
}

TEST_CASE("dilation spreads the kernel's elements") {
  check({.kernel = {1, 3},
         .options = {.dilation = 2, .bias = false},
         .x = row({1, 2, 3, 4, 5}),
         .w = row({1, 10, 100}),
         .y = row({531}),
         .dy = row({1}),
         .dx = row({1, 0, 10, 0, 100}),
         .dw = row({1, 3, 5})});
  const Tensor x{{1, 1, 4, 4}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}};
  const Tensor w{{1, 1, 2, 2}, {1, 2, 3, 4}};
  check({.kernel = 2,
         .options = {.dilation = 2, .bias = false},
         .x = x,
         .w = w,
         .y = {{1, 1, 2, 2}, {68, 78, 108, 118}},
         .dy = {{1, 1, 2, 2}, {1, 0, 0, 2}},
         .dx = {{1, 1, 4, 4}, {1, 0, 2, 0, 0, 2, 0, 4, 3, 0, 4, 0, 0, 6, 0, 8}},
         .dw = {{1, 1, 2, 2}, {10, 16, 34, 40}}});
  check({.kernel = 2,
         .options = {.dilation = {2, 1}, .bias = false},
         .x = x,
         .w = w,
         .y = {{1, 1, 2, 3}, {62, 72, 82, 102, 112, 122}},
         .dy = {{1, 1, 2, 3}, {1, 0, 0, 0, 0, 2}},
         .dx = {{1, 1, 4, 4}, {1, 2, 0, 0, 0, 0, 2, 4, 3, 4, 0, 0, 0, 0, 6, 8}},
         .dw = {{1, 1, 2, 2}, {12, 15, 36, 39}}});
}

TEST_CASE("groups do not mix") {
  SUBCASE("two groups of two channels") {
    check({.kernel = 1,
           .options = {.groups = 2, .bias = false},
           .x = {{1, 4}, {1, 10, 100, 1000}},
           .w = {{2, 2}, {1, 2, 3, 4}},
           .y = {{1, 2}, {21, 4300}},
           .dy = {{1, 2}, {5, 7}},
           .dx = {{1, 4}, {5, 10, 21, 28}},
           .dw = {{2, 2}, {5, 50, 700, 7000}}});
  }
  SUBCASE("depthwise: as many groups as channels, two outputs each") {
    check({.kernel = {1, 2},
           .options = {.groups = 2},
           .x = {{1, 2, 1, 3}, {1, 2, 3, 10, 20, 30}},
           .w = {{4, 1, 1, 2}, {1, 1, 1, -1, 2, 0, 0, 3}},
           .b = {{4}, {100, 200, 300, 400}},
           .y = {{1, 4, 1, 2}, {103, 105, 199, 199, 320, 340, 460, 490}},
           .dy = {{1, 4, 1, 2}, {1, 2, 3, 4, 5, 6, 7, 8}},
           .dx = {{1, 2, 1, 3}, {4, 4, -2, 10, 33, 24}},
           .dw = {{4, 1, 1, 2}, {5, 8, 11, 18, 170, 280, 230, 380}},
           .db = {{4}, {3, 7, 11, 15}}});
  }
}

}  // namespace longhand::test

TEST_CASE("conv2d: gradient check, contract and parity, with every option") {
  longhand::test::run_cases("conv2d");
}
