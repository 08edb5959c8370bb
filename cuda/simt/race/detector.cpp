#include "cuda/simt/race/detector.h"

#include <algorithm>
#include <string>

#include "cuda/simt/race/shadow.h"
#include "cuda/simt/race/source_line.h"
#include "cuda/simt/scheduler.h"

namespace longhand::simt {

namespace {

[[noreturn]] void fail_unwritten(const Access& read) {
  fail("shared memory read before it is written", [&] {
    return describe(read.block, read.thread) + " reads it at " + source_line(read.caller) +
           "; no thread of the block has written it";
  });
}

// What of the runtime the detector listens to.
class Detector : public Observer {
 public:
  Detector() { observer = this; }
  void launch_begins(const Launch& launch, void* shared) override {
    clocks.launch_begins();
    dynamic_shared_ = shared;
    if (shared != nullptr) shadow.add(shared, launch.shared_bytes, true);
  }
  void launch_ends() override {
    if (dynamic_shared_ != nullptr) shadow.remove(dynamic_shared_);
  }
  void block_begins(unsigned block, unsigned /*threads*/) override {
    clocks.block_begins(block);
    unwritten = {};
  }
  void block_ends() override {
    if (unwritten.launch != 0) fail_unwritten(unwritten);
  }
  void barrier() override {
    block_ends();
    clocks.barrier();
  }
  void warp_sync(unsigned warp, unsigned lanes) override { clocks.warp_sync(warp, lanes); }
  void fence() override { clocks.fence(); }
  void atomic(const void* address, unsigned bytes, const void* caller) override {
    clocks.atomic(address);
    touch(address, bytes, Touch::atomic, caller);
  }
  void memory(const void* address, std::size_t bytes, bool alive) override {
    alive ? shadow.add(address, bytes, false) : shadow.remove(address);
  }

  Clocks clocks;
  Shadow shadow;
  // The first read of shared memory that nobody had written. It is a fault, but if somebody writes
  // it before the next barrier, then the fault is the race of the two.
  Access unwritten;

 private:
  void* dynamic_shared_ = nullptr;
};
Detector detector;

std::string verb(const Access& access, bool write, bool past) {
  if (access.atomic) return past ? "changed atomically" : "changes atomically";
  if (write) return past ? "wrote" : "writes";
  return past ? "read" : "reads";
}

// What would have kept the two apart.
std::string remedy(const Access& before, const Access& now, bool shared) {
  if (before.block != now.block) {
    return "blocks run in any order: let one block own the memory, or use atomics, or two launches";
  }
  if (before.atomic || now.atomic)
    return "an atomic does not exclude a plain access: put a barrier between them";
  const bool one_warp = before.thread / 32 == now.thread / 32;
  return std::string("there is no ") + (one_warp ? "__syncwarp() or " : "") +
         "__syncthreads() between them" + (shared ? "" : ", nor are they atomic");
}

[[noreturn]] void fail_race(const Access& before, bool before_writes, const Access& now,
                            bool writes, bool shared) {
  fail("race", [&] {
    return describe(now.block, now.thread) + " " + verb(now, writes, false) +
           (shared ? " shared memory at " : " device memory at ") + source_line(now.caller) +
           " that " + describe(before.block, before.thread) + " " +
           verb(before, before_writes, true) + " at " + source_line(before.caller) + "; " +
           remedy(before, now, shared);
  });
}

bool conflict(const Access& before, const Access& now, bool shared) {
  return before.launch != 0 && (before.bytes & now.bytes) != 0 && !(before.atomic && now.atomic) &&
         !detector.clocks.ordered(before, now, shared);
}

// Of the two reads kept, the first is the latest; a thread has one.
void keep_read(Cell& cell, const Access& now) {
  Access& first = cell.reads[0];
  const bool mine =
      first.launch == now.launch && first.block == now.block && first.thread == now.thread;
  if (mine) {
    const bool same_time = first.barrier == now.barrier && first.warp == now.warp;
    const auto bytes = static_cast<std::uint8_t>(same_time ? first.bytes | now.bytes : now.bytes);
    first = now;
    first.bytes = bytes;
    return;
  }
  cell.reads[1] = first;
  first = now;
}

void touch_cell(Cell& cell, const Access& now, bool reads, bool writes, bool shared) {
  if (shared) {
    if (cell.launch != now.launch || cell.block != now.block) cell.written = 0;
    cell.launch = now.launch;
    cell.block = now.block;
  }
  if (conflict(cell.write, now, shared)) fail_race(cell.write, true, now, writes, shared);
  const bool written = !shared || (now.bytes & ~cell.written) == 0;
  if (reads && !written && detector.unwritten.launch == 0) detector.unwritten = now;
  if (writes) {
    for (const Access& read : cell.reads) {
      if (conflict(read, now, shared)) fail_race(read, false, now, true, shared);
    }
    cell.write = now;
    cell.written |= now.bytes;
  } else {
    keep_read(cell, now);
  }
}

}  // namespace

void touch(const void* memory, std::size_t bytes, Touch how, const void* caller) {
  if (!in_kernel()) return;
  auto address = reinterpret_cast<std::uintptr_t>(memory);
  const Range* range = detector.shadow.find(address, caller);
  if (range == nullptr) return;
  const unsigned thread = place().thread;
  const std::uintptr_t end = std::min(address + bytes, range->end);
  while (address < end) {
    const std::uintptr_t offset = address - range->start;
    const unsigned first = offset % 4;
    const auto count = static_cast<unsigned>(std::min<std::uintptr_t>(4 - first, end - address));
    const unsigned mask = ((1U << count) - 1) << first;
    touch_cell(range->cells[offset / 4],
               detector.clocks.now(caller, thread, mask, how == Touch::atomic), how != Touch::write,
               how != Touch::read, range->shared);
    address += count;
  }
}

}  // namespace longhand::simt
