// For tests that a result repeats, or does not depend on the number of threads. One check for a
// whole tensor: with one for each number, of millions, sanitized tests would do little else.
#pragma once

#include <algorithm>

#include "core/tensor.h"

namespace longhand::test {

inline bool same_bits(const Tensor& a, const Tensor& b) {
  return a.size() == b.size() && std::equal(a.data(), a.data() + a.size(), b.data());
}

}  // namespace longhand::test
