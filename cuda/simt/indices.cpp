// The variables that kernels and debuggers know where they are by.
#include "simt/scheduler.h"

uint3 threadIdx{}, blockIdx{};
dim3 blockDim, gridDim;
