#include "cuda/conv2d/parts.h"

#include <algorithm>

#include "cuda/grid.h"
#include "cuda/launch.h"

namespace longhand::cuda {

namespace {

__global__ void add_parts_kernel(int count, std::int64_t size, const real* parts, real* sum) {
  const std::int64_t i = global_index();
  if (i >= size) return;
  real total = 0;
  for (int part = 0; part < count; ++part) total += parts[part * size + i];
  sum[i] += total;
}

}  // namespace

int parts_for(std::int64_t blocks_a_part, std::int64_t most) {
  constexpr std::int64_t blocks = 4 * 132;
  return static_cast<int>(std::clamp(blocks / blocks_a_part, std::int64_t{1}, most));
}

void add_parts(int count, std::int64_t size, const real* parts, real* sum) {
  LAUNCH(add_parts_kernel, blocks_for(size), threads_a_block, 0, stream(), count, size, parts, sum);
}

}  // namespace longhand::cuda
