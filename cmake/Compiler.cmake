# SPDX-License-Identifier: MIT
#
# One set of flags for gcc and clang.  Nothing here depends on the machine
# that builds: the same scenario and seed give the same bytes everywhere.

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

# Asserts stay on in every build: they guard the verdict.
set(CMAKE_C_FLAGS_DEBUG "-Og -g")
set(CMAKE_C_FLAGS_RELEASE "-O2 -g")
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug or Release" FORCE)
endif()

# What is installed is found from the programs, so that all of it can be moved.
file(RELATIVE_PATH DATADIR_FROM_BINDIR "${CMAKE_INSTALL_FULL_BINDIR}"
  "${CMAKE_INSTALL_FULL_DATADIR}/faultpost")
add_compile_definitions(_GNU_SOURCE
  FAULTPOST_VERSION="${PROJECT_VERSION}"
  FAULTPOST_DATADIR="${DATADIR_FROM_BINDIR}")

# uthash would exit() without memory; we abort, as everywhere.
add_compile_options("-Duthash_fatal(msg)=abort()")

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion
  -Wswitch-enum -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wcast-qual
  -Wwrite-strings -Wundef -Wformat=2)
if(FAULTPOST_WERROR)
  add_compile_options(-Werror)
endif()

# Fused multiply-add and the sign of char differ between machines, and text
# that names a build folder differs between builders.
add_compile_options(-ffp-contract=off -fsigned-char
  "-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=")

if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT FAULTPOST_SANITIZE)
  add_compile_options(-fstack-protector-strong -D_FORTIFY_SOURCE=2)
endif()

if(FAULTPOST_SANITIZE)
  add_compile_options("-fsanitize=${FAULTPOST_SANITIZE}"
    -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options("-fsanitize=${FAULTPOST_SANITIZE}")
endif()
if(FAULTPOST_COVERAGE)
  add_compile_options(--coverage -fprofile-abs-path)
  add_link_options(--coverage)
endif()
