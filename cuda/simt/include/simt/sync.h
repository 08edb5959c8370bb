// Barriers, warp shuffles and votes. Each notes the file and line that calls it.
#pragma once

#include <cstdint>
#include <cstring>
#include <type_traits>

#include "simt/scheduler.h"

#define LONGHAND_SIMT_SITE const char *file = __builtin_FILE(), int line = __builtin_LINE()

inline void __syncthreads(LONGHAND_SIMT_SITE) {
  longhand::simt::block_barrier("__syncthreads", 0, {file, line});
}
inline int __syncthreads_count(int predicate, LONGHAND_SIMT_SITE) {
  return longhand::simt::block_barrier("__syncthreads_count", predicate, {file, line}).nonzero;
}
inline int __syncthreads_and(int predicate, LONGHAND_SIMT_SITE) {
  const auto votes = longhand::simt::block_barrier("__syncthreads_and", predicate, {file, line});
  return votes.nonzero == votes.threads;
}
inline int __syncthreads_or(int predicate, LONGHAND_SIMT_SITE) {
  return longhand::simt::block_barrier("__syncthreads_or", predicate, {file, line}).nonzero > 0;
}
inline void __syncwarp(unsigned mask = 0xffffffffU, LONGHAND_SIMT_SITE) {
  longhand::simt::warp_operation({"__syncwarp", mask, {file, line}}, nullptr);
}

inline void __threadfence() {
  longhand::simt::fence();
}
inline void __threadfence_block() {}
inline void __threadfence_system() {
  longhand::simt::fence();
}

namespace longhand::simt {

// What a lane brings to a shuffle, and what it takes away.
struct ShuffleLane {
  unsigned source;  // the lane it reads
  std::uint64_t value, result;
};

// A lane that is not in the mask has nothing to give: it reads as all bits one, which is NaN.
inline void complete_shuffle(void* const (&payloads)[32]) {
  for (void* payload : payloads) {
    if (payload == nullptr) continue;
    auto* lane = static_cast<ShuffleLane*>(payload);
    const auto* source = static_cast<const ShuffleLane*>(payloads[lane->source]);
    lane->result = source == nullptr ? ~std::uint64_t{0} : source->value;
  }
}

template <class T>
T shuffle(const char* name, unsigned mask, T value, unsigned source, Site site) {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= sizeof(std::uint64_t),
                "a shuffle moves up to 8 bytes");
  ShuffleLane lane{source, 0, 0};
  std::memcpy(&lane.value, &value, sizeof value);
  warp_operation({name, mask, site, complete_shuffle, true}, &lane);
  std::memcpy(&value, &lane.result, sizeof value);
  return value;
}

// What a lane brings to a vote, and what it takes away: the lanes whose predicate was not 0, and
// all that voted.
struct VoteLane {
  int predicate;
  unsigned yes, all;
};

inline void complete_vote(void* const (&payloads)[32]) {
  unsigned yes = 0, all = 0;
  for (unsigned i = 0; i < 32; ++i) {
    if (payloads[i] == nullptr) continue;
    all |= 1U << i;
    if (static_cast<const VoteLane*>(payloads[i])->predicate != 0) yes |= 1U << i;
  }
  for (void* payload : payloads) {
    if (payload == nullptr) continue;
    static_cast<VoteLane*>(payload)->yes = yes;
    static_cast<VoteLane*>(payload)->all = all;
  }
}

inline VoteLane vote(const char* name, unsigned mask, int predicate, Site site) {
  VoteLane lane{predicate, 0, 0};
  warp_operation({name, mask, site, complete_vote}, &lane);
  return lane;
}

}  // namespace longhand::simt

// The four shuffles: within each group of `width` lanes a lane reads another's value, its own
// where that would lie outside the group. For __shfl_sync `source` counts modulo width.
template <class T>
T __shfl_sync(unsigned mask, T value, int source, int width = warpSize, LONGHAND_SIMT_SITE) {
  using namespace longhand::simt;
  const unsigned w = checked_width("__shfl_sync", width, {file, line});
  const unsigned group = lane_id() & ~(w - 1);
  return shuffle("__shfl_sync", mask, value, group + (static_cast<unsigned>(source) & (w - 1)),
                 {file, line});
}
template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = warpSize, LONGHAND_SIMT_SITE) {
  using namespace longhand::simt;
  const unsigned w = checked_width("__shfl_up_sync", width, {file, line});
  const unsigned lane = lane_id(), in_group = lane & (w - 1);
  return shuffle("__shfl_up_sync", mask, value, in_group >= delta ? lane - delta : lane,
                 {file, line});
}
template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = warpSize,
                   LONGHAND_SIMT_SITE) {
  using namespace longhand::simt;
  const unsigned w = checked_width("__shfl_down_sync", width, {file, line});
  const unsigned lane = lane_id(), in_group = lane & (w - 1);
  return shuffle("__shfl_down_sync", mask, value, delta < w - in_group ? lane + delta : lane,
                 {file, line});
}
// In __shfl_xor_sync a lane may read a group before its own, but not one after it.
template <class T>
T __shfl_xor_sync(unsigned mask, T value, int lane_mask, int width = warpSize, LONGHAND_SIMT_SITE) {
  using namespace longhand::simt;
  const unsigned w = checked_width("__shfl_xor_sync", width, {file, line});
  const unsigned lane = lane_id(), source = lane ^ static_cast<unsigned>(lane_mask);
  return shuffle("__shfl_xor_sync", mask, value,
                 source < 32 && source <= (lane | (w - 1)) ? source : lane, {file, line});
}

inline unsigned __ballot_sync(unsigned mask, int predicate, LONGHAND_SIMT_SITE) {
  return longhand::simt::vote("__ballot_sync", mask, predicate, {file, line}).yes;
}
inline int __any_sync(unsigned mask, int predicate, LONGHAND_SIMT_SITE) {
  return longhand::simt::vote("__any_sync", mask, predicate, {file, line}).yes != 0;
}
inline int __all_sync(unsigned mask, int predicate, LONGHAND_SIMT_SITE) {
  const auto lane = longhand::simt::vote("__all_sync", mask, predicate, {file, line});
  return lane.yes == lane.all;
}

// Ends the kernel with an error.
[[noreturn]] inline void __trap(LONGHAND_SIMT_SITE) {
  longhand::simt::kernel_error("__trap", "__trap", "was reached", {file, line});
}
#undef LONGHAND_SIMT_SITE
