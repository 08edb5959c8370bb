// bench lenet-*: a whole network, training or inference.
#pragma once

#include <string>

#include "apps/bench/flops.h"
#include "apps/bench/peers.h"
#include "apps/bench/report.h"
#include "apps/bench/training.h"
#include "apps/support/progress.h"

namespace longhand::bench {

// `model` is a name of zoo/lenet.h, `mode` is "train" or "infer".
inline void bench_lenet(const std::string& model, const std::string& mode, const Options& options) {
  const bool train = mode == "train";
  const double batch = options.batch;
  Training training(model, options.batch, parse_device(options.device), train);
  const NetworkFlop flop = network_flop(training.net(), {1, 1, 28, 28});
  const double image_flop = train ? flop.training : flop.forward;
  const std::string name = "lenet-" + model + " " + mode;
  print_start(name + ", batch " + std::to_string(options.batch) + ", device " +
              describe(parse_device(options.device)) + ", " + format_count(image_flop) +
              " FLOP an image");

  Peers peers(options, {"lenet-" + model, mode, std::to_string(options.batch)});
  real first_loss = -1, last_loss = -1;
  const auto step = [&] {
    train ? training.train() : training.infer();
    if (train && first_loss < 0) first_loss = training.last_loss();
  };
  const Measurement measurement = measure(
      options.windows, step, [&] { peers.run_windows(); }, [&] { training.wait(); });
  if (train) last_loss = training.last_loss();
  if (train) require_finite_loss(last_loss);

  const Spread images = measurement.rates(batch);
  const Spread gflops = measurement.rates(batch * image_flop * 1e-9);
  const Spread latency = measurement.times(1e6);
  const double activations_mb = static_cast<double>(training.net().activation_bytes()) / megabyte;
  print_windows(options.windows, measurement);
  print_spread("images/s", images);
  print_spread("us a batch", latency);
  print_spread("GFLOP/s", gflops);
  if (train) label("loss") << first_loss << " at first, " << last_loss << " at last\n";
  if (training.launches_a_step() > 0) {
    label("launches") << training.launches_a_step() << " a step, replayed as one graph\n";
  }
  label("activations") << format_figure(activations_mb) << " MB\n";
  print_memory(measurement);
  peers.print("images/s", batch, images);

  Json json = result(name, "images_per_second", images, options, measurement);
  json["batch"] = options.batch;
  json["microseconds_a_batch"] = latency.median;
  json["gflops"] = gflops.median;
  json["flop_per_image"] = image_flop;
  json["activations_mb"] = activations_mb;
  json["launches"] = training.launches_a_step();
  if (train) json["loss"] = {first_loss, last_loss};
  peers.add_to(json, "images_per_second", batch, images);
  write_result(options, json);
}

}  // namespace longhand::bench
