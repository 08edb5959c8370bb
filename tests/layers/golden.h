// What the golden-number tests share: numbers worked out by hand, which the pages in docs/ show,
// and the layer that must give them.
#pragma once

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>

#include "core/device.h"
#include "core/error.h"
#include "core/shape.h"
#include "core/tensor.h"

namespace longhand::test {

inline constexpr Device devices[] = {Device::reference, Device::cpu};

// A tensor of decimal fractions, rounded to real.
inline Tensor decimals(const Shape& shape, std::initializer_list<double> values) {
  Tensor tensor(shape);
  REQUIRE(static_cast<std::int64_t>(values.size()) == tensor.size());
  std::int64_t i = 0;
  for (const double value : values) tensor[i++] = static_cast<real>(value);
  return tensor;
}

// A number of a few digits on paper, as float computes it.
inline doctest::Approx about(double value) {
  return doctest::Approx(value).epsilon(1e-5);
}

// Same shape and the very same numbers: for small integers, which no order of sums can round.
// `name` is the number's name in the formula: "dx".
inline void check_equal(const std::string& name, const Tensor& found, const Tensor& expected) {
  REQUIRE_MESSAGE(to_string(found.shape()) == to_string(expected.shape()), name);
  for (std::int64_t i = 0; i < expected.size(); ++i) {
    CHECK_MESSAGE(found[i] == expected[i], name << " at " << index_string(expected.shape(), i));
  }
}

// Same shape, and the same numbers to the digits that are on paper.
inline void check_close(const std::string& name, const Tensor& found, const Tensor& expected) {
  REQUIRE_MESSAGE(to_string(found.shape()) == to_string(expected.shape()), name);
  for (std::int64_t i = 0; i < expected.size(); ++i) {
    CHECK_MESSAGE(found[i] == about(expected[i]),
                  name << " at " << index_string(expected.shape(), i));
  }
}

// What the E that `body` throws says. When nothing is thrown the test fails here; an error of
// another type passes through and fails it too.
template <class E, class Body>
std::string message_of(Body&& body) {
  try {
    body();
  } catch (const E& error) {
    return error.what();
  }
  FAIL_CHECK("nothing was thrown");
  return "";
}

// Checks that `message` holds every one of `parts`.
inline void check_mentions(const std::string& message, std::initializer_list<const char*> parts) {
  for (const char* part : parts) {
    CHECK_MESSAGE(message.find(part) != std::string::npos,
                  "no \"" << part << "\" in \"" << message << "\"");
  }
}

}  // namespace longhand::test
