// What this CPU can do, and which version of a kernel it gets.
#pragma once

#include <string>
#include <utility>

namespace longhand {

// From the narrowest vectors to the widest. `baseline` is what every CPU of the architecture the
// program was compiled for has: SSE2 on x86-64, NEON on AArch64. `amx` is avx512 with a matrix
// unit.
enum class InstructionSet { baseline, avx2, avx512, amx };

// "baseline", "avx2" (with FMA), "avx512" (F, VL, DQ and BW) or "amx" (avx512 and tiles of
// bfloat16)
std::string to_string(InstructionSet set);

// The best that this CPU has, found once. $LONGHAND_ISA, one of the names above, asks for a
// narrower one: ValueError for a name there is not, or a set that this CPU has not.
InstructionSet instruction_set();

// Whether products of large matrices run on a matrix unit (core/gemm_parts.h), which is for floats.
bool has_matrix_unit();

// The ladder of Device::cpu, from the plainest version to the fastest (docs/fast_cpu.md):
// `reference`, the loops of the formulas; `im2col`, convolution by im2col and gemm; `best`.
enum class CpuRung { reference, im2col, best };

// What $LONGHAND_CPU asks for, "ref", "im2col" or "best"; best when it is not set. Read once.
// ValueError for any other word.
CpuRung cpu_rung();

// Before a loop over the vectors of a tile: it is unrolled, or the vectors would not stay in
// registers. Builds with sanitizers leave such loops alone, as they take minutes to compile
// otherwise.
#if defined(LONGHAND_SANITIZED)
#define LONGHAND_UNROLL
#else
#define LONGHAND_UNROLL _Pragma("GCC unroll 16")
#endif

// A kernel is written once, as
//
//   struct Scale {
//     template <class Isa> [[gnu::always_inline]] static void run(float factor, float* values);
//   };
//
// and run_kernel<Scale>(2.0F, values) runs the instance that was compiled for this CPU's
// instruction set. Isa says what the instance may count on:
struct Baseline {
  static constexpr int vector_bytes = 16;  // of one register
#if defined(__x86_64__)
  static constexpr int registers = 16;
#else
  static constexpr int registers = 32;
#endif
};
struct Avx2 {
  static constexpr int vector_bytes = 32;
  static constexpr int registers = 16;
};
struct Avx512 {
  static constexpr int vector_bytes = 64;
  static constexpr int registers = 32;
};

// The three places where the compiler is told what instructions it may use. `run` is inlined into
// each, so everything in it is compiled for that set.
template <class Kernel, class... Args>
[[gnu::noinline]] void run_baseline(Args... args) {
  Kernel::template run<Baseline>(args...);
}
#if defined(__x86_64__)
template <class Kernel, class... Args>
[[gnu::noinline, gnu::target("avx2,fma")]] void run_avx2(Args... args) {
  Kernel::template run<Avx2>(args...);
}
template <class Kernel, class... Args>
[[gnu::noinline, gnu::target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]] void run_avx512(
    Args... args) {
  Kernel::template run<Avx512>(args...);
}
#endif

// The same from inside a kernel that knows its Isa: a call of its own, whose registers are not
// shared with what surrounds it.
template <class Isa, class Kernel, class... Args>
void run_kernel_for(Args... args) {
#if defined(__x86_64__)
  if constexpr (Isa::vector_bytes == Avx512::vector_bytes) return run_avx512<Kernel>(args...);
  if constexpr (Isa::vector_bytes == Avx2::vector_bytes) return run_avx2<Kernel>(args...);
#endif
  if constexpr (Isa::vector_bytes == Baseline::vector_bytes) return run_baseline<Kernel>(args...);
}

template <class Kernel, class... Args>
void run_kernel(Args... args) {
  switch (instruction_set()) {
#if defined(__x86_64__)
    case InstructionSet::amx:
    case InstructionSet::avx512:
      return run_avx512<Kernel>(args...);
    case InstructionSet::avx2:
      return run_avx2<Kernel>(args...);
#else
    case InstructionSet::amx:
    case InstructionSet::avx512:
    case InstructionSet::avx2:
#endif
    case InstructionSet::baseline:
      return run_baseline<Kernel>(args...);
  }
}

}  // namespace longhand
