#include "core/elementwise.h"

namespace longhand {

void copy(std::int64_t size, const real* from, real* to) {
  parallel_for(size, elementwise_grain, [&](std::int64_t begin, std::int64_t end, int) {
    std::copy(from + begin, from + end, to + begin);
  });
}

}  // namespace longhand
