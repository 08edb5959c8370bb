// The third part of the lesson: the step of stochastic gradient descent, and the loss after it.
#pragma once

#include <cmath>
#include <ostream>
#include <sstream>
#include <string>
#include <vector>

#include "apps/by_hand/forward.h"
#include "apps/by_hand/net.h"
#include "apps/by_hand/print.h"
#include "core/optimizer.h"

namespace longhand::by_hand {

// Moves the parameters, and runs the forward again.
inline void print_update(std::ostream& out, Net& net, double learning_rate) {
  out << "\n3. Update: each parameter takes a step against its gradient\n"
         "-----------------------------------------------------------\n"
         "    w_new = w - lr * dw\n\n";
  struct Named {
    std::string name;
    Param& param;
    Tensor before;
  };
  std::vector<Named> all;
  all.push_back({"w", net.conv.weight(), net.conv.weight().value});
  all.push_back({"b", net.conv.bias(), net.conv.bias().value});
  all.push_back({"v", net.dense.weight(), net.dense.weight().value});
  all.push_back({"c", net.dense.bias(), net.dense.bias().value});
  std::vector<Param*> params;
  for (const Named& named : all) params.push_back(&named.param);
  Sgd(params, {.learning_rate = learning_rate}).step();
  for (const Named& named : all) {
    const int size = static_cast<int>(named.before.size());
    for (int i = 0; i < size; ++i) {
      std::string name = named.name + "_new";
      if (size > 1) name = named.name == "w" ? element(name, i / 2, i % 2) : element(name, i);
      const double before = named.before[i], grad = named.param.grad[i];
      const double after = before - learning_rate * grad;
      require_equal(name, after, named.param.value[i],
                    std::abs(before) + std::abs(learning_rate * grad));
      out << "  " << name << " = " << num(before) << " - " << num(learning_rate) << "*"
          << factor(grad) << " = " << num(after) << "\n";
    }
  }
  const double loss = net.loss;
  net.forward();
  std::ostringstream unread;
  print_forward(unread, net);  // every number of it is counted again, too
  out << "\n  With the new parameters:\n";
  print_grids(out, {{"z", net.z}, {"a", net.a}, {"p", net.p}});
  out << "\n";
  print_y(out, net);
  print_loss(out, net);
  out << "  The loss was " << num(loss) << " and is now " << num(net.loss)
      << (net.loss < loss    ? ".\n"
          : net.loss == loss ? ": no change.\n"
                             : ": it rose. The step was too long; try a smaller --lr.\n");
}

}  // namespace longhand::by_hand
