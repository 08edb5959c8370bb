// bench ceiling: how fast this machine can be, whatever the program.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <string>
#include <vector>

#include "apps/bench/recorded.h"
#include "apps/bench/report.h"
#include "apps/bench/tile_ceiling.h"
#include "core/caches.h"
#include "core/cpu.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "core/tensor.h"

namespace longhand::bench {

// sum = sum * factor + term, in vectors that never leave the registers and do not wait for each
// other: enough of them to cover the latency of a fused multiply-add in every unit that can do one.
// Writes something that depends on all of them to *total, and to *flop how many floating-point
// operations that took: 2 a lane and a sum.
struct MultiplyAdd {
  template <class Isa>
  [[gnu::always_inline]] static void run(std::int64_t rounds, float factor, float term,
                                         float* total, double* flop) {
    typedef float Vector __attribute__((vector_size(Isa::vector_bytes)));
    constexpr int lanes = Isa::vector_bytes / static_cast<int>(sizeof(float));
    constexpr int sums = Isa::registers == 32 ? 16 : 12;  // and two registers for the constants
    Vector sum[sums];
    // They start apart, or the compiler would see that they are equal and keep only one.
    for (int i = 0; i < sums; ++i) sum[i] = Vector{} + static_cast<float>(i);
    const Vector factors = factor - Vector{}, terms = term - Vector{};  // in every lane
    for (std::int64_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 16
      for (int i = 0; i < sums; ++i) sum[i] = sum[i] * factors + terms;
    }
    *total = 0;
    for (int i = 0; i < sums; ++i) {
      for (int lane = 0; lane < lanes; ++lane) *total += sum[i][lane];
    }
    *flop = 2.0 * lanes * sums * static_cast<double>(rounds);
  }
};

// GFLOP/s of all threads together.
inline Spread bench_multiply_add(const Options& options, Measurement& measurement) {
  constexpr std::int64_t rounds = 200'000;
  std::atomic<float> sink{0};  // the compiler cannot leave out what ends up here
  std::atomic<double> flop{0};
  measurement = measure(options.windows, [&] {
    parallel_for(threads(), 1, [&](std::int64_t begin, std::int64_t end, int) {
      for (std::int64_t thread = begin; thread < end; ++thread) {
        float total = 0;
        double its_flop = 0;
        run_kernel<MultiplyAdd>(rounds, 0.5F, 1.0F, &total, &its_flop);
        sink = total;
        flop = its_flop;
      }
    });
  });
  return measurement.rates(1e-9 * flop * threads());
}

// So many bytes are in no cache for long: twice the L3, but 256 MB at least and at most 1 GB.
inline double memory_bytes() {
  return std::clamp(2 * caches().l3, 256 * megabyte, 1024 * megabyte);
}

// Bytes that one thread copies from and to.
struct CopySize {
  std::string level;
  double bytes;
};

// Half of an L2; four times an L2, and so in the L3; all threads together `memory_mb`.
inline std::vector<CopySize> copy_sizes(int memory_mb) {
  const auto [l2, l3] = caches();
  const double l3_share = std::min(4 * l2, l3 / (2 * threads()));
  const double memory = memory_mb > 0 ? memory_mb * megabyte : memory_bytes();
  return {{"L2", l2 / 2}, {"L3", std::max(2 * l2, l3_share)}, {"memory", memory / threads()}};
}

// Which of those levels holds `bytes`, shared out among the threads: 0, 1 or 2.
inline std::size_t cache_level(double bytes) {
  const auto [l2, l3] = caches();
  if (bytes / threads() <= l2) return 0;
  return bytes <= l3 ? 1 : 2;
}

// Each thread copies the first half of its part of the buffer to the second half, `copies` times.
class Copy {
 public:
  Copy(double bytes_a_thread, std::size_t copies)
      : half_(std::max<std::size_t>(static_cast<std::size_t>(bytes_a_thread / 2) / 64 * 64, 64)),
        copies_(copies) {
    require_memory("the copy", 2.0 * static_cast<double>(half_) * threads());
    buffer_ = Tensor({threads(), 1, 1, static_cast<int>(2 * half_ / sizeof(real))});
  }

  void operator()() {
    const std::size_t reals = half_ / sizeof(real);
    parallel_for(threads(), 1, [&](std::int64_t begin, std::int64_t end, int) {
      for (std::int64_t thread = begin; thread < end; ++thread) {
        real* from = buffer_.data() + thread * static_cast<std::int64_t>(2 * reals);
        for (std::size_t i = 0; i < copies_; ++i) {
          std::memcpy(from + reals, from, half_);
          std::atomic_signal_fence(std::memory_order_seq_cst);  // no copy may be left out
        }
      }
    });
  }

  // Gigabytes that all threads move in one call: those read and those written.
  double gigabytes() const { return 2e-9 * static_cast<double>(half_ * copies_) * threads(); }

 private:
  std::size_t half_, copies_;
  Tensor buffer_;
};

// GB/s of all threads together.
inline Spread bench_copy(const CopySize& size, const Options& options, Measurement& measurement) {
  // So many a step that waking threads is nothing.
  Copy copy(size.bytes, 1 + static_cast<std::size_t>((32 << 20) / size.bytes));
  measurement = measure(options.windows, copy);
  return measurement.rates(copy.gigabytes());
}

// What the machine can do at best, measured in a moment, each only when it is asked for.
class Floors {
 public:
  explicit Floors(const Options& options) : options_(options) {
    options_.windows = {.count = 5, .seconds = std::min(0.05, options.windows.seconds)};
  }

  // Seconds that so many floating-point operations and bytes take at least: whatever takes longer,
  // the operations at the ceiling of multiply-adds, or the bytes as fast as they are copied in the
  // cache that holds them all.
  double seconds(double flop, double bytes) {
    double floor = 0;
    if (flop > 0) floor = 1e-9 * flop / gflops();
    if (bytes > 0) floor = std::max(floor, 1e-9 * bytes / gb_per_second(cache_level(bytes)));
    return floor;
  }

 private:
  double gflops() {
    Measurement measurement;
    if (gflops_ == 0) gflops_ = bench_multiply_add(options_, measurement).max;
    return gflops_;
  }
  double gb_per_second(std::size_t level) {
    Measurement measurement;
    double& rate = gb_per_second_[level];
    if (rate == 0) rate = bench_copy(copy_sizes(0)[level], options_, measurement).max;
    return rate;
  }

  Options options_;
  double gflops_ = 0;
  std::array<double, 3> gb_per_second_{};
};

// Copies in the GPU's memory, replays_a_look of them a call: half of `bytes` read, half written.
class CopiesOnCuda {
 public:
  explicit CopiesOnCuda(double bytes) : from_(Memory::cuda), to_(Memory::cuda) {
    const Shape half{1, 1, 1, static_cast<int>(bytes / 2 / sizeof(real))};
    from_.resize(half);
    to_.resize(half);
    from_.fill(1);
  }
  void operator()() {
    for (int i = 0; i < replays_a_look; ++i) {
      cuda::copy(static_cast<std::size_t>(from_.bytes()), from_.data(), Memory::cuda, to_.data(),
                 Memory::cuda);
    }
    cuda::synchronize();
  }

 private:
  Tensor from_, to_;
};

// The copies of a GPU, in its L2 (that of an A100 or H100 holds them) and in its memory.
inline void bench_ceiling_on_cuda(int memory_mb, const Options& options) {
  print_start("copies in the GPU's memory, device " + describe(Device::cuda));
  const double memory = (memory_mb > 0 ? memory_mb : 512) * megabyte;
  const std::vector<CopySize> sizes = {{"L2", std::min(16 * megabyte, memory)}, {"memory", memory}};
  Json copies = Json::array();
  Measurement measurement;
  Spread spread;
  for (const CopySize& size : sizes) {
    require_memory("the copy", size.bytes);  // where kernels run on the CPU, it is the computer's
    CopiesOnCuda copy(size.bytes);
    measurement = measure(options.windows, copy);
    spread = measurement.rates(1e-9 * replays_a_look * size.bytes);
    label("copy") << "in " << size.level << ", " << format_figure(size.bytes / megabyte)
                  << " MB read and written\n";
    print_windows(options.windows, measurement);
    print_spread("GB/s", spread);
    copies.push_back({{"level", size.level},
                      {"bytes", size.bytes},
                      {"gb_per_second", spread.median},
                      {"min", spread.min},
                      {"max", spread.max},
                      {"disturbed", measurement.disturbed()}});
  }
  Json json = result("ceiling", "gb_per_second", spread, options, measurement);
  json["copy"] = copies;
  write_result(options, json);
}

inline void bench_ceiling(int memory_mb, const Options& options) {
  if (parse_device(options.device) == Device::cuda) {
    bench_ceiling_on_cuda(memory_mb, options);
    return;
  }
  print_start("multiply-adds in registers, and copies, on all threads at once");
  Measurement arithmetic;
  const Spread gflops = bench_multiply_add(options, arithmetic);
  print_windows(options.windows, arithmetic);
  print_spread("GFLOP/s", gflops);

  std::cout << "\n";
  label("tile") << "the multiply-adds of a convolution whose numbers are all in L1\n";
  Measurement loaded;
  const Spread tile = bench_tile<L1Tile>(options, loaded);
  print_windows(options.windows, loaded);
  print_spread("GFLOP/s", tile);

  Json parts;
  if (has_matrix_unit()) {
    Measurement measurement;
    std::cout << "\n";
    label("parts") << "products of floats by the matrix unit, their numbers in L1\n";
    const Spread spread = bench_tile<PartsTile>(options, measurement);
    print_windows(options.windows, measurement);
    print_spread("GFLOP/s", spread);
    parts = {{"gflops", spread.median},
             {"min", spread.min},
             {"max", spread.max},
             {"disturbed", measurement.disturbed()}};
  }

  Json copies = Json::array();
  for (const CopySize& size : copy_sizes(memory_mb)) {
    Measurement measurement;
    const Spread spread = bench_copy(size, options, measurement);
    std::cout << "\n";
    label("copy") << "in " << size.level << ", " << format_figure(size.bytes / megabyte)
                  << " MB a thread\n";
    print_windows(options.windows, measurement);
    print_spread("GB/s", spread);
    copies.push_back({{"level", size.level},
                      {"bytes_a_thread", size.bytes},
                      {"gb_per_second", spread.median},
                      {"min", spread.min},
                      {"max", spread.max},
                      {"disturbed", measurement.disturbed()}});
  }
  Json json = result("ceiling", "gflops", gflops, options, arithmetic);
  json["tile"] = {{"gflops", tile.median},
                  {"min", tile.min},
                  {"max", tile.max},
                  {"disturbed", loaded.disturbed()}};
  if (!parts.is_null()) json["parts"] = parts;
  json["copy"] = copies;
  write_result(options, json);
}

}  // namespace longhand::bench
