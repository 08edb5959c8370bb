#include "core/transpose.h"

namespace longhand {

void transpose(int rows, int columns, const real* from, std::int64_t from_stride, real* to,
               std::int64_t to_stride) {
  run_kernel<TransposeKernel>(rows, columns, from, from_stride, to, to_stride);
}

}  // namespace longhand
