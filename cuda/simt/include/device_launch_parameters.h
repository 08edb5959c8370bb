// Stands in for CUDA's header of this name in builds that run kernels on the CPU.
#pragma once

#include "cuda_runtime.h"
