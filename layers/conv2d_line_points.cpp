#include "layers/conv2d_line_points.h"

#include <algorithm>
#include <cstddef>

#include "core/cpu.h"
#include "core/gemm_tile.h"
#include "core/vector.h"
#include "core/vector_pairs.h"
#include "layers/conv2d_line_matrices.h"

namespace longhand::fast::line_winograd {

namespace {

template <int taps>
struct TransformLines {
  static constexpr auto matrix = all_rows<taps, taps + 1>(input_row);

  template <class Isa>
  [[gnu::always_inline]] static void run(const real* pixels, int rows, int pairs, real* v,
                                         std::int64_t point_stride) {
    using V = Vectors<Isa>;
    using Vector = typename V::Vector;
    const int pitch = pixels_pitch(pairs);
    for (int r = 0; r < rows; ++r, pixels += pitch, v += pairs) {
      for (int block = 0; block < pairs; block += V::lanes) {
        // The last vector overlaps the one before; or the next row, which overwrites it.
        const int p = std::max(std::min(block, pairs - V::lanes), 0);
        Vector d[taps / 2 * 2 + 2];
        LONGHAND_UNROLL
        for (int j = 0; j <= taps; j += 2) Pairs<Isa>::split(pixels + 2 * p + j, d[j], d[j + 1]);
        LONGHAND_UNROLL
        for (int i = 0; i <= taps; ++i) {
          Vector point;
          multiply_row(matrix[static_cast<std::size_t>(i)], d, point);
          V::store(point, v + i * point_stride + p);
        }
      }
    }
  }
};

template <int taps>
struct TransformTaps {
  static constexpr auto matrix = all_rows<taps, taps + 1>(weight_row);

  template <class Isa>
  [[gnu::always_inline]] static void run(const KernelLines* kernels) {
    using V = Vectors<Isa>;
    using Vector = typename V::Vector;
    const KernelLines k = *kernels;
    const std::int64_t step = std::int64_t{k.step} * k.width;
    for (int l = 0; l < k.lines; ++l) {
      for (int c = 0; c < k.channels; c += V::lanes) {
        Vector g[taps];
        LONGHAND_UNROLL
        for (int j = 0; j < taps; ++j) {
          V::load(k.g + std::int64_t{l} * k.pitch * k.width + j * step + c, g[j]);
        }
        LONGHAND_UNROLL
        for (int i = 0; i <= taps; ++i) {
          Vector sum;
          multiply_row(matrix[static_cast<std::size_t>(i)], g, sum);
          real* u = k.u[static_cast<std::size_t>(i)] + std::int64_t{l} * k.channels + c;
          // What is too much of a vector the next lines overwrite, unless there are none.
          if (std::int64_t{k.lines - l} * k.channels < c + V::lanes) {
            V::store(sum, std::min(k.channels - c, V::lanes), u);
          } else {
            V::store(sum, u);
          }
        }
      }
    }
  }
};

}  // namespace

int pixels_pitch(int pairs) {
  return 2 * std::max(pairs, tiles().lanes) + most_taps + 1;
}

void transform_lines(int taps, const real* pixels, int rows, int pairs, real* v,
                     std::int64_t point_stride) {
  with_taps(taps, [&](auto count) {
    run_kernel<TransformLines<count>>(pixels, rows, pairs, v, point_stride);
  });
}

void transform_taps(int taps, const KernelLines& kernels) {
  with_taps(taps, [&](auto count) { run_kernel<TransformTaps<count>>(&kernels); });
}

}  // namespace longhand::fast::line_winograd
