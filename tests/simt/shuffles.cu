#include "cuda/launch.h"
#include "tests/simt/kernels.h"

namespace longhand::test {

namespace {

constexpr unsigned all_lanes = 0xffffffffU;

__global__ void shuffle_kernel(Shuffle kind, int amount, int width, double* y) {
  const int t = static_cast<int>(threadIdx.x);
  const int x = 1000 + t;
  switch (kind) {
    case Shuffle::index:
      y[t] = __shfl_sync(all_lanes, x, amount, width);
      break;
    case Shuffle::up:
      y[t] = __shfl_up_sync(all_lanes, x, static_cast<unsigned>(amount), width);
      break;
    case Shuffle::down:
      y[t] = __shfl_down_sync(all_lanes, x, static_cast<unsigned>(amount), width);
      break;
    case Shuffle::exclusive_or:
      y[t] = __shfl_xor_sync(all_lanes, x, amount, width);
      break;
    case Shuffle::down_of_doubles:
      y[t] = __shfl_down_sync(all_lanes, 0.5 * x, static_cast<unsigned>(amount), width);
      break;
  }
}

__global__ void votes_kernel(int period, double* y) {
  const int t = static_cast<int>(threadIdx.x);
  const int yes = t % period == 0;
  const double ballot = __ballot_sync(all_lanes, yes);
  const double any = __any_sync(all_lanes, yes);
  const double all = __all_sync(all_lanes, yes);
  y[t] = ballot + any * 4294967296.0 + all * 8589934592.0;
}

__global__ void block_votes_kernel(int period, double* y) {
  const int t = static_cast<int>(threadIdx.x);
  const int yes = t % period == 0;
  const int count = __syncthreads_count(yes);
  const int all = __syncthreads_and(yes);
  const int any = __syncthreads_or(yes);
  y[t] = count + 10000 * all + 100000 * any;
}

}  // namespace

void shuffle(Shuffle kind, int amount, int width, int threads, double* y) {
  LAUNCH(shuffle_kernel, 1, threads, 0, nullptr, kind, amount, width, y);
}

void votes(int period, int threads, double* y) {
  LAUNCH(votes_kernel, 1, threads, 0, nullptr, period, y);
}

void block_votes(int period, int threads, double* y) {
  LAUNCH(block_votes_kernel, 1, threads, 0, nullptr, period, y);
}

}  // namespace longhand::test
