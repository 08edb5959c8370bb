// How by_hand writes numbers: shortly, in grids, and as sums with every product written out.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <ostream>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/tensor.h"

namespace longhand::by_hand {

// At most 6 significant digits: "2.1", "-0.5", "1e-05"; never "-0".
inline std::string num(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value + 0.0);  // -0 + 0 is 0
  return text;
}

// The same inside a sum or product: "(-0.5)".
inline std::string factor(double value) {
  return std::signbit(value + 0.0) ? "(" + num(value) + ")" : num(value);
}

// "z[1,2]"
inline std::string element(const std::string& name, int row, int column) {
  return name + "[" + std::to_string(row) + "," + std::to_string(column) + "]";
}

// "dv[3]"
inline std::string element(const std::string& name, int i) {
  return name + "[" + std::to_string(i) + "]";
}

// The name of one element of t and what it is: "z[1,2] = 2.1".
inline std::string equation(const std::string& name, const Tensor& t, int row, int column) {
  return element(name, row, column) + " = " + num(t.at(0, 0, row, column));
}

// A tensor's numbers with commas: "0.6, 1.1, 1.6, 2.1".
inline std::string list(const Tensor& t) {
  std::string text;
  for (std::int64_t i = 0; i < t.size(); ++i) text += (i == 0 ? "" : ", ") + num(t[i]);
  return text;
}

// Spaces after a text, so that what follows stands in a column.
inline std::string pad(const std::string& text, std::size_t width) {
  return text + std::string(std::max<std::size_t>(width, text.size() + 2) - text.size(), ' ');
}

// A name and the rows and columns of one image; `t` is 1 x 1 x H x W.
struct Grid {
  std::string name;
  const Tensor& t;
};

// An empty line, then the grids side by side, the columns of each as wide as its widest number.
inline void print_grids(std::ostream& out, const std::vector<Grid>& grids) {
  int rows = 0;
  for (const Grid& grid : grids) rows = std::max(rows, grid.t.shape().h);
  out << "\n";
  for (int h = 0; h < rows; ++h) {
    std::string line;
    for (const Grid& grid : grids) {
      const Shape& shape = grid.t.shape();
      std::size_t width = 0;
      for (std::int64_t i = 0; i < grid.t.size(); ++i) {
        width = std::max(width, num(grid.t[i]).size());
      }
      line += "  " + (h == 0 ? grid.name + " =" : std::string(grid.name.size() + 2, ' '));
      for (int w = 0; w < shape.w; ++w) {
        const std::string text = h < shape.h ? num(grid.t.at(0, 0, h, w)) : "";
        line += std::string(2 + width - text.size(), ' ') + text;
      }
      line += "    ";
    }
    out << line.erase(line.find_last_not_of(' ') + 1) << "\n";
  }
}

// The lesson's arithmetic and the engine's are two; where they differ by more than rounding (in a
// sum of terms whose sizes add up to `size`), one of them is wrong. Throws Error then.
inline void require_equal(const std::string& name, double by_hand, double engine, double size) {
  if (!(std::abs(by_hand - engine) <= 1e-12 * size)) {
    char text[100];
    std::snprintf(text, sizeof text, " is %.17g by hand, but the engine says %.17g", by_hand,
                  engine);
    throw Error(name + text);
  }
}

// A sum in three ways: in names (dz[0,1]*x[0,0]), in numbers (1.2*(-2)), and its value.
class Sum {
 public:
  explicit Sum(double start = 0) : value_(start), size_(std::abs(start)) {}

  void add(double a, double b, const std::string& in_names = "") {
    add_term(a * b, factor(a) + "*" + factor(b), in_names);
  }
  void add(double a, const std::string& in_names = "") { add_term(a, factor(a), in_names); }

  // The bias: already in the value, as every loop of the engine starts with it, but on paper last.
  void write_start(double start) { numbers_ += " + " + factor(start); }

  // "<name> = <numbers> = <value>", after the names if there were any. Throws Error unless the
  // engine has the same value.
  void print(std::ostream& out, const std::string& name, double engine) const {
    require_equal(name, value_, engine, size_);
    out << "  " << name << " = ";
    if (numbers_.empty()) {
      out << "0    (every product is 0)\n";
      return;
    }
    if (!names_.empty()) out << names_;
    if (terms_ > 1 && !names_.empty()) out << "\n" << std::string(name.size() + 2, ' ');
    if (!names_.empty()) out << " = ";
    out << numbers_ << " = " << num(value_) << "\n";
  }

 private:
  void add_term(double term, const std::string& in_numbers, const std::string& in_names) {
    value_ += term;
    size_ += std::abs(term);
    ++terms_;
    if (!numbers_.empty()) numbers_ += " + ";
    numbers_ += in_numbers;
    if (!names_.empty()) names_ += " + ";
    names_ += in_names;
  }

  std::string names_, numbers_;
  double value_, size_;
  int terms_ = 0;
};

}  // namespace longhand::by_hand
