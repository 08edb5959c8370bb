// The shapes of docs/conv2d.md, and what a convolution refuses.
#include "layers/conv2d.h"
#include "tests/layers/golden.h"

namespace longhand::test {

TEST_CASE("the params, with and without a bias") {
  Conv2d conv(3, 8, {5, 3});
  REQUIRE(conv.params().size() == 2);
  CHECK(conv.params()[0] == &conv.weight());
  CHECK(conv.params()[1] == &conv.bias());
  CHECK(to_string(conv.weight().value.shape()) == "8x3x5x3");
  CHECK(conv.bias().value.size() == 8);
  CHECK(conv.describe() == "conv2d 3->8, 5x3");
  Conv2d without(3, 8, {5, 3}, {.bias = false});
  REQUIRE(without.params().size() == 1);
  CHECK(without.params()[0] == &without.weight());
}

TEST_CASE("output sizes: floor((i + 2p - k) / s) + 1") {
  struct Case {
    int input, kernel, padding, stride, output;
  };
  for (const Case& c : {Case{4, 3, 0, 1, 2}, Case{5, 4, 2, 1, 6}, Case{5, 3, 0, 2, 2},
                        Case{5, 3, 1, 2, 3}, Case{6, 3, 1, 2, 3}, Case{32, 5, 2, 1, 32}}) {
    CAPTURE(c.input);
    const Conv2d conv(1, 1, c.kernel,
                      {.stride = c.stride, .padding = Padding::all(c.padding), .bias = false});
    const Shape y = conv.output_shape({1, 1, c.input, c.input});
    CHECK(y.h == c.output);
    CHECK(y.w == c.output);
  }
  const Conv2d conv(16, 33, {3, 5},
                    {.stride = {2, 1}, .padding = Padding::rows_columns(4, 2), .dilation = {3, 1}});
  CHECK(to_string(conv.output_shape({20, 16, 50, 100})) == "20x33x26x100");
}

TEST_CASE("shapes that do not fit are refused") {
  Conv2d conv(2, 4, 3);
  check_mentions(message_of<ShapeError>([&] {
                   conv.output_shape({1, 3, 5, 5});
                 }),
                 {"conv2d", "1x3x5x5", "4x2x3x3"});
  check_mentions(message_of<ShapeError>([&] {
                   conv.forward(Tensor({1, 3, 5, 5}));
                 }),
                 {"conv2d", "1x3x5x5", "4x2x3x3"});
  check_mentions(message_of<ShapeError>([&] {
                   conv.output_shape({1, 2, 2, 9});
                 }),
                 {"conv2d", "1x2x2x9", "3x3 kernel"});
  const Conv2d dilated(1, 1, 3, {.dilation = 2});
  check_mentions(message_of<ShapeError>([&] {
                   dilated.output_shape({1, 1, 4, 5});
                 }),
                 {"conv2d", "1x1x4x5", "dilation"});
  CHECK(to_string(dilated.output_shape({1, 1, 5, 5})) == "1x1x1x1");

  const Tensor x({1, 2, 5, 5});
  conv.forward(x);
  check_mentions(message_of<ShapeError>([&] {
                   conv.backward(Tensor({1, 4, 5, 5}));
                 }),
                 {"conv2d", "1x4x5x5", "1x4x3x3"});
}

TEST_CASE("backward needs a forward, and a new one each time") {
  Conv2d conv(1, 1, 1);
  const Tensor x({1, 1, 2, 2}), dy({1, 1, 2, 2});
  check_mentions(message_of<OrderError>([&] { conv.backward(dy); }), {"conv2d", "forward"});
  conv.forward(x);
  conv.backward(dy);
  check_mentions(message_of<OrderError>([&] { conv.backward(dy); }), {"conv2d", "forward"});
}

TEST_CASE("options out of range are refused") {
  const auto message = [](int in, int out, Size2 kernel, const Conv2dOptions& options) {
    return message_of<ValueError>([&] { Conv2d(in, out, kernel, options); });
  };
  check_mentions(message(1, 1, 0, {}), {"conv2d", "kernel", "is 0"});
  check_mentions(message(1, 1, {3, -2}, {}), {"conv2d", "kernel", "is -2"});
  check_mentions(message(1, 1, 3, {.stride = 0}), {"conv2d", "stride", "is 0"});
  check_mentions(message(1, 1, 3, {.stride = {1, -1}}), {"conv2d", "stride", "is -1"});
  check_mentions(message(1, 1, 3, {.dilation = 0}), {"conv2d", "dilation", "is 0"});
  check_mentions(message(1, 1, 3, {.padding = {.bottom = -3}}), {"conv2d", "padding", "is -3"});
  check_mentions(message(0, 1, 3, {}), {"conv2d", "(0)", "(1)"});
  check_mentions(message(1, -4, 3, {}), {"conv2d", "(-4)"});
  check_mentions(message(4, 6, 3, {.groups = 4}), {"conv2d", "(4)", "(6)", "groups"});
  check_mentions(message(6, 4, 3, {.groups = 4}), {"conv2d", "(6)", "(4)", "groups"});
  check_mentions(message(1, 1, 3, {.groups = 0}), {"conv2d", "groups (0)"});
}

}  // namespace longhand::test
