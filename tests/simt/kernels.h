// Kernels for the tests of the CPU runtime, and what launches them. All pointers are the device's.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>

namespace longhand::test {

// shuffles.cu: one block of `threads`. y[t] is what the lane of thread t gets when each brings
// 1000 + t (as a double half as much, for the kinds that say so).
enum class Shuffle { index, up, down, exclusive_or, down_of_doubles };
void shuffle(Shuffle kind, int amount, int width, int threads, double* y);
// y[t] = ballot + any * 2^32 + all * 2^33 of the predicate t % period == 0.
void votes(int period, int threads, double* y);
// y[t] = count + 10000 * and + 100000 * or of the predicate t % period == 0 in the block.
void block_votes(int period, int threads, double* y);

// correct.cu
// c = a * b, all n x n, row-major.
void sgemm_tiled(int n, const float* a, const float* b, float* c);
// Every sum of 32 neighbours: n floats to n / 32, by warp shuffles.
void warp_sums(int n, const float* x, float* y);
// *y = sum of n floats, one block, by a tree in dynamic shared memory.
void block_sum(int n, const float* x, float* y);
// counts[k] += how often k stands among the n values, each below 64.
void histogram(int n, const int* x, int* counts);
// y (columns x rows) = x (rows x columns), by a tile in shared memory.
void transpose(int rows, int columns, const float* x, float* y);
// *y = sum of n floats by many blocks, of which the last to finish adds up; *tickets must be 0.
void grid_sum(int n, const float* x, float* partial, unsigned* tickets, float* y);
// x[t] += t for one block; `rounds` barriers on the way.
void barriers(int rounds, int threads, float* x);

// calls.cu
void launch_grid(dim3 grid, std::size_t shared_bytes, float* x);
void allow_shared(int bytes);                 // for launch_grid
void add_one(float* x, cudaStream_t stream);  // to 64 floats
// 3 blocks of 64 threads: the how-manieth each was to draw a ticket before and after a barrier.
void arrivals(unsigned* tickets, unsigned* before, unsigned* after);
void set_constants();       // for arithmetic
void arithmetic(float* y);  // 8 floats, see there

// broken.cu: each launches a kernel with one bug. They throw CudaError.
void return_before_barrier(int* x);
void branch_around_barrier(int* x);
void two_barriers(int* x);
void barrier_against_shuffle(int* x);
void shuffle_without_caller(int* x);
void shuffle_with_returned_lanes(int* x);
void shuffle_with_two_masks(int* x);
void shuffle_with_bad_width(int* x);
void two_shuffles(int* x);
void lanes_in_a_circle(int* x);
void trap(int* x);
void no_shared_memory(int* x);
// Those that only AddressSanitizer sees.
void read_beyond(const int* x, int index, int* y);
struct Holder {
  const int* memory;
};
void read_held(Holder holder, int* y);
void write_beyond_shared(int index, int* y);
void write_beyond_dynamic_shared(int index, int* y);
void overflow_stack(int* y);

// matrices.cu
// c (16 x 16) = 2 * (c + a (16 x k) * b (k x 16)), by tensor cores.
void wmma_half(int k, const float* a, const float* b, float* c);
void wmma_bfloat16(int k, const float* a, const float* b, float* c);
void wmma_misaligned(float* c);
void halves(const float* x, float* y);  // 3 numbers to 5, see there

// copies.cu
void copied_ahead(int rounds, const float* x, float* y);
void zero_filled(const float* x, float* y);  // 4 numbers
void not_waited_for(const float* x, float* y);
void copied_too_early(const float* x, float* y);  // 64 numbers

// races.cu: launches that kernel of two blocks at most, with or without its race. y: 256 integers.
enum class Race {
  neighbours,
  lanes,
  lanes_reuse,
  reuse,
  scatter,
  blocks,
  unwritten,
  mixed,
  halves,
  vectors,
  tickets
};
void race(Race which, bool correct, int* y);

}  // namespace longhand::test
