// The bench program: every subcommand run very briefly. Nothing here depends on how fast anything
// is.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "apps/bench/ceiling.h"
#include "apps/bench/flops.h"
#include "apps/bench/windows.h"
#include "apps/zoo/lenet.h"
#include "core/file.h"
#include "layers/conv2d.h"
#include "tests/support/environment.h"
#include "tests/support/run_program.h"
#include "tests/support/temp_dir.h"

using namespace longhand;
using namespace longhand::bench;
using nlohmann::json;

namespace {

// Runs bench with one very short window and returns what it wrote into --json.
json run_bench(const std::string& arguments, std::string* output = nullptr) {
  const test::TempDir dir;
  const std::string file = dir.file("result.json");
  const test::ProgramResult run =
      test::run_program("bench " + arguments + " --windows 1 --seconds 0.01 --json " + file);
  INFO(arguments << ": " << run.output);
  REQUIRE(run.code == 0);
  if (output != nullptr) *output = run.output;
  return json::parse(read_file(file, 1 << 20));
}

void check_positive(const json& result, const std::string& key) {
  INFO(key << " of " << result.dump());
  REQUIRE(result.contains(key));
  REQUIRE(result[key].is_number());  // what is not finite is written as null
  CHECK(result[key] > 0);
}

// What every result has; `unit` is the key of the figure itself.
void check_common(const json& result, const std::string& name, const std::string& unit) {
  CHECK(result["name"] == name);
  for (const std::string& key : {unit, std::string("min"), std::string("max")}) {
    check_positive(result, key);
  }
  CHECK(result["min"] <= result[unit]);
  CHECK(result[unit] <= result["max"]);
  check_positive(result, "threads");
  check_positive(result, "peak_rss_mb");
  CHECK(result["windows"] == 1);
  CHECK(result["seconds"] == 0.01);
  CHECK(result["disturbed"].is_number_unsigned());
  const json& machine = result["machine"];
  check_positive(machine, "cores");
  for (const char* key : {"cpu", "instructions", "rung", "compiler", "build"}) {
    CHECK_FALSE(machine[key].get<std::string>().empty());
  }
}

// Sanitizers count nothing; a release build has none.
void check_no_allocations(const json& result) {
  const json& allocations = result["allocations"];
  CHECK((allocations == 0 || (allocations.is_null() && result["machine"]["build"] == "debug")));
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the versions of a convolution on cuda, a line each") {
  for (const std::string direction : {"forward", "data", "weights"}) {
    std::string output;
    const json all =
        run_bench("conv 1 2 6 5 3 2 2 1 0 " + direction + " --device cuda --version all", &output);
    CHECK(all["chosen"] == "tiled");
    REQUIRE(all["versions"].size() == 4);
    for (const json& version : all["versions"]) {
      check_common(version, version["name"], "gflops");
      CHECK(contains(output, version["name"].get<std::string>() + " "));
    }
    CHECK(contains(output, "strips       does not fit this shape"));
    const json one =
        run_bench("conv 1 2 6 5 3 2 2 1 0 " + direction + " --device cuda --version implicit");
    REQUIRE(one["versions"].size() == 1);
    CHECK(one["versions"][0]["name"] == "implicit");
  }
}

TEST_CASE("whole networks") {
  struct Expected {
    const char *model, *mode;
    double flop;
  };
  for (const Expected& e : {Expected{"lenet-classic", "train", 2'263'920},
                            {"lenet-classic", "infer", 833'040},
                            {"lenet-modern", "train", 38'348'000},
                            {"lenet-modern", "infer", 13'044'000},
                            {"lenet-zagreb", "train", 7'440'384},
                            {"lenet-zagreb", "infer", 2'633'728}}) {
    const std::string name = std::string(e.model) + " " + e.mode;
    const json result = run_bench(name + " --batch 3 --threads 2");
    check_common(result, name, "images_per_second");
    CHECK(result["batch"] == 3);
    CHECK(result["threads"] == 2);
    CHECK(result["device"] == "cpu");
    CHECK(result["flop_per_image"] == e.flop);
    check_no_allocations(result);
    const double rate = result["images_per_second"];
    CHECK(result["gflops"].get<double>() == doctest::Approx(rate * e.flop * 1e-9));
    CHECK(result["microseconds_a_batch"].get<double>() == doctest::Approx(3e6 / rate));
    check_positive(result, "activations_mb");
    CHECK(result.contains("loss") == (std::string(e.mode) == "train"));
  }
}

TEST_CASE("training is what is measured unless infer is asked for, on a device by name") {
  std::string output;
  const json result = run_bench("lenet-classic --batch 2 --device reference --threads 2", &output);
  check_common(result, "lenet-classic train", "images_per_second");
  CHECK(result["device"] == "reference");
  CHECK(result["threads"] == 1);
  CHECK(output.starts_with("machine      "));
  for (const char* words :
       {"2,263,920 FLOP an image", "1 of 0.01 s", "images/s     median ", "us a batch   median ",
        "GFLOP/s      median ", "peak RSS     ", "allocations  "}) {
    INFO(output);
    CHECK(contains(output, words));
  }
}

TEST_CASE("gemm and conv") {
  for (const std::string transposes : {"nn", "nt", "tn", "tt"}) {
    const json result = run_bench("gemm 5 6 7 " + transposes + " --threads 1");
    check_common(result, "gemm 5 6 7 " + transposes, "gflops");
    CHECK(result["flop"] == 2 * 5 * 6 * 7);
    check_no_allocations(result);
  }
  check_common(run_bench("gemm 5 6 7 --device reference"), "gemm 5 6 7 nn", "gflops");
  const json one = run_bench("gemm 5 6 7 --device cuda --rung naive");
  check_common(one, "gemm 5 6 7 nn", "gflops");
  CHECK(one["rung"] == "small_tile");
  CHECK(one["rungs"].size() == 1);
  CHECK(one["rungs"][0]["name"] == "naive");
  CHECK(run_bench("gemm 5 6 7 tn --device cuda --rung all")["rungs"].size() == 12);
  for (const std::string device : {"reference", "cpu", "cpu --layout lanes"}) {
    for (const std::string direction : {"forward", "data", "weights"}) {
      const std::string command = "conv 2 3 9 8 4 3 2 2 1 " + direction;
      const json result = run_bench(command + " --device " + device);
      check_common(result, command, "gflops");
      // y is 2 x 4 x 5 x 5, a window has 3 x 3 x 2 elements
      CHECK(result["flop"] == 2 * (2 * 4 * 5 * 5) * (3 * 3 * 2));
      CHECK(result["batch"] == 2);
      CHECK(result["layout"] == (contains(device, "lanes") ? "lanes" : "nchw"));
    }
  }
}

TEST_CASE("layers: a line a layer") {
  std::string output;
  const json result = run_bench("layers lenet-classic --batch 2", &output);
  check_common(result, "layers lenet-classic", "images_per_second");
  CHECK(result["batch"] == 2);
  const json& layers = result["layers"];
  REQUIRE(layers.size() == 14);  // 12, the loss and the optimizer
  const double step = result["microseconds_a_batch"];
  double sum = result["other_microseconds"];
  for (const json& layer : layers) {
    const std::string name = layer["layer"];
    CHECK(contains(output, "\n" + name + " "));
    const bool counts = contains(name, "conv2d") || contains(name, "dense");
    for (const char* direction : {"forward", "backward"}) {
      const json& pass = layer[direction];
      check_positive(pass, "microseconds");
      check_positive(pass, "share");
      check_positive(pass, counts ? "gflops" : "gb_per_second");
      check_positive(pass, "floor_microseconds");
      CHECK(pass.size() == 5);
      const double microseconds = pass["microseconds"];
      CHECK(pass["share"].get<double>() == doctest::Approx(microseconds / step));
      CHECK(pass["distance"].get<double>() * pass["floor_microseconds"].get<double>() ==
            doctest::Approx(microseconds));
      sum += microseconds;
    }
  }
  CHECK(sum == doctest::Approx(step));
  CHECK(contains(output, "\nthe rest of the step "));
  // What the rates mean: the operations of a batch of 2, and the bytes of x and y.
  const auto work = [&](std::size_t i, const char* direction, const char* unit) {
    const json& pass = layers[i][direction];
    return 1e3 * pass[unit].get<double>() * pass["microseconds"].get<double>();
  };
  CHECK(work(0, "forward", "gflops") == doctest::Approx(2 * 2 * 784 * 6 * 25));
  CHECK(work(0, "backward", "gflops") == doctest::Approx(2 * 2 * 784 * 6 * 25));
  CHECK(work(3, "backward", "gflops") == doctest::Approx(2 * 2 * 2 * 100 * 16 * 150));
  CHECK(work(2, "forward", "gb_per_second") == doctest::Approx(4 * 2 * 6 * (784 + 196)));
}

TEST_CASE("layers: a batch that fills lanes is timed in them, conversions included") {
  const json result = run_bench("layers lenet-modern --batch 16");
  double sum = result["other_microseconds"];
  for (const json& layer : result["layers"]) {
    for (const char* direction : {"forward", "backward"}) {
      check_positive(layer[direction], "microseconds");
      sum += layer[direction]["microseconds"].get<double>();
    }
  }
  CHECK(sum == doctest::Approx(result["microseconds_a_batch"].get<double>()));
}

TEST_CASE("elementwise: each operation beside a copy of as many bytes") {
  std::string output;
  const json result = run_bench("elementwise --size 40000 --threads 2", &output);
  check_common(result, "elementwise", "copies");
  check_no_allocations(result);
  // Numbers of 4 bytes that a pass reads and writes, by hand.
  const std::map<std::string, std::vector<double>> moved = {{"relu", {2, 3}},
                                                            {"tanh", {2, 3}},
                                                            {"max_pool", {1.5, 1.5}},
                                                            {"avg_pool", {1.25, 1.25}},
                                                            {"softmax", {2, 3}},
                                                            {"sgd", {5}},
                                                            {"adam", {7}}};
  REQUIRE(result["operations"].size() == moved.size());
  for (const json& row : result["operations"]) {
    const std::string name = row["operation"];
    CHECK(contains(output, "\n" + name + " "));
    CHECK(row["elements"] == 2 * 16384);
    const std::vector<double>& counts = moved.at(name);
    CHECK(row.size() == 2 + counts.size());
    for (std::size_t i = 0; i < counts.size(); ++i) {
      const json& pass = row[counts.size() == 1 ? "step" : i == 0 ? "forward" : "backward"];
      check_positive(pass, "copies");
      CHECK(pass["microseconds"].get<double>() * pass["gb_per_second"].get<double>() ==
            doctest::Approx(1e-3 * counts[i] * 4 * 2 * 16384));
    }
  }
  const json one = run_bench("elementwise adam --size 1 --device reference");
  REQUIRE(one["operations"].size() == 1);
  CHECK(one["operations"][0]["operation"] == "adam");
  CHECK(one["operations"][0]["elements"] == 16384);
}

TEST_CASE("layers and elementwise on cuda: the same lines and figures") {
  const json layers = run_bench("layers lenet-classic --batch 1 --device cuda");
  check_common(layers, "layers lenet-classic", "images_per_second");
  REQUIRE(layers["layers"].size() == 14);
  double sum = layers["other_microseconds"];
  for (const json& layer : layers["layers"]) {
    for (const char* direction : {"forward", "backward"}) {
      check_positive(layer[direction], "microseconds");
      sum += layer[direction]["microseconds"].get<double>();
    }
  }
  CHECK(sum == doctest::Approx(layers["microseconds_a_batch"].get<double>()));

  const json passes = run_bench("elementwise --size 1 --device cuda");
  check_common(passes, "elementwise", "copies");
  REQUIRE(passes["operations"].size() == 7);
  for (const json& row : passes["operations"]) {
    for (const char* name : {"forward", "backward", "step"}) {
      if (!row.contains(name)) continue;
      check_positive(row[name], "copies");
      check_positive(row[name], "microseconds");
    }
  }
}

TEST_CASE("the instruction set and the rung of the ladder are said") {
  const test::Environment isa("LONGHAND_ISA", "baseline");
  std::string output;
  {
    const json result = run_bench("gemm 4 4 4", &output);
    CHECK(result["machine"]["instructions"] == "baseline");
    CHECK(result["machine"]["rung"] == "best");
    CHECK(contains(output, ", baseline, "));
    CHECK_FALSE(contains(output, "LONGHAND_CPU"));
  }
  const test::Environment rung("LONGHAND_CPU", "ref");
  CHECK(run_bench("gemm 4 4 4", &output)["machine"]["rung"] == "ref");
  CHECK(contains(output, ", baseline, LONGHAND_CPU=ref, "));
  const test::Environment wrong("LONGHAND_CPU", "fastest");
  const test::ProgramResult run = test::run_program("bench gemm 4 4 4");
  CHECK(run.code == 1);
  CHECK(contains(run.output, "LONGHAND_CPU is 'fastest'"));
}

TEST_CASE("a limit for writing past the caches that is no number is refused") {
  for (const char* wrong : {"much", "-1", "1e9", "64MB"}) {
    const test::Environment stream("LONGHAND_STREAM", wrong);
    const test::ProgramResult run = test::run_program("bench elementwise relu --size 1");
    INFO(run.output);
    CHECK(run.code == 1);
    CHECK(contains(run.output, "LONGHAND_STREAM is '" + std::string(wrong) + "'"));
  }
}

TEST_CASE("ceiling") {
  const json result = run_bench("ceiling --memory-mb 8 --threads 2");
  check_common(result, "ceiling", "gflops");
  check_positive(result["tile"], "gflops");
  CHECK(result.contains("parts") == has_matrix_unit());
  if (has_matrix_unit()) check_positive(result["parts"], "gflops");
  REQUIRE(result["copy"].size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    const json& copy = result["copy"][i];
    CHECK(copy["level"] == std::vector<std::string>{"L2", "L3", "memory"}[i]);
    check_positive(copy, "gb_per_second");
    check_positive(copy, "bytes_a_thread");
  }
  CHECK(result["copy"][2]["bytes_a_thread"] == 4 << 20);
}

TEST_CASE("ceiling on cuda: copies in its memory") {
  std::string output;
  const json result = run_bench("ceiling --memory-mb 2 --device cuda", &output);
  check_common(result, "ceiling", "gb_per_second");
  REQUIRE(result["copy"].size() == 2);
  for (const json& copy : result["copy"]) {
    CHECK(copy["bytes"] == 2 << 20);
    check_positive(copy, "gb_per_second");
  }
  CHECK(result["copy"][1]["gb_per_second"] == result["gb_per_second"]);
  CHECK(contains(output, "copies in the GPU's memory, device cuda ("));
}

TEST_CASE("what is wrong gets one line that says it, and a status that is not 0") {
  const test::TempDir dir;
  const auto refused = [&](const std::string& arguments, const std::string& words, int lines) {
    const test::ProgramResult run = test::run_program("bench " + arguments, dir.path().string());
    INFO(arguments << ": " << run.output);
    CHECK(run.code > 0);
    CHECK(contains(run.output, words));
    CHECK(std::count(run.output.begin(), run.output.end(), '\n') == lines);
    CHECK(std::filesystem::is_empty(dir.path()));
  };
  // CLI11 adds a line that points to --help.
  refused("", "A subcommand is required", 2);
  refused("lenet", "The following argument was not expected: lenet", 2);
  refused("lenet-classic learn", "mode: learn not in {train,infer}", 2);
  refused("lenet-classic --batch 0", "--batch: Value 0 not in range 1 to 65536", 2);
  refused("lenet-classic --device gpu", "--device: gpu not in {reference,cpu,cuda}", 2);
  refused("lenet-classic --json no/folder.json", "cannot write no/folder.json", 1);
  refused("gemm 4 4", "K is required", 2);
  refused("gemm 4 4 x", "K: Value x not in range 1 to 65536", 2);
  refused("gemm 4 4 4 nx", "transposes: nx not in {nn,nt,tn,tt}", 2);
  refused("conv 1 1 4 4 1 5 5 1 0", "smaller than the 5x5 kernel", 1);
  refused("conv 65536 65536 65536 65536 1 1 1 1 0", "conv: the input: ", 1);
  refused("conv 1 65536 1 1 65536 1025 1025 1 65536", "conv: the weights: ", 1);
  refused("conv 65536 1 1 1 65536 1 1 1 65536", "conv: the output: ", 1);
  refused("conv 1024 1024 1024 1024 1 1 1 1 0", "GB of memory, but this machine has", 1);
  refused("conv 1 1 4 4 1 3 3 1 0 --layout nhwc", "--layout: nhwc not in {nchw,lanes}", 2);
  refused("conv 1 1 4 4 1 3 3 1 0 --layout lanes --device reference", "only the device cpu", 1);
  refused("conv 1 1 4 4 1 3 3 1 0 --version fast", "--version: fast not in {all,plain,im2col", 2);
  refused("conv 1 1 4 4 1 3 3 1 0 --version tiled", "only the device cuda has versions", 1);
  refused("conv 1 1 4 4 1 2 2 1 0 --version strips --device cuda", "strips does not fit", 1);
  refused("layers classic", "model: classic not in", 2);
  refused("elementwise sigmoid", "operation: sigmoid not in", 2);
  refused("elementwise --size 0", "--size: Value 0 not in range", 2);
  refused("gemm 4 4 4 --against mkl", "--against: mkl not in {onednn,openblas,torch,cublas,", 2);
  refused("conv 1 1 4 4 1 3 3 1 0 --against onednn,openblas", "openblas not in", 2);
  refused("lenet-classic --against openblas", "openblas not in {onednn,torch,torch-graph,all}", 2);
  refused("lenet-zagreb train --against=onednn", "not expected: --against", 2);
  refused("gemm 4 4 4 --patience 0", "--patience", 2);
  refused("gemm 4 4 4 --rung naive", "gemm: only the device cuda has rungs", 1);
  refused("gemm 4 4 4 --device cuda --rung fast", "unknown rung 'fast': choose naive, ", 1);
  refused("ceiling --seconds 0", "--seconds", 2);
  refused("ceiling --windows 0 --seconds 0.01", "--windows", 2);
  for (const char* command : {"", "lenet-classic", "lenet-modern", "lenet-zagreb", "gemm", "conv",
                              "layers", "elementwise", "ceiling"}) {
    const test::ProgramResult help =
        test::run_program("bench " + std::string(command) + " --help", dir.path().string());
    INFO(command << ": " << help.output);
    CHECK(help.code == 0);
    CHECK(contains(help.output, "Usage: bench"));
  }
}
