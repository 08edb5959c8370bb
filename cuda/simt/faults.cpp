// What is said of a kernel that went wrong.
#include <cstdio>
#include <cstring>

#include "cuda/simt/block.h"

namespace longhand::simt {

namespace {

// What a thread does, in words that are the same for all that do the same.
std::string doing(const Thread& t) {
  const std::string where = std::string(t.operation) + " at " + describe(t.site);
  switch (t.state) {
    case State::fresh:
      return "has not started";
    case State::ready:
      return "runs";
    case State::at_barrier:
      return "waits in " + where;
    case State::in_warp_operation:
      return "waits in " + where + " with mask " + hex(t.mask);
    case State::returned:
      return "returned";
  }
  return "";
}

// A line for each run of threads that do the same: "  threads 0 to 31: waits in ..."
std::string table() {
  std::string text;
  for (unsigned first = 0; first < block.size;) {
    const std::string what = doing(block.threads[first]);
    unsigned end = first + 1;
    while (end < block.size && doing(block.threads[end]) == what) ++end;
    text += "\n  " + describe(block.threads[first]);
    if (end - first > 1) text += " to " + describe(block.threads[end - 1]);
    text += ": " + what;
    first = end;
  }
  return text;
}

const Thread* first_in(State state) {
  for (unsigned i = 0; i < block.size; ++i) {
    if (block.threads[i].state == state) return &block.threads[i];
  }
  return nullptr;
}

}  // namespace

std::string hex(unsigned mask) {
  char text[11];
  std::snprintf(text, sizeof text, "0x%08x", mask);
  return text;
}

std::string describe(const uint3& v) {
  return "(" + std::to_string(v.x) + "," + std::to_string(v.y) + "," + std::to_string(v.z) + ")";
}

std::string describe(const Thread& thread) {
  return "thread " + describe(thread.index);
}

std::string describe(unsigned number, unsigned thread) {
  const dim3 grid = block.launch->grid;
  const uint3 index = {number % grid.x, number / grid.x % grid.y, number / grid.x / grid.y};
  return "block " + describe(index) + ", " + describe(block.threads[thread]);
}

std::string describe(Site site) {
  return std::string(site.file) + ":" + std::to_string(site.line);
}

std::string describe(const WarpCall& call) {
  return std::string(call.name) + " with mask " + hex(call.mask) + " at " + describe(call.site);
}

bool same(Site a, Site b) {
  return a.line == b.line && (a.file == b.file || std::strcmp(a.file, b.file) == 0);
}

// Nobody can go on. With a barrier in it the missing threads are the fault: they have returned, or
// they wait elsewhere. Without one, lanes wait for lanes that will not come.
void fail_stuck() {
  const Thread* waiting = first_in(State::at_barrier);
  const Thread* gone = first_in(State::returned);
  const Thread* lane = first_in(State::in_warp_operation);
  const auto place = [](const Thread* t) {
    return describe(block.number, static_cast<unsigned>(t - block.threads.data()));
  };
  if (waiting != nullptr && lane == nullptr) {
    fail("return before a barrier that others wait at", [&] {
      return place(gone) + " returned, but " + std::to_string(block.at_barrier) + " of " +
             std::to_string(block.size) + " threads wait in " + waiting->operation + " at " +
             describe(waiting->site) + ", the first of them " + describe(*waiting) +
             "; every thread of the block must reach it" + table();
    });
  }
  if (waiting != nullptr) {
    fail("barrier not reached by all", [&] {
      return place(waiting) + " and others wait in " + waiting->operation + " at " +
             describe(waiting->site) + ", but " + describe(*lane) + " waits in " + lane->operation +
             " at " + describe(lane->site) + table();
    });
  }
  fail("deadlock", [&] {
    return place(lane) + " waits in " + lane->operation + " at " + describe(lane->site) +
           " with mask " + hex(lane->mask) +
           " for lanes that wait elsewhere; who waits where:" + table();
  });
}

void kernel_error(const char* name, const char* function, const char* what, Site site) {
  fail(name, [&] {
    return describe(block.number, block.current) + ": " + function + " at " + describe(site) + " " +
           what;
  });
}

void* dynamic_shared() {
  if (block.shared == nullptr) {
    fail("no dynamic shared memory", [] {
      return describe(block.number, block.current) +
             ": DYNAMIC_SHARED in a kernel that was launched with 0 bytes of it; give the launch "
             "its shared_bytes";
    });
  }
  return block.shared;
}

}  // namespace longhand::simt
