# Writes the header that tells which revision of the sources is built: cmake -D SOURCE=DIR -D HEADER=FILE -P revision.cmake
# In a git checkout that is what git says, and "+" where files differ from it; in an archive made by `git archive` what
# git wrote into revision.txt; otherwise nothing. The header is only touched when its contents change.
set(revision "")
find_program(GIT git)
if(GIT AND EXISTS ${SOURCE}/.git)
  execute_process(COMMAND ${GIT} -C ${SOURCE} describe --always --exclude=* --abbrev=12 --dirty=+
    OUTPUT_VARIABLE revision OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
if(NOT revision)
  file(STRINGS ${SOURCE}/cmake/revision.txt archived LIMIT_COUNT 1)
  if(archived MATCHES "^[0-9a-f]+$")
    string(SUBSTRING "${archived}" 0 12 revision)
  endif()
endif()
set(contents "#pragma once
// Made by cmake/revision.cmake.

#include <string_view>

namespace dlac {

/// Of the sources, as git abbreviates it; \"+\" at its end: changed since. Empty where it is not known.
inline constexpr std::string_view source_revision = \"${revision}\";

}  // namespace dlac
")
set(present "")
if(EXISTS ${HEADER})
  file(READ ${HEADER} present)
endif()
if(NOT contents STREQUAL present)
  file(WRITE ${HEADER} "${contents}")
endif()
