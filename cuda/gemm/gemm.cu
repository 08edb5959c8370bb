// Which rung computes a product.
#include <string>

#include "core/error.h"
#include "cuda/gemm/grid.h"
#include "cuda/gemm/rungs.h"

namespace longhand::cuda {

namespace {

struct Rung {
  const char* name;
  void (*gemm)(const GemmGeometry& g, const real* a, const real* b, real* c);
};

// In the order of GemmRung.
constexpr Rung rungs[gemm_rung_count] = {
    {"naive", naive::gemm},
    {"coalesced", coalesced::gemm},
    {"shared_tile", shared_tile::gemm},
    {"register_tile_1d", register_tile_1d::gemm},
    {"register_tile_2d", register_tile_2d::gemm},
    {"vectorised", vectorised::gemm},
    {"warp_tile", warp_tile::gemm},
    {"asynchronous", asynchronous::gemm},
    {"small_tile", small_tile::gemm},
    {"split_k", split_k::gemm},
    {"tf32", tf32::gemm},
    {"bf16", bf16::gemm},
};

const Rung& at(GemmRung rung) {
  return rungs[static_cast<int>(rung)];
}

}  // namespace

std::string to_string(GemmRung rung) {
  return at(rung).name;
}

GemmRung parse_gemm_rung(const std::string& name) {
  std::string names;
  for (int i = 0; i < gemm_rung_count; ++i) {
    if (name == rungs[i].name) return static_cast<GemmRung>(i);
    names += std::string(i == 0 ? "" : i + 1 < gemm_rung_count ? ", " : " or ") + rungs[i].name;
  }
  throw ValueError("unknown rung '" + name + "': choose " + names);
}

void gemm(GemmRung rung, const GemmGeometry& g, const real* a, const real* b, real* c) {
  at(rung).gemm(g, a, b, c);
}

// By prediction for a GPU of 132 multiprocessors (docs/cuda_gemm.md), until it is measured:
//
//   tiles of 128 x 128    tiles of 64 x 64    k          rung
//   132 and more          any                 any        asynchronous
//   fewer                 128 and more        any        small_tile
//   fewer                 fewer               below 128  small_tile
//   fewer                 fewer               from 128   split_k
GemmRung gemm_rung(const GemmGeometry& g) {
  constexpr unsigned multiprocessors = 132;
  if (tiles_of<128, 128>(g.m, g.n) >= multiprocessors) return GemmRung::asynchronous;
  return split_k::parts(g) > 1 ? GemmRung::split_k : GemmRung::small_tile;
}

void gemm(const GemmGeometry& g, const real* a, const real* b, real* c) {
  gemm_with_bias(g, a, b, nullptr, c);
}

void gemm_with_bias(const GemmGeometry& g, const real* a, const real* b, const real* bias,
                    real* c) {
  switch (gemm_rung(g)) {
    case GemmRung::asynchronous:
      return asynchronous::gemm_with_bias(g, a, b, bias, c);
    case GemmRung::small_tile:
      return small_tile::gemm_with_bias(g, a, b, bias, c);
    default:
      return split_k::gemm_with_bias(g, a, b, bias, c);
  }
}

}  // namespace longhand::cuda
