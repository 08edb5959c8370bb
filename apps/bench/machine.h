// What the figures were measured on.
#pragma once

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>
#include <thread>

#include "core/error.h"

namespace longhand::bench {

// The instruction sets that fast::gemm has a version for; instruction_set() is the one it takes.
enum class InstructionSet { avx512, avx2, baseline };

inline InstructionSet instruction_set() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw")) {
    return InstructionSet::avx512;
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return InstructionSet::avx2;
#endif
  return InstructionSet::baseline;
}

inline std::string to_string(InstructionSet set) {
  switch (set) {
    case InstructionSet::avx512:
      return "avx512";
    case InstructionSet::avx2:
      return "avx2";
    case InstructionSet::baseline:
      break;
  }
#if defined(__x86_64__)
  return "sse2";
#elif defined(__aarch64__)
  return "neon";
#else
  return "baseline";
#endif
}

struct Machine {
  std::string cpu;
  std::string instructions;
  unsigned cores = 0;  // that the system shows
  std::string compiler;
  std::string build;
};

// The "model name" of /proc/cpuinfo; "unknown CPU" where there is none.
inline std::string cpu_model() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown CPU";
}

inline Machine this_machine() {
#if defined(__clang__)
  const std::string compiler = "clang++ ";
#else
  const std::string compiler = "g++ ";
#endif
#if defined(NDEBUG)
  const std::string build = "release";
#else
  const std::string build = "debug";
#endif
#if defined(__clang__)
  const int version[] = {__clang_major__, __clang_minor__, __clang_patchlevel__};
#else
  const int version[] = {__GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__};
#endif
  std::ostringstream text;
  text << compiler << version[0] << "." << version[1] << "." << version[2];
  return {cpu_model(), to_string(instruction_set()), std::thread::hardware_concurrency(),
          text.str(), build};
}

inline constexpr double megabyte = 1 << 20;  // bytes

// The most memory that the process has held at once, in megabytes.
inline double peak_rss_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024 / megabyte;
}

// Throws ValueError when `bytes` are more than the machine has: the system would rather kill the
// program than refuse them.
inline void require_memory(const std::string& what, double bytes) {
  const double has =
      static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGE_SIZE));
  if (bytes <= has) return;
  std::ostringstream text;
  text.precision(1);
  text << std::fixed << what << " needs " << bytes / (1024 * megabyte)
       << " GB of memory, but this machine has " << has / (1024 * megabyte)
       << " GB: choose smaller numbers";
  throw ValueError(text.str());
}

}  // namespace longhand::bench
