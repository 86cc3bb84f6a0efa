# SPDX-License-Identifier: MIT
#
# Files that are part of a program: floor_embed(library file function) makes a
# function that returns the file's bytes as a slice.  As a script (cmake -P) it
# writes the C of one.

if(CMAKE_SCRIPT_MODE_FILE)
  file(READ "${INPUT}" bytes HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
  string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)" "\t\\1\n"
    bytes "${bytes}")
  file(WRITE "${OUTPUT}" "/* Made of a file by cmake/Embed.cmake. */
#include \"${HEADER}\"

static const unsigned char bytes[] = {
${bytes}
};

struct slice
${FUNCTION}(void)
{
\treturn slice_of((const char *)bytes, sizeof(bytes));
}
")
  return()
endif()

function(floor_embed library file function header)
  set(output "${PROJECT_BINARY_DIR}/embed/${function}.c")
  add_custom_command(OUTPUT "${output}"
    COMMAND "${CMAKE_COMMAND}" "-DINPUT=${PROJECT_SOURCE_DIR}/${file}"
      "-DOUTPUT=${output}" "-DFUNCTION=${function}" "-DHEADER=${header}"
      -P "${PROJECT_SOURCE_DIR}/cmake/Embed.cmake"
    DEPENDS "${PROJECT_SOURCE_DIR}/${file}"
      "${PROJECT_SOURCE_DIR}/cmake/Embed.cmake"
    VERBATIM)
  target_sources(${library} PRIVATE "${output}")
endfunction()
