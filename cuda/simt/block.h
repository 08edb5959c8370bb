// The block that runs: its threads, its warps and who is to run next. There is one at a time.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "cuda/simt/fiber.h"
#include "cuda/simt/scheduler.h"
#include "cuda_pipeline.h"

namespace longhand::simt {

inline constexpr unsigned max_threads = 1024;
inline constexpr unsigned warp_lanes = 32;

enum class State : unsigned char { fresh, ready, at_barrier, in_warp_operation, returned };

struct Thread {
  uint3 index{};           // its threadIdx
  Fiber* fiber = nullptr;  // its own from its first wait on
  State state = State::fresh;
  const char* operation = "";  // what it waits at: "__syncthreads"
  Site site;
  unsigned mask = 0;              // of the warp operation it waits at
  void* payload = nullptr;        // what it brought to that
  std::vector<AsyncCopy> copies;  // that it has started
  std::size_t copies_made = 0;    // of those
  std::size_t batches = 0;        // that it has committed
};

// A warp operation that some of its lanes have reached.
struct WarpOperation {
  WarpCall call;
  unsigned arrived = 0;
};

struct Warp {
  unsigned lanes = 0;     // that exist and have not returned
  unsigned returned = 0;  // that have
  std::vector<WarpOperation> pending;
};

// The threads that may go on, in the order in which they will; each is in it at most once.
class Queue {
 public:
  bool empty() const { return head_ == tail_; }
  unsigned front() const { return slots_[head_ % max_threads]; }
  void pop() { ++head_; }
  void push_back(unsigned thread) { slots_[tail_++ % max_threads] = thread; }
  void push_front(unsigned thread) { slots_[--head_ % max_threads] = thread; }
  void clear() { head_ = tail_ = 0; }

 private:
  std::array<unsigned, max_threads> slots_{};
  unsigned head_ = 0, tail_ = 0;  // both wrap around, which max_threads divides
};

struct Block {
  const Launch* launch = nullptr;
  void* shared = nullptr;  // dynamic shared memory
  unsigned number = 0;     // in the grid
  unsigned size = 0;       // threads
  std::array<Thread, max_threads> threads;
  std::array<Warp, max_threads / warp_lanes> warps;
  Queue queue;
  Order order;
  std::array<unsigned, max_threads> turn{};  // the threads in that order

  unsigned current = 0;  // the thread that runs
  unsigned returned = 0;
  unsigned at_barrier = 0;        // threads that wait there
  unsigned first_at_barrier = 0;  // of those, the first that came
  int nonzero = 0;                // predicates of those
  Votes votes{};                  // of the last barrier

  Fiber* fiber = nullptr;  // that runs
  FiberPool pool;
  Context host;

  const char* fault_name = nullptr;  // null while all is well; see fail_with
  std::string (*fault_text)(const void* what) = nullptr;
  const void* fault_what = nullptr;
};
extern Block block;

// What a fiber does from its start on: it runs fresh threads.
void run_threads();
// No thread can go on, and not all have returned.
[[noreturn]] void fail_stuck();

inline void become(unsigned number) {
  block.current = number;
  threadIdx = block.threads[number].index;
}

// Gives the processor to the next thread, and returns when this one is to go on.
[[gnu::always_inline]] inline void wait() {
  if (block.queue.empty()) fail_stuck();
  const unsigned self = block.current;
  Fiber* const mine = block.fiber;
  const unsigned next = block.queue.front();
  if (next == self) {
    block.queue.pop();
    return;
  }
  block.fiber = block.threads[next].fiber;
  if (block.fiber != nullptr) {
    block.queue.pop();
  } else {  // `next` is fresh: the new fiber will take it from the queue
    block.fiber = block.pool.take();
    block.fiber->restart(run_threads);
  }
  switch_context(mine->context, block.fiber->context);
  become(self);
}

// Releases a warp operation that all who must come have reached.
void complete_if_all(unsigned warp, std::size_t pending);
// "thread (3,0,0)", "a.cu:7"
std::string describe(const Thread& thread);
std::string describe(const WarpCall& call);  // its name, mask and place
std::string describe(Site site);
std::string describe(const uint3& index);  // "(3,0,0)"
std::string hex(unsigned mask);            // "0x0000ffff"
bool same(Site a, Site b);

}  // namespace longhand::simt
