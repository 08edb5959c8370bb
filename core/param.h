// Param: a trained tensor and its gradient.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/tensor.h"

namespace longhand {

struct Param {
  // `rank` is how many of the shape's extents the checkpoint stores: 4 for convolution weights
  // (out, in/groups, kh, kw), 2 for dense weights (out, in), 1 for a bias (out).
  Param(std::string name_, const Shape& shape, int rank_)
      : name(std::move(name_)), rank(rank_), value(shape), grad(shape) {}

  // Moves both tensors to the memory of that device.
  void to(Device device) {
    value.to(device);
    grad.to(device);
  }

  std::string name;  // "weight"; a container puts the layer's place before it: "0.weight"
  int rank;
  Tensor value;
  Tensor grad;  // backward adds into it; an optimizer's zero_grad empties it
  // Into how many equal shares, one a thread, the last backward on Device::cpu cut grad. The
  // optimizer cuts it likewise, because what a thread has just written is in its cache.
  int shares = 1;
};

// The number of trained values in all of them.
std::int64_t count_values(const std::vector<Param*>& params);

}  // namespace longhand
