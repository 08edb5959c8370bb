// bench elementwise: layers and optimizers that hardly count but move numbers, against a plain copy
// of as many bytes.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "apps/bench/ceiling.h"
#include "apps/bench/products.h"
#include "apps/bench/recorded.h"
#include "apps/bench/report.h"
#include "core/optimizer.h"
#include "layers/avg_pool2d.h"
#include "layers/max_pool2d.h"
#include "layers/relu.h"
#include "layers/softmax.h"
#include "layers/tanh.h"

namespace longhand::bench {

// What is measured, by name. Each has one or two passes, and for each how many numbers it reads and
// writes for every element of x, or of the parameter: with 2x2 windows y has a quarter of x's
// elements, and max pooling keeps a number of the same size for each of them.
struct Operation {
  std::string name;
  std::vector<double> moved;  // forward, backward; or the optimizer's step alone
};

inline const std::vector<Operation>& operations() {
  static const std::vector<Operation> all = {
      {"relu", {2, 3}},            // x, y; x, dy, dx
      {"tanh", {2, 3}},            // x, y; y, dy, dx
      {"max_pool", {1.5, 1.5}},    // x, y, argmax; dy, argmax, dx
      {"avg_pool", {1.25, 1.25}},  // x, y; dy, dx
      {"softmax", {2, 3}},         // x, y; y, dy, dx
      {"sgd", {5}},                // grad, v, w; v, w
      {"adam", {7}}};              // grad, m, v, w; m, v, w
  return all;
}

// One of them at work on `size` elements, a multiple of 16 * 1024.
class ElementwiseWork {
 public:
  ElementwiseWork(const std::string& name, int size, Device device)
      : param_("weight", {1, 1, 1, name == "sgd" || name == "adam" ? size : 1}, 1) {
    if (name == "relu") layer_ = std::make_unique<Relu>();
    if (name == "tanh") layer_ = std::make_unique<Tanh>();
    if (name == "max_pool") layer_ = std::make_unique<MaxPool2d>(2);
    if (name == "avg_pool") layer_ = std::make_unique<AvgPool2d>(2);
    if (name == "softmax") layer_ = std::make_unique<Softmax>();
    Random random(1);
    if (layer_) {
      layer_->to(device);
      const Tensor x = random_tensor(
          name == "softmax" ? Shape{size / 16, 16, 1, 1} : Shape{size / 1024, 4, 16, 16}, random);
      const Tensor dy = random_tensor(layer_->output_shape(x.shape()), random);
      // As a network gives them to a layer.
      const bool lanes =
          layer_->device() == Device::cpu && layer_->takes_lanes() && cpu_rung() == CpuRung::best;
      convert(x, lanes ? Layout::lanes : Layout::nchw, x_);
      convert(dy, lanes ? Layout::lanes : Layout::nchw, dy_);
      x_.to(device);
      dy_.to(device);
      return;
    }
    param_.grad = random_tensor(param_.grad.shape(), random);
    param_.to(device);
    if (name == "sgd") {
      optimizer_ = std::make_unique<Sgd>(std::vector{&param_}, SgdOptions{.momentum = real(0.9)});
    } else {
      optimizer_ = std::make_unique<Adam>(std::vector{&param_}, AdamOptions{});
    }
    optimizer_->to(device);
  }

  // All passes once; adds the seconds of each.
  void run(std::array<double, 2>& seconds) {
    const double start = now();
    first();
    const double middle = now();
    seconds[0] += middle - start;
    if (!layer_) return;
    layer_->backward(dy_);
    seconds[1] += now() - middle;
  }

  // The same on Device::cuda.
  void run_recorded(std::array<double, 2>& seconds) {
    seconds[0] += recorded_[0].seconds([] {}, [&] { first(); });
    if (!layer_) return;
    seconds[1] += recorded_[1].seconds([&] { first(); }, [&] { layer_->backward(dy_); });
  }

 private:
  void first() {
    if (layer_) {
      layer_->forward(x_);
    } else {
      optimizer_->step();
    }
  }

  RecordedPass recorded_[2];
  std::unique_ptr<Layer> layer_;
  std::unique_ptr<Optimizer> optimizer_;
  Param param_;
  Tensor x_, dy_;
};

struct ElementwiseResult {
  double microseconds = 0, gb_per_second = 0;
  double copies = 0;  // how many times as long as a plain copy of as many bytes
};

// A result for each pass; adds the windows to `all`.
inline std::vector<ElementwiseResult> measure_operation(const Operation& operation, int size,
                                                        const Options& options, Measurement& all) {
  const bool on_cuda = parse_device(options.device) == Device::cuda;
  ElementwiseWork work(operation.name, size, parse_device(options.device));
  std::vector<std::function<void()>> copies;
  const double copies_a_call = on_cuda ? replays_a_look : 1;
  for (const double moved : operation.moved) {
    const double bytes = moved * size * sizeof(real);
    if (on_cuda) {
      copies.emplace_back(CopiesOnCuda(bytes));
    } else {
      copies.emplace_back(Copy(bytes / threads(), 1));
    }
  }
  std::vector<Measurement> copied(copies.size());
  std::vector<std::array<double, 2>> seconds(1);  // of the warm-up, then of each window
  const auto begin_window = [&] {
    for (std::size_t pass = 0; pass < copies.size(); ++pass) {
      copied[pass].windows.push_back(timed_window(options.windows.seconds, 1, copies[pass]));
    }
    seconds.push_back({});
  };
  const auto step = [&] { on_cuda ? work.run_recorded(seconds.back()) : work.run(seconds.back()); };
  const Measurement measurement = measure(options.windows, step, begin_window);
  std::vector<ElementwiseResult> results;
  for (std::size_t pass = 0; pass < copies.size(); ++pass) {
    const Spread time = measurement.spread([&](std::size_t i) {
      return seconds[i + 1][pass] / static_cast<double>(measurement.windows[i].steps);
    });
    const double bytes = operation.moved[pass] * size * sizeof(real);
    results.push_back({1e6 * time.median, 1e-9 * bytes / time.median,
                       time.median / copied[pass].times(1 / copies_a_call).median});
  }
  all.windows.insert(all.windows.end(), measurement.windows.begin(), measurement.windows.end());
  return results;
}

// `only` is the name of one operation, or empty for all; `size` elements, or 0 for three sizes: one
// whose four tensors fill a quarter of the L2 of the threads' cores, one whose four are 16 times as
// much as these L2 hold (if half the L3 is as much), one of which no cache holds two tensors. (On
// cuda four are 16 MB, which the L2 of an A100 or H100 holds, and 1 GB.)
inline void bench_elementwise(const std::string& only, int size, const Options& options) {
  constexpr int step = 16 * 1024;  // sizes that every shape and thread divides well
  const auto rounded = [](double elements) {
    return step * std::max(1, static_cast<int>(elements / step));
  };
  std::vector<int> sizes = {rounded(size)};
  const double four = 4 * sizeof(real);
  if (size == 0) {
    const double l2 = caches().l2 * threads(), l3 = std::min(16 * l2, caches().l3 / 2);
    sizes = {rounded(l2 / 4 / four), rounded(l3 / four),
             rounded(memory_bytes() / 2 / sizeof(real))};
    if (parse_device(options.device) == Device::cuda) sizes = {1 << 20, 1 << 26};
  }
  require_memory("elementwise", 3 * four * sizes.back());  // the copies are as large
  print_start("elementwise, device " + options.device);
  Measurement all;
  std::vector<double> ratios;
  Json rows = Json::array();
  for (const int elements : sizes) {
    std::cout << "\n"
              << elements << " elements, "
              << format_figure(static_cast<double>(elements) * sizeof(real) / megabyte)
              << " MB a tensor\n"
              << std::left << std::setw(12) << "operation" << std::right;
    for (const char* pass : {"forward us", "backward us"}) {
      std::cout << std::setw(12) << pass << std::setw(9) << "GB/s" << std::setw(9) << "copies";
    }
    std::cout << std::endl;
    for (const Operation& operation : operations()) {
      if (!only.empty() && operation.name != only) continue;
      std::cout << std::left << std::setw(12) << operation.name << std::right;
      Json row = {{"operation", operation.name}, {"elements", elements}};
      const char* pass = operation.moved.size() == 1 ? "step" : "forward";
      for (const ElementwiseResult& r : measure_operation(operation, elements, options, all)) {
        std::cout << std::setw(12) << format_figure(r.microseconds) << std::setw(9)
                  << format_figure(r.gb_per_second) << std::setw(9) << format_figure(r.copies);
        row[pass] = {{"microseconds", r.microseconds},
                     {"gb_per_second", r.gb_per_second},
                     {"copies", r.copies}};
        ratios.push_back(r.copies);
        pass = "backward";
      }
      std::cout << std::endl;
      rows.push_back(row);
    }
  }
  std::cout << "\n";
  const Spread spread = spread_of(ratios);
  print_windows(options.windows, all);
  print_spread("copies", spread);
  print_memory(all);
  Json json = result("elementwise", "copies", spread, options, all);
  json["operations"] = rows;
  write_result(options, json);
}

}  // namespace longhand::bench
