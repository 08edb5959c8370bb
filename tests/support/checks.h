// The shared machinery: what every layer must pass, run over the list in layers/cases.h.
#pragma once

#include <string>
#include <vector>

#include "layers/cases.h"

namespace longhand::test {

// Each check returns a line for every failure; none means passed. They do not assert themselves, so
// that tests can hand them broken layers and demand that they object.

// The gradient contract and the order of calls: forward overwrites y; backward overwrites dx,
// adds into every grad, needs a fresh forward and a dy of y's shape; a smaller batch in between
// changes nothing.
std::vector<std::string> check_contract(const LayerCase& c, Device device);

// The layer on Device::cpu against Device::reference: y, dx and every grad, with 1, 2 and 3
// threads; the same again to the bit.
std::vector<std::string> check_parity(const LayerCase& c);

// The same for Device::cuda; and an x in the host's memory is refused.
std::vector<std::string> check_cuda(const LayerCase& c);

// The gradient check of core/gradcheck.h. Only meaningful in the double build.
std::vector<std::string> check_gradient(const LayerCase& c, Device device);

// All of them on Device::cpu with x and dy as lanes (support/through_lanes.h), and the layer
// refuses lanes on Device::reference. For layers that take lanes.
std::vector<std::string> check_lanes(const LayerCase& c);

// All of them (the gradient check in the double build only) for every case of that layer, as
// doctest checks; fails when the list has no case of that name.
void run_cases(const std::string& layer);

}  // namespace longhand::test
