# SPDX-License-Identifier: BSD-3-Clause
# What `cmake --install` puts where: libraries and headers for other programs, with their CMake
# package and pkg-config file; study files and report scripts; manual page and completion.
include(CMakePackageConfigHelpers)
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/equikoop)

install(DIRECTORY include/equikoop DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT equikoop NAMESPACE equikoop:: FILE equikoopTargets.cmake DESTINATION ${package_folder})
configure_package_config_file(cmake/equikoopConfig.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/equikoopConfig.cmake
                              INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/equikoopConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/equikoopConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/equikoopConfigVersion.cmake
              cmake/Dependencies.cmake DESTINATION ${package_folder})

# pkg-config: static libraries, those that need others first; what they stand on by its path.
set(pc_modules ${EQUIKOOP_MODULES})
list(REVERSE pc_modules)
list(TRANSFORM pc_modules PREPEND "-lequikoop_")
set(pc_libraries ${HDF5_C_HL_LIBRARIES} ${HDF5_C_LIBRARIES} ${SCALAPACK_LIBRARIES} ${LAPACKE_LIBRARY}
                 ${LAPACK_LIBRARIES} ${Boost_PROGRAM_OPTIONS_LIBRARY_RELEASE} ${ZLIB_LIBRARIES} ${LIBDEFLATE_LIBRARY}
                 ${OPENSSL_CRYPTO_LIBRARY} ${CMAKE_THREAD_LIBS_INIT})
list(FILTER pc_libraries EXCLUDE REGEX "::")
string(JOIN " " EQUIKOOP_PC_LIBRARIES ${pc_modules} ${pc_libraries})
set(pc_includes ${HDF5_C_INCLUDE_DIRS} ${RANDOM123_INCLUDE_DIR})
list(REMOVE_DUPLICATES pc_includes)
list(TRANSFORM pc_includes PREPEND "-I")
string(JOIN " " EQUIKOOP_PC_INCLUDES ${pc_includes})
string(JOIN " " EQUIKOOP_PC_REQUIRES ${SLEPC_MODULE_NAME} ${PETSC_MODULE_NAME} fmt)
file(RELATIVE_PATH EQUIKOOP_PC_PREFIX /p/${CMAKE_INSTALL_LIBDIR}/pkgconfig /p)
configure_file(cmake/equikoop.pc.in ${CMAKE_CURRENT_BINARY_DIR}/equikoop.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/equikoop.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

install(DIRECTORY input postprocess DESTINATION ${CMAKE_INSTALL_DATADIR}/equikoop
        PATTERN "input/data" EXCLUDE PATTERN "__pycache__" EXCLUDE)
install(FILES README.md LICENSE CITATION.cff CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
if(EQUIKOOP_KOOPMAN)
  # The program writes its own pages, so that they cannot drift; install(CODE) for `--prefix`.
  function(install_page words file folder)
    install(CODE "execute_process(COMMAND \"$<TARGET_FILE:equikoop>\" ${words} RESULT_VARIABLE failed
                                  OUTPUT_FILE \"${CMAKE_CURRENT_BINARY_DIR}/pages/${file}\")
if(failed)
  message(FATAL_ERROR \"equikoop ${words} failed: is MPI usable here?\")
endif()
file(INSTALL DESTINATION \"\${CMAKE_INSTALL_PREFIX}/${folder}\" TYPE FILE
     FILES \"${CMAKE_CURRENT_BINARY_DIR}/pages/${file}\")")
  endfunction()
  file(MAKE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/pages)
  install_page("--man" equikoop.1 ${CMAKE_INSTALL_MANDIR}/man1)
  install_page("--completion;bash" equikoop ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
  install_page("--completion;zsh" _equikoop ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
endif()
