// What the figures were measured on.
#pragma once

#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>
#include <thread>

#include "core/cpu.h"
#include "core/error.h"
#include "core/streaming.h"

namespace longhand::bench {

struct Machine {
  std::string cpu;
  std::string instructions;  // the set that core/cpu.h chose
  std::string rung;          // of Device::cpu: "ref", "im2col" or "best"
  unsigned cores = 0;        // that the system shows
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

// The word for $LONGHAND_CPU.
inline std::string to_string(CpuRung rung) {
  switch (rung) {
    case CpuRung::reference:
      return "ref";
    case CpuRung::im2col:
      return "im2col";
    case CpuRung::best:
      break;
  }
  return "best";
}

// ValueError when $LONGHAND_ISA, $LONGHAND_CPU or $LONGHAND_STREAM asks for what there is not.
inline Machine this_machine() {
  streaming_pays(0);  // reads the last of them
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
  return {cpu_model(),
          to_string(instruction_set()),
          to_string(cpu_rung()),
          std::thread::hardware_concurrency(),
          text.str(),
          build};
}

inline constexpr double megabyte = 1 << 20;  // bytes

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
