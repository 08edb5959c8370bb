// What a network of oneDNN's primitives is put together from: tensors in the layouts that the
// primitives choose, programs of primitives, weights and their optimizer.
#pragma once

#include <cmath>
#include <cstring>
#include <dnnl.hpp>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/random.h"

namespace longhand::bench::onednn {

using dnnl::algorithm;
using dnnl::memory;
using dnnl::prop_kind;
using Desc = memory::desc;
using Tag = memory::format_tag;
using Arguments = std::unordered_map<int, memory>;
inline constexpr auto f32 = memory::data_type::f32;

inline dnnl::engine& engine() {
  static dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}

inline float* values(const memory& m) {
  return static_cast<float*>(m.get_data_handle());
}

inline memory make_memory(const Desc& desc) {
  memory m(desc, engine());
  std::memset(m.get_data_handle(), 0, desc.get_size());
  return m;
}

// Of the same extents, in a layout that the primitive may choose.
inline Desc any_layout(const memory::dims& dims) {
  return {dims, f32, Tag::any};
}
inline Desc any_layout(const memory& m) {
  return any_layout(m.get_desc().dims());
}

inline Desc plain_layout(const memory::dims& dims) {
  return {dims, f32, dims.size() == 1 ? Tag::a : dims.size() == 2 ? Tag::ab : Tag::abcd};
}

// Numbers from -limit to limit, in the layout of `desc`.
inline memory random_memory(const Desc& desc, float limit, Random& random) {
  memory plain = make_memory(plain_layout(desc.dims()));
  memory result = make_memory(desc);
  const std::size_t size = plain.get_desc().get_size() / sizeof(float);
  for (std::size_t i = 0; i < size; ++i) {
    values(plain)[i] = limit * static_cast<float>(random.uniform(-1, 1));
  }
  dnnl::stream stream(engine());
  dnnl::reorder(plain, result).execute(stream, plain, result);
  stream.wait();
  return result;
}

// Primitives to run one after the other.
struct Program {
  std::vector<std::pair<dnnl::primitive, Arguments>> steps;

  void add(dnnl::primitive primitive, Arguments arguments) {
    steps.emplace_back(std::move(primitive), std::move(arguments));
  }
  // m in that layout, from a reorder where it has another.
  memory as(const memory& m, const Desc& desc) {
    if (m.get_desc() == desc) return m;
    memory result = make_memory(desc);
    add(dnnl::reorder(m, result), {{DNNL_ARG_FROM, m}, {DNNL_ARG_TO, result}});
    return result;
  }
  void run(dnnl::stream& stream) const {
    for (const auto& [primitive, arguments] : steps) primitive.execute(stream, arguments);
    stream.wait();
  }
};

struct Weights {
  memory value, grad;  // of one layout
  std::vector<float> velocity;
};

struct Network {
  bool train = false;
  Program forward, backward;
  std::vector<Weights> weights;
  Random random{1};

  prop_kind kind() const {
    return train ? prop_kind::forward_training : prop_kind::forward_inference;
  }
  // PyTorch's default: uniform up to 1/sqrt(fan in).
  memory initial(const Desc& desc, double fan_in) {
    return random_memory(desc, static_cast<float>(1 / std::sqrt(fan_in)), random);
  }
  // Gradients arrive in a layout of their own and are kept in the weights'.
  void keep(const memory& value, const memory& grad) {
    const std::size_t size = value.get_desc().get_size() / sizeof(float);
    weights.push_back({value, backward.as(grad, value.get_desc()), std::vector<float>(size)});
  }
  // SGD with momentum.
  void update(float learning_rate, float momentum) {
    for (Weights& one : weights) {
      float *w = values(one.value), *dw = values(one.grad), *v = one.velocity.data();
      const long size = static_cast<long>(one.velocity.size());
#pragma omp parallel for simd if (size > 20000)
      for (long i = 0; i < size; ++i) {
        v[i] = momentum * v[i] + dw[i];
        w[i] -= learning_rate * v[i];
      }
    }
  }
};

}  // namespace longhand::bench::onednn
