// Stands in for CUDA's header of this name in builds that run kernels on the CPU.
#pragma once

#include "simt/atomics.h"
#include "simt/launch.h"
#include "simt/math.h"
#include "simt/qualifiers.h"
#include "simt/runtime_api.h"
#include "simt/scheduler.h"
#include "simt/sync.h"
#include "simt/vector_types.h"
