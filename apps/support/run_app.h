// What every program's main does around its work.
#pragma once

#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>
#include <new>
#include <string>

namespace longhand {

// Only this header, no source file: it serves programs that count in float and in double.

// One line "<app's name>: <message>" on stderr, after what was printed before. Returns 1.
inline int fail(const CLI::App& app, const std::string& message) {
  std::cout.flush();  // so that the message is last where both go to one terminal
  std::cerr << app.get_name() << ": " << message << std::endl;
  return 1;
}

// To be called in a catch block: says what was thrown and returns main's exit code.
//
//   0                    after --help
//   CLI11's code, > 1    when the arguments are wrong, with CLI11's message on stderr
//   1                    for every other exception, with one line on stderr
inline int report_error(const CLI::App& app) {
  try {
    throw;
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  } catch (const std::bad_alloc&) {
    return fail(app, "out of memory");
  } catch (const std::exception& error) {  // longhand::Error among them
    return fail(app, error.what());
  }
}

// To be called at the end: `code`, unless what was printed could not be written (a full disk).
inline int finish(const CLI::App& app, int code) {
  std::cout.flush();
  return std::cout ? code : fail(app, "the output could not be written");
}

// Reads the arguments into app's options, runs body and gives main its exit code: what body
// returns, or report_error's.
//
//   int main(int argc, char** argv) {
//     CLI::App app("Recognises handwritten digits", "predict");
//     ...
//     return longhand::run_app(app, argc, argv, [&] { ...; return 0; });
//   }
template <class Body>
int run_app(CLI::App& app, int argc, const char* const* argv, Body&& body) {
  try {
    app.parse(argc, argv);
    return finish(app, body());
  } catch (...) {
    return report_error(app);
  }
}

}  // namespace longhand
