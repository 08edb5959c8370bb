#include "layers/conv2d_planes.h"

#include <algorithm>
#include <utility>

#include "core/cpu.h"
#include "core/transpose.h"

namespace longhand::fast::implicit {

namespace {

// A vector of every second number of two, from number `odd` on.
template <class Isa, int odd, int... lane>
[[gnu::always_inline]] inline void copy_every_second(const real* from, real* to,
                                                     std::integer_sequence<int, lane...>) {
  using Vector = typename SquareTranspose<Isa>::Vector;
  using Stored = typename SquareTranspose<Isa>::Stored;
  const Vector low = *reinterpret_cast<const Stored*>(from);
  const Vector high = *reinterpret_cast<const Stored*>(from + sizeof...(lane));
  const Vector both = __builtin_shufflevector(low, high, (2 * lane + odd)...);
  *reinterpret_cast<Stored*>(to) = both;
}

// to[i] = line[2 * i + odd] for i < count, in whole vectors; returns how many those hold.
template <class Isa, int odd>
[[gnu::always_inline]] inline int copy_every_second(const real* line, int count, real* to) {
  constexpr int lanes = SquareTranspose<Isa>::lanes;
  int i = 0;
  for (; i + lanes <= count; i += lanes) {
    copy_every_second<Isa, odd>(line + 2 * i, to + i, std::make_integer_sequence<int, lanes>());
  }
  return i;
}

// to[i] = line[first + i * step], zero where there is no such pixel, for i < count.
template <class Isa>
[[gnu::always_inline]] inline void copy_line(const real* line, int size, int first, int step,
                                             int count, real* to) {
  const int begin = std::clamp(first >= 0 ? 0 : (-first + step - 1) / step, 0, count);
  const int end = std::clamp(first >= size ? 0 : (size - 1 - first) / step + 1, begin, count);
  std::fill(to, to + begin, real(0));
  int i = begin;
  if (step == 1) {
    std::copy(line + first + begin, line + first + end, to + begin);
    i = end;
  } else if (step == 2) {  // pairs of pixels from an even one on, as many as the line holds
    const int pixel = first + 2 * begin, pairs = std::min(end - begin, size / 2 - pixel / 2);
    i += pixel % 2 == 0 ? copy_every_second<Isa, 0>(line + pixel, pairs, to + begin)
                        : copy_every_second<Isa, 1>(line + pixel - 1, pairs, to + begin);
  }
  for (; i < end; ++i) to[i] = line[first + i * step];
  std::fill(to + end, to + count, real(0));
}

struct CopyPlane {
  template <class Isa>
  [[gnu::always_inline]] static void run(const real* image, int h, int w, const Plane* plane,
                                         int begin, int end, real* to) {
    for (int i = begin; i < end; ++i) {
      const int row = plane->first_h + i * plane->step_h;
      real* line = to + std::int64_t{i} * plane->columns;
      if (row < 0 || row >= h) {
        std::fill_n(line, plane->columns, real(0));
      } else {
        copy_line<Isa>(image + std::int64_t{row} * w, w, plane->first_w, plane->step_w,
                       plane->columns, line);
      }
    }
  }
};

}  // namespace

void copy_plane(const real* image, int h, int w, const Plane& plane, int begin, int end, real* to) {
  run_kernel<CopyPlane>(image, h, w, &plane, begin, end, to);
}

void InputPlanes::copy(const real* x, int c0, int c1, int oh0, int oh1, real* planes) const {
  for (int c = c0; c < c1; ++c) {
    for (int ph = 0; ph < rows.phases(); ++ph) {
      for (int pw = 0; pw < columns.phases(); ++pw) {
        const Plane plane{oh0 * rows.stride + ph - rows.padding,
                          rows.stride,
                          pw - columns.padding,
                          columns.stride,
                          rows.plane(),
                          columns.plane()};
        copy_plane(x + std::int64_t{c} * rows.in * columns.in, rows.in, columns.in, plane, 0,
                   oh1 - oh0 + rows.plane() - rows.out, planes);
        planes += plane.size();
      }
    }
  }
}

void InputPlanes::offsets(int channels, std::vector<int>& offset) const {
  const int plane = rows.plane() * columns.plane();
  offset.clear();
  for (int ci = 0; ci < channels; ++ci) {
    for (int kh = 0; kh < rows.kernel; ++kh) {
      for (int kw = 0; kw < columns.kernel; ++kw) {
        const int phase = rows.phase_of(kh) * columns.phases() + columns.phase_of(kw);
        offset.push_back(static_cast<int>(ci * channel) + phase * plane +
                         rows.shift_of(kh) * columns.plane() + columns.shift_of(kw));
      }
    }
  }
}

int lines_at_a_time(const Conv2dGeometry& g) {
  constexpr std::int64_t most_numbers = 1 << 15;
  const std::int64_t one = InputPlanes(g, 1).channel, line = InputPlanes(g, 2).channel - one;
  const std::int64_t lines = (most_numbers / g.w.c - one) / line / 2 * 2;
  return lines < 16 || lines > g.y.h ? g.y.h : static_cast<int>(lines);
}

}  // namespace longhand::fast::implicit
