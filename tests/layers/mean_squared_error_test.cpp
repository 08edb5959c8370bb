// The numbers of docs/mean_squared_error.md: small enough to redo on paper.
#include "layers/mean_squared_error.h"

#include "tests/layers/golden.h"
#include "tests/support/checks.h"

namespace longhand::test {

TEST_CASE("four numbers: the loss and its gradient") {
  const Tensor x({2, 2}, {1, 2, 3, 4}), target({2, 2}, {0, 2, 5, 1});
  const double loss = 3.5;  // (1 + 0 + 4 + 9) / 4
  const Tensor dx({2, 2}, {0.5, 0, -1, 1.5});
  for (const Device device : devices) {
    CAPTURE(to_string(device));
    MeanSquaredError squared_error;
    squared_error.to(device);
    CHECK(squared_error.forward(x, target) == about(loss));
    check_equal("dx", squared_error.backward(), dx);
  }
  real found = 0;
  Tensor found_dx(x.shape());
  ref::mean_squared_error_forward(4, x.data(), target.data(), &found);
  ref::mean_squared_error_backward(4, x.data(), target.data(), found_dx.data());
  CHECK(found == about(loss));
  check_equal("dx", found_dx, dx);
}

TEST_CASE("one number, and a perfect fit") {
  MeanSquaredError squared_error;
  const Tensor x(Shape{1}, {3}), target(Shape{1}, {5});
  CHECK(squared_error.forward(x, target) == 4);
  check_equal("dx", squared_error.backward(), {{1}, {-4}});
  CHECK(squared_error.forward(x, x) == 0);
  check_equal("dx", squared_error.backward(), {{1}, {0}});
}

TEST_CASE("shapes and calls that do not fit are refused") {
  MeanSquaredError squared_error;
  const Tensor x({2, 3}), target({3, 2});  // as many numbers, but in another shape
  check_mentions(message_of<ShapeError>([&] { squared_error.forward(x, target); }),
                 {"mean_squared_error", "2x3x1x1", "3x2x1x1"});
  check_mentions(message_of<ShapeError>([&] { squared_error.forward(Tensor(), Tensor()); }),
                 {"mean_squared_error", "empty"});
  check_mentions(message_of<OrderError>([&] { squared_error.backward(); }),
                 {"mean_squared_error", "forward"});
  squared_error.forward(x, x);
  squared_error.backward();
  CHECK_THROWS_AS(squared_error.backward(), OrderError);
  squared_error.forward(x, x);
  CHECK_THROWS_AS(squared_error.forward(x, target), ShapeError);
  CHECK_THROWS_AS(squared_error.backward(), OrderError);  // the last forward did not succeed
}

}  // namespace longhand::test

TEST_CASE("mean_squared_error: gradient check, contract and parity, with every option") {
  longhand::test::run_cases("mean_squared_error");
}
