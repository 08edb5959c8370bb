// A check for options that take a number above 0.
#pragma once

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdlib>
#include <string>

namespace longhand {

// (CLI::PositiveNumber refuses the same, but writes out the largest double, 309 digits, to say so.)
inline CLI::Validator positive_number() {
  const auto check = [](const std::string& text) {
    char* end = nullptr;
    const double number = std::strtod(text.c_str(), &end);
    const bool all = end != text.c_str() && *end == '\0';
    return all && number > 0 && std::isfinite(number) ? "" : text + " is not a number above 0";
  };
  return {check, "POSITIVE", "positive number"};
}

}  // namespace longhand
