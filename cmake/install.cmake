# What `cmake --install` puts where, the CMake package, and the Debian package.

# --- The program, its data and its module. The program finds both from its own place: ../share/dlac, ../lib/dlac.
install(TARGETS dlac RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
install(TARGETS dlac_clocked_module LIBRARY DESTINATION lib/dlac COMPONENT program)
if(TARGET dlac_search_module)
  install(TARGETS dlac_search_module LIBRARY DESTINATION lib/dlac COMPONENT program)
endif()
install(DIRECTORY configs workloads traces DESTINATION share/dlac COMPONENT program
  FILES_MATCHING PATTERN "*.json" PATTERN "*.safetensors" PATTERN "README.md" PATTERN "__pycache__" EXCLUDE)
install(DIRECTORY models/technology models/validation DESTINATION share/dlac/models COMPONENT program
  FILES_MATCHING PATTERN "*.json")
install(FILES models/README.md DESTINATION share/dlac/models COMPONENT program)
install(FILES README.md CHANGELOG.md CITATION.cff DESTINATION share/doc/dlac COMPONENT program)
install(FILES LICENSE DESTINATION share/doc/dlac RENAME copyright COMPONENT program)
install(DIRECTORY docs/ DESTINATION share/doc/dlac/docs COMPONENT program)

# --- Manual page and completion, made of the program's own help.
if(NOT CMAKE_CROSSCOMPILING)
  set(pages ${PROJECT_BINARY_DIR}/dlac.1 ${PROJECT_BINARY_DIR}/dlac.bash)
  add_custom_command(OUTPUT ${pages}
    COMMAND ${CMAKE_COMMAND} -D PROGRAM=$<TARGET_FILE:dlac> -D VERSION=${PROJECT_VERSION} -D FOLDER=${PROJECT_BINARY_DIR}
            -P ${PROJECT_SOURCE_DIR}/cmake/help-pages.cmake
    DEPENDS dlac cmake/help-pages.cmake cmake/completion.bash.in)
  add_custom_target(help_pages ALL DEPENDS ${pages})
  install(FILES ${PROJECT_BINARY_DIR}/dlac.1 DESTINATION share/man/man1 COMPONENT program)
  install(FILES ${PROJECT_BINARY_DIR}/dlac.bash DESTINATION share/bash-completion/completions RENAME dlac COMPONENT program)
endif()

# All that is installed, and no test.
add_custom_target(program)

# --- The libraries: find_package(dlac), dlac::dlac for all of them, or dlac::engine, dlac::report, ... for one.
# dlac::api has the clocked engine linked in, which the program itself loads.
list(REMOVE_ITEM dlac_libraries dlac_cli)
add_library(dlac_all INTERFACE)
target_link_libraries(dlac_all INTERFACE ${dlac_libraries})
set_target_properties(dlac_all PROPERTIES EXPORT_NAME dlac)
add_library(dlac_front INTERFACE)
target_link_libraries(dlac_front INTERFACE dlac_api dlac_clocked)
set_target_properties(dlac_api PROPERTIES EXPORT_NAME functions)
set_target_properties(dlac_front PROPERTIES EXPORT_NAME api)
set_target_properties(dlac_interface PROPERTIES EXPORT_NAME interface)
add_dependencies(program dlac dlac_clocked_module ${dlac_libraries})
if(TARGET help_pages)
  add_dependencies(program help_pages)
endif()
install(TARGETS dlac_all dlac_front dlac_interface ${dlac_libraries} EXPORT dlac
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library)
install(DIRECTORY sim ${PROJECT_BINARY_DIR}/generated/sim DESTINATION ${dlac_headers} COMPONENT library
  FILES_MATCHING PATTERN "*.h" PATTERN "cli" EXCLUDE)
file(GLOB model_headers CONFIGURE_DEPENDS models/*.h)
install(FILES ${model_headers} DESTINATION ${dlac_headers}/models COMPONENT library)
set(dlac_package ${CMAKE_INSTALL_LIBDIR}/cmake/dlac)
install(EXPORT dlac NAMESPACE dlac:: DESTINATION ${dlac_package} FILE dlac-targets.cmake COMPONENT library)
include(CMakePackageConfigHelpers)
set(dlac_data share/dlac)
configure_package_config_file(cmake/dlac-config.cmake.in ${PROJECT_BINARY_DIR}/dlac-config.cmake
  INSTALL_DESTINATION ${dlac_package} PATH_VARS dlac_data NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/dlac-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/dlac-config.cmake ${PROJECT_BINARY_DIR}/dlac-config-version.cmake
  DESTINATION ${dlac_package} COMPONENT library)

# --- The Debian package: the program, without the libraries to build with.
set(CPACK_PACKAGE_NAME dlac)
set(CPACK_PACKAGE_VENDOR "DLAC-sim contributors")
set(CPACK_PACKAGE_CONTACT "DLAC-sim contributors <maintainers@dlac-sim.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_GENERATOR DEB)
set(CPACK_COMPONENTS_ALL program)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME dlac)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
# What is packed is built by the target above.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)
include(CPack)
