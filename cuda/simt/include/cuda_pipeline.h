// Stands in for CUDA's header of this name in builds that run kernels on the CPU: copies to shared
// memory that a thread starts and waits for later. A copy is made when it is waited for, which is
// as late as a GPU may make it; from its start until then its place holds all bits one, which is
// NaN, so that a kernel that does not wait, or that overwrites what others still read, is found
// out.
#pragma once

#include <cstddef>

#include "cuda_runtime.h"

namespace longhand::simt {

struct AsyncCopy {
  void* to;
  const void* from;
  unsigned bytes, zeros;  // of the bytes, how many at the end are zero instead
  std::size_t batch;      // the commits of the thread before it
};

// The running thread's copies, in the order of their start.
void start_copy(const AsyncCopy& copy);
void commit_copies();
// The first copy that is not among the last `prior` batches; false when there is none.
bool take_copy(std::size_t prior, AsyncCopy& copy);

typedef unsigned __attribute__((may_alias)) Word;

}  // namespace longhand::simt

// Copies 4, 8 or 16 bytes, of which the last `zfill` become zero, to a place that is aligned to so
// many. All that the thread has started until __pipeline_commit is a batch.
[[gnu::always_inline]] inline void __pipeline_memcpy_async(void* to, const void* from,
                                                           std::size_t bytes, std::size_t zfill = 0,
                                                           const char* file = __builtin_FILE(),
                                                           int line = __builtin_LINE()) {
  using namespace longhand::simt;
  if ((bytes != 4 && bytes != 8 && bytes != 16) || zfill % 4 != 0 || zfill > bytes ||
      reinterpret_cast<std::size_t>(to) % bytes != 0 ||
      reinterpret_cast<std::size_t>(from) % bytes != 0) {
    kernel_error("misaligned copy", "__pipeline_memcpy_async",
                 "copies 4, 8 or 16 bytes between places aligned to so many", {file, line});
  }
  for (std::size_t i = 0; i < bytes / 4; ++i) static_cast<Word*>(to)[i] = 0xffffffffU;
  start_copy({to, from, static_cast<unsigned>(bytes), static_cast<unsigned>(zfill), 0});
}

inline void __pipeline_commit() {
  longhand::simt::commit_copies();
}

// Waits for the thread's own copies, but for those of the last `prior` batches.
[[gnu::always_inline]] inline void __pipeline_wait_prior(std::size_t prior) {
  using namespace longhand::simt;
  AsyncCopy copy;
  while (take_copy(prior, copy)) {
    const unsigned words = copy.bytes / 4, taken = words - copy.zeros / 4;
    for (unsigned i = 0; i < words; ++i) {
      static_cast<Word*>(copy.to)[i] = i < taken ? static_cast<const Word*>(copy.from)[i] : 0;
    }
  }
}
