// bench --against: the conversation with the peers, held with scripts that play them.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/file.h"
#include "tests/support/environment.h"
#include "tests/support/run_program.h"
#include "tests/support/temp_dir.h"

using namespace longhand;
using nlohmann::json;

namespace {

// A folder of peers, empty at first. Scripts find it in $PEERS.
class Folder {
 public:
  void add(const std::string& program, const std::string& script) const {
    const std::string file = dir_.file(program);
    std::ofstream(file) << "#!/bin/sh\nPEERS='" << dir_.path().string() << "'\n" << script;
    chmod(file.c_str(), 0700);
  }
  std::string file(const std::string& name) const { return dir_.file(name); }
  std::string read(const std::string& name) const { return read_file(file(name), 1 << 20); }

  // "bench ARGUMENTS", very briefly. (With more than one command the shell stays, to tell how bench
  // ended.)
  test::ProgramResult run(const std::string& arguments) const {
    return test::run_program("bench " + arguments +
                             " --threads 1 --windows 2 --seconds 0.01 2>&1; exit $?");
  }

 private:
  test::TempDir dir_;
  test::Environment peers_{"LONGHAND_PEERS", dir_.path().string()};
};

const std::string answering = R"(
echo "ready version 1 of $*"
while read -r line; do
  echo "$line" >> "$PEERS/lines"
  echo '{"steps": 6, "seconds": 0.5, "rss_mb": 12.5}'
done
echo end >> "$PEERS/lines"
)";

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Whether the process of that number is gone, or will be in a moment. One that nobody reaps counts.
bool gone(const std::string& pid) {
  for (int i = 0; i < 500; ++i) {
    std::ifstream file("/proc/" + pid + "/stat");
    std::string text;
    if (!std::getline(file, text) || contains(text, ") Z ")) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

// With a peer that is this script, bench must end with status 1 and one line with these words.
void check_failure(const std::string& script, const std::string& words) {
  const Folder folder;
  folder.add("bench_onednn", script);
  const test::ProgramResult run = folder.run("gemm 4 4 4 --against onednn --patience 0.3");
  INFO(run.output);
  CHECK(run.code == 1);
  CHECK(contains(run.output, "bench: the peer onednn" + words));
  // machine, work, this; and a debug build says that it is one
  const int lines = contains(run.output, "a debug build says nothing") ? 4 : 3;
  CHECK(std::count(run.output.begin(), run.output.end(), '\n') == lines);
}

}  // namespace

TEST_CASE("peers get their work and windows, and stand in the result") {
  const Folder folder;
  folder.add("bench_onednn", answering);
  folder.add("bench_torch.py", answering);
  const test::Environment python("LONGHAND_PYTHON", "/bin/sh");
  const test::ProgramResult run = folder.run(
      "lenet-classic infer --batch 5 --against torch,onednn --json " + folder.file("result.json"));
  INFO(run.output);
  REQUIRE(run.code == 0);
  const json result = json::parse(folder.read("result.json"));
  CHECK(result["against"].size() == 2);
  for (const char* name : {"onednn", "torch"}) {
    const json& peer = result["against"][name];
    CHECK(peer["images_per_second"] == 60);
    CHECK(peer["min"] == 60);
    CHECK(peer["max"] == 60);
    CHECK(peer["ratio"].get<double>() ==
          doctest::Approx(result["images_per_second"].get<double>() / 60));
    CHECK(peer["peak_rss_mb"] == 12.5);
    CHECK(peer["version"] == "version 1 of lenet-classic infer 5 1");
    CHECK(peer["disturbed"].is_number_unsigned());
    CHECK(contains(run.output, "\n" + std::string(name) +
                                   std::string(13 - std::string(name).size(), ' ') +
                                   "median 60.00, min 60.00, max 60.00\n"));
  }
  CHECK(
      contains(run.output, "images/s of version 1 of lenet-classic infer 5 1, peak RSS 12.50 MB"));
  // A warm-up and two windows each, the two in turn; both saw the end of their input.
  std::string lines;
  for (int i = 0; i < 6; ++i) lines += "window 0.010000\n";
  CHECK(folder.read("lines") == lines + "end\nend\n");
}

TEST_CASE("all: what is there takes part, what is not is said") {
  const Folder folder;
  folder.add("bench_openblas", answering);
  folder.add("bench_torch.py", "echo missing No module named torch\n");
  for (const char* shell : {"/bin/sh", "/no/such/python"}) {
    const test::Environment python("LONGHAND_PYTHON", shell);
    const test::ProgramResult run =
        folder.run("gemm 4 5 6 tn --against all --json " + folder.file("result.json"));
    INFO(run.output);
    REQUIRE(run.code == 0);
    CHECK(contains(run.output, "missing      onednn is not found: install libdnnl-dev"));
    CHECK(contains(run.output, "missing      torch is not found: install python3-torch"));
    const json result = json::parse(folder.read("result.json"));
    REQUIRE(result["against"].size() == 1);
    const json& peer = result["against"]["openblas"];
    CHECK(peer["version"] == "version 1 of gemm 4 5 6 tn 1");
    CHECK(peer["gflops"].get<double>() == doctest::Approx(12 * 240e-9));
  }
  // OpenBLAS has no convolution: nobody asks it.
  const test::Environment python("LONGHAND_PYTHON", "/bin/sh");
  const test::ProgramResult run = folder.run("conv 1 1 4 4 1 3 3 1 0 --against all");
  CHECK(run.code == 0);
  CHECK_FALSE(contains(run.output, "\nopenblas "));
  CHECK(contains(run.output, "onednn is not found"));
}

TEST_CASE("a peer that is asked for by name must be there") {
  const Folder folder;
  folder.add("bench_openblas", "echo missing libopenblas.so.0\n");
  for (const std::string name : {"onednn", "openblas", "torch"}) {
    const test::ProgramResult run = folder.run("gemm 4 4 4 --against " + name);
    INFO(run.output);
    CHECK(run.code == 1);
    CHECK(contains(run.output, "bench: --against " + name + " is not found: install "));
  }
}

TEST_CASE("beside cuda work the peers of a GPU, each told how") {
  const Folder folder;
  folder.add("bench_cublas", answering);
  folder.add("bench_cudnn", answering);
  folder.add("bench_torch.py", answering);
  const test::Environment python("LONGHAND_PYTHON", "/bin/sh");
  struct Expected {
    const char* work;
    std::vector<std::pair<const char*, const char*>> peers;  // and what each was asked
  };
  const std::vector<Expected> all = {{"gemm 4 5 6 tn",
                                      {{"cublas", "fp32 gemm 4 5 6 tn 1"},
                                       {"cublas-pedantic", "pedantic gemm 4 5 6 tn 1"},
                                       {"cublas-tf32", "tf32 gemm 4 5 6 tn 1"},
                                       {"cublas-bf16", "bf16 gemm 4 5 6 tn 1"},
                                       {"torch", "cuda gemm 4 5 6 tn 1"}}},
                                     {"conv 1 2 4 4 3 3 3 1 0 data",
                                      {{"cudnn", "conv 1 2 4 4 3 3 3 1 0 data 1"},
                                       {"torch", "cuda conv 1 2 4 4 3 3 3 1 0 data 1"}}},
                                     {"lenet-classic infer --batch 1",
                                      {{"torch", "cuda lenet-classic infer 1 1"},
                                       {"torch-graph", "cuda-graph lenet-classic infer 1 1"}}}};
  for (const Expected& e : all) {
    const test::ProgramResult run = folder.run(
        std::string(e.work) + " --device cuda --against all --json " + folder.file("result.json"));
    INFO(run.output);
    REQUIRE(run.code == 0);
    CHECK_FALSE(contains(run.output, "missing"));
    const json against = json::parse(folder.read("result.json"))["against"];
    REQUIRE(against.size() == e.peers.size());
    for (const auto& [name, asked] : e.peers) {
      CHECK(against[name]["version"] == "version 1 of " + std::string(asked));
    }
  }
}

TEST_CASE("a peer of the other device is refused in one line") {
  const Folder folder;
  const auto refused = [&](const std::string& arguments, const std::string& words) {
    const test::ProgramResult run = folder.run(arguments);
    INFO(run.output);
    CHECK(run.code == 1);
    CHECK(contains(run.output, "bench: --against " + words + "\n"));
  };
  refused("gemm 4 4 4 --device cuda --against onednn",
          "onednn does not work beside the device cuda: choose cublas, cublas-pedantic, "
          "cublas-tf32, cublas-bf16, torch");
  refused("gemm 4 4 4 --against openblas,cublas",
          "cublas does not work beside the device cpu: choose onednn, openblas, torch");
  refused("conv 1 1 4 4 1 3 3 1 0 --device reference --against cudnn",
          "cudnn does not work beside the device reference: choose onednn, torch");
  refused("lenet-classic --against torch-graph",
          "torch-graph does not work beside the device cpu: choose onednn, torch");
}

TEST_CASE("a peer that does not keep to the conversation ends the run") {
  check_failure("exit 3\n", " ended with status 3 when it started");
  check_failure("echo hello\n", ": expected ready VERSION, got 'hello'");
  check_failure("sleep 1000\n", " said nothing for too long when it started");
  const std::string ready = "echo ready 1\nread -r line\n";
  check_failure(ready + "exit 4\n", " ended with status 4 in a window");
  check_failure(ready + "kill -9 $$\n", " was killed by signal 9 in a window");
  check_failure(ready + "sleep 1000\n", " said nothing for too long in a window");
  check_failure(ready + "exec >&- <&-\nsleep 1000\n", " closed its output in a window");
  check_failure(ready + "echo garbage\n", ": expected an object in JSON, got 'garbage'");
  check_failure(ready + "echo '[1]'\n", ": expected an object in JSON, got '[1]'");
  check_failure(ready + "echo '{\"steps\": 0, \"seconds\": 1, \"rss_mb\": 1}'\n",
                ": expected steps above 0");
  check_failure(ready + "echo '{\"steps\": 1, \"seconds\": \"1\", \"rss_mb\": 1}'\n",
                ": expected seconds above 0");
  check_failure(ready + "echo '{\"steps\": 1, \"seconds\": 1, \"rss_mb\": 1, \"loss\": null}'\n",
                ": its loss is no longer a finite number");
  check_failure(ready + "head -c 100000 /dev/zero\n", ": expected an object in JSON, got ");
}

TEST_CASE("no peer outlives bench, nor what the peer started") {
  const std::string stubborn = R"(
trap '' INT TERM HUP
sleep 1000 2> /dev/null &
echo "$!" > "$PEERS/started"
echo "$$" > "$PEERS/peer"
echo ready 1
read -r line
)";
  struct Expected {
    const char* end;
    int code;
  };
  // Said nothing; was interrupted, which is what Ctrl-C does; was killed and could do nothing.
  for (const Expected& e : {Expected{"wait\n", 1},
                            {"kill -INT $PPID\nwait\n", 130},
                            {"kill -KILL $PPID\nwait\n", 137}}) {
    const Folder folder;
    folder.add("bench_onednn", stubborn + e.end);
    const std::string patience = e.code == 1 ? " --patience 0.3" : "";
    const test::ProgramResult run = folder.run("gemm 4 4 4 --against onednn" + patience);
    INFO(e.end << run.output);
    CHECK(run.code == e.code);
    std::string peer = folder.read("peer"), started = folder.read("started");
    peer.pop_back();
    started.pop_back();
    CHECK(gone(peer));
    // When bench itself was killed, nobody ends what the peer started.
    if (e.code != 137) CHECK(gone(started));
    if (e.code == 137) std::system(("kill -9 " + started).c_str());
  }
}
