// bench: how fast the engine is on this machine. What each subcommand measures is in apps/bench/:
// lenet.h, products.h (gemm and conv), layers.h, elementwise.h, ceiling.h; how, in windows.h; and
// beside other libraries, in peers.h. See docs/bench.md.
#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "apps/bench/ceiling.h"
#include "apps/bench/elementwise.h"
#include "apps/bench/layers.h"
#include "apps/bench/lenet.h"
#include "apps/bench/products.h"
#include "apps/support/device_option.h"
#include "apps/support/run_app.h"

using namespace longhand;
using namespace longhand::bench;

namespace {

void add_windows(CLI::App& app, Options& options) {
  app.add_option("--threads", options.threads, "threads (all cores)")->check(CLI::Range(1, 1024));
  app.add_option("--windows", options.windows.count, "how many windows are timed")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  app.add_option("--seconds", options.windows.seconds, "how long a window is at least")
      ->check(CLI::Range(0.001, 3600.0))
      ->capture_default_str();
  app.add_option("--json", options.json, "a file for the results");
}

void add_batch(CLI::App& app, Options& options) {
  app.add_option("--batch", options.batch, "images a step")
      ->check(CLI::Range(1, 65536))
      ->capture_default_str();
}

// `work` is what peers are asked to do: "gemm".
void add_against(CLI::App& app, Options& options, const std::string& work) {
  std::vector<std::string> words = peers_for(work);
  words.emplace_back("all");
  app.add_option("--against", options.against,
                 "other libraries for the same work, window by window with the engine, commas "
                 "between them; all: those that are found")
      ->delimiter(',')
      ->check(CLI::IsMember(words));
  app.add_option("--patience", options.patience,
                 "seconds that one of them may say nothing, beyond its window")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
}

void add_number(CLI::App& app, const std::string& name, int& number, const std::string& help,
                int smallest = 1) {
  app.add_option(name, number, help)->required()->check(CLI::Range(smallest, 65536));
}

// Checks what all subcommands share, then measures.
template <class Body>
void add_run(CLI::App& app, Options& options, Body&& body) {
  app.callback([&options, body] {
    require_folder_of(options.json);
    if (options.threads > 0) set_threads(options.threads);
    if (options.device == "reference") set_threads(1);
    body();
  });
}

void add_lenet(CLI::App& app, const std::string& model, std::string& mode, Options& options) {
  CLI::App& command = *app.add_subcommand(
      "lenet-" + model, "Images a second of the " + model + " LeNet, images in memory");
  command.add_option("mode", mode, "train (forward, loss, backward, SGD step) or infer (forward)")
      ->check(CLI::IsMember({"train", "infer"}))
      ->capture_default_str();
  add_batch(command, options);
  add_device_option(command, options.device);
  add_windows(command, options);
  if (model != "zagreb") add_against(command, options, "lenet");
  add_run(command, options, [&mode, &options, model] { bench_lenet(model, mode, options); });
}

struct GemmArguments {
  int m = 1, n = 1, k = 1;
  std::string transposes = "nn";
  std::string rung;
};

void add_gemm(CLI::App& app, GemmArguments& gemm, Options& options) {
  CLI::App& command = *app.add_subcommand("gemm", "c [M, N] = a [M, K] times b [K, N]");
  add_number(command, "M", gemm.m, "rows of a and c");
  add_number(command, "N", gemm.n, "columns of b and c");
  add_number(command, "K", gemm.k, "columns of a, rows of b");
  command
      .add_option("transposes", gemm.transposes,
                  "a letter for a and one for b: t when it is stored transposed, else n")
      ->check(CLI::IsMember({"nn", "nt", "tn", "tt"}))
      ->capture_default_str();
  add_device_option(command, options.device);
  command.add_option(
      "--rung", gemm.rung,
      "a rung of the device cuda's ladder (cuda/gemm/) beside the one that the shape "
      "picks, or all");
  add_windows(command, options);
  add_against(command, options, "gemm");
  add_run(command, options,
          [&] { bench_gemm(gemm.m, gemm.n, gemm.k, gemm.transposes, gemm.rung, options); });
}

struct ConvArguments {
  ConvShape conv;
  std::string direction = "forward";
  std::string layout = "nchw";
  std::string version;
};

void add_conv(CLI::App& app, ConvArguments& arguments, Options& options) {
  ConvShape& conv = arguments.conv;
  CLI::App& command = *app.add_subcommand("conv", "One convolution, in one direction");
  add_number(command, "N", conv.x.n, "images");
  add_number(command, "C", conv.x.c, "input channels");
  add_number(command, "H", conv.x.h, "rows of an image");
  add_number(command, "W", conv.x.w, "columns of an image");
  add_number(command, "K", conv.k, "output channels");
  add_number(command, "R", conv.r, "rows of the kernel");
  add_number(command, "S", conv.s, "columns of the kernel");
  add_number(command, "stride", conv.stride, "in rows and columns");
  add_number(command, "padding", conv.padding, "on every side", 0);
  command
      .add_option("direction", arguments.direction,
                  "forward (y), data (the input gradient dx) or weights (the gradient dw)")
      ->check(CLI::IsMember({"forward", "data", "weights"}))
      ->capture_default_str();
  command
      .add_option("--layout", arguments.layout,
                  "of x and y: nchw, or lanes (16 images in a vector), as inside a network")
      ->check(CLI::IsMember({"nchw", "lanes"}))
      ->capture_default_str();
  std::vector<std::string> versions = {"all"};
  for (const auto version : cuda::conv2d_versions) versions.push_back(to_string(version));
  command
      .add_option("--version", arguments.version,
                  "on cuda one of its versions, or all (the one that suits the shape)")
      ->check(CLI::IsMember(versions));
  add_device_option(command, options.device);
  add_windows(command, options);
  add_against(command, options, "conv");
  add_run(command, options, [&] {
    bench_conv(conv, arguments.direction, arguments.layout == "lanes", arguments.version, options);
  });
}

void add_layers(CLI::App& app, std::string& model, Options& options) {
  CLI::App& command =
      *app.add_subcommand("layers", "Where the time of a training step goes, layer by layer");
  command.add_option("model", model, "lenet-classic, lenet-modern or lenet-zagreb")
      ->required()
      ->check(CLI::IsMember({"lenet-classic", "lenet-modern", "lenet-zagreb"}));
  add_batch(command, options);
  add_device_option(command, options.device);
  add_windows(command, options);
  add_run(command, options,
          [&] { bench_layers(model.substr(std::string("lenet-").size()), options); });
}

void add_elementwise(CLI::App& app, std::string& operation, int& size, Options& options) {
  CLI::App& command = *app.add_subcommand(
      "elementwise", "Activations, pooling, softmax and optimizers against a plain copy");
  std::vector<std::string> names;
  for (const Operation& one : operations()) names.push_back(one.name);
  command.add_option("operation", operation, "only this one")->check(CLI::IsMember(names));
  command
      .add_option("--size", size,
                  "elements of x, rounded down to a multiple of 16384 (a size for L2, for "
                  "L3 and for memory)")
      ->check(CLI::Range(1, 1 << 28));
  add_device_option(command, options.device);
  add_windows(command, options);
  add_run(command, options, [&] { bench_elementwise(operation, size, options); });
}

void add_ceiling(CLI::App& app, int& memory_mb, Options& options) {
  CLI::App& command = *app.add_subcommand(
      "ceiling", "The machine's FP32 multiply-adds and copy bandwidth; on cuda the latter");
  command
      .add_option("--memory-mb", memory_mb,
                  "how much the copy in memory covers (twice the L3, 256 to 1024; on cuda 512)")
      ->check(CLI::Range(1, 4096));
  add_device_option(command, options.device);
  add_windows(command, options);
  add_run(command, options, [&] { bench_ceiling(memory_mb, options); });
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Measures how fast the engine is on this machine", "bench");
  app.footer("bench SUBCOMMAND --help tells more. docs/bench.md says how to read the figures.");
  app.require_subcommand(0, 1);  // none: an error in main, after any word that is no subcommand
  Options options;
  std::string mode = "train";
  GemmArguments gemm;
  ConvArguments conv;
  std::string model;
  int memory_mb = 0;
  std::string operation;
  int size = 0;
  Options short_options;  // of what has many things to measure
  short_options.windows = {.count = 5, .seconds = 0.1};
  for (const char* lenet : {"classic", "modern", "zagreb"}) add_lenet(app, lenet, mode, options);
  add_gemm(app, gemm, options);
  add_conv(app, conv, options);
  add_layers(app, model, options);
  add_elementwise(app, operation, size, short_options);
  add_ceiling(app, memory_mb, options);
  return run_app(app, argc, argv, [&] {
    if (app.get_subcommands().empty()) throw CLI::RequiredError::Subcommand(1);
    return 0;
  });
}
