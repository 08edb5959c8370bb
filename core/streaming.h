// Writing past the caches. To store a number the CPU first reads its cache line, and writes the
// line to memory when another one needs the place: two journeys. When a layer moves more than the
// last-level cache holds, what it writes has left the cache before anybody reads it; written past
// the caches (Vectors::put) it makes the second journey only.
#pragma once

#include <cstdint>

namespace longhand {

// Whether a loop that reads and writes `numbers` numbers in all should write past the caches: they
// are more than the last-level cache holds, or than $LONGHAND_STREAM, a number of bytes, says.
// ValueError if that is none.
bool streaming_pays(std::int64_t numbers);

// By the thread that has written so, before others may read it.
inline void finish_streaming() {
#if defined(__x86_64__)
  __builtin_ia32_sfence();
#endif
}

}  // namespace longhand
