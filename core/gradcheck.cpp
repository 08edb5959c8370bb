#include "core/gradcheck.h"

#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "core/random.h"

namespace longhand {

namespace {

// Which elements to check: all, or `most` chosen at random.
std::vector<std::int64_t> choose_offsets(std::int64_t size, std::int64_t most, Random& random) {
  std::vector<std::int64_t> offsets;
  if (size <= most) {
    offsets.resize(static_cast<std::size_t>(size));
    std::iota(offsets.begin(), offsets.end(), std::int64_t{0});
    return offsets;
  }
  for (std::int64_t i = 0; i < most; ++i) {
    offsets.push_back(static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(size))));
  }
  return offsets;
}

// Compares `analytic` with the slopes of L as each chosen element of `values` moves; `values` is x
// or a param's value.
Comparison check_tensor(const std::string& name, Tensor& values, const Tensor& analytic,
                        double offset_of_analytic, Layer& layer, const Tensor& x, const Tensor& r,
                        const GradCheckOptions& options, Random& random) {
  const std::vector<std::int64_t> offsets = choose_offsets(values.size(), options.most, random);
  std::vector<double> analytic_values, numeric_values;
  const Memory memory = values.memory();
  const auto forward_with = [&](std::int64_t i, double value) {
    values.to(Memory::host);
    values[i] = static_cast<real>(value);
    values.to(memory);
    return layer.forward(x).on(Memory::host);
  };
  Tensor before_all = values.on(Memory::host);
  for (const std::int64_t i : offsets) {
    const real before = before_all[i];
    const Tensor above = forward_with(i, before + options.step);
    const Tensor below = forward_with(i, before - options.step);
    values = before_all;
    values.to(memory);
    // L(p + h) - L(p - h), output by output: most outputs do not depend on p and drop out exactly,
    // instead of leaving their rounding behind.
    double difference = 0;
    for (std::int64_t j = 0; j < r.size(); ++j) {
      difference += static_cast<double>(r[j]) * (above[j] - below[j]);
    }
    numeric_values.push_back(difference / (2 * options.step));
    analytic_values.push_back(analytic[i] - offset_of_analytic);
  }
  constexpr double floor = 1e-3;
  return compare(name, values.shape(), offsets, analytic_values, numeric_values, options.tolerance,
                 floor);
}

}  // namespace

Tensor spread_values(const Shape& shape, std::uint64_t seed) {
  Tensor values(shape);
  std::vector<int> order(static_cast<std::size_t>(values.size()));
  std::iota(order.begin(), order.end(), 0);
  Random random(seed);
  random.shuffle(order);
  for (std::int64_t i = 0; i < values.size(); ++i) {
    const double rank = order[static_cast<std::size_t>(i)] + 0.7;
    values[i] = static_cast<real>(2 * rank / static_cast<double>(values.size()) - 1);
  }
  return values;
}

void spread_params(Layer& layer, std::uint64_t seed) {
  for (Param* p : layer.params()) {
    Tensor value = spread_values(p->value.shape(), ++seed);
    for (std::int64_t i = 0; i < value.size(); ++i) value[i] *= real(0.5);
    value.to(p->value.memory());
    p->value = std::move(value);
  }
}

std::vector<Comparison> check_gradients(Layer& layer, const Tensor& x,
                                        const GradCheckOptions& options) {
  Random random(options.seed);
  Tensor input = x;
  Tensor r(layer.output_shape(x.shape()));
  for (std::int64_t i = 0; i < r.size(); ++i) r[i] = random.uniform(-1, 1);
  input.to(layer.device());
  Tensor dy = r;
  dy.to(layer.device());

  // Once to have the memory of dx, then for real: over garbage in dx and ones in grad.
  layer.forward(input);
  const Tensor& dx_memory = layer.backward(dy);
  const_cast<Tensor&>(dx_memory).fill(std::numeric_limits<real>::quiet_NaN());
  for (Param* p : layer.params()) p->grad.fill(1);
  layer.forward(input);
  const Tensor dx = layer.backward(dy).on(Memory::host);

  std::vector<Comparison> results;
  results.push_back(check_tensor("x", input, dx, 0, layer, input, r, options, random));
  for (Param* p : layer.params()) {
    results.push_back(check_tensor(p->name, p->value, p->grad.on(Memory::host), 1, layer, input, r,
                                   options, random));
  }
  return results;
}

}  // namespace longhand
