// The ladder of products, each rung in a file of its own, from the loops of the formula to what the
// hardware can do. docs/cuda_gemm.md tells the story. Each takes any shape in all transpositions.
#pragma once

#include "core/gemm.h"

namespace longhand::cuda {

// gemm that adds bias[j] to each element of column j; nothing where bias is null. The rung is
// picked by the shape.
void gemm_with_bias(const GemmGeometry& g, const real* a, const real* b, const real* bias, real* c);

namespace naive {  // a thread an element of c, neighbours below each other
void gemm(const GemmGeometry& g, const real* a, const real* b, real* c);
}
namespace coalesced {  // the same, neighbours beside each other
void gemm(const GemmGeometry& g, const real* a, const real* b, real* c);
}
namespace shared_tile {  // tiles of a and b in shared memory, for all threads of a block
void gemm(const GemmGeometry& g, const real* a, const real* b, real* c);
}
namespace register_tile_1d {  // a thread has 8 elements of a column
void gemm(const GemmGeometry& g, const real* a, const real* b, real* c);
}
namespace register_tile_2d {  // a thread has 8 x 8 elements
void gemm(const GemmGeometry& g, const real* a, const real* b, real* c);
}
namespace vectorised {  // 16 bytes an instruction
void gemm(const GemmGeometry& g, const real* a, const real* b, real* c);
}
namespace warp_tile {  // a warp's elements close together
void gemm(const GemmGeometry& g, const real* a, const real* b, real* c);
}
namespace asynchronous {  // copies beside multiplications
void gemm(const GemmGeometry& g, const real* a, const real* b, real* c);
void gemm_with_bias(const GemmGeometry& g, const real* a, const real* b, const real* bias, real* c);
}  // namespace asynchronous
namespace small_tile {  // the same in tiles of 64 x 64
void gemm(const GemmGeometry& g, const real* a, const real* b, real* c);
void gemm_with_bias(const GemmGeometry& g, const real* a, const real* b, const real* bias, real* c);
}  // namespace small_tile
namespace split_k {  // several blocks a tile, each a part of the sum
void gemm(const GemmGeometry& g, const real* a, const real* b, real* c);
void gemm_with_bias(const GemmGeometry& g, const real* a, const real* b, const real* bias, real* c);
// Into how many parts it cuts the sum.
int parts(const GemmGeometry& g);
}  // namespace split_k
namespace tf32 {  // tensor cores, numbers of 10 fraction bits
void gemm(const GemmGeometry& g, const real* a, const real* b, real* c);
}
namespace bf16 {  // tensor cores, numbers of 7 fraction bits
void gemm(const GemmGeometry& g, const real* a, const real* b, real* c);
}

}  // namespace longhand::cuda
