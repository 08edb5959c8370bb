# The libraries that Longhand uses. For each one: the installed package, else a pinned release,
# fetched and checked against its hash.
include(FetchContent)

# Fetches and unpacks a release. Where it has a CMakeLists.txt it joins the build, its headers not
# ours to warn about.
macro(longhand_fetch name url sha256)
  message(STATUS "${name} is not installed: fetching ${url}")
  FetchContent_Declare(${name} URL ${url} URL_HASH SHA256=${sha256} DOWNLOAD_EXTRACT_TIMESTAMP ON
                       SYSTEM)
  FetchContent_MakeAvailable(${name})
endmacro()

find_package(Threads REQUIRED)

find_package(nlohmann_json 3.11 QUIET)
if(NOT nlohmann_json_FOUND)
  longhand_fetch(nlohmann_json
    https://github.com/nlohmann/json/releases/download/v3.11.2/json.tar.xz
    8c4b26bf4b422252e13f332bc5e388ec0ab5c3443d24399acb675e68278d341f)
endif()

find_package(CLI11 2.1 QUIET)
if(NOT CLI11_FOUND)
  longhand_fetch(CLI11 https://github.com/CLIUtils/CLI11/archive/refs/tags/v2.5.0.tar.gz
    17e02b4cddc2fa348e5dbdbb582c59a3486fa2b2433e70a0c3bacb871334fd55)
endif()

find_package(ZLIB QUIET)
if(NOT ZLIB_FOUND)
  longhand_fetch(zlib https://github.com/madler/zlib/releases/download/v1.3.1/zlib-1.3.1.tar.gz
    9a93b2b7dfdac77ceba5a558a580e74667dd6fede4585b91eefb60f03b72df23)
  target_include_directories(zlibstatic INTERFACE ${zlib_SOURCE_DIR} ${zlib_BINARY_DIR})
  add_library(ZLIB::ZLIB ALIAS zlibstatic)
endif()

find_path(STB_INCLUDE_DIR stb_image.h PATH_SUFFIXES stb)
if(NOT STB_INCLUDE_DIR)
  longhand_fetch(stb
    https://github.com/nothings/stb/archive/8b5f1f37b5b75829fc72d38e7b5d4bcbf8a26d55.zip
    93a16ee3e866e719feec459f6f132cce932c5ec751eb38e3ec1975f911353d2e)
  set(STB_INCLUDE_DIR ${stb_SOURCE_DIR} CACHE PATH "Where stb_image.h is" FORCE)
endif()
add_library(longhand_stb INTERFACE)
target_include_directories(longhand_stb SYSTEM INTERFACE ${STB_INCLUDE_DIR})

# Only for downloading data sets; without them Longhand is built without that.
find_package(CURL QUIET)
find_package(OpenSSL QUIET)

# Boost.Context switches stacks for the runtime that runs CUDA kernels on the CPU. It is part of a
# build system of its own, so it is not fetched.
find_package(Boost 1.71 QUIET COMPONENTS context)
if(NOT TARGET Boost::context)
  message(FATAL_ERROR "Boost.Context 1.71 or newer is missing, which runs CUDA kernels on the CPU. "
          "Please install it: libboost-context-dev on Debian and Ubuntu, boost-devel on Fedora, "
          "boost elsewhere.")
endif()

if(LONGHAND_TESTS)
  find_package(doctest 2.4 QUIET)
  if(NOT doctest_FOUND)
    set(DOCTEST_WITH_TESTS OFF)
    longhand_fetch(doctest https://github.com/doctest/doctest/archive/refs/tags/v2.4.12.tar.gz
      73381c7aa4dee704bd935609668cf41880ea7f19fa0504a200e13b74999c2d70)
  endif()
endif()
