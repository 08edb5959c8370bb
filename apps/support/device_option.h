// The option --device, the same in every program.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace longhand {

inline void add_device_option(CLI::App& app, std::string& device) {
  app.add_option("--device", device,
                 "reference (the loops of the formulas, one thread), cpu (the same, faster) or "
                 "cuda (kernels: on a GPU where Longhand was built for one, else on the CPU)")
      ->check(CLI::IsMember({"reference", "cpu", "cuda"}))
      ->capture_default_str();
}

}  // namespace longhand
