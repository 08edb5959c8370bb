// bench_openblas gemm M N K nn|nt|tn|tt THREADS: OpenBLAS's sgemm, as a peer of bench.
//
// The library is opened when the program runs, so that it can be chosen: the file that
// $LONGHAND_OPENBLAS names, otherwise Debian's builds with threads of its own and with OpenMP, in
// this order, otherwise what the system's loader finds.
#include <dlfcn.h>
#include <glob.h>
#include <unistd.h>

#include "apps/bench/peers/peer.h"

using namespace longhand;
using namespace longhand::bench;

namespace {

std::vector<std::string> library_files() {
  const char* wanted = std::getenv("LONGHAND_OPENBLAS");
  if (wanted != nullptr && *wanted != '\0') return {wanted};
  std::vector<std::string> files;
  for (const char* build : {"pthread", "openmp"}) {
    glob_t found{};
    const std::string pattern = std::string("/usr/lib/*/openblas-") + build + "/libopenblas.so.0";
    if (glob(pattern.c_str(), 0, nullptr, &found) == 0) files.emplace_back(found.gl_pathv[0]);
    globfree(&found);
  }
  files.emplace_back("libopenblas.so.0");
  return files;
}

// The functions of cblas.h and of OpenBLAS that are used.
struct Library {
  void* handle = nullptr;

  explicit Library(const std::vector<std::string>& files) {
    for (const std::string& file : files) {
      handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
      if (handle != nullptr) return;
    }
  }
  template <class Function>
  Function* find(const char* name) const {
    void* function = dlsym(handle, name);
    if (function == nullptr) {
      std::cerr << "OpenBLAS has no " << name << "\n";
      std::exit(1);
    }
    return reinterpret_cast<Function*>(function);
  }
};

using Sgemm = void(int order, int transpose_a, int transpose_b, int m, int n, int k, float alpha,
                   const float* a, int lda, const float* b, int ldb, float beta, float* c, int ldc);

std::string version_of(const Library& library) {
  // "OpenBLAS 0.3.21 NO_LAPACKE ..."
  std::istringstream config(library.find<char*()>("openblas_get_config")());
  std::string name, number;
  config >> name >> number;
  const char* kinds[] = {"one thread", "own threads", "OpenMP"};
  const int kind = library.find<int()>("openblas_get_parallel")();
  return name + " " + number + " for " + library.find<char*()>("openblas_get_corename")() + ", " +
         (kind >= 0 && kind < 3 ? kinds[kind] : "threads unknown");
}

// A version that is older than the CPU takes it for a Prescott of 2004, whose vectors have 4
// floats. It reads what to take it for when it is loaded, so the program starts once more.
// bench_torch.py does the same.
void name_unknown_cpu(const Library& library, char** argv) {
#if defined(__x86_64__)
  constexpr const char* variable = "OPENBLAS_CORETYPE";
  const char* told = std::getenv(variable);
  if (told != nullptr && *told != '\0') return;
  if (std::string(library.find<char*()>("openblas_get_corename")()) != "Prescott") return;
  const char* core = __builtin_cpu_supports("avx512bf16") ? "Cooperlake"
                     : __builtin_cpu_supports("avx512f")  ? "SkylakeX"
                     : __builtin_cpu_supports("avx2")     ? "Haswell"
                                                          : nullptr;
  if (core == nullptr || setenv(variable, core, 1) != 0) return;
  execv("/proc/self/exe", argv);  // returns only if it fails: then the CPU stays a Prescott
#else
  static_cast<void>(library);
  static_cast<void>(argv);
#endif
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7 || std::string(argv[1]) != "gemm" || std::string(argv[5]).size() != 2) {
    std::cerr << "usage: bench_openblas gemm M N K nn|nt|tn|tt THREADS\n";
    return 2;
  }
  const int m = std::atoi(argv[2]), n = std::atoi(argv[3]), k = std::atoi(argv[4]);
  const bool transpose_a = argv[5][0] == 't', transpose_b = argv[5][1] == 't';
  const Library library(library_files());
  if (library.handle == nullptr) {
    std::cout << "missing libopenblas.so.0" << std::endl;
    return 0;
  }
  name_unknown_cpu(library, argv);
  library.find<void(int)>("openblas_set_num_threads")(std::atoi(argv[6]));
  Sgemm* const sgemm = library.find<Sgemm>("cblas_sgemm");
  Random random(1);
  const std::vector<float> a = random_values(std::int64_t{m} * k, random);
  const std::vector<float> b = random_values(std::int64_t{k} * n, random);
  std::vector<float> c = random_values(std::int64_t{m} * n, random);
  constexpr int row_major = 101, plain = 111, transposed = 112;  // of cblas.h
  return serve(version_of(library), [&] {
    sgemm(row_major, transpose_a ? transposed : plain, transpose_b ? transposed : plain, m, n, k, 1,
          a.data(), transpose_a ? m : k, b.data(), transpose_b ? k : n, 0, c.data(), n);
  });
}
