// What the tests of the kernels share: numbers in device memory, and that they are exactly those
// of the reference loops.
#pragma once

#include <doctest/doctest.h>

#include <numeric>
#include <string>
#include <vector>

#include "core/compare.h"
#include "core/random.h"
#include "core/tensor.h"
#include "tests/simt/device_array.h"

namespace longhand::test {

// Whole numbers from 1 to 4 and from -1 to -4: their products add up without rounding, in any
// order, and none is zero, so that none can be left out unnoticed.
inline Tensor whole_numbers(const Shape& shape, std::uint64_t seed) {
  Random random(seed);
  Tensor tensor(shape);
  for (std::int64_t i = 0; i < tensor.size(); ++i) {
    const auto size = static_cast<real>(1 + random.below(4));
    tensor[i] = random.below(2) == 0 ? size : -size;
  }
  return tensor;
}

// A copy of the tensor in device memory.
inline DeviceArray<real> on_device(const Tensor& tensor) {
  return DeviceArray<real>(std::vector<real>(tensor.data(), tensor.data() + tensor.size()));
}

// The device's numbers are the very numbers of `expected`.
inline void check_same(const std::string& name, const DeviceArray<real>& found,
                       const Tensor& expected) {
  const std::vector<real> values = found.values();
  std::vector<std::int64_t> offsets(values.size());
  std::iota(offsets.begin(), offsets.end(), 0);
  const Comparison result = compare(name, expected.shape(), offsets, {values.begin(), values.end()},
                                    {expected.data(), expected.data() + expected.size()}, 0, 0);
  CHECK_MESSAGE(result.passed(), result.report());
}

}  // namespace longhand::test
