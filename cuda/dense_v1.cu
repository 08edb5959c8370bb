#include "layers/dense.h"

#include "cuda/grid.h"
#include "cuda/launch.h"

// One thread an element of what is computed, the loops around it being the grid. Each sum runs in
// the order of ref.
namespace longhand::cuda {

namespace {

__global__ void dense_forward_v1_kernel(DenseGeometry g, const real* x, const real* w,
                                        const real* b, real* y) {
  const Shape xs{g.n, g.in}, ws{g.out, g.in}, ys{g.n, g.out};
  if (global_index() >= ys.size()) return;
  const Index place = index_at(ys, global_index());
  const int n = place.n, o = place.c;
  real sum = b ? b[o] : 0;
  for (int i = 0; i < g.in; ++i) sum += x[at(xs, n, i, 0, 0)] * w[at(ws, o, i, 0, 0)];
  y[at(ys, n, o, 0, 0)] = sum;
}

__global__ void dense_backward_data_v1_kernel(DenseGeometry g, const real* dy, const real* w,
                                              real* dx) {
  const Shape xs{g.n, g.in}, ws{g.out, g.in}, ys{g.n, g.out};
  if (global_index() >= xs.size()) return;
  const Index place = index_at(xs, global_index());
  const int n = place.n, i = place.c;
  real sum = 0;
  for (int o = 0; o < g.out; ++o) sum += dy[at(ys, n, o, 0, 0)] * w[at(ws, o, i, 0, 0)];
  dx[at(xs, n, i, 0, 0)] = sum;
}

__global__ void dense_backward_weights_v1_kernel(DenseGeometry g, const real* x, const real* dy,
                                                 real* dw) {
  const Shape xs{g.n, g.in}, ws{g.out, g.in}, ys{g.n, g.out};
  if (global_index() >= ws.size()) return;
  const Index place = index_at(ws, global_index());
  const int o = place.n, i = place.c;
  real sum = dw[at(ws, o, i, 0, 0)];
  for (int n = 0; n < g.n; ++n) sum += dy[at(ys, n, o, 0, 0)] * x[at(xs, n, i, 0, 0)];
  dw[at(ws, o, i, 0, 0)] = sum;
}

__global__ void dense_backward_bias_v1_kernel(DenseGeometry g, const real* dy, real* db) {
  const Shape ys{g.n, g.out};
  if (global_index() >= g.out) return;
  const int o = static_cast<int>(global_index());
  real sum = db[o];
  for (int n = 0; n < g.n; ++n) sum += dy[at(ys, n, o, 0, 0)];
  db[o] = sum;
}

}  // namespace

void dense_forward_v1(const DenseGeometry& g, const real* x, const real* w, const real* b,
                      real* y) {
  const unsigned blocks = blocks_for(std::int64_t{g.n} * g.out);
  LAUNCH(dense_forward_v1_kernel, blocks, threads_a_block, 0, stream(), g, x, w, b, y);
}

void dense_backward_data_v1(const DenseGeometry& g, const real* dy, const real* w, real* dx) {
  const unsigned blocks = blocks_for(std::int64_t{g.n} * g.in);
  LAUNCH(dense_backward_data_v1_kernel, blocks, threads_a_block, 0, stream(), g, dy, w, dx);
}

void dense_backward_weights_v1(const DenseGeometry& g, const real* x, const real* dy, real* dw) {
  const unsigned blocks = blocks_for(std::int64_t{g.out} * g.in);
  LAUNCH(dense_backward_weights_v1_kernel, blocks, threads_a_block, 0, stream(), g, x, dy, dw);
}

void dense_backward_bias_v1(const DenseGeometry& g, const real* dy, real* db) {
  LAUNCH(dense_backward_bias_v1_kernel, blocks_for(g.out), threads_a_block, 0, stream(), g, dy, db);
}

}  // namespace longhand::cuda
