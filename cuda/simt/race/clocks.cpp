#include "cuda/simt/race/clocks.h"

#include <algorithm>

namespace longhand::simt {

void Clocks::launch_begins() {
  ++launch_;
  released_.clear();
}

void Clocks::block_begins(std::uint32_t block) {
  block_ = block;
  barrier_ = 0;
  fenced_ = false;
  acquired_.clear();
  for (auto& warp : warps_) {
    for (unsigned lane = 0; lane < lanes_; ++lane) {
      warp[lane].fill(0);
      warp[lane][lane] = 1;
    }
  }
}

// Each lane learns what any of them knew; what it does from now on is later than that.
void Clocks::warp_sync(unsigned number, unsigned lanes) {
  auto& warp = warps_[number];
  Lane known{};
  const auto in = [lanes](unsigned lane) { return (lanes >> lane & 1U) != 0; };
  for (unsigned lane = 0; lane < lanes_; ++lane) {
    if (!in(lane)) continue;
    for (unsigned i = 0; i < lanes_; ++i) known[i] = std::max(known[i], warp[lane][i]);
  }
  for (unsigned lane = 0; lane < lanes_; ++lane) {
    if (!in(lane)) continue;
    warp[lane] = known;
    ++warp[lane][lane];
  }
}

void Clocks::atomic(const void* address) {
  if (!fenced_ && released_.empty()) return;
  auto& released = released_[address];
  acquired_.insert(released.begin(), released.end());
  if (!fenced_) return;
  released.insert(block_);
  released.insert(acquired_.begin(), acquired_.end());
}

Access Clocks::now(const void* caller, unsigned thread, unsigned bytes, bool atomic) const {
  const unsigned lane = thread % lanes_;
  return {caller,
          launch_,
          block_,
          barrier_,
          warps_[thread / lanes_][lane][lane],
          static_cast<std::uint16_t>(thread),
          static_cast<std::uint8_t>(bytes),
          atomic};
}

bool Clocks::ordered(const Access& before, const Access& now, bool shared) const {
  if (before.launch != now.launch) return true;
  if (before.block != now.block) return shared || acquired_.contains(before.block);
  if (before.thread == now.thread || before.barrier < now.barrier) return true;
  const unsigned warp = now.thread / lanes_;
  return before.thread / lanes_ == warp &&
         warps_[warp][now.thread % lanes_][before.thread % lanes_] >= before.warp;
}

}  // namespace longhand::simt
