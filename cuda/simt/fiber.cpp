#include "cuda/simt/fiber.h"

#include <sys/mman.h>
#include <unistd.h>

#include <boost/context/detail/fcontext.hpp>
#include <new>

#include "cuda/simt/sanitizer.h"

namespace longhand::simt {

namespace {

namespace boost_context = boost::context::detail;

// Enough for printf in a kernel and for a report of AddressSanitizer. Only pages that are touched
// cost memory.
constexpr std::size_t stack_bytes = 256 * 1024;

// If all stacks ended at the same offset of a page, the hot ends of 1024 of them would share the
// few cache lines of one set and push each other out. So each top is some lines below the last.
constexpr std::size_t stagger_bytes = 9 * 64;
constexpr std::size_t stagger_range = 16 * 1024;

// The entry of the fiber that was restarted last; it is switched to at once.
void (*entry_of_next)() = nullptr;

// Where a fiber begins: what was left behind is noted first.
void begin(boost_context::transfer_t from) {
  auto* left = static_cast<Context*>(from.data);
  left->where = from.fctx;
  finish_switch(nullptr, left->bottom, left->size);
  entry_of_next();
}

}  // namespace

Fiber::Fiber(int number) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const std::size_t bytes = page + stack_bytes + stagger_range;
  mapping_ = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping_ == MAP_FAILED) throw std::bad_alloc();
  mprotect(mapping_, page, PROT_NONE);
  top_ = bytes - static_cast<std::size_t>(number) * stagger_bytes % stagger_range;
  context.bottom = static_cast<std::byte*>(mapping_) + page;
  context.size = top_ - page;
}

Fiber::~Fiber() {
  if (context.tsan_fiber != nullptr) drop_tsan_fiber(context.tsan_fiber);
  munmap(mapping_, static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) + stack_bytes + stagger_range);
}

void Fiber::restart(void (*entry)()) {
  unpoison(context.bottom, context.size);  // of the frames that an earlier use never left
  context.where =
      boost_context::make_fcontext(static_cast<std::byte*>(mapping_) + top_, context.size, begin);
  context.fake_stack = nullptr;
  if (context.tsan_fiber != nullptr) drop_tsan_fiber(context.tsan_fiber);
  context.tsan_fiber = make_tsan_fiber();
  entry_of_next = entry;
}

Fiber* FiberPool::take() {
  if (free_.empty()) {
    all_.push_back(std::make_unique<Fiber>(static_cast<int>(all_.size())));
    return all_.back().get();
  }
  Fiber* fiber = free_.back();
  free_.pop_back();
  return fiber;
}

void FiberPool::give_all() {
  free_.clear();
  for (auto fiber = all_.rbegin(); fiber != all_.rend(); ++fiber) free_.push_back(fiber->get());
}

}  // namespace longhand::simt
