// Numbers that are not whole, for the kernels whose arithmetic rounds: their results are those of
// the reference loops but for rounding, because exp is another one on a GPU, and a product and a
// sum become one instruction there.
#pragma once

#include "tests/cuda/on_device.h"

namespace longhand::test {

inline Tensor real_numbers(const Shape& shape, std::uint64_t seed, real low = -3, real high = 3) {
  Random random(seed);
  Tensor tensor(shape);
  for (std::int64_t i = 0; i < tensor.size(); ++i) tensor[i] = random.uniform(low, high);
  return tensor;
}

// The device's numbers are those of `expected` but for a few roundings. (Those of numbers as large
// as the largest: differences of large numbers may be small.)
inline void check_near(const std::string& name, const DeviceArray<real>& found,
                       const Tensor& expected) {
  const std::vector<real> values = found.values();
  std::vector<std::int64_t> offsets(values.size());
  std::iota(offsets.begin(), offsets.end(), 0);
  const Comparison result =
      compare(name, expected.shape(), offsets, {values.begin(), values.end()},
              {expected.data(), expected.data() + expected.size()}, 2e-6, 0.1);
  CHECK_MESSAGE(result.passed(), result.report());
}

// Memory for as many numbers as the tensor has, not yet written: garbage, which the CPU runtime
// makes NaN.
inline DeviceArray<real> unwritten(const Tensor& tensor) {
  return DeviceArray<real>(static_cast<std::size_t>(tensor.size()));
}

}  // namespace longhand::test
