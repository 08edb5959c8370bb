// compare: whether two sets of numbers are the same, by a rule that cannot be fooled.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/shape.h"

namespace longhand {

// How one set of values did against another.
struct Comparison {
  std::string name;           // of the tensor
  std::int64_t compared = 0;  // elements
  std::int64_t failed = 0;    // elements whose error is above the tolerance, or NaN
  double largest = 0;         // largest absolute value expected
  double worst_error = 0;     // largest relative error, NaN if one was
  std::string worst_index;    // "(n, c, h, w) = (0, 1, 2, 3)"
  double worst_value = 0, worst_expected = 0;

  // Something was compared, none failed, and not all that was expected is zero: a gradient that is
  // zero everywhere would agree with anything that does nothing.
  bool passed() const { return compared > 0 && failed == 0 && largest > 0; }

  // One line with all of it.
  std::string report() const;
};

// Compares values[i] with expected[i], the elements of a tensor of that shape at offsets[i].
//   error = |value - expected| / max(|value|, |expected|, floor * largest |expected|)
// and an element passes when error <= tolerance, which no NaN does. The floor keeps elements that
// are tiny beside the others from being judged by their rounding.
Comparison compare(const std::string& name, const Shape& shape,
                   const std::vector<std::int64_t>& offsets, const std::vector<double>& values,
                   const std::vector<double>& expected, double tolerance, double floor);

}  // namespace longhand
