// The indices of an element from its place in memory, without a division where 32 bits do.
#pragma once

#include <cstdint>
#include <limits>

#include "core/shape.h"
#include "cuda/divide.h"
#include "cuda/launch.h"

namespace longhand::cuda {

// index_at(shape, i) for kernels, which get it as an argument.
class Places {
 public:
  explicit Places(const Shape& shape) : shape_(shape), c_(shape.c), h_(shape.h), w_(shape.w) {}

  __device__ Index operator()(std::int64_t i) const {
    if (shape_.size() > std::numeric_limits<std::int32_t>::max()) return index_at(shape_, i);
    const int w = static_cast<int>(i), h = w / w_, c = h / h_;
    return {c / c_, c % c_, h % h_, w % w_};
  }

 private:
  Shape shape_;
  Divisor c_, h_, w_;
};

}  // namespace longhand::cuda
