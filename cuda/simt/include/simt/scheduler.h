// What the functions that a kernel calls ask of the scheduler. Kernels use cuda_runtime.h.
#pragma once

#include <cstddef>

#include "simt/vector_types.h"

// Plain variables, rewritten whenever a thread starts or goes on, so that a debugger can be told
// to stop `if threadIdx.x == 3`.
extern uint3 threadIdx, blockIdx;
extern dim3 blockDim, gridDim;
inline constexpr int warpSize = 32;

namespace longhand::simt {

// A place in a kernel: of the barrier or warp operation that a thread waits at.
struct Site {
  const char* file = "";
  int line = 0;
};

// What __syncthreads() and its kin give back, counted over the threads of the block.
struct Votes {
  int nonzero;  // threads whose predicate was not 0
  int threads;  // that there are
};

// Waits until every thread of the block is here.
Votes block_barrier(const char* name, int predicate, Site site);

// Something that the lanes of a warp do together.
struct WarpCall {
  const char* name;
  unsigned mask;  // of the lanes that take part
  Site site;
  // Called by the last lane to come, unless it is null, with each lane's payload (null for a lane
  // that is not here), so that lanes can read each other's and write what they are to find.
  void (*complete)(void* const (&payloads)[32]) = nullptr;
  // Whether it makes no sense without a lane that has returned from the kernel.
  bool needs_all = false;
};

// Waits until every lane of the mask is here, but for those that have returned or never were.
void warp_operation(const WarpCall& call, void* payload);

// `width` as it is; ends the kernel where no shuffle has such a width.
unsigned checked_width(const char* name, int width, Site site);

unsigned lane_id();      // of the running thread in its warp, 0 to 31
void* dynamic_shared();  // the memory that the launch asked for; aborts the kernel where it did not
void fence();            // __threadfence()

// Ends the kernel with an error: `name` says which, `function` who found it, `what` the rest.
[[noreturn]] void kernel_error(const char* name, const char* function, const char* what, Site site);

}  // namespace longhand::simt
