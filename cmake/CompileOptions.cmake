# SPDX-License-Identifier: BSD-3-Clause
# One interface target carries the warnings, the sanitizers and the machine flags of every module.
add_library(equikoop_options INTERFACE)
target_compile_options(equikoop_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow
  $<$<BOOL:${EQUIKOOP_WERROR}>:-Werror>
  $<$<BOOL:${EQUIKOOP_NATIVE}>:-march=native>)
# Contracting a·b + c into one rounding changes last bits from compiler to compiler: it is asked for
# where it pays (fma in kernels), never by default.
target_compile_options(equikoop_options INTERFACE -ffp-contract=off)
if(EQUIKOOP_SANITIZE)
  string(REPLACE ";" "," sanitizers "${EQUIKOOP_SANITIZE}")
  target_compile_options(equikoop_options INTERFACE -fsanitize=${sanitizers}
                         -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(equikoop_options INTERFACE -fsanitize=${sanitizers})
endif()

# equikoop_add_module(NAME sources... DEPENDS targets...): one static library a module. The
# dependencies named here are the arrows of the architecture; nothing else may be included.
function(equikoop_add_module name)
  cmake_parse_arguments(ARG "" "" "DEPENDS" ${ARGN})
  add_library(equikoop_${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  add_library(equikoop::${name} ALIAS equikoop_${name})
  target_include_directories(equikoop_${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(equikoop_${name} PUBLIC ${ARG_DEPENDS} PRIVATE $<BUILD_INTERFACE:equikoop_options>)
endfunction()
