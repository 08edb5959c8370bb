// parallel_for: a loop cut into one contiguous piece a thread.
#pragma once

#include <omp.h>

#include <algorithm>
#include <cstdint>

namespace longhand {

// How many threads Device::cpu uses: all cores at first. ValueError below 1.
int threads();
void set_threads(int count);

// The grain of element-wise loops: fewer elements than this are not worth waking a thread for.
inline constexpr std::int64_t elementwise_grain = 4096;

// How many pieces parallel_for cuts `count` items into when each piece gets at least `grain` of
// them. It depends on nothing but these numbers and threads(), so results repeat to the bit.
// Inside a piece of another parallel_for the answer is 1.
inline int parallel_pieces(std::int64_t count, std::int64_t grain) {
  if (omp_in_parallel() != 0) return 1;
  const std::int64_t pieces = std::min<std::int64_t>(threads(), count / grain);
  return static_cast<int>(std::max<std::int64_t>(pieces, 1));
}

// Calls body(begin, end, piece) for each piece of [0, count), piece p on a thread of its own. The
// body must not throw.
template <class Body>
void parallel_for(std::int64_t count, std::int64_t grain, Body&& body) {
  const int pieces = parallel_pieces(count, grain);
  if (pieces == 1) {  // no team of one: OpenMP would allocate it anew each time
    body(std::int64_t{0}, count, 0);
    return;
  }
#pragma omp parallel num_threads(pieces)
  {
    // A plain loop: `omp for` would allocate with clang's OpenMP. The team has `pieces` threads
    // unless the system refuses some.
    const int team = omp_get_num_threads();
    for (int piece = omp_get_thread_num(); piece < pieces; piece += team) {
      body(count * piece / pieces, count * (piece + 1) / pieces, piece);
    }
  }
}

}  // namespace longhand
