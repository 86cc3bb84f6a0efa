# SPDX-License-Identifier: MIT
#
# The Debian package: `cpack` in a build folder makes it of what that has built
# (./dev package: of the release).  What a package must have beside the programs
# is made here: manual pages of --help, copyright, changelog.
set(packaging "${PROJECT_SOURCE_DIR}/packaging")
set(made "${PROJECT_BINARY_DIR}/packaging")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME faultpost)
set(CPACK_PACKAGE_VERSION "${PROJECT_VERSION}")
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_PACKAGE_CONTACT
  "faultpost contributors <maintainers@faultpost.example>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY
  "tests what a mail relay does when its next hops fail")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"Mock SMTP servers that fail as a scenario says, a relay that routes mail as
Cisco's ESA does, and a harness that runs both in virtual time and judges the
order of failover, the fairness among equal hosts and what was queued from the
relay's log.  A plugin for pytest is a part of it.")
set(CPACK_DEBIAN_PACKAGE_SECTION mail)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "python3:any")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "python3-pytest (>= 7.2)")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_DIRECTORY "${PROJECT_BINARY_DIR}")
include(CPack)

file(MAKE_DIRECTORY "${made}")
configure_file("${packaging}/changelog" "${made}/changelog.Debian" COPYONLY)
install(CODE "
  set(doc \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/share/doc/faultpost\")
  file(MAKE_DIRECTORY \"\${doc}\")
  execute_process(COMMAND gzip -9n -c \"${made}/changelog.Debian\"
    OUTPUT_FILE \"\${doc}/changelog.Debian.gz\" COMMAND_ERROR_IS_FATAL ANY)")
install(FILES "${packaging}/copyright"
  DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/faultpost")
install(FILES "${packaging}/lintian-overrides"
  DESTINATION "${CMAKE_INSTALL_DATADIR}/lintian/overrides" RENAME faultpost)

# Of what the programs say of themselves.
find_program(HELP2MAN help2man)
if(HELP2MAN AND NOT FAULTPOST_FUZZ)
  set(about_faultpost "prove what a mail relay does when its next hops fail")
  set(about_faultpost-mock "SMTP servers that fail as a scenario says")
  set(about_faultpost-relay "relay mail by SMTP routes as the Cisco ESA does")
  set(about_faultpost-conformance "compare relays by a library of scenarios")
  set(pages)
  foreach(program faultpost faultpost-mock faultpost-relay
      faultpost-conformance)
    set(page "${made}/${program}.1.gz")
    add_custom_command(OUTPUT "${page}" VERBATIM
      COMMAND "${HELP2MAN}" --no-info --name "${about_${program}}" --output "${made}/${program}.1"
        --include "${packaging}/manual.h2m" "${PROJECT_BINARY_DIR}/bin/${program}"
      COMMAND gzip -9nf "${made}/${program}.1"
      DEPENDS faultpost faultpost-mock faultpost-relay
        "${packaging}/manual.h2m")
    list(APPEND pages "${page}")
  endforeach()
  add_custom_target(manual ALL DEPENDS ${pages})
  install(FILES ${pages} DESTINATION "${CMAKE_INSTALL_MANDIR}/man1")
endif()
