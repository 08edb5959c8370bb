// What the tests of the kernels share: numbers in device memory, and that they are exactly those
// of the reference loops.
#pragma once

#include <doctest/doctest.h>

#include <cstring>
#include <numeric>
#include <string>
#include <vector>

#include "core/compare.h"
#include "core/memory.h"
#include "core/random.h"
#include "core/tensor.h"

namespace longhand::test {

// Elements in device memory: copied from `values`, or `size` that nobody has written, which are
// garbage: every bit is 1, in floating point a NaN.
template <class T>
class DeviceArray {
 public:
  explicit DeviceArray(const std::vector<T>& values) : buffer_(Memory::cuda) {
    buffer_.assign(values.data(), static_cast<std::int64_t>(values.size()));
  }
  explicit DeviceArray(std::size_t size) : DeviceArray(garbage(size)) {}
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;

  // A kernel may write through it even where the array itself stays the same one.
  T* data() const { return buffer_.data(); }

  std::vector<T> values() const {
    std::vector<T> result(static_cast<std::size_t>(buffer_.size()));
    cuda::copy(result.size() * sizeof(T), buffer_.data(), Memory::cuda, result.data(),
               Memory::host);
    return result;
  }

 private:
  static std::vector<T> garbage(std::size_t size) {
    std::vector<T> values(size);
    std::memset(values.data(), 0xff, size * sizeof(T));
    return values;
  }

  mutable Buffer<T> buffer_;
};

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
