// The numbers of docs/dense.md: small enough to redo on paper.
#include "layers/dense.h"

#include "tests/layers/golden.h"
#include "tests/support/checks.h"

namespace longhand::test {
namespace {

// Two images of three features, two outputs.
const Tensor x({2, 3}, {1, 2, 3,  //
                        4, 5, 6});
const Tensor w({2, 3}, {1, 0, -1,  //
                        2, 1, 0});
const Tensor b({2}, {10, 20});
const Tensor y({2, 2}, {8, 24,  //
                        8, 33});
const Tensor y_no_bias({2, 2}, {-2, 4, -2, 13});
const Tensor dy({2, 2}, {1, -1,  //
                         2, 3});
const Tensor dx({2, 3}, {-1, -1, -1,  //
                         8, 3, -2});
const Tensor dw({2, 3}, {9, 12, 15,  //
                         11, 13, 15});
const Tensor db({2}, {3, 2});

const DenseGeometry geometry{.n = 2, .in = 3, .out = 2};

}  // namespace

TEST_CASE("two images, three features, two outputs: forward and every gradient") {
  for (const Device device : devices) {
    CAPTURE(to_string(device));
    Dense dense(3, 2);
    dense.to(device);
    dense.weight().value = w;
    dense.bias().value = b;
    check_equal("y", dense.forward(x), y);
    check_equal("dx", dense.backward(dy), dx);
    check_equal("dw", dense.weight().grad, dw);
    check_equal("db", dense.bias().grad, db);
  }
}

TEST_CASE("without a bias") {
  for (const Device device : devices) {
    CAPTURE(to_string(device));
    Dense dense(3, 2, false);
    dense.to(device);
    dense.weight().value = w;
    CHECK(dense.params().size() == 1);
    check_equal("y", dense.forward(x), y_no_bias);
    check_equal("dx", dense.backward(dy), dx);
    check_equal("dw", dense.weight().grad, dw);
  }
}

TEST_CASE("the loops by themselves") {
  Tensor found_y(y.shape()), found_dx(x.shape()), found_dw(w.shape()), found_db(b.shape());
  SUBCASE("ref") {
    ref::dense_forward(geometry, x.data(), w.data(), b.data(), found_y.data());
    check_equal("y", found_y, y);
    ref::dense_forward(geometry, x.data(), w.data(), nullptr, found_y.data());
    ref::dense_backward_data(geometry, dy.data(), w.data(), found_dx.data());
    ref::dense_backward_weights(geometry, x.data(), dy.data(), found_dw.data());
    ref::dense_backward_bias(geometry, dy.data(), found_db.data());
    check_equal("db", found_db, db);
  }
  SUBCASE("fast") {
    fast::dense_forward(geometry, x.data(), w.data(), b.data(), found_y.data());
    check_equal("y", found_y, y);
    fast::dense_forward(geometry, x.data(), w.data(), nullptr, found_y.data());
    fast::dense_backward_data(geometry, dy.data(), w.data(), found_dx.data());
    fast::dense_backward_weights(geometry, x.data(), dy.data(), found_dw.data());
  }
  check_equal("y without b", found_y, y_no_bias);
  check_equal("dx", found_dx, dx);
  check_equal("dw", found_dw, dw);
}

TEST_CASE("names and shapes") {
  Dense dense(400, 120);
  CHECK(to_string(dense.output_shape({64, 400})) == "64x120x1x1");
  CHECK(dense.describe() == "dense 400->120");
  REQUIRE(dense.params().size() == 2);
  CHECK(dense.params()[0] == &dense.weight());
  CHECK(dense.params()[1] == &dense.bias());
  CHECK(dense.weight().value.size() == 120 * 400);
  CHECK(dense.bias().value.size() == 120);
}

TEST_CASE("shapes and options that do not fit are refused") {
  Dense dense(12, 5);
  check_mentions(message_of<ShapeError>([&] {
                   dense.output_shape({2, 11});
                 }),
                 {"dense", "2x11x1x1", "5x12"});
  // The right number of features, but still an image.
  check_mentions(message_of<ShapeError>([&] {
                   dense.forward(Tensor({2, 3, 2, 2}));
                 }),
                 {"dense", "2x3x2x2", "5x12", "Flatten"});
  check_mentions(message_of<ShapeError>([&] {
                   dense.forward(Tensor({2, 12, 1, 2}));
                 }),
                 {"dense", "2x12x1x2", "5x12", "Flatten"});
  check_mentions(message_of<ValueError>([] { Dense(0, 5); }), {"dense", "0 and 5"});
  check_mentions(message_of<ValueError>([] { Dense(5, -1); }), {"dense", "5 and -1"});

  const Tensor input({2, 12}), gradient({2, 5});
  check_mentions(message_of<OrderError>([&] { dense.backward(gradient); }), {"dense", "forward"});
  dense.forward(input);
  check_mentions(message_of<ShapeError>([&] { dense.backward(input); }),
                 {"dense", "2x12x1x1", "2x5x1x1"});
  dense.backward(gradient);
  check_mentions(message_of<OrderError>([&] { dense.backward(gradient); }), {"dense", "forward"});
}

}  // namespace longhand::test

TEST_CASE("dense: gradient check, contract and parity, with every option") {
  longhand::test::run_cases("dense");
}
