// Windows: a piece of work is repeated for some time, several times over, while the CPU time of
// other processes is watched. docs/bench.md explains what the numbers mean. (It brings the counter
// of allocations: one file of a program may include it.)
#pragma once

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "apps/bench/window.h"
#include "apps/support/allocations.h"

namespace longhand::bench {

struct WindowOptions {
  int count = 10;
  double seconds = 0.5;  // each
};

// The median is taken over the quiet windows when there are so many of them.
inline constexpr std::size_t enough_quiet = 3;

struct Spread {
  double median = 0, min = 0, max = 0;
};

// Of at least one value; of an even number of them the median is the mean of the middle two.
inline Spread spread_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  const double median =
      values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
  return {median, values.front(), values.back()};
}

struct Measurement {
  std::vector<TimeWindow> windows;

  std::size_t quiet() const {
    return static_cast<std::size_t>(std::count_if(windows.begin(), windows.end(),
                                                  [](const TimeWindow& w) { return w.quiet(); }));
  }
  std::size_t disturbed() const { return windows.size() - quiet(); }
  // Whether the spread leaves the disturbed windows out.
  bool only_quiet() const { return quiet() >= enough_quiet; }

  // The spread of value(i) over the windows i that count.
  template <class Value>
  Spread spread(Value&& value) const {
    std::vector<double> values;
    for (std::size_t i = 0; i < windows.size(); ++i) {
      if (windows[i].quiet() || !only_quiet()) values.push_back(value(i));
    }
    return spread_of(values);
  }
  // Of how often the work was done in a second, times `scale`.
  Spread rates(double scale) const {
    return spread([&](std::size_t i) { return scale * windows[i].rate(); });
  }
  // Of the seconds that the work took once, times `scale`.
  Spread times(double scale) const {
    return spread([&](std::size_t i) { return scale / windows[i].rate(); });
  }
  // In all windows together; none where they are not counted.
  std::optional<std::size_t> allocations() const {
    if (!allocations_are_counted) return std::nullopt;
    std::size_t sum = 0;
    for (const TimeWindow& window : windows) sum += window.allocations;
    return sum;
  }
};

// Seconds of CPU time this process has had, all threads together.
inline double own_cpu_seconds() {
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Seconds of CPU time that all cores together were busy, from the first line of /proc/stat:
// user, nice, system, idle, iowait, irq, softirq, steal (proc(5)). None where it cannot be read.
inline std::optional<double> machine_cpu_seconds() {
  std::ifstream file("/proc/stat");
  std::string name;
  double user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0;
  file >> name >> user >> nice >> system >> idle >> iowait >> irq >> softirq >> steal;
  if (!file || name != "cpu") return std::nullopt;
  return (user + nice + system + irq + softirq + steal) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

// One window of the work, with what others did meanwhile.
template <class Step, class Finish>
TimeWindow timed_window(double seconds, std::int64_t chunk, Step&& step, Finish&& finish) {
  TimeWindow window;
  const std::optional<double> machine = machine_cpu_seconds();
  const double own = own_cpu_seconds();
  const std::size_t allocations = longhand::allocations.count;
  run_for(seconds, chunk, step, finish, window);
  window.allocations = longhand::allocations.count - allocations;
  const double own_used = own_cpu_seconds() - own;
  if (const std::optional<double> machine_after = machine_cpu_seconds(); machine_after) {
    window.other_cores = (*machine_after - machine.value_or(0) - own_used) / window.seconds;
  }
  return window;
}

template <class Step>
TimeWindow timed_window(double seconds, std::int64_t chunk, Step&& step) {
  return timed_window(seconds, chunk, step, [] {});
}

// A warm-up as long as one window, then the windows. begin_window() is called at the start of each,
// before the clock is read; finish() after the steps, each time before it is read, which is about
// `looks` times a window.
template <class Step, class Begin, class Finish>
Measurement measure(const WindowOptions& options, Step&& step, Begin&& begin_window,
                    Finish&& finish, std::int64_t looks = 100) {
  TimeWindow warm_up;
  run_for(options.seconds, 1, step, finish, warm_up);
  const std::int64_t chunk = chunk_after(warm_up, looks);
  Measurement measurement;
  for (int i = 0; i < options.count; ++i) {
    begin_window();
    measurement.windows.push_back(timed_window(options.seconds, chunk, step, finish));
  }
  return measurement;
}

template <class Step, class Begin>
Measurement measure(const WindowOptions& options, Step&& step, Begin&& begin_window) {
  return measure(
      options, step, begin_window, [] {}, 1000);
}

template <class Step>
Measurement measure(const WindowOptions& options, Step&& step) {
  return measure(options, step, [] {});
}

}  // namespace longhand::bench
