// The numbers of docs/flatten.md.
#include "layers/flatten.h"

#include "tests/layers/golden.h"
#include "tests/support/checks.h"

namespace longhand::test {

TEST_CASE("channels, rows and columns in one line, and back") {
  // Hundreds: image; tens: channel; units: pixel, row by row.
  const Tensor x({2, 3, 2, 2}, {0,   1,   2,   3,   10,  11,  12,  13,  20,  21,  22,  23,
                                100, 101, 102, 103, 110, 111, 112, 113, 120, 121, 122, 123});
  const Tensor flat({2, 12}, {0,   1,   2,   3,   10,  11,  12,  13,  20,  21,  22,  23,
                              100, 101, 102, 103, 110, 111, 112, 113, 120, 121, 122, 123});
  for (const Device device : devices) {
    CAPTURE(to_string(device));
    Flatten flatten;
    flatten.to(device);
    const Tensor& y = flatten.forward(x);
    check_equal("y", y, flat);
    const int row = 1, column = 0, channel = 2;
    CHECK(y.at(1, (channel * 2 + row) * 2 + column, 0, 0) == x.at(1, channel, row, column));
    check_equal("dx", flatten.backward(flat), x);
  }
  Tensor y(flat.shape()), dx(x.shape());
  ref::flatten_forward(x.shape(), x.data(), y.data());
  ref::flatten_backward(x.shape(), flat.data(), dx.data());
  check_equal("y", y, flat);
  check_equal("dx", dx, x);
}

TEST_CASE("the output owns its numbers: changing the input afterwards does not change it") {
  Tensor x({1, 1, 1, 2}, {1, 2});
  Flatten flatten;
  const Tensor& y = flatten.forward(x);
  x[0] = 7;
  check_equal("y", y, {{1, 2}, {1, 2}});
}

TEST_CASE("shapes") {
  const Flatten flatten;
  CHECK(to_string(flatten.output_shape({64, 16, 5, 5})) == "64x400x1x1");
  CHECK(to_string(flatten.output_shape({3, 10, 1, 1})) == "3x10x1x1");
}

TEST_CASE("shapes and calls that do not fit are refused") {
  Flatten flatten;
  // 2^32 features do not fit an extent.
  check_mentions(message_of<ShapeError>([&] {
                   flatten.output_shape({1, 1, 65536, 65536});
                 }),
                 {"flatten", "1x1x65536x65536"});
  const Tensor x({2, 3, 2, 2}), dy({2, 12});
  check_mentions(message_of<OrderError>([&] { flatten.backward(dy); }), {"flatten", "forward"});
  flatten.forward(x);
  check_mentions(message_of<ShapeError>([&] { flatten.backward(x); }),
                 {"flatten", "2x3x2x2", "2x12x1x1"});
}

}  // namespace longhand::test

TEST_CASE("flatten: gradient check, contract and parity, with every option") {
  longhand::test::run_cases("flatten");
}
