// bench_cublas MATH gemm M N K nn|nt|tn|tt THREADS: cuBLAS as a peer of bench. All matrices are
// float; MATH says how they are multiplied:
//
//   fp32      in float, by default
//   pedantic  in float, without anything that might change a bit
//   tf32      on tensor cores, each number cut to 10 fraction bits
//   bf16      on tensor cores, each number cut to 7 fraction bits
//
// It is built only with nvcc. Elsewhere the file is empty, so that whoever reads all files of the
// repository, a linter say, can read it too.
#if __has_include(<cublas_v2.h>)
#include <cublas_v2.h>

#include <map>

#include "apps/bench/peers/gpu.h"

using namespace longhand;
using namespace longhand::bench;

namespace {

const std::map<std::string, cublasComputeType_t> maths = {
    {"fp32", CUBLAS_COMPUTE_32F},
    {"pedantic", CUBLAS_COMPUTE_32F_PEDANTIC},
    {"tf32", CUBLAS_COMPUTE_32F_FAST_TF32},
    {"bf16", CUBLAS_COMPUTE_32F_FAST_16BF},
};

void check(cublasStatus_t status) {
  if (status != CUBLAS_STATUS_SUCCESS) throw std::runtime_error(cublasGetStatusString(status));
}

std::string version(const std::string& math) {
  int major = 0, minor = 0, patch = 0;
  check(cublasGetProperty(MAJOR_VERSION, &major));
  check(cublasGetProperty(MINOR_VERSION, &minor));
  check(cublasGetProperty(PATCH_LEVEL, &patch));
  return "cuBLAS " + std::to_string(major) + "." + std::to_string(minor) + "." +
         std::to_string(patch) + ", " + math;
}

// cuBLAS's matrices lie column by column, so to it ours are all transposed: it computes
// c^T = b^T a^T.
int serve_gemm(const std::string& math, int m, int n, int k, const std::string& transposes) {
  const bool transpose_a = transposes[0] == 't', transpose_b = transposes[1] == 't';
  Random random(1);
  const float* const a = gpu::random_numbers(std::int64_t{m} * k, random);
  const float* const b = gpu::random_numbers(std::int64_t{k} * n, random);
  float* const c = gpu::random_numbers(std::int64_t{m} * n, random);
  cublasHandle_t cublas = nullptr;
  check(cublasCreate(&cublas));
  const cublasComputeType_t compute = maths.at(math);
  const float one = 1, zero = 0;
  return gpu::serve(version(math), [&] {
    check(cublasGemmEx(cublas, transpose_b ? CUBLAS_OP_T : CUBLAS_OP_N,
                       transpose_a ? CUBLAS_OP_T : CUBLAS_OP_N, n, m, k, &one, b, CUDA_R_32F,
                       transpose_b ? k : n, a, CUDA_R_32F, transpose_a ? m : k, &zero, c,
                       CUDA_R_32F, n, compute, CUBLAS_GEMM_DEFAULT));
  });
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() != 7 || !maths.contains(words[0]) || words[1] != "gemm" ||
      words[5].size() != 2) {
    std::cerr << "usage: bench_cublas fp32|pedantic|tf32|bf16 gemm M N K nn|nt|tn|tt THREADS\n";
    return 2;
  }
  try {
    if (!gpu::found()) return 0;
    return serve_gemm(words[0], std::stoi(words[2]), std::stoi(words[3]), std::stoi(words[4]),
                      words[5]);
  } catch (const std::exception& error) {
    std::cerr << "bench_cublas: " << error.what() << "\n";
    return 1;
  }
}
#endif
