// Threads run as a plain loop on one fiber, one after the other, which costs a call each. A thread
// that must wait keeps the fiber it is on, and the loop goes on on another.
#include "cuda/simt/scheduler.h"

#include <cstdlib>
#include <cstring>
#include <new>
#include <numeric>
#include <vector>

#include "cuda/simt/block.h"

namespace longhand::simt {

Block block;
Observer* observer = nullptr;

namespace {

bool running = false;  // a kernel

// A thread has run to the end of the kernel: its warp no longer waits for it.
void returned(unsigned number) {
  Thread& thread = block.threads[number];
  thread.state = State::returned;
  thread.fiber = nullptr;
  ++block.returned;
  Warp& warp = block.warps[number / warp_lanes];
  warp.lanes &= ~(1U << number % warp_lanes);
  warp.returned |= 1U << number % warp_lanes;
  for (std::size_t i = warp.pending.size(); i-- > 0;) complete_if_all(number / warp_lanes, i);
}

void prepare(unsigned number) {
  const dim3 grid = block.launch->grid;
  block.number = number;
  blockIdx = {number % grid.x, number / grid.x % grid.y, number / grid.x / grid.y};
  block.returned = 0;
  block.at_barrier = 0;
  block.nonzero = 0;
  block.order.fill(std::span(block.turn.data(), block.size));
  block.queue.clear();
  for (unsigned i = 0; i < block.size; ++i) {
    block.threads[i].state = State::fresh;
    block.threads[i].fiber = nullptr;
    block.threads[i].copies.clear();
    block.threads[i].copies_made = block.threads[i].batches = 0;
    block.queue.push_back(block.turn[i]);
    Warp& warp = block.warps[i / warp_lanes];
    if (i % warp_lanes == 0) {
      warp.lanes = warp.returned = 0;
      warp.pending.clear();
    }
    warp.lanes |= 1U << i % warp_lanes;
  }
  // What a kernel finds in shared memory that it did not write is not zero.
  if (block.shared != nullptr) std::memset(block.shared, 0xFF, block.launch->shared_bytes);
  if (observer != nullptr) observer->block_begins(number, block.size);
}

void number_threads(dim3 size) {
  block.size = size.x * size.y * size.z;
  for (unsigned i = 0; i < block.size; ++i) {
    block.threads[i].index = {i % size.x, i / size.x % size.y, i / size.x / size.y};
  }
}

// In exactly this size, so that AddressSanitizer sees what lies beyond it.
struct Shared {
  explicit Shared(std::size_t bytes) {
    if (bytes > 0 && posix_memalign(&memory, 256, bytes) != 0) throw std::bad_alloc();
  }
  ~Shared() { std::free(memory); }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;
  void* memory = nullptr;
};

}  // namespace

// Runs fresh threads while they are next. It leaves when
// the next has a fiber of its own, or there is none, and is started anew another time.
void run_threads() {
  Context& here = block.fiber->context;
  while (!block.queue.empty()) {
    const unsigned number = block.queue.front();
    block.queue.pop();
    Thread& thread = block.threads[number];
    if (thread.fiber != nullptr) {
      block.pool.give(block.fiber);
      block.fiber = thread.fiber;
      switch_context(here, block.fiber->context, true);
    }
    thread.fiber = block.fiber;
    become(number);
    block.launch->call(block.launch->arguments);
    returned(number);
  }
  if (block.returned < block.size) fail_stuck();
  if (observer != nullptr) observer->block_ends();
  block.pool.give(block.fiber);
  switch_context(here, block.host, true);
}

Fault run(const Launch& launch) {
  block.order.read();
  const Shared shared(launch.shared_bytes);
  block.launch = &launch;
  block.shared = shared.memory;
  block.fault_name = nullptr;
  blockDim = launch.block;
  gridDim = launch.grid;
  number_threads(launch.block);
  std::vector<unsigned> blocks(std::size_t{launch.grid.x} * launch.grid.y * launch.grid.z);
  block.order.fill(std::span(blocks));
  if (observer != nullptr) observer->launch_begins(launch, shared.memory);
  running = true;
  block.host.tsan_fiber = this_tsan_fiber();
  for (const unsigned number : blocks) {
    prepare(number);
    block.fiber = block.pool.take();
    block.fiber->restart(run_threads);
    switch_context(block.host, block.fiber->context);
    if (block.fault_name != nullptr) break;
  }
  running = false;
  Fault fault;
  if (block.fault_name != nullptr) {
    fault = {block.fault_name, std::string(block.fault_name) + ": kernel " + launch.kernel + ", " +
                                   block.fault_text(block.fault_what)};
    block.pool.give_all();
  }
  if (observer != nullptr) observer->launch_ends();
  return fault;
}

void fail_with(const char* name, std::string (*text)(const void* what), const void* what) {
  block.fault_name = name;
  block.fault_text = text;
  block.fault_what = what;
  switch_context(block.fiber->context, block.host);
  std::abort();  // not reached
}

bool in_kernel() {
  return running;
}
Place place() {
  return {block.number, block.current, block.launch->kernel.c_str()};
}

}  // namespace longhand::simt
