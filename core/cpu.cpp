#include "core/cpu.h"

#include <cstdlib>

#include "core/error.h"

namespace longhand {

namespace {

InstructionSet best_instruction_set() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw")) {
      return InstructionSet::avx512;
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
  for (const InstructionSet set :
       {InstructionSet::baseline, InstructionSet::avx2, InstructionSet::avx512}) {
    if (to_string(set) != wanted) continue;
    if (set <= best) return set;
    throw ValueError("LONGHAND_ISA is " + to_string(set) + ", but this CPU has only " +
                     to_string(best));
  }
  throw ValueError("LONGHAND_ISA is '" + std::string(wanted) +
                   "': choose baseline, avx2 or avx512");
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
  }
  return "";
}

InstructionSet instruction_set() {
  static const InstructionSet chosen = choose_instruction_set();
  return chosen;
}

CpuRung cpu_rung() {
  static const CpuRung chosen = choose_cpu_rung();
  return chosen;
}

}  // namespace longhand
