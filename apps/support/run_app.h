// What every program's main does around its work.
#pragma once

#include <CLI/CLI.hpp>
#include <exception>
#include <functional>
#include <iostream>
#include <new>

namespace longhand {

// Reads the arguments into app's options, runs body and gives main its exit code:
//
//   what body returns    when it returns
//   0                    after --help
//   1                    when body throws, with one line "<app's name>: <message>" on stderr
//   CLI11's code, > 1    when the arguments are wrong, with CLI11's message on stderr
//
//   int main(int argc, char** argv) {
//     CLI::App app("Recognises handwritten digits", "predict");
//     ...
//     return longhand::run_app(app, argc, argv, [&] { ...; return 0; });
//   }
//
// Only this header, no source file: it serves programs that count in float and in double.
inline int run_app(CLI::App& app, int argc, const char* const* argv,
                   const std::function<int()>& body) {
  auto fail = [&app](const char* message) {
    std::cerr << app.get_name() << ": " << message << std::endl;
    return 1;
  };
  try {
    app.parse(argc, argv);
    const int code = body();
    std::cout.flush();
    if (!std::cout) return fail("the output could not be written");
    return code;
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  } catch (const std::bad_alloc&) {
    return fail("out of memory");
  } catch (const std::exception& error) {  // longhand::Error among them
    return fail(error.what());
  }
}

}  // namespace longhand
