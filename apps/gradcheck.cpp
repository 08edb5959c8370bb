// gradcheck: every layer's backward against the slope of its forward, in double precision.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iomanip>
#include <iostream>

#include "apps/support/device_option.h"
#include "apps/support/positive_number.h"
#include "apps/support/run_app.h"
#include "core/error.h"
#include "core/gradcheck.h"
#include "layers/cases.h"

using namespace longhand;

namespace {

// What is left of all cases of one tensor of one layer: "conv2d", "weight".
struct Row {
  std::string layer, tensor;
  int cases = 0;
  std::int64_t compared = 0;
  double worst_error = 0;
  bool passed = true;
};

// "0.f.weight" is the weight of a layer within containers: it counts as "weight".
std::string last_name(const std::string& name) {
  return name.substr(name.rfind('.') + 1);
}

Row& row_of(std::vector<Row>& rows, const std::string& layer, const std::string& tensor) {
  for (Row& row : rows) {
    if (row.tensor == tensor) return row;
  }
  rows.push_back({layer, tensor});
  return rows.back();
}

void check(const LayerCase& c, Device device, const GradCheckOptions& options, bool verbose,
           std::vector<Row>& rows) {
  const std::unique_ptr<Layer> layer = c.make();
  layer->to(device);
  spread_params(*layer, options.seed + 6);
  for (const Comparison& result :
       check_gradients(*layer, spread_values(c.x, options.seed), options)) {
    Row& row = row_of(rows, c.layer, last_name(result.name));
    ++row.cases;
    row.compared += result.compared;
    if (!(result.worst_error <= row.worst_error)) row.worst_error = result.worst_error;
    row.passed = row.passed && result.passed();
    if (verbose || !result.passed()) {
      std::cout << c.layer << " (" << c.name << "), input " << to_string(c.x) << ", "
                << result.report() << "\n";
    }
  }
}

void print_header() {
  std::cout << std::left << std::setw(24) << "layer" << std::setw(10) << "gradient" << std::right
            << std::setw(6) << "cases" << std::setw(10) << "elements" << std::setw(16)
            << "largest error"
            << "  verdict\n";
}

void print(const Row& row) {
  std::cout << std::left << std::setw(24) << row.layer << std::setw(10) << row.tensor << std::right
            << std::setw(6) << row.cases << std::setw(10) << row.compared << std::setw(16)
            << std::scientific << std::setprecision(1) << row.worst_error
            << (row.passed ? "  passed" : "  FAILED") << std::endl;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Compares every layer's analytic gradients with numeric ones", "gradcheck");
  std::vector<std::string> layers;
  std::string device = "reference";
  GradCheckOptions options;
  bool verbose = false;
  bool list = false;
  app.add_option("layers", layers, "the layers to check (all of them without a name)");
  add_device_option(app, device);
  app.add_option("--tolerance", options.tolerance, "the largest relative error that passes")
      ->capture_default_str()
      ->check(positive_number());
  app.add_option("--step", options.step, "h of (L(p + h) - L(p - h)) / 2h")
      ->capture_default_str()
      ->check(positive_number());
  app.add_option("--seed", options.seed, "of the inputs and the projection")->capture_default_str();
  app.add_flag("--verbose", verbose, "a line for every case");
  app.add_flag("--list", list, "the layers' names, and nothing else");

  return run_app(app, argc, argv, [&] {
    const std::vector<std::string> known = layer_names();
    if (list) {
      for (const std::string& name : known) std::cout << name << "\n";
      return 0;
    }
    for (const std::string& name : layers) {
      if (std::find(known.begin(), known.end(), name) == known.end()) {
        throw ValueError("unknown layer '" + name + "': gradcheck --list names them");
      }
    }
    print_header();
    bool passed = true;
    for (const std::string& name : layers.empty() ? known : layers) {
      std::vector<Row> rows;
      for (const LayerCase& c : layer_cases(name)) {
        if (!suits_gradient_check(c)) continue;
        check(c, parse_device(device), options, verbose, rows);
      }
      for (const Row& row : rows) {
        print(row);
        passed = passed && row.passed;
      }
    }
    std::cout << (passed ? "All gradients are right.\n" : "Some gradients are WRONG.\n");
    return passed ? 0 : 1;
  });
}
