// A layer with lanes around it, so that every check of layers checks its way through Layout::lanes.
#pragma once

#include <string>
#include <vector>

#include "layers/cases.h"

namespace longhand::test {

// The same case, but on Device::cpu the layer gets x and dy as lanes, with garbage in those of x
// that stand for no image, and with NaN in the memory of its y and dx; what it gives is turned back
// to NCHW. It adds a line to `complaints` when the layer left y or dx in another layout, when y
// holds NaN or infinity, or dx anything but zero, in a lane that stands for no image.
// `complaints` must outlive the case's layers.
LayerCase through_lanes(const LayerCase& c, std::vector<std::string>& complaints);

}  // namespace longhand::test
