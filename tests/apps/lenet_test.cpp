// The lenet and predict programs, run as a user runs them.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/checkpoint.h"
#include "core/file.h"
#include "datasets/image.h"
#include "datasets/sample.h"
#include "tests/datasets/idx_files.h"
#include "tests/support/environment.h"
#include "tests/support/run_program.h"
#include "tests/support/temp_dir.h"

using namespace longhand;
using test::ProgramResult;
using test::run_program;

namespace {

nlohmann::json read_json(const std::string& path) {
  return nlohmann::json::parse(read_file(path, 1 << 20));
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::size_t line_count(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

// A fresh classic network trained for one epoch on the sample; made once for all cases.
class Trained {
 public:
  Trained() {
    first = run_program("lenet --data sample --epochs 1 --batch 32 --threads 2 --save " +
                        weights() + " --json " + json());
  }
  std::string weights() const { return dir.file("classic.safetensors"); }
  std::string json() const { return dir.file("classic.json"); }
  test::TempDir dir;
  ProgramResult first;
};

Trained& trained() {
  static Trained instance;
  return instance;
}

// A folder with the first images of the sample: 40 to train on, in batches of 16 the last of which
// has 8, and 10 to test with.
std::string few_images() {
  const std::string folder = trained().dir.file("few");
  if (std::filesystem::exists(folder)) return folder;
  std::filesystem::create_directory(folder);
  const TrainTest sample = load_mnist_sample();
  const auto write = [&](const std::string& part, const Dataset& data, std::uint32_t count) {
    const auto bytes = static_cast<std::ptrdiff_t>(count) * 784;
    test::write_bytes(folder + "/" + part + "-images-idx3-ubyte",
                      test::idx_header({0x0803, count, 28, 28}) +
                          std::string(data.pixels.begin(), data.pixels.begin() + bytes));
    test::write_bytes(folder + "/" + part + "-labels-idx1-ubyte",
                      test::idx_labels({data.labels.begin(), data.labels.begin() + count}));
  };
  write("train", sample.train, 40);
  write("t10k", sample.test, 10);
  return folder;
}

// Trains with those options until the first epoch is over and some steps more, and presses Ctrl-C.
void check_interrupted(const std::string& options) {
  const std::string weights = trained().dir.file("interrupted.safetensors");
  const std::string command =
      "exec " LONGHAND_BIN_DIR "/lenet " + options + " --epochs 10000 --save " + weights;
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    _exit(127);
  }
  close(ends[1]);
  std::string output;
  char buffer[512];
  ssize_t got = 0;
  while (!contains(output, "epoch 1/10000") && (got = read(ends[0], buffer, sizeof buffer)) > 0) {
    output.append(buffer, static_cast<std::size_t>(got));
  }
  kill(child, SIGINT);
  while ((got = read(ends[0], buffer, sizeof buffer)) > 0) {
    output.append(buffer, static_cast<std::size_t>(got));
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  INFO(output);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 130);
  CHECK(contains(output, "Interrupted in epoch "));
  CHECK(contains(output, "The trained weights are in " + weights));
  CHECK(run_program("lenet --data sample --epochs 0 --load " + weights).code == 0);
}

}  // namespace

TEST_CASE("a run ends with accuracy, time, speed and where the weights are") {
  const ProgramResult& run = trained().first;
  INFO(run.output);
  REQUIRE(run.code == 0);
  CHECK(contains(run.output, "61,706\n"));
  CHECK(contains(run.output,
                 "the built-in sample of MNIST: 4,000 images to train on, 1,000 to test"));
  CHECK(contains(run.output, "epoch 1/1: train loss "));
  CHECK(contains(run.output, "test accuracy "));
  CHECK(contains(run.output, "Trained 4,000 images in "));
  CHECK(contains(run.output, " images/s\n"));
  CHECK(contains(run.output, "The trained weights are in " + trained().weights()));
  CHECK_FALSE(contains(run.output, "\r"));  // no terminal: no progress bar
}

TEST_CASE("--json has every key, and the figures are those of a network that learned") {
  const nlohmann::json json = read_json(trained().json());
  CHECK(json["model"] == "classic");
  CHECK(json["parameters"] == 61706);
  CHECK(json["device"] == "cpu");
  CHECK(json["threads"] == 2);
  CHECK(json["epochs"] == 1);
  CHECK(json["train_images"] == 4000);
  CHECK(json["test_images"] == 1000);
  CHECK(json["test_accuracy"] > 0.8);
  CHECK(json["test_accuracy"] <= 1.0);
  CHECK(json["train_loss"] > 0.0);
  CHECK(json["test_loss"] > 0.0);
  CHECK(json["test_loss"] < 1.0);
  CHECK(json["images_per_second"] > 0.0);
  CHECK(json["seconds"] > 0.0);
  CHECK(json.size() == 12);
}

TEST_CASE("the same seed and threads give the same weights to the bit, another seed others") {
  const std::string again = trained().dir.file("again.safetensors");
  const std::string common =
      "lenet --data sample --epochs 1 --batch 32 --threads 2 --save " + again;
  REQUIRE(run_program(common).code == 0);
  CHECK(read_file(again, 1 << 22) == read_file(trained().weights(), 1 << 22));
  REQUIRE(run_program(common + " --seed 2").code == 0);
  CHECK(read_file(again, 1 << 22) != read_file(trained().weights(), 1 << 22));
}

TEST_CASE("saved weights score the same when they are loaded, and are not written again") {
  const std::string json = trained().dir.file("loaded.json");
  const auto written = std::filesystem::last_write_time(trained().weights());
  const ProgramResult run =
      run_program("lenet --data sample --epochs 0 --load " + trained().weights() + " --save " +
                  trained().weights() + " --json " + json);
  INFO(run.output);
  CHECK(run.code == 0);
  CHECK(read_json(json)["test_accuracy"] == read_json(trained().json())["test_accuracy"]);
  CHECK(read_json(json)["train_loss"].is_null());
  CHECK(std::filesystem::last_write_time(trained().weights()) == written);
}

TEST_CASE("Ctrl-C stops after the step and leaves a checkpoint that loads") {
  check_interrupted("--data sample");
}

TEST_CASE("lenet trains on cuda, the same weights whether its steps are replayed or not") {
  const std::string weights = trained().dir.file("cuda.safetensors");
  const std::string json = trained().dir.file("cuda.json");
  const std::string common = "lenet --epochs 3 --batch 16 --augment 1 --data " + few_images() +
                             " --json " + json + " --save " + weights;
  const ProgramResult run = run_program(common + " --device cuda");
  INFO(run.output);
  REQUIRE(run.code == 0);
  CHECK(contains(run.output, ", on cuda ("));
  const nlohmann::json replayed = read_json(json);
  CHECK(replayed["train_images"] == 40);
  CHECK(replayed["epochs"] == 3);
  const std::string replayed_weights = read_file(weights, 1 << 22);
  REQUIRE(run_program(common + " --device cuda --graph off").code == 0);
  CHECK(read_file(weights, 1 << 22) == replayed_weights);
  CHECK(read_json(json)["train_loss"] == replayed["train_loss"]);
  CHECK(read_json(json)["test_loss"] == replayed["test_loss"]);
  REQUIRE(run_program(common + " --device reference").code == 0);
  CHECK(read_json(json)["train_loss"].get<double>() ==
        doctest::Approx(replayed["train_loss"].get<double>()).epsilon(1e-3));
}

TEST_CASE("Ctrl-C between two looks at the loss leaves a checkpoint that loads, on cuda") {
  check_interrupted("--device cuda --batch 16 --data " + few_images());
}

TEST_CASE("--augment trains on moved images") {
  const std::string json = trained().dir.file("augmented.json");
  const ProgramResult run = run_program(
      "lenet --data sample --epochs 2 --batch 32 --threads 2 --augment 2 --save '' --json " + json);
  INFO(run.output);
  REQUIRE(run.code == 0);
  CHECK(read_json(json)["test_accuracy"] > 0.8);
  CHECK(read_json(json)["train_loss"] > read_json(trained().json())["test_loss"]);
}

TEST_CASE("predict reads digits of any size, dark on light too") {
  const TrainTest sample = load_mnist_sample();
  const test::TempDir& dir = trained().dir;
  std::string files;
  for (int digit = 0; digit < 10; ++digit) {  // the test part runs through the classes 0..9
    constexpr int scale = 7, side = 28 * scale;
    Image image{1, side, side, std::vector<std::uint8_t>(side * side)};
    for (int h = 0; h < side; ++h) {
      for (int w = 0; w < side; ++w) {
        const int pixel = digit * 784 + h / scale * 28 + w / scale;
        const int ink = sample.test.pixels[static_cast<std::size_t>(pixel)];
        image.pixels[static_cast<std::size_t>(h * side + w)] =
            static_cast<std::uint8_t>(digit % 2 == 0 ? ink : 255 - ink);
      }
    }
    const std::string file = dir.file("digit" + std::to_string(digit) + ".png");
    write_png(file, image);
    files += " " + file;
  }
  const std::string json = dir.file("predictions.json");
  const ProgramResult run =
      run_program("predict --load " + trained().weights() + " --json " + json + files);
  INFO(run.output);
  REQUIRE(run.code == 0);
  const nlohmann::json predictions = read_json(json);
  REQUIRE(predictions.size() == 10);
  int right = 0;
  for (int digit = 0; digit < 10; ++digit) {
    const nlohmann::json& prediction = predictions[static_cast<std::size_t>(digit)];
    right += prediction["digit"] == digit ? 1 : 0;
    double sum = 0;
    for (const double p : prediction["probabilities"]) sum += p;
    CHECK(sum == doctest::Approx(1));
  }
  CHECK(right >= 8);  // of a network after one epoch
}

TEST_CASE("a variable of the environment with a wrong value is refused before a worker reads it") {
  for (const char* variable : {"LONGHAND_ISA", "LONGHAND_CPU", "LONGHAND_STREAM"}) {
    const test::Environment wrong(variable, "-1");
    const ProgramResult run = run_program("lenet --data sample --epochs 1 --threads 2");
    INFO(run.output);
    CHECK(run.code == 1);
    CHECK(line_count(run.output) == 1);
    CHECK(contains(run.output, std::string(variable) + " is '-1'"));
  }
}

TEST_CASE("what is wrong gets one line that says it, and a status that is not 0") {
  const test::TempDir dir;
  const auto refused = [&](const std::string& command, const std::string& words,
                           std::size_t lines) {
    const ProgramResult run = run_program(command, dir.path().string());
    INFO(command << ": " << run.output);
    CHECK(run.code > 0);
    CHECK(contains(run.output, words));
    CHECK(line_count(run.output) == lines);
    CHECK(std::filesystem::is_empty(dir.path()));
  };
  // CLI11 adds a line that points to --help.
  refused("lenet --model leNet", "--model: leNet not in {classic,modern,zagreb}", 2);
  refused("lenet --epochs many", "--epochs", 2);
  refused("lenet --batch 0", "--batch: Value 0 not in range 1 to 65536", 2);
  refused("lenet --lr -1", "--lr: -1 is not a number above 0", 2);
  refused("lenet --lr inf", "--lr: inf is not a number above 0", 2);
  refused("gradcheck --step 0.1x", "--step: 0.1x is not a number above 0", 2);
  refused("lenet --device gpu", "--device: gpu not in {reference,cpu,cuda}", 2);
  refused("lenet --graph maybe", "--graph: maybe not in {on,off}", 2);
  refused("lenet --augment 28", "--augment: Value 28 not in range 0 to 27", 2);
  refused("lenet --unknown", "--unknown", 2);
  refused("lenet --load no.safetensors", "no.safetensors", 2);
  refused("lenet --data no/such/folder", "there is no folder no/such/folder", 1);
  refused("lenet --data sample --save no/folder/w.safetensors",
          "cannot write no/folder/w.safetensors: there is no folder no/folder", 1);
  refused("lenet --model modern --data sample --load " + trained().weights(),
          "does not fit the network: tensor '0.weight' is [6,1,5,5], but the network needs "
          "[20,1,5,5]",
          1);
  refused("lenet --data sample --lr 1e30 --save ''", "the loss is no longer a finite number", 16);
  refused("predict", "images", 2);
  refused("predict x.png", "no trained weights", 1);
  refused("predict --load " + trained().weights() + " no.png", "no.png", 1);
  refused("gradcheck conv3d", "unknown layer 'conv3d': gradcheck --list names them", 1);
  for (const char* program : {"lenet", "predict", "by_hand", "gradcheck"}) {
    const ProgramResult help = run_program(std::string(program) + " --help");
    CHECK(help.code == 0);
    CHECK(contains(help.output, "Usage: " + std::string(program)));
  }
}
