#include "core/compare.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "core/error.h"

using namespace longhand;

namespace {

const double not_a_number = std::numeric_limits<double>::quiet_NaN();

Comparison of(const std::vector<double>& values, const std::vector<double>& expected) {
  return compare("t", {1, 1, 2, 2}, {0, 1, 2, 3}, values, expected, 1e-3, 1e-3);
}

}  // namespace

TEST_CASE("equal numbers pass, numbers beyond the tolerance do not") {
  CHECK(of({1, 2, 3, 4}, {1, 2, 3, 4}).passed());
  CHECK(of({1, 2, 3, 4}, {1, 2, 3.0029, 4}).passed());
  const Comparison result = of({1, 2, 3.1, 4}, {1, 2, 3, 4});
  CHECK_FALSE(result.passed());
  CHECK(result.report() ==
        "t: 1 of 4 elements differ, the worst at (n, c, h, w) = (0, 0, 1, 0): 3.1, expected 3");
}

TEST_CASE("NaN fails, on either side and wherever it stands") {
  for (std::size_t i = 0; i < 4; ++i) {
    std::vector<double> spoiled{1, 2, 3, 4};
    spoiled[i] = not_a_number;
    CHECK_FALSE(of(spoiled, {1, 2, 3, 4}).passed());
    CHECK_FALSE(of({1, 2, 3, 4}, spoiled).passed());
    CHECK(std::isnan(of(spoiled, {1, 2, 3, 4}).worst_error));
  }
  CHECK(of({not_a_number, 2, 9, 4}, {1, 2, 3, 4}).worst_index == "(n, c, h, w) = (0, 0, 0, 0)");
}

TEST_CASE("infinity is not equal to anything finite") {
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK_FALSE(of({infinity, 2, 3, 4}, {1, 2, 3, 4}).passed());
}

TEST_CASE("nothing compared, or nothing but zeros, proves nothing") {
  const Comparison none = compare("t", {1, 1, 2, 2}, {}, {}, {}, 1, 1);
  CHECK_FALSE(none.passed());
  CHECK(none.report() == "t: nothing was compared");
  const Comparison zeros = of({0, 0, 0, 0}, {0, 0, 0, 0});
  CHECK_FALSE(zeros.passed());
  CHECK(zeros.report() == "t: all 4 expected elements are zero: that proves nothing");
}

TEST_CASE("tiny elements beside large ones are judged by the floor") {
  CHECK(of({1000, 1e-7, 3, 4}, {1000, 2e-7, 3, 4}).passed());
  CHECK_FALSE(of({1000, 0.1, 3, 4}, {1000, 0.2, 3, 4}).passed());
}

TEST_CASE("lists of different lengths are an error") {
  CHECK_THROWS_AS(compare("t", {1, 1, 2, 2}, {0, 1}, {1}, {1, 2}, 1, 1), ShapeError);
}
