// What every subcommand prints and writes.
#pragma once

#include <iomanip>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "apps/bench/machine.h"
#include "apps/bench/windows.h"
#include "core/device.h"
#include "core/file.h"
#include "core/parallel.h"

namespace longhand::bench {

struct Options {
  WindowOptions windows;
  int threads = 0;  // 0: all cores
  int batch = 64;
  std::string device = "cpu";
  std::string json;                  // a file; empty for none
  std::vector<std::string> against;  // names of peers (peers.h), or "all"
  double patience = 60;              // seconds that a peer may say nothing, beyond its window
};

// 12345.678 as "12346", 12.345678 as "12.35": enough figures to compare with, and no more.
inline std::string format_figure(double value) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(value < 100 ? 2 : value < 10000 ? 1 : 0) << value;
  return text.str();
}

inline std::ostream& label(const std::string& text) {
  return std::cout << std::left << std::setw(13) << text << std::right;
}

// The first lines of every run: the machine and the work.
inline void print_start(const std::string& work) {
  const Machine machine = this_machine();
  const std::string rung = machine.rung == "best" ? "" : ", LONGHAND_CPU=" + machine.rung;
  label("machine") << machine.cpu << ", " << machine.instructions << rung << ", " << threads()
                   << " thread(s) on " << machine.cores << " core(s), " << machine.compiler << ", "
                   << machine.build << " build\n";
  if (machine.build != "release") std::cout << "warning: a debug build says nothing about speed\n";
  label("work") << work << std::endl;
}

inline void print_windows(const WindowOptions& options, const Measurement& measurement) {
  label("windows") << options.count << " of " << options.seconds << " s, "
                   << measurement.disturbed() << " disturbed by other processes\n";
  if (!measurement.windows.front().other_cores) {
    std::cout << "warning: /proc/stat cannot be read, so nobody knows what was disturbed\n";
  }
  if (measurement.disturbed() > 0 && !measurement.only_quiet()) {
    std::cout << "warning: fewer than " << enough_quiet
              << " windows were quiet, so the figures are over all of them\n";
  }
}

inline void print_spread(const std::string& unit, const Spread& spread) {
  label(unit) << "median " << format_figure(spread.median) << ", min " << format_figure(spread.min)
              << ", max " << format_figure(spread.max) << "\n";
}

inline void print_memory(const Measurement& measurement) {
  label("peak RSS") << format_figure(peak_rss_mb()) << " MB\n";
  const std::optional<std::size_t> allocations = measurement.allocations();
  label("allocations") << (allocations ? std::to_string(*allocations) + " in the windows"
                                       : "not counted in this build")
                       << "\n";
}

using Json = nlohmann::ordered_json;

// The keys that every result has; `unit` is "images_per_second" or "gflops".
inline Json result(const std::string& name, const std::string& unit, const Spread& spread,
                   const Options& options, const Measurement& measurement) {
  const Machine machine = this_machine();
  const std::optional<std::size_t> allocations = measurement.allocations();
  return {{"name", name},
          {unit, spread.median},
          {"min", spread.min},
          {"max", spread.max},
          {"threads", threads()},
          {"device", options.device},
          {"windows", options.windows.count},
          {"seconds", options.windows.seconds},
          {"disturbed", measurement.disturbed()},
          {"allocations", allocations ? Json(*allocations) : Json()},
          {"peak_rss_mb", peak_rss_mb()},
          {"machine",
           {{"cpu", machine.cpu},
            {"instructions", machine.instructions},
            {"rung", machine.rung},
            {"cores", machine.cores},
            {"compiler", machine.compiler},
            {"build", machine.build}}}};
}

inline void write_result(const Options& options, const Json& json) {
  if (!options.json.empty()) write_file(options.json, json.dump(2) + "\n");
}

}  // namespace longhand::bench
