// Runs a launch: block after block, and in each block thread after thread.
#pragma once

#include <string>

#include "cuda/simt/order.h"
#include "simt/scheduler.h"

namespace longhand::simt {

struct Launch {
  std::string kernel;
  dim3 grid, block;
  std::size_t shared_bytes = 0;
  void (*call)(const void* arguments) = nullptr;  // runs the kernel for one thread
  const void* arguments = nullptr;
};

// What a kernel did wrong; empty when it ran to its end.
struct Fault {
  std::string name;     // "barrier not reached by all"
  std::string message;  // one line or more: the name, then kernel, block, thread and what to do
};

// Runs every thread. The launch must be within CUDA's limits. Not to be called from a kernel.
Fault run(const Launch& launch);

// Where the running thread is, for the race detector.
struct Place {
  unsigned block;      // its number in the grid
  unsigned thread;     // its number in the block
  const char* kernel;  // its name
};
bool in_kernel();
Place place();
std::string describe(unsigned block, unsigned thread);  // "block (0,0,0), thread (3,0,0)"

// Ends the kernel that runs with a fault of this name. The host makes the text, by text(what),
// when it has taken over: the stacks of the kernel's threads stay as they are, but no destructor
// runs on them any more.
[[noreturn]] void fail_with(const char* name, std::string (*text)(const void* what),
                            const void* what);

// The same for a function object, which may refer to variables where it is made.
template <class F>
[[noreturn]] void fail(const char* name, const F& text) {
  fail_with(
      name, [](const void* f) -> std::string { return (*static_cast<const F*>(f))(); }, &text);
}

// Told of all that orders one access to memory before another. The race detector is one.
class Observer {
 public:
  virtual void launch_begins(const Launch& launch, void* shared) = 0;
  virtual void launch_ends() = 0;
  virtual void block_begins(unsigned block, unsigned threads) = 0;
  virtual void block_ends() = 0;
  virtual void barrier() = 0;  // may end the kernel with a fault, as may block_ends
  virtual void warp_sync(unsigned warp, unsigned lanes) = 0;
  virtual void fence() = 0;
  virtual void atomic(const void* address, unsigned bytes, const void* caller) = 0;
  virtual void memory(const void* address, std::size_t bytes, bool alive) = 0;

 protected:
  ~Observer() = default;
};
extern Observer* observer;  // null when there is none

}  // namespace longhand::simt
