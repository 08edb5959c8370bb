#include "core/cpu.h"

#include <cstdlib>

#include "core/error.h"
#include "core/real.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace longhand {

namespace {

#if defined(__x86_64__)
// Whether the CPU multiplies tiles of bfloat16, and Linux lets this process use them: it keeps 8 KB
// more for each thread that does, so it wants to be asked.
bool matrix_unit_found() {
#if defined(__linux__)
  constexpr unsigned bfloat16 = 1U << 22, tiles = 1U << 24;  // in edx of leaf 7
  constexpr long request_permission = 0x1023, tile_data = 18;
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return false;
  if ((d & bfloat16) == 0 || (d & tiles) == 0) return false;
  return syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
#else
  return false;
#endif
}
#endif

InstructionSet best_instruction_set() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw")) {
      return matrix_unit_found() ? InstructionSet::amx : InstructionSet::avx512;
    }
    return InstructionSet::avx2;
  }
#endif
  return InstructionSet::baseline;
}

InstructionSet choose_instruction_set() {
  const InstructionSet best = best_instruction_set();
  const char* wanted = std::getenv("LONGHAND_ISA");
  if (wanted == nullptr || *wanted == '\0') return best;
  for (const InstructionSet set : {InstructionSet::baseline, InstructionSet::avx2,
                                   InstructionSet::avx512, InstructionSet::amx}) {
    if (to_string(set) != wanted) continue;
    if (set <= best) return set;
    throw ValueError("LONGHAND_ISA is " + to_string(set) + ", but this CPU has only " +
                     to_string(best));
  }
  throw ValueError("LONGHAND_ISA is '" + std::string(wanted) +
                   "': choose baseline, avx2, avx512 or amx");
}

CpuRung choose_cpu_rung() {
  const char* wanted = std::getenv("LONGHAND_CPU");
  const std::string name = wanted == nullptr ? "" : wanted;
  if (name.empty() || name == "best") return CpuRung::best;
  if (name == "im2col") return CpuRung::im2col;
  if (name == "ref") return CpuRung::reference;
  throw ValueError("LONGHAND_CPU is '" + name + "': choose ref, im2col or best");
}

}  // namespace

std::string to_string(InstructionSet set) {
  switch (set) {
    case InstructionSet::baseline:
      return "baseline";
    case InstructionSet::avx2:
      return "avx2";
    case InstructionSet::avx512:
      return "avx512";
    case InstructionSet::amx:
      return "amx";
  }
  return "";
}

InstructionSet instruction_set() {
  static const InstructionSet chosen = choose_instruction_set();
  return chosen;
}

bool has_matrix_unit() {
  return sizeof(real) == sizeof(float) && instruction_set() == InstructionSet::amx;
}

CpuRung cpu_rung() {
  static const CpuRung chosen = choose_cpu_rung();
  return chosen;
}

}  // namespace longhand
