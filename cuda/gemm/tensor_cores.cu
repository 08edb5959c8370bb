// The ninth rung, and only where it is asked for: tensor cores. A warp multiplies matrices of
// 16 x k and k x 16 in one instruction, but of numbers that are rounded first, to the 10 fraction
// bits of tf32 or the 7 of bfloat16 (a float has 23). Products are exact and are summed in float. A
// number is rounded by at most its 2^11th or 2^8th part, a product by about twice that, so
//
//   |error| <= 2 (1 + 2^-12) 2^-11 sum over l of |a(i, l) b(l, j)|, with 2^-8 in place of 2^-11 for
//   bf16, and the roundings of a float sum
//
// The numbers are rounded on their way to shared memory, so they pass through registers: each
// thread reads its part of the next tiles before it multiplies these, and writes it after.
#include <cuda_bf16.h>
#include <mma.h>

#include "core/error.h"
#include "cuda/gemm/element.h"
#include "cuda/gemm/grid.h"
#include "cuda/gemm/load_packs.h"
#include "cuda/gemm/operands.h"
#include "cuda/gemm/rungs.h"

namespace longhand::cuda {

namespace {

constexpr int tile_m = 128, tile_n = 128;
constexpr int warp_m = 64, warp_n = 32;  // of c, a warp: 4 x 2 matrices
constexpr int warps_n = tile_n / warp_n;
constexpr int threads = tile_m / warp_m * warps_n * warp_threads;

#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 800  // no such tensor cores: see require_tensor_cores

struct Tf32 {};
struct Bf16 {};
template <class Precision, bool a_along_k, bool b_along_k>
__global__ void tensor_core_kernel(GemmGeometry, RowMajor<a_along_k>, RowMajor<b_along_k>, real*) {}

#else

namespace wmma = nvcuda::wmma;

struct Tf32 {
  using Number = float;  // as it lies in shared memory
  using Element = wmma::precision::tf32;
  static constexpr int k = 8;  // of one multiplication
  static __device__ Number rounded(real x) { return wmma::__float_to_tf32(static_cast<float>(x)); }
};
struct Bf16 {
  using Number = __nv_bfloat16;
  using Element = __nv_bfloat16;
  static constexpr int k = 16;
  static __device__ Number rounded(real x) { return __float2bfloat16(static_cast<float>(x)); }
};

constexpr int side = 16;  // of a matrix that is multiplied at once

// An operand's tile, in shared memory as in device memory: [row][l] where neighbours are along l,
// else [l][row]. Tensor cores take both. 16 bytes more a line spread it over the banks.
template <class Precision, bool along_k>
struct OperandTile {
  using Number = typename Precision::Number;
  static constexpr int rows = 128;
  static constexpr int steps = 64 / static_cast<int>(sizeof(Number));
  static constexpr int columns = along_k ? steps : rows;
  static constexpr int stride = columns + 16 / static_cast<int>(sizeof(Number));
  static constexpr int packs = rows * steps / vector_size / threads;  // a thread

  Number number[along_k ? rows : steps][stride];

  __device__ const Number* at(int row, int l) const {
    return along_k ? &number[row][l] : &number[l][row];
  }
  // Where pack p of this thread's lies.
  struct Place {
    int line, column;
  };
  static __device__ Place place(int p) {
    const int e = (p * threads + static_cast<int>(threadIdx.x)) * vector_size;
    return {e / columns, e % columns};
  }
};

// A thread's part of the tile that begins at (first_row, first_l): neighbouring packs to
// neighbouring threads.
template <class Tile, bool along_k, int count>
__device__ inline void read_part(const RowMajor<along_k>& operand, int row_count, int end_l,
                                 int first_row, int first_l, Pack<vector_size> (&part)[count]) {
#pragma unroll
  for (int p = 0; p < count; ++p) {
    const auto [line, column] = Tile::place(p);
    part[p] = read_numbers(operand, row_count, end_l, first_row + (along_k ? line : column),
                           first_l + (along_k ? column : line));
  }
}

template <class Precision, bool along_k, int count>
__device__ inline void write_part(const Pack<vector_size> (&part)[count],
                                  OperandTile<Precision, along_k>& tile) {
#pragma unroll
  for (int p = 0; p < count; ++p) {
    const auto [line, column] = tile.place(p);
#pragma unroll
    for (int e = 0; e < vector_size; ++e) {
      tile.number[line][column + e] = Precision::rounded(part[p].v[e]);
    }
  }
}

// How a fragment's matrix lies in an operand's tile.
template <bool rows_first>
using Layout = std::conditional_t<rows_first, wmma::row_major, wmma::col_major>;

template <class Precision, bool a_along_k, bool b_along_k>
__global__ __launch_bounds__(threads) void tensor_core_kernel(GemmGeometry g, RowMajor<a_along_k> a,
                                                              RowMajor<b_along_k> b, real* c) {
  using ATile = OperandTile<Precision, a_along_k>;
  using BTile = OperandTile<Precision, b_along_k>;
  constexpr int k = Precision::k, steps = ATile::steps;
  __shared__ __align__(32) ATile a_tiles[2];
  __shared__ __align__(32) BTile b_tiles[2];
  __shared__ __align__(32) float patches[threads / warp_threads][side * side];
  const auto [first_i, first_j] = tile_origin<tile_m, tile_n>(g.n);
  const int warp = static_cast<int>(threadIdx.x) / warp_threads;
  const int lane = static_cast<int>(threadIdx.x) % warp_threads;
  const int warp_i = warp / warps_n * warp_m, warp_j = warp % warps_n * warp_n;

  wmma::fragment<wmma::accumulator, side, side, k, float> sums[warp_m / side][warp_n / side];
  for (auto& row : sums) {
    for (auto& sum : row) wmma::fill_fragment(sum, 0.0F);
  }
  Pack<vector_size> a_part[ATile::packs], b_part[BTile::packs];
  read_part<ATile>(a, g.m, g.k, first_i, 0, a_part);
  read_part<BTile>(b, g.n, g.k, first_j, 0, b_part);
  write_part(a_part, a_tiles[0]);
  write_part(b_part, b_tiles[0]);
  __syncthreads();
  for (int first_l = 0, stage = 0; first_l < g.k; first_l += steps, stage ^= 1) {
    const bool more = first_l + steps < g.k;
    if (more) {
      read_part<ATile>(a, g.m, g.k, first_i, first_l + steps, a_part);
      read_part<BTile>(b, g.n, g.k, first_j, first_l + steps, b_part);
    }
#pragma unroll
    for (int l = 0; l < steps; l += k) {
      wmma::fragment<wmma::matrix_a, side, side, k, typename Precision::Element, Layout<a_along_k> >
          a_l[warp_m / side];
      wmma::fragment<wmma::matrix_b, side, side, k, typename Precision::Element,
                     Layout<!b_along_k> >
          b_l[warp_n / side];
#pragma unroll
      for (int p = 0; p < warp_m / side; ++p) {
        wmma::load_matrix_sync(a_l[p], a_tiles[stage].at(warp_i + p * side, l), ATile::stride);
      }
#pragma unroll
      for (int q = 0; q < warp_n / side; ++q) {
        wmma::load_matrix_sync(b_l[q], b_tiles[stage].at(warp_j + q * side, l), BTile::stride);
      }
#pragma unroll
      for (int p = 0; p < warp_m / side; ++p) {
#pragma unroll
        for (int q = 0; q < warp_n / side; ++q) {
          wmma::mma_sync(sums[p][q], a_l[p], b_l[q], sums[p][q]);
        }
      }
    }
    if (more) {
      write_part(a_part, a_tiles[stage ^ 1]);
      write_part(b_part, b_tiles[stage ^ 1]);
    }
    __syncthreads();
  }

  // Which lane holds which sum nobody says, so they pass through shared memory, 16 x 16 at a time.
  float* const patch = patches[warp];
#pragma unroll
  for (int p = 0; p < warp_m / side; ++p) {
#pragma unroll
    for (int q = 0; q < warp_n / side; ++q) {
      wmma::store_matrix_sync(patch, sums[p][q], side, wmma::mem_row_major);
      __syncwarp();
      for (int e = lane; e < side * side; e += warp_threads) {
        store_element(g, c, first_i + warp_i + p * side + e / side,
                      first_j + warp_j + q * side + e % side, static_cast<real>(patch[e]));
      }
      __syncwarp();
    }
  }
}

#endif

// The kernel is empty for older GPUs, so nobody may launch it there. The CPU runtime has tensor
// cores.
void require_tensor_cores(const char* rung) {
#if defined(__CUDACC__)
  static const int major = [] {
    cudaDeviceProp properties;
    CUDA_CHECK(cudaGetDeviceProperties(&properties, 0));
    return properties.major;
  }();
  if (major < 8) {
    throw DeviceError(std::string("gemm: ") + rung +
                      " needs a GPU of compute capability 8.0 or newer");
  }
#else
  static_cast<void>(rung);
#endif
}

template <class Precision>
void launch(const GemmGeometry& g, const real* a, const real* b, real* c) {
  with_operands(g, a, b, [&]<class A, class B>(const A& a_operand, const B& b_operand) {
    LAUNCH((tensor_core_kernel<Precision, A::along_k, B::along_k>),
           (tiles_of<tile_m, tile_n>(g.m, g.n)), threads, 0, stream(), g, a_operand, b_operand, c);
  });
}

}  // namespace

void tf32::gemm(const GemmGeometry& g, const real* a, const real* b, real* c) {
  require_tensor_cores("tf32");
  launch<Tf32>(g, a, b, c);
}

void bf16::gemm(const GemmGeometry& g, const real* a, const real* b, real* c) {
  require_tensor_cores("bf16");
  launch<Bf16>(g, a, b, c);
}

}  // namespace longhand::cuda
