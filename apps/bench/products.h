// bench gemm and bench conv: one product of matrices, one direction of a convolution.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "apps/bench/peers.h"
#include "apps/bench/report.h"
#include "apps/support/progress.h"
#include "core/error.h"
#include "core/gemm.h"
#include "core/memory.h"
#include "core/random.h"
#include "core/tensor.h"
#include "cuda/conv2d/versions.h"
#include "layers/conv2d.h"

namespace longhand::bench {

inline Tensor random_tensor(const Shape& shape, Random& random) {
  Tensor tensor(shape);
  for (std::int64_t i = 0; i < tensor.size(); ++i) tensor[i] = random.uniform(-1, 1);
  return tensor;
}

// The words with spaces between them.
inline std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

// Windows of `step` on that device. A GPU is waited for before each look at the clock, and not
// after each step, which may take less time than waiting.
template <class Step, class Begin>
Measurement measure_on(Device device, const WindowOptions& options, Step&& step, Begin&& begin) {
  if (device != Device::cuda) return measure(options, step, begin);
  return measure(options, step, begin, [] { cuda::synchronize(); });
}

// Measures `step`, which takes `flop` floating-point operations, and prints the result. `work` are
// the words that were typed for it: its name, and what the peers get.
template <class Step>
Json bench_product(const std::vector<std::string>& work, double flop, const Options& options,
                   Step&& step) {
  const std::string name = joined(work);
  print_start(name + ", device " + describe(parse_device(options.device)) + ", " +
              format_count(flop) + " FLOP");
  Peers peers(options, work);
  const Measurement measurement =
      measure_on(parse_device(options.device), options.windows, step, [&] { peers.run_windows(); });
  const Spread gflops = measurement.rates(flop * 1e-9);
  print_windows(options.windows, measurement);
  print_spread("GFLOP/s", gflops);
  print_memory(measurement);
  peers.print("GFLOP/s", flop * 1e-9, gflops);
  Json json = result(name, "gflops", gflops, options, measurement);
  json["flop"] = flop;
  peers.add_to(json, "gflops", flop * 1e-9, gflops);
  return json;
}

// A subcommand, its numbers and its last word, as they are typed.
inline std::vector<std::string> words_of(const std::string& subcommand,
                                         std::initializer_list<int> numbers,
                                         const std::string& last) {
  std::vector<std::string> words = {subcommand};
  for (const int number : numbers) words.push_back(std::to_string(number));
  words.push_back(last);
  return words;
}

// The rungs of Device::cuda's gemm that are asked for: by name, or all. None where `name` is empty.
inline std::vector<cuda::GemmRung> rungs_of(const std::string& name, Device device) {
  std::vector<cuda::GemmRung> rungs;
  if (name.empty()) return rungs;
  if (device != Device::cuda) throw ValueError("gemm: only the device cuda has rungs");
  if (name != "all") return {cuda::parse_gemm_rung(name)};
  for (int i = 0; i < cuda::gemm_rung_count; ++i) rungs.push_back(static_cast<cuda::GemmRung>(i));
  return rungs;
}

// One rung after the other, a line each, as `rungs` in the JSON object. `step` takes the rung.
template <class Step>
Json bench_rungs(const std::vector<cuda::GemmRung>& rungs, double flop, const Options& options,
                 Step&& step) {
  Json all = Json::array();
  for (const cuda::GemmRung rung : rungs) {
    const Measurement measurement = measure_on(
        Device::cuda, options.windows, [&] { step(rung); }, [] {});
    const Spread gflops = measurement.rates(flop * 1e-9);
    const std::string name = cuda::to_string(rung);
    std::cout << std::left << std::setw(17) << name << std::right << std::setw(9)
              << format_figure(gflops.median) << " GFLOP/s, min " << format_figure(gflops.min)
              << ", max " << format_figure(gflops.max) << std::endl;
    all.push_back({{"name", name},
                   {"gflops", gflops.median},
                   {"min", gflops.min},
                   {"max", gflops.max},
                   {"disturbed", measurement.disturbed()}});
  }
  return all;
}

// c = a b; `transposes` is "nn", "nt", "tn" or "tt": for a and for b, whether it is stored
// transposed. `rung` is one of Device::cuda's, "all" for all of them after the one that the shape
// picks, or empty.
inline void bench_gemm(int m, int n, int k, const std::string& transposes, const std::string& rung,
                       const Options& options) {
  const GemmGeometry g{.m = m,
                       .n = n,
                       .k = k,
                       .transpose_a = transposes[0] == 't',
                       .transpose_b = transposes[1] == 't'};
  const Shape a_shape{m, k}, b_shape{k, n}, c_shape{m, n};  // of a transposed one the same size
  require_memory(
      "gemm", static_cast<double>(a_shape.size() + b_shape.size() + c_shape.size()) * sizeof(real));
  const Device device = parse_device(options.device);
  const std::vector<cuda::GemmRung> rungs = rungs_of(rung, device);
  Random random(1);
  Tensor a = random_tensor(a_shape, random);
  Tensor b = random_tensor(b_shape, random);
  Tensor c(c_shape);
  const std::vector<std::string> work = words_of("gemm", {m, n, k}, transposes);
  for (Tensor* tensor : {&a, &b, &c}) tensor->to(device);
  const double flop = 2.0 * m * n * k;
  Json json = bench_product(work, flop, options, [&] {
    switch (device) {
      case Device::reference:
        ref::gemm(g, a.data(), b.data(), c.data());
        break;
      case Device::cpu:
        fast::gemm(g, a.data(), b.data(), c.data());
        break;
      case Device::cuda:
        cuda::gemm(g, a.data(), b.data(), c.data());
        break;
    }
  });
  if (device == Device::cuda) {
    json["rung"] = cuda::to_string(cuda::gemm_rung(g));
    label("rung") << cuda::to_string(cuda::gemm_rung(g)) << "\n";
  }
  if (!rungs.empty()) {
    json["rungs"] = bench_rungs(rungs, flop, options, [&](cuda::GemmRung one) {
      cuda::gemm(one, g, a.data(), b.data(), c.data());
    });
  }
  write_result(options, json);
}

// Measures step(version) for one version of the convolution on cuda, or for all that fit: a line
// for each.
template <class Step>
Json bench_versions(const std::vector<std::string>& work, double flop, const Conv2dGeometry& g,
                    const std::string& name, const Options& options, Step&& step) {
  for (const cuda::Conv2dVersion version : cuda::conv2d_versions) {
    if (name == to_string(version) && !fits(version, g)) {
      throw ValueError("conv: the version " + name + " does not fit this shape");
    }
  }
  Json json = {
      {"name", joined(work)}, {"flop", flop}, {"chosen", to_string(cuda::chosen_version(g))}};
  print_start(joined(work) + ", device " + describe(Device::cuda) + ", " + format_count(flop) +
              " FLOP");
  for (const cuda::Conv2dVersion version : cuda::conv2d_versions) {
    if (name != "all" && name != to_string(version)) continue;
    label(to_string(version));
    if (!fits(version, g)) {
      std::cout << "does not fit this shape\n";
      continue;
    }
    const Measurement measurement = measure_on(
        Device::cuda, options.windows, [&] { step(version); }, [] {});
    const Spread gflops = measurement.rates(flop * 1e-9);
    std::cout << "GFLOP/s " << format_figure(gflops.median) << " (" << format_figure(gflops.min)
              << " to " << format_figure(gflops.max) << "), us "
              << format_figure(measurement.times(1e6).median)
              << (version == cuda::chosen_version(g) ? ", the one that layers run" : "")
              << std::endl;
    json["versions"].push_back(result(to_string(version), "gflops", gflops, options, measurement));
  }
  return json;
}

struct ConvShape {
  Shape x;           // N x C x H x W
  int k = 1;         // output channels
  int r = 1, s = 1;  // rows and columns of the kernel
  int stride = 1, padding = 0;
};

// `direction` is "forward", "data" or "weights": y, dx or dw; `lanes` is the layout of x and y, and
// wants Device::cpu; `version` is that of cuda, "all", or empty for the one that suits the shape.
// All three take 2 * N * K * OH * OW * C * R * S floating-point operations. There is no bias.
inline void bench_conv(const ConvShape& conv, const std::string& direction, bool lanes,
                       const std::string& version, const Options& options) {
  const Window window{.kernel = Size2(conv.r, conv.s),
                      .stride = conv.stride,
                      .padding = Padding::all(conv.padding)};
  require_valid(window, "conv");
  require_valid(conv.x, "conv: the input");
  const Shape w_shape{conv.k, conv.x.c, conv.r, conv.s};
  require_valid(w_shape, "conv: the weights");
  Conv2dGeometry g = conv2d_geometry(conv.x, w_shape, window, 1);
  require_valid(g.y, "conv: the output");
  const Device device = parse_device(options.device);
  if (lanes && device != Device::cpu) throw ValueError("conv: only the device cpu knows lanes");
  if (!version.empty() && device != Device::cuda) {
    throw ValueError("conv: only the device cuda has versions to choose from");
  }
  if (!version.empty() && !options.against.empty()) {
    throw ValueError("conv: --version and --against do not go together");
  }
  g.layout = lanes ? Layout::lanes : Layout::nchw;
  const double values = static_cast<double>(g.x.size() + g.y.size());
  require_memory("conv",
                 ((lanes ? 2 : 1) * values + static_cast<double>(g.w.size())) * sizeof(real));
  Random random(1);
  // Which of the three is written depends on the direction; so none is constant.
  Tensor x, y;
  convert(random_tensor(g.x, random), g.layout, x);
  Tensor w = random_tensor(g.w, random);
  convert(random_tensor(g.y, random), g.layout, y);
  for (Tensor* tensor : {&x, &w, &y}) tensor->to(device);
  const auto cuda_step = [&](cuda::Conv2dVersion v) {
    if (direction == "forward") cuda::conv2d_forward(v, g, x.data(), w.data(), nullptr, y.data());
    if (direction == "data") cuda::conv2d_backward_data(v, g, y.data(), w.data(), x.data());
    if (direction == "weights") cuda::conv2d_backward_weights(v, g, x.data(), y.data(), w.data());
  };
  const auto step = [&] {
    switch (device) {
      case Device::reference:
        if (direction == "forward") ref::conv2d_forward(g, x.data(), w.data(), nullptr, y.data());
        if (direction == "data") ref::conv2d_backward_data(g, y.data(), w.data(), x.data());
        if (direction == "weights") ref::conv2d_backward_weights(g, x.data(), y.data(), w.data());
        break;
      case Device::cpu:
        if (direction == "forward") fast::conv2d_forward(g, x.data(), w.data(), nullptr, y.data());
        if (direction == "data") fast::conv2d_backward_data(g, y.data(), w.data(), x.data());
        if (direction == "weights") fast::conv2d_backward_weights(g, x.data(), y.data(), w.data());
        break;
      case Device::cuda:
        cuda_step(cuda::chosen_version(g));
        break;
    }
  };
  const double flop = 2.0 * static_cast<double>(g.y.size()) *
                      static_cast<double>(Shape{1, g.w.c, g.w.h, g.w.w}.size());
  const std::vector<std::string> work = words_of(
      "conv",
      {conv.x.n, conv.x.c, conv.x.h, conv.x.w, conv.k, conv.r, conv.s, conv.stride, conv.padding},
      direction);
  Json json = version.empty() ? bench_product(work, flop, options, step)
                              : bench_versions(work, flop, g, version, options, cuda_step);
  json["batch"] = conv.x.n;
  json["layout"] = to_string(g.layout);
  write_result(options, json);
}

}  // namespace longhand::bench
