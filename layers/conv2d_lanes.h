// The convolution in Layout::lanes (conv2d_lanes.cpp), which conv2d_fast.cpp chooses.
#pragma once

#include "layers/conv2d.h"

namespace longhand::fast::lanes {

void conv2d_forward(const Conv2dGeometry& g, const real* x, const real* w, const real* b, real* y);
void conv2d_backward_data(const Conv2dGeometry& g, const real* dy, const real* w, real* dx);
void conv2d_backward_weights(const Conv2dGeometry& g, const real* x, const real* dy, real* dw);
void conv2d_backward_bias(const Conv2dGeometry& g, const real* dy, real* db);

}  // namespace longhand::fast::lanes
