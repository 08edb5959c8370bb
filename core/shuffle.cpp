#include "core/shuffle.h"

namespace longhand::ref {

void shuffle(int count, const std::uint64_t* key, int* order) {
  for (int i = 0; i < count; ++i) order[i] = shuffled(i, count, *key);
}

}  // namespace longhand::ref
