// What has happened before what, among the threads of the launch that runs.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>

namespace longhand::simt {

// Who touched memory, from where, and when by the clocks below.
struct Access {
  const void* caller = nullptr;  // the address after the instruction
  std::uint32_t launch = 0;      // 0: nobody
  std::uint32_t block = 0;
  std::uint32_t barrier = 0;  // barriers that the block had passed
  std::uint32_t warp = 0;     // the lane's own time
  std::uint16_t thread = 0;
  std::uint8_t bytes = 0;  // of the four, a bit each
  bool atomic = false;
};

// Barriers order all threads of a block, so counting them is enough. __syncwarp orders the lanes
// of its mask, for which each lane keeps a clock of every lane (Fidge 1988, Mattern 1989). Blocks
// are ordered only by atomics: what a block did before a __threadfence() and an atomic operation,
// a block sees that does an atomic operation at the same address later.
class Clocks {
 public:
  void launch_begins();
  void block_begins(std::uint32_t block);
  void barrier() { ++barrier_; }
  void warp_sync(unsigned warp, unsigned lanes);
  void fence() { fenced_ = true; }
  void atomic(const void* address);

  // An access now, by that thread of the block that runs.
  Access now(const void* caller, unsigned thread, unsigned bytes, bool atomic) const;

  // Whether `before`, an earlier access, is over for the thread that makes the access `now`.
  // `shared` memory is another for each block.
  bool ordered(const Access& before, const Access& now, bool shared) const;

 private:
  static constexpr unsigned lanes_ = 32;
  using Lane = std::array<std::uint32_t, lanes_>;  // what a lane knows of each lane's time

  std::uint32_t launch_ = 0, block_ = 0, barrier_ = 0;
  std::array<std::array<Lane, lanes_>, 32> warps_{};
  bool fenced_ = false;
  std::set<std::uint32_t> acquired_;                         // blocks that this block has seen
  std::map<const void*, std::set<std::uint32_t>> released_;  // at an address of an atomic
};

}  // namespace longhand::simt
