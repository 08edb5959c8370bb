// Where threads wait for each other: the block's barrier and the operations of a warp.
#include <bit>

#include "cuda/simt/block.h"

namespace longhand::simt {

namespace {

[[noreturn]] void fail_two_barriers(const Thread& here, const Thread& other) {
  fail("two different barriers waited at together", [&] {
    return describe(block.number, block.current) + " reached " + here.operation + " at " +
           describe(here.site) + " while " + describe(other) + " waits in " + other.operation +
           " at " + describe(other.site) + "; all threads of a block must reach the same barrier";
  });
}

// All are here: they go on in the order of a new turn.
void release_block() {
  block.votes = {block.nonzero, static_cast<int>(block.size)};
  block.at_barrier = 0;
  block.nonzero = 0;
  if (block.order.random()) block.order.fill(std::span(block.turn.data(), block.size));
  for (unsigned i = 0; i < block.size; ++i) {
    block.threads[block.turn[i]].state = State::ready;
    block.queue.push_back(block.turn[i]);
  }
  if (observer != nullptr) observer->barrier();
}

// Of the warp operations that wait, the one that the thread has come to; a new one when it is the
// first to come. Lanes meet by naming the same mask.
std::size_t join(Warp& warp, const WarpCall& call) {
  for (std::size_t i = 0; i < warp.pending.size(); ++i) {
    const WarpCall& other = warp.pending[i].call;
    if (other.mask != call.mask) continue;
    // Only __syncwarp may be reached on different lines by the lanes of one mask.
    if (other.complete == call.complete &&
        (call.complete == nullptr || same(other.site, call.site))) {
      return i;
    }
    fail("two different warp operations waited at together", [&] {
      return describe(block.number, block.current) + " (lane " + std::to_string(lane_id()) +
             ") reached " + describe(call) + " while lanes " + hex(warp.pending[i].arrived) +
             " of its warp wait in " + describe(other) +
             "; all lanes of a mask must reach the same one";
    });
  }
  warp.pending.push_back({call, 0});
  return warp.pending.size() - 1;
}

}  // namespace

Votes block_barrier(const char* name, int predicate, Site site) {
  Thread& thread = block.threads[block.current];
  thread.operation = name;
  thread.site = site;
  if (block.at_barrier > 0) {
    const Thread& other = block.threads[block.first_at_barrier];
    if (!same(other.site, site)) fail_two_barriers(thread, other);
  } else {
    block.first_at_barrier = block.current;
  }
  thread.state = State::at_barrier;
  block.nonzero += predicate != 0;
  if (++block.at_barrier == block.size) release_block();
  wait();
  return block.votes;
}

void complete_if_all(unsigned number, std::size_t pending) {
  Warp& warp = block.warps[number];
  const WarpOperation operation = warp.pending[pending];
  const WarpCall& call = operation.call;
  if ((call.mask & warp.lanes & ~operation.arrived) != 0) return;
  if (const unsigned gone = call.mask & warp.returned; call.needs_all && gone != 0) {
    fail("wrong shuffle mask", [&] {
      return "block " + describe(blockIdx) + ", warp " + std::to_string(number) + ": lanes " +
             hex(operation.arrived) + " wait in " + describe(call) + ", whose lanes " + hex(gone) +
             " have returned from the kernel; name only lanes that get there";
    });
  }
  warp.pending.erase(warp.pending.begin() + static_cast<std::ptrdiff_t>(pending));

  void* payloads[warp_lanes] = {};
  unsigned lanes[warp_lanes];
  unsigned count = 0;
  for (unsigned lane = 0; lane < warp_lanes; ++lane) {
    if ((operation.arrived >> lane & 1U) == 0) continue;
    Thread& thread = block.threads[number * warp_lanes + lane];
    payloads[lane] = thread.payload;
    thread.state = State::ready;
    lanes[count++] = number * warp_lanes + lane;
  }
  if (call.complete != nullptr) {
    call.complete(payloads);
  } else if (observer != nullptr) {
    observer->warp_sync(number, operation.arrived);
  }
  // They go on before other threads start, so that few fibers are in use at once.
  block.order.arrange(std::span(lanes, count));
  while (count > 0) block.queue.push_front(lanes[--count]);
}

void warp_operation(const WarpCall& call, void* payload) {
  Thread& thread = block.threads[block.current];
  Warp& warp = block.warps[block.current / warp_lanes];
  if ((call.mask >> lane_id() & 1U) == 0) {
    fail("wrong shuffle mask", [&] {
      return describe(block.number, block.current) + ": " + describe(call) +
             " does not name the lane that calls, " + std::to_string(lane_id());
    });
  }
  thread.operation = call.name;
  thread.site = call.site;
  thread.mask = call.mask;
  thread.payload = payload;
  const std::size_t pending = join(warp, call);
  thread.state = State::in_warp_operation;
  warp.pending[pending].arrived |= 1U << lane_id();
  complete_if_all(block.current / warp_lanes, pending);
  wait();
}

unsigned checked_width(const char* name, int width, Site site) {
  if (width < 1 || width > warpSize || !std::has_single_bit(static_cast<unsigned>(width))) {
    fail("wrong shuffle width", [&] {
      return describe(block.number, block.current) + ": " + name + " at " + describe(site) +
             " needs a width of 1, 2, 4, 8, 16 or 32 lanes, not " + std::to_string(width);
    });
  }
  return static_cast<unsigned>(width);
}

unsigned lane_id() {
  return block.current % warp_lanes;
}

void fence() {
  if (observer != nullptr) observer->fence();
}

}  // namespace longhand::simt
