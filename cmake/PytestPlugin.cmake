# SPDX-License-Identifier: MIT
#
# The pytest plugin as Debian's Python finds it: the package, and beside it the
# metadata that name its entry point.  `pip install harness/pytest_faultpost`
# makes the same from pyproject.toml.
set(FAULTPOST_PYTHONDIR "lib/python3/dist-packages" CACHE STRING
  "Where Python finds modules, below the prefix")
set(plugin "${PROJECT_SOURCE_DIR}/harness/pytest_faultpost")
set(metadata "pytest_faultpost-${PROJECT_VERSION}.dist-info")
file(GLOB plugin_files CONFIGURE_DEPENDS
  "${plugin}/src/pytest_faultpost/*.py" "${plugin}/src/pytest_faultpost/py.typed")
install(FILES ${plugin_files}
  DESTINATION "${FAULTPOST_PYTHONDIR}/pytest_faultpost")
file(WRITE "${PROJECT_BINARY_DIR}/${metadata}/METADATA"
  "Metadata-Version: 2.1\nName: pytest-faultpost\n"
  "Version: ${PROJECT_VERSION}\nRequires-Dist: pytest>=7.2\n")
file(WRITE "${PROJECT_BINARY_DIR}/${metadata}/entry_points.txt"
  "[pytest11]\nfaultpost = pytest_faultpost.plugin\n")
install(DIRECTORY "${PROJECT_BINARY_DIR}/${metadata}"
  DESTINATION "${FAULTPOST_PYTHONDIR}")
