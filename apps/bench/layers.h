// bench layers: where the time of a training step goes.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "apps/bench/ceiling.h"
#include "apps/bench/flops.h"
#include "apps/bench/recorded.h"
#include "apps/bench/report.h"
#include "apps/bench/training.h"

namespace longhand::bench {

// One layer in one direction.
struct Pass {
  double flop = 0;   // a step; 0 for what only moves numbers
  double bytes = 0;  // a step: x, y and the weights (or their gradients), each counted once
  std::vector<double> seconds;  // all steps of the warm-up, then of each window
};

struct LayerRow {
  std::string name;
  Pass forward, backward;
};

// A row a layer, in the network's order, then the loss and the optimizer.
inline std::vector<LayerRow> layer_rows(Training& training) {
  std::vector<LayerRow> rows;
  Shape shape = training.input();
  bool first = true;  // of those with weights: the gradient of the images counts as no work
  for (int i = 0; i < training.net().size(); ++i) {
    Layer& layer = training.net().layer(i);
    const Shape y = layer.output_shape(shape);
    const double flop = forward_flop(layer, shape);
    const double bytes =
        static_cast<double>(shape.size() + y.size() + count_values(layer.params()));
    rows.push_back({std::to_string(i) + " " + layer.describe(),
                    {flop, bytes * sizeof(real), {}},
                    {first ? flop : 2 * flop, bytes * sizeof(real), {}}});
    if (flop > 0) first = false;
    shape = y;
  }
  const double scores = static_cast<double>(shape.size()) * sizeof(real);
  rows.push_back({"softmax cross-entropy", {0, 2 * scores, {}}, {0, 2 * scores, {}}});
  const double params = static_cast<double>(count_values(training.net().params())) * sizeof(real);
  // zero_grad writes the gradients; step has values, gradients and velocities.
  rows.push_back({"zero_grad; sgd step", {0, params, {}}, {0, 3 * params, {}}});
  return rows;
}

// Adds the time since it was made to a pass's current window.
class Stopwatch {
 public:
  explicit Stopwatch(Pass& pass) : pass_(pass) {}
  ~Stopwatch() { pass_.seconds.back() += now() - start_; }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  Pass& pass_;
  double start_ = now();
};

// A layer of another network, its time taken.
class TimedLayer : public Layer {
 public:
  TimedLayer(Layer& layer, LayerRow& row) : layer_(layer), row_(row) {}

  std::string describe() const override { return layer_.describe(); }
  Shape output_shape(const Shape& x) const override { return layer_.output_shape(x); }
  void want_input_gradient(bool wanted) override { layer_.want_input_gradient(wanted); }
  bool takes_lanes() const override { return layer_.takes_lanes(); }
  std::int64_t lanes_gain(const Shape& x) const override { return layer_.lanes_gain(x); }
  const Tensor& forward(const Tensor& x) override {
    if (layer_.device() != Device::cuda) {
      const Stopwatch watch(row_.forward);
      return layer_.forward(x);
    }
    row_.forward.seconds.back() +=
        forward_.seconds([] {}, [&] { y_of_record_ = &layer_.forward(x); });
    x_of_record_ = &x;
    return *y_of_record_;
  }
  const Tensor& backward(const Tensor& dy) override {
    if (layer_.device() != Device::cuda) {
      const Stopwatch watch(row_.backward);
      return layer_.backward(dy);
    }
    row_.backward.seconds.back() += backward_.seconds(
        [&] { layer_.forward(*x_of_record_); }, [&] { dx_of_record_ = &layer_.backward(dy); });
    return *dx_of_record_;
  }

 private:
  Layer& layer_;
  LayerRow& row_;
  // Device::cuda only.
  RecordedPass forward_, backward_;
  const Tensor *x_of_record_ = nullptr, *y_of_record_ = nullptr, *dx_of_record_ = nullptr;
};

// The same layers as those of `training`, timed into the first of the rows.
inline std::unique_ptr<Sequential> timed_network(Training& training, std::vector<LayerRow>& rows,
                                                 Device device) {
  auto net = std::make_unique<Sequential>();
  for (int i = 0; i < training.net().size(); ++i) {
    net->add(
        std::make_unique<TimedLayer>(training.net().layer(i), rows[static_cast<std::size_t>(i)]));
  }
  net->to(device);
  return net;
}

// The same as Training::train, with `net` in the network's place and the loss and the optimizer
// timed too.
inline void timed_step(Training& training, Sequential& net, std::vector<LayerRow>& rows) {
  LayerRow& loss_row = rows[rows.size() - 2];
  LayerRow& sgd_row = rows[rows.size() - 1];
  const auto timed = [](Pass& pass, auto&& body) -> decltype(auto) {
    const Stopwatch watch(pass);
    return body();
  };
  training.next();
  timed(sgd_row.forward, [&] { training.sgd().zero_grad(); });
  const Tensor& y = net.forward(training.x());
  timed(loss_row.forward, [&] { return training.loss().forward(y, training.labels()); });
  const Tensor& dy =
      timed(loss_row.backward, [&]() -> const Tensor& { return training.loss().backward(); });
  net.backward(dy);
  timed(sgd_row.backward, [&] { training.sgd().step(); });
}

// The same on Device::cuda, all of it recorded, and on the same batch each time.
class TimedStepOnCuda {
 public:
  // The learning rate is 0 from now on: a pass that is repeated adds its gradients again and again.
  explicit TimedStepOnCuda(Training& training) : training_(training) {
    training.sgd().set_learning_rate(0);
    training.next();
  }

  void operator()(Sequential& net, std::vector<LayerRow>& rows) {
    LayerRow& loss_row = rows[rows.size() - 2];
    LayerRow& sgd_row = rows[rows.size() - 1];
    SoftmaxCrossEntropy& loss = training_.loss();
    sgd_row.forward.seconds.back() += zero_.seconds([] {}, [&] { training_.sgd().zero_grad(); });
    const Tensor& y = net.forward(training_.x());
    const auto forward = [&] { loss.forward(y, training_.labels_on_device()); };
    loss_row.forward.seconds.back() += loss_forward_.seconds([] {}, forward);
    loss_row.backward.seconds.back() +=
        loss_backward_.seconds(forward, [&] { dy_ = &loss.backward(); });
    net.backward(*dy_);
    sgd_row.backward.seconds.back() += step_.seconds([] {}, [&] { training_.sgd().step(); });
  }

 private:
  Training& training_;
  RecordedPass zero_, loss_forward_, loss_backward_, step_;
  const Tensor* dy_ = nullptr;
};

// What a pass came to, from its windows that count.
struct PassResult {
  // `step_seconds` is what a whole step takes.
  PassResult(const Pass& pass, const Measurement& measurement, double step_seconds, Floors& floors)
      : has_flop(pass.flop > 0) {
    const double seconds =
        measurement
            .spread([&](std::size_t i) {
              return pass.seconds[i + 1] / static_cast<double>(measurement.windows[i].steps);
            })
            .median;
    const double floor = floors.seconds(pass.flop, pass.bytes);
    microseconds = 1e6 * seconds;
    giga_rate = 1e-9 * (has_flop ? pass.flop : pass.bytes) / seconds;
    share = seconds / step_seconds;
    floor_microseconds = 1e6 * floor;
    distance = seconds / floor;
  }
  bool has_flop;
  double microseconds = 0;
  double giga_rate = 0;  // GFLOP/s or GB/s
  double share = 0;      // of a step
  double floor_microseconds = 0;
  double distance = 0;  // from the floor: how many times as long it takes
};

inline constexpr int name_width = 40;

inline void print_heading() {
  std::cout << std::left << "\n" << std::setw(name_width) << "layer" << std::right;
  for (const char* direction : {"forward us", "backward us"}) {
    std::cout << std::setw(12) << direction << std::setw(7) << "share" << std::setw(16) << "rate"
              << std::setw(10) << "floor us" << std::setw(9) << "distance";
  }
  std::cout << "\n";
}

inline void print_share(double microseconds, double share) {
  std::cout << std::setw(12) << format_figure(microseconds) << std::setw(6) << std::fixed
            << std::setprecision(1) << 100 * share << "%";
}

inline void print_pass(const PassResult& result) {
  print_share(result.microseconds, result.share);
  std::cout << std::setw(8) << format_figure(result.giga_rate)
            << (result.has_flop ? " GFLOP/s" : " GB/s   ") << std::setw(10)
            << format_figure(result.floor_microseconds) << std::setw(9)
            << format_figure(result.distance);
}

inline Json to_json(const PassResult& result) {
  return {{"microseconds", result.microseconds},
          {result.has_flop ? "gflops" : "gb_per_second", result.giga_rate},
          {"share", result.share},
          {"floor_microseconds", result.floor_microseconds},
          {"distance", result.distance}};
}

// `model` is a name of zoo/lenet.h.
inline void bench_layers(const std::string& model, const Options& options) {
  const Device device = parse_device(options.device);
  Training training(model, options.batch, device, true);
  std::vector<LayerRow> rows = layer_rows(training);
  const std::unique_ptr<Sequential> net = timed_network(training, rows, device);
  const std::string name = "layers lenet-" + model;
  print_start(name + ", training, batch " + std::to_string(options.batch) + ", device " +
              options.device);
  const auto begin_rows = [&] {
    for (LayerRow& row : rows) {
      row.forward.seconds.push_back(0);
      row.backward.seconds.push_back(0);
    }
  };
  // The step as it is everywhere else, window by window with the step that looks at the clock.
  Measurement whole;
  training.train();
  training.wait();
  begin_rows();  // the warm-up counts as a window here
  std::optional<TimedStepOnCuda> on_cuda;
  if (device == Device::cuda) on_cuda.emplace(training);
  const Measurement by_layer = measure(
      options.windows,
      [&] {
        if (on_cuda) {
          (*on_cuda)(*net, rows);
        } else {
          timed_step(training, *net, rows);
        }
      },
      [&] {
        whole.windows.push_back(timed_window(
            options.windows.seconds, 1, [&] { training.train(); }, [&] { training.wait(); }));
        begin_rows();
      });

  const Spread step = whole.times(1e6);
  const Spread images = whole.rates(options.batch);
  print_windows(options.windows, whole);
  print_spread("images/s", images);
  print_spread("us a batch", step);
  print_memory(whole);
  // Before the floors are measured, which takes memory.
  Json json = result(name, "images_per_second", images, options, whole);

  Floors floors(options);
  Json layers = Json::array();
  double other = step.median;
  std::vector<std::pair<PassResult, PassResult>> results;
  for (const LayerRow& row : rows) {
    results.emplace_back(PassResult(row.forward, by_layer, 1e-6 * step.median, floors),
                         PassResult(row.backward, by_layer, 1e-6 * step.median, floors));
  }
  print_heading();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& [forward, backward] = results[i];
    std::cout << std::left << std::setw(name_width) << rows[i].name << std::right;
    print_pass(forward);
    print_pass(backward);
    std::cout << "\n";
    other -= forward.microseconds + backward.microseconds;
    layers.push_back(
        {{"layer", rows[i].name}, {"forward", to_json(forward)}, {"backward", to_json(backward)}});
  }
  std::cout << std::left << std::setw(name_width) << "the rest of the step" << std::right;
  print_share(other, other / step.median);
  std::cout << "\n";
  json["batch"] = options.batch;
  json["microseconds_a_batch"] = step.median;
  json["layers"] = layers;
  json["other_microseconds"] = other;
  write_result(options, json);
}

}  // namespace longhand::bench
