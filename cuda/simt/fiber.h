// Fibers: stacks of their own on which the threads of a block wait for each other. One operating
// system thread runs them all, one at a time, so that they need no locks.
#pragma once

#include <boost/context/detail/fcontext.hpp>
#include <cstddef>
#include <memory>
#include <vector>

#include "cuda/simt/sanitizer.h"

namespace longhand::simt {

// A place where execution stands still: the host's stack or a fiber's.
struct Context {
  void* where = nullptr;         // Boost's saved registers
  const void* bottom = nullptr;  // of the stack, its lowest address
  std::size_t size = 0;          // of the stack, in bytes
  void* fake_stack = nullptr;    // AddressSanitizer's, kept while the context stands still
  void* tsan_fiber = nullptr;    // what ThreadSanitizer knows it by
};

// A stack with a page under it that must not be touched, so that an overflow stops the program
// there and then and does not write into a neighbour.
struct Fiber {
  explicit Fiber(int number);  // maps the stack; std::bad_alloc when there is no room
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // Makes the fiber start with `entry`, which must never return, at the next switch, which must be
  // to it.
  void restart(void (*entry)());

  Context context;

 private:
  void* mapping_;
  std::size_t top_;  // bytes from the mapping's start
};

// Leaves `from` and goes on in `to`; returns when somebody switches back to `from`, unless it
// dies: then nobody may.
//
// Always inlined, like what calls it on the way to a barrier: a CPU foresees returns from the calls
// it has seen, and is wrong at each return after a switch. So there should be few of them (with
// four, a wait at a barrier took twice as long).
[[gnu::always_inline]] inline void switch_context(Context& from, Context& to,
                                                  bool from_dies = false) {
  start_switch(from_dies ? nullptr : &from.fake_stack, to.bottom, to.size);
  switch_tsan_fiber(to.tsan_fiber);
  const auto back = boost::context::detail::jump_fcontext(to.where, &from);
  auto* left = static_cast<Context*>(back.data);  // who came here; not always `to`
  left->where = back.fctx;
  finish_switch(from.fake_stack, left->bottom, left->size);
}

// Stacks are kept: making one costs a microsecond or two, using one again some nanoseconds.
class FiberPool {
 public:
  Fiber* take();
  void give(Fiber* fiber) { free_.push_back(fiber); }
  void give_all();  // every fiber that was taken, whatever it was doing, is free again

 private:
  std::vector<std::unique_ptr<Fiber>> all_;
  std::vector<Fiber*> free_;
};

}  // namespace longhand::simt
