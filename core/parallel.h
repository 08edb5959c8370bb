// parallel_for: a loop cut into one contiguous piece a thread, run by a small pool of our own.
#pragma once

#include <algorithm>
#include <cstdint>

namespace longhand {

// How many threads Device::cpu uses: all cores at first. ValueError below 1.
int threads();
void set_threads(int count);

// The grain of element-wise loops: fewer elements than this are not worth waking a thread for.
inline constexpr std::int64_t elementwise_grain = 16384;

// The grain of `count` items that take `multiplications` in all: fewer than 2^17 a piece, a few
// microseconds, are not worth waking a thread for.
inline std::int64_t grain_of_work(std::int64_t count, std::int64_t multiplications) {
  constexpr std::int64_t worth = 1 << 17;
  return worth * count / std::max<std::int64_t>(multiplications, 1) + 1;
}

// Whether this thread is running a piece of a parallel_for.
bool inside_piece();

// Whose memory the code that runs here should use between calls (core/scratch.h): 0, this thread's
// own; p > 0, that of place p of the pool, where a piece p is running on this thread. One thread at
// a time is at place p.
int memory_place();

// How many pieces parallel_for cuts `count` items into when each piece gets at least `grain` of
// them. It depends on nothing but these numbers and threads(), so results repeat to the bit.
// Inside a piece of another parallel_for the answer is 1.
inline int parallel_pieces(std::int64_t count, std::int64_t grain) {
  const std::int64_t pieces = std::min<std::int64_t>(threads(), count / grain);
  return pieces <= 1 || inside_piece() ? 1 : static_cast<int>(pieces);
}

// The pieces of one loop, its body's type forgotten: run(body, p) runs piece p.
struct Pieces {
  int count = 0;
  void (*run)(const void* body, int piece) noexcept = nullptr;
  const void* body = nullptr;
};

// Runs them all, each once, and returns when the last one is done.
void run_pieces(const Pieces& pieces);

// Calls body(begin, end, piece) for each piece of [0, count), several at the same time. Piece p is
// meant for thread p, the caller being thread 0, so that a thread meets the same share of a batch
// again and again; a thread that is late loses its piece to one that is free. The body must not
// throw. Several threads of a program may call this at the same time: one gets the pool, the others
// run their pieces themselves. So does the child of a fork(). (core/parallel.cpp says how it
// works.)
template <class Body>
void parallel_for(std::int64_t count, std::int64_t grain, Body&& body) {
  const int pieces = parallel_pieces(count, grain);
  if (pieces == 1) {
    body(std::int64_t{0}, count, 0);
    return;
  }
  const auto run = [&](int piece) {
    body(count * piece / pieces, count * (piece + 1) / pieces, piece);
  };
  using Run = decltype(run);
  run_pieces({.count = pieces,
              .run = [](const void* typed,
                        int piece) noexcept { (*static_cast<const Run*>(typed))(piece); },
              .body = &run});
}

}  // namespace longhand
