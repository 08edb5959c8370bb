// The list of cases that every check runs: each layer with each of its options, at ordinary and at
// awkward shapes.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/layer.h"

namespace longhand {

struct LayerCase {
  std::string layer;  // "conv2d"
  std::string name;   // "stride 2x1, dilation 3x1"
  Shape x;            // the input's shape
  std::function<std::unique_ptr<Layer>()> make;
};

// Whether a gradient check, which runs the layer twice for every number, is quick: larger cases are
// there for the threads that share them.
inline bool suits_gradient_check(const LayerCase& c) {
  return c.x.size() <= 2000;
}

// All cases, or those of one layer. A loss stands among them as a layer that gives one number.
std::vector<LayerCase> layer_cases();
std::vector<LayerCase> layer_cases(const std::string& layer);

// The names of the layers that have cases, in the order of the list.
std::vector<std::string> layer_names();

}  // namespace longhand
