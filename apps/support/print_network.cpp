#include "apps/support/print_network.h"

#include <iomanip>
#include <iostream>

#include "apps/support/progress.h"

namespace longhand {

namespace {

void print_line(const std::string& what, const std::string& shape, std::int64_t values) {
  std::cout << "  " << std::left << std::setw(40) << what << std::setw(14) << shape << std::right
            << std::setw(10) << format_count(static_cast<double>(values)) << "\n";
}

}  // namespace

void print_network(Sequential& net, const Shape& x) {
  Shape shape = x;
  for (int i = 0; i < net.size(); ++i) {
    shape = net.layer(i).output_shape(shape);
    print_line(net.layer(i).describe(), to_string(shape), count_values(net.layer(i).params()));
  }
  print_line("parameters", "", count_values(net.params()));
}

}  // namespace longhand
