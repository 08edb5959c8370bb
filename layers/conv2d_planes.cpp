#include "layers/conv2d_planes.h"

namespace longhand::fast::implicit {

namespace {

// to[i] = line[first + i * step], zero where there is no such pixel, for i < count.
void copy_line(const real* line, int size, int first, int step, int count, real* to) {
  const int begin = std::clamp(first >= 0 ? 0 : (-first + step - 1) / step, 0, count);
  const int end = std::clamp(first >= size ? 0 : (size - 1 - first) / step + 1, begin, count);
  std::fill(to, to + begin, real(0));
  if (step == 1) {
    std::copy(line + first + begin, line + first + end, to + begin);
  } else {
    for (int i = begin; i < end; ++i) to[i] = line[first + i * step];
  }
  std::fill(to + end, to + count, real(0));
}

}  // namespace

void copy_plane(const real* image, int h, int w, const Plane& plane, int begin, int end, real* to) {
  for (int i = begin; i < end; ++i) {
    const int row = plane.first_h + i * plane.step_h;
    real* line = to + std::int64_t{i} * plane.columns;
    if (row < 0 || row >= h) {
      std::fill_n(line, plane.columns, real(0));
    } else {
      copy_line(image + std::int64_t{row} * w, w, plane.first_w, plane.step_w, plane.columns, line);
    }
  }
}

void InputPlanes::copy(const real* x, int c0, int c1, int oh0, int oh1, real* planes) const {
  for (int c = c0; c < c1; ++c) {
    for (int ph = 0; ph < rows.phases(); ++ph) {
      for (int pw = 0; pw < columns.phases(); ++pw) {
        const Plane plane{ph - rows.padding, rows.stride,  pw - columns.padding,
                          columns.stride,    rows.plane(), columns.plane()};
        copy_plane(x + std::int64_t{c} * rows.in * columns.in, rows.in, columns.in, plane, oh0,
                   oh1 + rows.plane() - rows.out, planes);
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

}  // namespace longhand::fast::implicit
