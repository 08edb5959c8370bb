// --against: other libraries do the same work, window by window with the engine. Each peer is a
// program of its own (peers/), so that nothing here links it; docs/bench.md has the conversation.
#pragma once

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "apps/bench/child.h"
#include "apps/bench/report.h"
#include "apps/support/interrupt.h"
#include "core/memory.h"

namespace longhand::bench {

struct PeerKind {
  std::string name;
  Memory memory = Memory::host;      // where it works: beside which devices it takes part
  std::string program;               // the file in the folder of peers
  std::vector<std::string> variant;  // its arguments before the work: how it is to be done
  std::vector<std::string> works;    // how the names of what it can do begin
  std::string install;               // what to do when it is missing
};

inline const std::vector<PeerKind>& peer_kinds() {
  constexpr Memory host = Memory::host, cuda = Memory::cuda;
  static const std::string with_nvcc = "configure and build again with nvcc (cmake --preset gpu)";
  static const std::string cublas = "on a machine with a GPU, " + with_nvcc;
  static const std::string python =
      "on a machine with a GPU, name a Python whose torch finds it in LONGHAND_PYTHON";
  static const std::vector<PeerKind> kinds = {
      {"onednn",
       host,
       "bench_onednn",
       {},
       {"lenet", "gemm", "conv"},
       "install libdnnl-dev (oneDNN 2), then configure and build again with g++"},
      {"openblas", host, "bench_openblas", {}, {"gemm"}, "install libopenblas0-pthread"},
      {"torch",
       host,
       "bench_torch.py",
       {},
       {"lenet", "gemm", "conv"},
       "install python3-torch and libopenblas0-openmp, or name a Python that has torch in "
       "LONGHAND_PYTHON"},
      {"cublas", cuda, "bench_cublas", {"fp32"}, {"gemm"}, cublas},
      {"cublas-pedantic", cuda, "bench_cublas", {"pedantic"}, {"gemm"}, cublas},
      {"cublas-tf32", cuda, "bench_cublas", {"tf32"}, {"gemm"}, cublas},
      {"cublas-bf16", cuda, "bench_cublas", {"bf16"}, {"gemm"}, cublas},
      {"cudnn",
       cuda,
       "bench_cudnn",
       {},
       {"conv"},
       "on a machine with a GPU, install cuDNN and its header cudnn.h, then " + with_nvcc},
      {"torch", cuda, "bench_torch.py", {"cuda"}, {"lenet", "gemm", "conv"}, python},
      {"torch-graph", cuda, "bench_torch.py", {"cuda-graph"}, {"lenet"}, python}};
  return kinds;
}

// Whether it does a work of that name: "gemm", "lenet-classic".
inline bool can_do(const PeerKind& kind, const std::string& work) {
  return std::any_of(kind.works.begin(), kind.works.end(),
                     [&](const std::string& can) { return work.starts_with(can); });
}

// The names of all that do such a work, each once.
inline std::vector<std::string> peers_for(const std::string& work) {
  std::vector<std::string> names;
  for (const PeerKind& kind : peer_kinds()) {
    const bool known = std::find(names.begin(), names.end(), kind.name) != names.end();
    if (can_do(kind, work) && !known) names.push_back(kind.name);
  }
  return names;
}

// $LONGHAND_PEERS, otherwise peers/ beside this program.
inline std::string peers_folder() {
  const char* folder = std::getenv("LONGHAND_PEERS");
  if (folder != nullptr && *folder != '\0') return folder;
  std::error_code error;  // where there is no /proc the folder is relative, and the peers missing
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  return (program.parent_path() / "peers").string();
}

// How a peer of that kind may be started, in the order in which to try.
inline std::vector<std::vector<std::string>> peer_commands(const PeerKind& kind) {
  const std::string file = (std::filesystem::path(peers_folder()) / kind.program).string();
  if (access(file.c_str(), R_OK) != 0) return {};
  std::vector<std::vector<std::string>> commands = {{file}};
  if (kind.program.ends_with(".py")) {
    const char* python = std::getenv("LONGHAND_PYTHON");
    const bool chosen = python != nullptr && *python != '\0';
    commands = {{chosen ? python : "python3", file}};
    if (!chosen) commands.push_back({"/usr/bin/python3", file});
  }
  for (std::vector<std::string>& command : commands) {
    command.insert(command.end(), kind.variant.begin(), kind.variant.end());
  }
  return commands;
}

// One peer at its work.
class Peer {
 public:
  // Starts `command`, which must then say "ready VERSION" or "missing WHAT". Throws Error when it
  // says anything else, nothing for `patience` seconds, or ends.
  Peer(std::string name, const std::vector<std::string>& command, double patience)
      // Each library's threads wait as they do by default, whatever the engine's are told.
      : name_(std::move(name)),
        patience_(patience),
        child_(command,
               changed_environment({"GOMP_SPINCOUNT", "OMP_WAIT_POLICY", "OMP_NUM_THREADS"},
                                   {"OMP_NUM_THREADS=" + std::to_string(threads())})) {
    std::string line;
    const Child::Answer answer = child_.read_line(patience_, line);
    found_ = !line.starts_with("missing") && !(answer == Child::Answer::end && child_.not_found());
    if (!found_) return;
    require_line(answer, "when it started");
    if (!line.starts_with("ready ")) throw garbage("ready VERSION", line);
    version_ = line.substr(6);
  }

  const std::string& name() const { return name_; }
  bool found() const { return found_; }  // when not, nothing below may be called
  const std::string& version() const { return version_; }
  double rss_mb() const { return rss_mb_; }
  const Measurement& measurement() const { return measurement_; }

  // Lets it work for that long, and keeps what came of it.
  void run_window(double seconds) { measurement_.windows.push_back(window(seconds)); }
  void warm_up(double seconds) { window(seconds); }

 private:
  TimeWindow window(double seconds) {
    const std::optional<double> machine = machine_cpu_seconds();
    const double own = own_cpu_seconds() + child_.cpu_seconds();
    const double start = now();
    child_.send("window " + std::to_string(seconds));
    std::string line;
    require_line(child_.read_line(seconds + patience_, line), "in a window");
    TimeWindow result = parse(line);
    const double own_used = own_cpu_seconds() + child_.cpu_seconds() - own;
    if (const std::optional<double> machine_after = machine_cpu_seconds(); machine_after) {
      result.other_cores = (*machine_after - machine.value_or(0) - own_used) / (now() - start);
    }
    return result;
  }

  TimeWindow parse(const std::string& line) {
    TimeWindow result;
    const Json json = Json::parse(line, nullptr, false);
    if (!json.is_object()) throw garbage("an object in JSON", line);
    for (const char* key : {"steps", "seconds", "rss_mb"}) {
      if (!json.contains(key) || !json[key].is_number() || !(json[key] > 0)) {
        throw garbage(std::string(key) + " above 0", line);
      }
    }
    result.steps = json["steps"];
    result.seconds = json["seconds"];
    rss_mb_ = json["rss_mb"];
    // A loss that is not finite cannot be written in JSON: it comes as null.
    if (json.contains("loss") && !json["loss"].is_number()) {
      throw Error("the peer " + name_ + ": its loss is no longer a finite number");
    }
    return result;
  }

  void require_line(Child::Answer answer, const std::string& when) {
    switch (answer) {
      case Child::Answer::line:
        return;
      case Child::Answer::end:
        throw Error("the peer " + name_ + " " + child_.how_it_ended() + " " + when);
      case Child::Answer::silence:
        throw Error("the peer " + name_ + " said nothing for too long " + when +
                    ": --patience allows for more");
      case Child::Answer::interrupt:
        throw CLI::RuntimeError(interrupted_status);
    }
  }

  Error garbage(const std::string& wanted, const std::string& line) const {
    std::string shown = line.substr(0, 60);
    for (char& c : shown) {
      if (c < ' ' || c > '~') c = '?';  // nothing that a terminal obeys
    }
    return Error("the peer " + name_ + ": expected " + wanted + ", got '" + shown + "'");
  }

  std::string name_;
  double patience_;
  Child child_;
  bool found_ = false;
  std::string version_;
  double rss_mb_ = 0;
  Measurement measurement_;
};

// All the peers of one run.
class Peers {
 public:
  // Starts those that options.against names, on a work such as {"lenet-classic", "train", "64"}:
  // the arguments of every peer, before the number of threads. "all" are those that can do it where
  // the device works and are found; the others must be: Error with what to choose or install.
  Peers(const Options& options, std::vector<std::string> work) : options_(options) {
    if (options.against.empty()) return;
    const Memory memory = memory_of(parse_device(options.device));
    for (const std::string& name : options.against) require_there(name, memory, work[0]);
    catch_interrupt();  // from here on Ctrl-C must end the peers too
    work.push_back(std::to_string(threads()));
    const bool all = contains(options.against, "all");
    for (const PeerKind& kind : peer_kinds()) {
      if (kind.memory != memory || !can_do(kind, work[0])) continue;
      const bool named = contains(options.against, kind.name);
      if (!named && !all) continue;
      if (start(kind, work)) continue;
      const std::string what = kind.name + " is not found: " + kind.install;
      if (named) throw Error("--against " + what);
      label("missing") << what << "\n";
    }
    for (Peer& peer : peers_) {
      settle();
      peer.warm_up(options.windows.seconds);
    }
  }

  // One window of every peer: to be called before each window of the engine's.
  void run_windows() {
    for (Peer& peer : peers_) {
      settle();
      peer.run_window(options_.windows.seconds);
    }
    if (!peers_.empty()) settle();
  }

  // A line a peer; `scale` and `unit` as of the engine's own figure `ours`.
  void print(const std::string& unit, double scale, const Spread& ours) const {
    for (const Peer& peer : peers_) {
      const Spread theirs = peer.measurement().rates(scale);
      print_spread(peer.name(), theirs);
      label("") << unit << " of " << peer.version() << ", peak RSS " << format_figure(peer.rss_mb())
                << " MB, " << peer.measurement().disturbed() << " windows disturbed\n";
      label("ratio") << format_figure(ours.median / theirs.median) << " times " << peer.name()
                     << "\n";
    }
  }

  // Adds "against" where there are peers; `key` is that of the engine's own figure.
  void add_to(Json& json, const std::string& key, double scale, const Spread& ours) const {
    for (const Peer& peer : peers_) {
      const Spread theirs = peer.measurement().rates(scale);
      json["against"][peer.name()] = {{key, theirs.median},
                                      {"min", theirs.min},
                                      {"max", theirs.max},
                                      {"ratio", ours.median / theirs.median},
                                      {"disturbed", peer.measurement().disturbed()},
                                      {"peak_rss_mb", peer.rss_mb()},
                                      {"version", peer.version()}};
    }
  }

 private:
  static bool contains(const std::vector<std::string>& words, const std::string& word) {
    return std::find(words.begin(), words.end(), word) != words.end();
  }

  // Throws Error where the peer of that name works on another device.
  void require_there(const std::string& name, Memory memory, const std::string& work) const {
    std::string choices;
    for (const PeerKind& kind : peer_kinds()) {
      if (kind.memory != memory || !can_do(kind, work)) continue;
      if (name == kind.name || name == "all") return;
      choices += (choices.empty() ? "" : ", ") + kind.name;
    }
    throw Error("--against " + name + " does not work beside the device " + options_.device +
                ": choose " + choices);
  }

  // Whether a peer of that kind is now at work.
  bool start(const PeerKind& kind, const std::vector<std::string>& work) {
    for (std::vector<std::string> command : peer_commands(kind)) {
      command.insert(command.end(), work.begin(), work.end());
      peers_.emplace_back(kind.name, command, options_.patience);
      if (peers_.back().found()) return true;
      peers_.pop_back();
    }
    return false;
  }

  // Threads that have done their work spin for a while before they sleep: OpenBLAS's longest; 50 ms
  // were too short for them. Meanwhile nobody else is timed.
  static void settle() {
    if (interrupted()) throw CLI::RuntimeError(interrupted_status);
    Child::sleep_for(0.15);
  }

  const Options& options_;
  std::list<Peer> peers_;
};

}  // namespace longhand::bench
