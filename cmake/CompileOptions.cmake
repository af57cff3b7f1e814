# SPDX-License-Identifier: BSD-3-Clause
# One interface target carries the warnings, the sanitizers and the machine flags of every module.
add_library(equikoop_options INTERFACE)
target_compile_options(equikoop_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow
  $<$<BOOL:${EQUIKOOP_WERROR}>:-Werror>
  $<$<BOOL:${EQUIKOOP_NATIVE}>:-march=native>)
# Contracting a·b + c into one rounding changes last bits from compiler to compiler: it is asked for
# where it pays (fma in kernels), never by default.
target_compile_options(equikoop_options INTERFACE -ffp-contract=off)
# Without errno a square root is one instruction and a loop of them is vectorised; results are the
# same to the last bit.
target_compile_options(equikoop_options INTERFACE -fno-math-errno)
if(EQUIKOOP_SANITIZE)
  string(REPLACE ";" "," sanitizers "${EQUIKOOP_SANITIZE}")
  target_compile_options(equikoop_options INTERFACE -fsanitize=${sanitizers}
                         -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(equikoop_options INTERFACE -fsanitize=${sanitizers})
endif()

# Standard headers, fmt and GoogleTest take longer to read than our code to compile: they are read
# once. Off where ccache compiles (it keeps the results of more checkouts than one without them);
# every file still includes what it uses: -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON builds as well.
if(CMAKE_CXX_COMPILER_LAUNCHER MATCHES "ccache" AND NOT DEFINED CMAKE_DISABLE_PRECOMPILE_HEADERS)
  set(CMAKE_DISABLE_PRECOMPILE_HEADERS ON)
endif()
set(EQUIKOOP_COMMON_HEADERS <algorithm> <array> <chrono> <cmath> <complex> <cstdint> <filesystem> <functional>
  <limits> <map> <memory> <numeric> <optional> <span> <sstream> <string> <string_view> <vector> <fmt/format.h>)
# A precompiled header serves targets with the same flags; this one is of the modules, which are
# position-independent, as an installed library must be.
add_library(equikoop_headers OBJECT ${PROJECT_SOURCE_DIR}/cmake/empty.cpp)
target_link_libraries(equikoop_headers PRIVATE equikoop_options fmt::fmt)
target_precompile_headers(equikoop_headers PRIVATE ${EQUIKOOP_COMMON_HEADERS})
set_target_properties(equikoop_headers PROPERTIES POSITION_INDEPENDENT_CODE ON)

# Code that parses, names and prints spends no time: less optimisation builds it a third faster.
set(EQUIKOOP_COLD_CODE $<$<CONFIG:Release>:-O1>)

# equikoop_add_module(NAME sources... DEPENDS targets... [COLD]): one static library a module. The
# dependencies named here are the arrows of the architecture; nothing else may be included.
# COLD: no kernels inside.
function(equikoop_add_module name)
  cmake_parse_arguments(ARG "COLD" "" "DEPENDS" ${ARGN})
  add_library(equikoop_${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  add_library(equikoop::${name} ALIAS equikoop_${name})
  target_include_directories(equikoop_${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(equikoop_${name} PUBLIC ${ARG_DEPENDS} PRIVATE $<BUILD_INTERFACE:equikoop_options>)
  target_compile_options(equikoop_${name} PRIVATE $<$<BOOL:${ARG_COLD}>:${EQUIKOOP_COLD_CODE}>)
  target_precompile_headers(equikoop_${name} REUSE_FROM equikoop_headers)
  set_target_properties(equikoop_${name} PROPERTIES EXPORT_NAME ${name} POSITION_INDEPENDENT_CODE ON)
endfunction()
