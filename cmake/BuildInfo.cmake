# SPDX-License-Identifier: BSD-3-Clause
# Run at every build (cmake -P): writes build_info.cpp if the commit changed, so that results carry
# the commit that they were made with and nothing is compiled again without need.
execute_process(COMMAND git describe --always --dirty --exclude=* WORKING_DIRECTORY ${SOURCE}
                OUTPUT_VARIABLE COMMIT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed OR NOT COMMIT)
  set(COMMIT "unknown")
endif()
configure_file(${SOURCE}/src/base/build_info.cpp.in ${OUTPUT} @ONLY)
