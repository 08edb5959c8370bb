#include "core/caches.h"

#include <unistd.h>

#include <fstream>
#include <string>

namespace longhand {

namespace {

constexpr double kilobyte = 1 << 10, megabyte = 1 << 20;

// What the C library says of a cache, in bytes.
double known_size([[maybe_unused]] int level, double otherwise) {
#if defined(_SC_LEVEL2_CACHE_SIZE) && defined(_SC_LEVEL3_CACHE_SIZE)
  const long bytes = sysconf(level == 2 ? _SC_LEVEL2_CACHE_SIZE : _SC_LEVEL3_CACHE_SIZE);
  if (bytes > 0) return static_cast<double>(bytes);
#endif
  return otherwise;
}

}  // namespace

Caches caches_in(const std::filesystem::path& folder) {
  Caches found{known_size(2, megabyte), known_size(3, 16 * megabyte)};
  for (int i = 0;; ++i) {
    const std::filesystem::path index = folder / ("index" + std::to_string(i));
    std::ifstream level_file(index / "level"), type_file(index / "type"), size_file(index / "size");
    int level = 0;
    if (!(level_file >> level)) return found;
    std::string type, unit;
    double size = 0;
    type_file >> type;
    size_file >> size >> unit;  // "1024K"
    if (type == "Instruction" || size <= 0 || (unit != "K" && unit != "M")) continue;
    const double bytes = size * (unit == "K" ? kilobyte : megabyte);
    if (level == 2) found.l2 = bytes;
    if (level == 3) found.l3 = bytes;
  }
}

const Caches& caches() {
  static const Caches first_core = caches_in("/sys/devices/system/cpu/cpu0/cache");
  return first_core;
}

}  // namespace longhand
