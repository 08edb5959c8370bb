// How large the caches are, for loops that had better not write more than they hold.
#pragma once

#include <filesystem>

namespace longhand {

// In bytes: what one core can use of its L2 and of the L3, which several cores share. A CPU may
// have several L3s, each for some of its cores: it is one of them.
struct Caches {
  double l2, l3;
};

// Those of the first core, read once.
const Caches& caches();

// The same from a folder like Linux's /sys/devices/system/cpu/cpu0/cache: index0, index1 and so on
// hold the files `level`, `type` and `size`. A cache that is not there, or has no such size, has
// that which the C library says, or else a common one, 1 MB and 16 MB. (Of a CPU with several L3s
// the C library may give the sum.)
Caches caches_in(const std::filesystem::path& folder);

}  // namespace longhand
