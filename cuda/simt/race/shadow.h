// For each four bytes of device and shared memory: who wrote them last, and who read them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "cuda/simt/race/clocks.h"

namespace longhand::simt {

// All zero when nobody has touched the bytes.
struct Cell {
  Access write;
  Access reads[2];              // of different threads, the later first
  std::uint32_t launch, block;  // in which `written` came to be
  std::uint8_t written;         // of shared memory: the bytes that the block has written
};

struct Range {
  std::uintptr_t start = 0, end = 0;
  bool shared = false;
  Cell* cells = nullptr;
};

class Shadow {
 public:
  Shadow();

  void add(const void* memory, std::size_t bytes, bool shared);
  void remove(const void* memory);

  // The range that the byte at `address` lies in; null for memory that only its thread, or only
  // the host, can name. `caller` is a hint: an instruction mostly touches the same range again.
  const Range* find(std::uintptr_t address, const void* caller);

 private:
  const Range* look_up(std::uintptr_t address) const;

  std::map<std::uintptr_t, Range> ranges_;
  Range statics_;             // the program's variables, of which __shared__ ones are some
  std::vector<Range> inner_;  // of those, the ones that are not
  const Range* recent_[256] = {};
};

}  // namespace longhand::simt
