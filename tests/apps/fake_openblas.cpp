// What bench_openblas needs of OpenBLAS, from a version that knows no CPU: a core unless it is
// told.
#include <cstdlib>

extern "C" {

const char* openblas_get_config() {
  return "OpenBLAS 0.0";
}

const char* openblas_get_corename() {
  const char* told = std::getenv("OPENBLAS_CORETYPE");
  return told != nullptr && *told != '\0' ? told : "Prescott";
}

int openblas_get_parallel() {
  return 0;
}

void openblas_set_num_threads(int) {}

void cblas_sgemm() {}
}
