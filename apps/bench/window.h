// One window: work repeated for some time, and what that took. bench and the peers that it compares
// with (peers/) time with the same loop.
#pragma once

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace longhand::bench {

// A window in which other processes kept more cores than this busy is disturbed.
inline constexpr double quiet_cores = 0.15;

struct TimeWindow {
  double seconds = 0;
  std::int64_t steps = 0;             // how often the work was done
  std::optional<double> other_cores;  // cores that others kept busy; none where it is not known
  std::size_t allocations = 0;

  double rate() const { return static_cast<double>(steps) / seconds; }
  bool quiet() const { return !(other_cores.value_or(0) > quiet_cores); }
};

inline double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Does the work for at least `seconds`, looking at the clock after every `chunk` steps, when
// finish() has waited for what a GPU has still to do.
template <class Step, class Finish>
void run_for(double seconds, std::int64_t chunk, Step&& step, Finish&& finish, TimeWindow& window) {
  const double start = now();
  do {
    for (std::int64_t i = 0; i < chunk; ++i) step();
    finish();
    window.steps += chunk;
    window.seconds = now() - start;
  } while (window.seconds < seconds);
}

template <class Step>
void run_for(double seconds, std::int64_t chunk, Step&& step, TimeWindow& window) {
  run_for(
      seconds, chunk, step, [] {}, window);
}

// The chunk for windows like this warm-up, which then look at the clock `looks` times: looking must
// not count where one step takes well under a microsecond, and waiting for a GPU must not where one
// takes some tens of them.
inline std::int64_t chunk_after(const TimeWindow& warm_up, std::int64_t looks) {
  return std::max<std::int64_t>(1, warm_up.steps / looks);
}

// The most memory that the process has held at once, in megabytes of 2^20 bytes.
inline double peak_rss_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

}  // namespace longhand::bench
