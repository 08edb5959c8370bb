#include "cuda/simt/race/shadow.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdio>
#include <new>

#include "simt/scheduler.h"

// Where the linker puts the program's variables, and those declared __constant__.
extern "C" {
extern char __data_start, _end;  // NOLINT: the linker's names
[[gnu::weak]] extern char __start_simt_constant, __stop_simt_constant;  // NOLINT: likewise
}

namespace longhand::simt {

namespace {

std::uintptr_t address_of(const void* memory) {
  return reinterpret_cast<std::uintptr_t>(memory);
}

std::size_t cell_bytes(const Range& range) {
  return ((range.end - range.start) / 4 + 2) * sizeof(Cell);
}

// Pages of zeros, which take memory only once they are written.
Cell* make_cells(const Range& range) {
  void* memory = mmap(nullptr, cell_bytes(range), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  return static_cast<Cell*>(memory);
}

Range range_of(const void* memory, std::size_t bytes, bool shared) {
  const std::uintptr_t start = address_of(memory);
  return {start, start + bytes, shared, nullptr};
}

template <class T>
Range range_of(const T& variable) {
  return range_of(&variable, sizeof(T), false);  // NOLINT(bugprone-sizeof-expression): a pointer
}

bool contains(const Range& range, std::uintptr_t address) {
  return range.start <= address && address < range.end;
}

}  // namespace

Shadow::Shadow()
    : statics_{address_of(&__data_start) & ~std::uintptr_t{3}, address_of(&_end), true, nullptr} {
  statics_.cells = make_cells(statics_);
  inner_ = {range_of(threadIdx), range_of(blockIdx), range_of(blockDim), range_of(gridDim),
            range_of(stdin),     range_of(stdout),   range_of(stderr)};
  if (&__start_simt_constant != nullptr) {
    inner_.push_back(
        {address_of(&__start_simt_constant), address_of(&__stop_simt_constant), false, nullptr});
  }
}

void Shadow::add(const void* memory, std::size_t bytes, bool shared) {
  Range range = range_of(memory, bytes, shared);
  if (contains(statics_, range.start)) {
    inner_.push_back(range);
  } else {
    remove(memory);
    range.cells = make_cells(range);
    ranges_[range.start] = range;
  }
  std::fill(std::begin(recent_), std::end(recent_), nullptr);
}

void Shadow::remove(const void* memory) {
  const auto found = ranges_.find(address_of(memory));
  if (found == ranges_.end()) return;
  munmap(found->second.cells, cell_bytes(found->second));
  ranges_.erase(found);
  std::fill(std::begin(recent_), std::end(recent_), nullptr);
}

const Range* Shadow::find(std::uintptr_t address, const void* caller) {
  if (contains(statics_, address)) return look_up(address);
  const Range*& recent = recent_[address_of(caller) / 4 % std::size(recent_)];
  if (recent == nullptr || !contains(*recent, address)) recent = look_up(address);
  return recent;
}

const Range* Shadow::look_up(std::uintptr_t address) const {
  if (contains(statics_, address)) {
    const bool inner = std::any_of(inner_.begin(), inner_.end(),
                                   [=](const Range& range) { return contains(range, address); });
    return inner ? nullptr : &statics_;
  }
  auto next = ranges_.upper_bound(address);
  if (next == ranges_.begin()) return nullptr;
  --next;
  return contains(next->second, address) ? &next->second : nullptr;
}

}  // namespace longhand::simt
