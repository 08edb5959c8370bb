// lenet: trains LeNet to read handwritten digits. The training loop is in train(), below.
#include <CLI/CLI.hpp>
#include <cmath>
#include <iomanip>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "apps/support/device_option.h"
#include "apps/support/evaluate.h"
#include "apps/support/interrupt.h"
#include "apps/support/positive_number.h"
#include "apps/support/print_network.h"
#include "apps/support/progress.h"
#include "apps/support/replay.h"
#include "apps/support/run_app.h"
#include "apps/zoo/lenet.h"
#include "core/checkpoint.h"
#include "core/error.h"
#include "core/file.h"
#include "core/optimizer.h"
#include "core/parallel.h"
#include "datasets/batches.h"
#include "datasets/mnist.h"
#include "layers/softmax_cross_entropy.h"
#include "layers/tally.h"

using namespace longhand;

namespace {

struct Options {
  std::string model = "classic";
  std::string data = "auto";
  int epochs = 10;
  int batch = 64;
  double learning_rate = 0;  // 0: default_learning_rate()
  std::string optimizer = "sgd";
  std::uint64_t seed = 1;
  int threads = 0;  // 0: all cores
  std::string device = "cpu";
  std::string graph = "on";
  int augment = 0;
  std::string save;
  std::string load;
  std::string json;
};

// What one run of training came to.
struct Outcome {
  int epochs = 0;         // that were finished
  double train_loss = 0;  // mean over the last epoch, while it was trained on
  double seconds = 0;     // of training: forward, loss, backward, step
  std::int64_t images = 0;
  Score test;
};

// What the networks learn well with; see README.md for what they reach.
double default_learning_rate(const Options& options) {
  if (options.optimizer == "adam") return 0.001;
  return options.model == "classic" ? 0.05 : 0.02;
}

std::unique_ptr<Optimizer> make_optimizer(const Options& options, Layer& net) {
  const auto learning_rate = static_cast<real>(
      options.learning_rate > 0 ? options.learning_rate : default_learning_rate(options));
  if (options.optimizer == "adam") {
    return std::make_unique<Adam>(net.params(), AdamOptions{.learning_rate = learning_rate});
  }
  return std::make_unique<Sgd>(net.params(), SgdOptions{.learning_rate = learning_rate,
                                                        .momentum = real(0.9),
                                                        .weight_decay = real(0.0005)});
}

std::string score_text(const Score& score) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(4) << "test loss " << score.loss << ", test accuracy "
       << std::setprecision(2) << 100 * score.accuracy << "%";
  return text.str();
}

// Trains the network epoch after epoch, and saves it after each one.
Outcome train(const Options& options, Sequential& net, const TrainTest& data, Random& random) {
  const bool cuda = net.device() == Device::cuda;
  Batches train_batches(data.train, options.batch, {}, &random, {.shift = options.augment});
  Batches test_batches(data.test, cuda ? 1000 : 100);
  train_batches.to(net.device());
  test_batches.to(net.device());
  SoftmaxCrossEntropy loss;
  loss.to(net.device());
  Tally tally;
  tally.to(net.device());
  const std::unique_ptr<Optimizer> optimizer = make_optimizer(options, net);
  optimizer->to(net.device());
  Replay replay(net.device(), options.graph == "on");
  Evaluation evaluation(net, test_batches);
  const real learning_rate = optimizer->learning_rate();
  const std::int64_t steps = std::int64_t{options.epochs} * train_batches.batches();
  const int interval = cuda ? 50 : 1;  // steps from one look at the loss to the next

  Outcome outcome;
  std::int64_t step = 0;
  for (int epoch = 1; epoch <= options.epochs && !interrupted(); ++epoch) {
    Progress progress("epoch " + std::to_string(epoch) + "/" + std::to_string(options.epochs),
                      data.train.count());
    const auto look = [&] {
      const Totals totals = tally.take();
      if (!std::isfinite(totals.loss)) {
        throw ValueError("the loss is no longer a finite number: try a smaller --lr");
      }
      if (totals.images > 0) progress.add(totals.images, totals.mean_loss());
    };
    train_batches.start();
    while (!interrupted() && train_batches.advance()) {
      optimizer->set_learning_rate(cosine_decay(learning_rate, step++, steps));
      replay.step(train_batches.count(), [&] {
        train_batches.gather();
        optimizer->zero_grad();
        const Tensor& scores = net.forward(train_batches.x());
        const Tensor& value = loss.forward(scores, train_batches.device_labels());
        net.backward(loss.backward());
        optimizer->step();
        tally.add(scores, train_batches.device_labels(), value);
      });
      if (step % interval == 0) look();
    }
    look();
    outcome.seconds += progress.seconds();
    outcome.images += progress.images();
    outcome.train_loss = progress.mean_loss();
    const double images_per_second = progress.images_per_second();
    if (!options.save.empty()) {
      save_checkpoint(options.save, net.params(), {{"model", options.model}});
    }
    if (interrupted()) break;
    outcome.test = evaluation.score();
    ++outcome.epochs;
    std::ostringstream text;
    text << std::fixed << std::setprecision(4) << "train loss " << outcome.train_loss << ", "
         << score_text(outcome.test) << ", " << format_count(images_per_second) << " images/s";
    progress.finish(text.str());
  }
  if (outcome.epochs < options.epochs || options.epochs == 0) outcome.test = evaluation.score();
  return outcome;
}

void write_json(const Options& options, const Outcome& outcome, const TrainTest& data,
                std::int64_t parameters) {
  const nlohmann::ordered_json json = {
      {"model", options.model},
      {"parameters", parameters},
      {"device", options.device},
      {"threads", threads()},
      {"epochs", outcome.epochs},
      {"train_images", data.train.count()},
      {"test_images", data.test.count()},
      {"train_loss", outcome.images > 0 ? nlohmann::json(outcome.train_loss) : nlohmann::json()},
      {"test_loss", outcome.test.loss},
      {"test_accuracy", outcome.test.accuracy},
      {"images_per_second",
       outcome.images > 0 ? static_cast<double>(outcome.images) / outcome.seconds : 0.0},
      {"seconds", outcome.seconds}};
  write_file(options.json, json.dump(2) + "\n");
}

void print_outcome(const Options& options, const Outcome& outcome) {
  if (interrupted()) std::cout << "Interrupted in epoch " << outcome.epochs + 1 << ".\n";
  std::cout << score_text(outcome.test) << "\n";
  if (outcome.images == 0) return;
  const auto images = static_cast<double>(outcome.images);
  std::cout << "Trained " << format_count(images) << " images in "
            << format_seconds(outcome.seconds) << ": " << format_count(images / outcome.seconds)
            << " images/s\n";
  if (!options.save.empty()) std::cout << "The trained weights are in " << options.save << "\n";
}

void add_options(CLI::App& app, Options& options) {
  app.add_option("--model", options.model, "classic (LeNet-5), modern or zagreb")
      ->check(CLI::IsMember({"classic", "modern", "zagreb"}))
      ->capture_default_str();
  app.add_option("--data", options.data,
                 "auto (data/mnist, $LONGHAND_DATA/mnist, a download, else the sample), sample, or "
                 "a folder with MNIST's four files")
      ->capture_default_str();
  app.add_option("--epochs", options.epochs, "passes over the training images; 0 only tests")
      ->check(CLI::Range(0, 100000))
      ->capture_default_str();
  app.add_option("--batch", options.batch, "images a step")
      ->check(CLI::Range(1, 65536))
      ->capture_default_str();
  app.add_option(
         "--lr", options.learning_rate,
         "learning rate at the start; it falls to 0 on half a cosine wave (0.05 for classic, "
         "0.02 for the others, 0.001 with adam)")
      ->check(positive_number());
  app.add_option("--optimizer", options.optimizer, "sgd (momentum 0.9) or adam")
      ->check(CLI::IsMember({"sgd", "adam"}))
      ->capture_default_str();
  app.add_option("--seed", options.seed, "of the initial weights and the order of the images")
      ->capture_default_str();
  app.add_option("--threads", options.threads, "threads of --device cpu (all cores)")
      ->check(CLI::Range(1, 1024));
  add_device_option(app, options.device);
  app.add_option("--graph", options.graph,
                 "with --device cuda: on, a step is recorded once and replayed; off, every kernel "
                 "of every step is launched by its layer, for a debugger")
      ->check(CLI::IsMember({"on", "off"}))
      ->capture_default_str();
  app.add_option("--augment", options.augment,
                 "shift every training image by chance, by up to so many pixels each way")
      ->check(CLI::Range(0, 27))
      ->capture_default_str();
  app.add_option(
      "--save", options.save,
      "where the weights go after each epoch (lenet-MODEL.safetensors); \"\" for nowhere");
  app.add_option("--load", options.load, "weights to start from")->check(CLI::ExistingFile);
  app.add_option("--json", options.json, "a file for the results");
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Trains LeNet to read handwritten digits", "lenet");
  Options options;
  add_options(app, options);
  try {
    app.parse(argc, argv);
    if (app.count("--save") == 0) options.save = "lenet-" + options.model + ".safetensors";
    require_folder_of(options.save);
    require_folder_of(options.json);
    if (options.threads > 0) set_threads(options.threads);
    if (options.device == "reference") set_threads(1);

    Random random(options.seed);
    const std::unique_ptr<Sequential> net = make_lenet(options.model);
    net->to(parse_device(options.device));
    net->fuse();                      // on Device::cpu: the same numbers, faster
    net->want_input_gradient(false);  // nobody trains the images
    initialise(*net, lenet_init(options.model), random);
    if (!options.load.empty()) load_checkpoint(options.load, net->params());

    const TrainTest data = load_mnist(options.data, std::cout);
    std::cout << "LeNet " << options.model << ", on " << describe(net->device());
    if (net->device() == Device::cpu) std::cout << " with " << threads() << " thread(s)";
    std::cout << "\n";
    print_network(*net, {1, 1, 28, 28});
    std::cout << "Data: " << data.source << ": " << format_count(data.train.count())
              << " images to train on, " << format_count(data.test.count()) << " to test with"
              << std::endl;

    catch_interrupt();
    const Outcome outcome = train(options, *net, data, random);
    print_outcome(options, outcome);
    if (!options.json.empty()) write_json(options, outcome, data, count_values(net->params()));
    return finish(app, interrupted() ? interrupted_status : 0);
  } catch (...) {
    return report_error(app);
  }
}
