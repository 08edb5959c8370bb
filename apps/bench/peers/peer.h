// What the peers in C++ share: their side of the conversation with bench (docs/bench.md), and
// numbers to work on.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "apps/bench/window.h"
#include "core/random.h"

namespace longhand::bench {

// Says that it is ready; then, for every line "window SECONDS", repeats step() for that long and
// answers what that took. loss() is asked after each window. finish() waits for what a GPU has
// still to do, before each of about `looks` looks at the clock. Returns main's status when the
// input ends.
template <class Step, class Loss, class Finish>
int serve(const std::string& version, Step&& step, Loss&& loss, Finish&& finish,
          std::int64_t looks = 100) {
  std::cout << "ready " << version << std::endl;
  std::int64_t chunk = 1;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string word;
    double seconds = 0;
    words >> word >> seconds;
    if (!words || word != "window") {
      std::cerr << "expected 'window SECONDS', got '" << line << "'\n";
      return 1;
    }
    TimeWindow window;
    run_for(seconds, chunk, step, finish, window);
    chunk = chunk_after(window, looks);
    const double value = loss();
    std::cout << "{\"steps\": " << window.steps << ", \"seconds\": " << window.seconds
              << ", \"rss_mb\": " << peak_rss_mb() << ", \"loss\": ";
    if (std::isfinite(value))
      std::cout << value << "}" << std::endl;
    else
      std::cout << "null}" << std::endl;
  }
  return 0;
}

template <class Step, class Loss>
int serve(const std::string& version, Step&& step, Loss&& loss) {
  return serve(
      version, step, loss, [] {}, 1000);
}

template <class Step>
int serve(const std::string& version, Step&& step) {
  return serve(version, step, [] { return 0.0; });
}

// `size` numbers from -1 to 1.
inline std::vector<float> random_values(std::int64_t size, Random& random) {
  std::vector<float> values(static_cast<std::size_t>(size));
  for (float& value : values) value = static_cast<float>(random.uniform(-1, 1));
  return values;
}

}  // namespace longhand::bench
