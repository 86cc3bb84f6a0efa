# SPDX-License-Identifier: MIT
#
# The floors of the house: which library holds which files, and what it may
# use.  CMake builds and links by this page and tests/lint/ checks includes by
# it, so that there is one place to change.
#
#   floor_library(NAME FLOOR n IN folder [FILES stem...] [USES library...]
#                 [NEEDS package...])
#
# A library takes every .c and .h of its folder and those below it, so that
# folders within a floor are for readers alone.  Where two share a folder,
# the one with FILES takes those (stems, `*` allowed), and the other the rest:
# code is pure unless it is named here as a shell.  main.c and main_*.c belong
# to the program, never to a library.  USES is transitive, and only what is used may
# be included.  Floors 0 to 2 are pure: no I/O, no clock, no environment.

floor_library(base FLOOR 0 IN core/base)

floor_library(smtp FLOOR 1 IN core/smtp USES base)
floor_library(json FLOOR 1 IN core/json USES base NEEDS jansson)
floor_library(dns FLOOR 1 IN core/dns USES base json)
floor_library(maillog FLOOR 1 IN core/maillog USES base smtp)
floor_library(routes FLOOR 1 IN core/routes USES base smtp dns)
floor_library(transcript FLOOR 1 IN core/transcript USES base smtp json
  NEEDS jansson)
floor_library(tls FLOOR 1 IN core/tls USES base NEEDS openssl)

floor_library(mock_pure FLOOR 2 IN mockserver USES base smtp json dns tls
  transcript NEEDS pcre2)
floor_library(relay_pure FLOOR 2 IN relay USES base smtp json dns maillog
  routes tls)
floor_library(harness_pure FLOOR 2 IN harness USES base smtp json dns maillog
  routes transcript mock_pure relay_pure)

# The seam (clock, streams, resolver, storage): the virtual world, and the
# real one, which alone may name clocks, sockets and libev.
floor_library(world FLOOR 3 IN core/world USES base dns tls NEEDS sqlite3)
floor_library(world_ev FLOOR 3 IN core/world FILES world_ev* ev_* USES world
  NEEDS ev cares microhttpd sqlite3)

floor_library(mock FLOOR 3 IN mockserver
  FILES mock mock_* player player_* capture capture_* admin admin_*
  USES mock_pure world)
floor_library(relay FLOOR 3 IN relay
  FILES relay relay_* bounce inbound* outbound* deliver* spool spool_* log
  resolve operate operate_* control control_*
  USES relay_pure world NEEDS sqlite3 crypt)
floor_library(harness FLOOR 4 IN harness
  FILES run run_* inject* sim sim_* live live_* explore
  USES harness_pure mock relay world world_ev NEEDS jansson)

# The machine's authorities, which OpenSSL reads by itself.
floor_library(tls_system FLOOR 3 IN core/tls FILES system USES tls
  NEEDS openssl)

# Files of name servers, which ldns reads.
floor_library(zone_file FLOOR 3 IN core/dns FILES zone_file USES dns NEEDS ldns)

# How a program gives a relay an operator's command.
floor_library(control FLOOR 4 IN core/control USES world NEEDS jansson)

# What the mains share: options, files, exit codes.
floor_library(cli FLOOR 5 IN core/cli USES base NEEDS zlib zstd)

floor_program(faultpost-mock FLOOR 5 MAIN mockserver/main.c
  USES cli mock world_ev)
floor_program(faultpost-relay FLOOR 5 MAIN relay/main.c
  USES cli control relay world_ev tls_system)
floor_program(faultpost FLOOR 5 MAIN harness/main.c
  USES cli control harness zone_file)

# tests/unit/test_NAME.c links the library that holds NAME.c or NAME.h, or, for
# test_FOLDER_NAME.c, that of FOLDER (its highest, unless one holds NAME), and
# what that may use.  The tests that neither fits say here which they test.
floor_test(world world_ev)
floor_test(world_tls world_ev)
floor_test(world_faults world_ev)
floor_test(world_clock world_ev)
floor_test(world_places world_ev)
floor_test(fault_pages mock)
floor_test(smtp_mutual smtp)
floor_test(judge_bounds harness_pure)

# Across the folders mockserver/, relay/ and harness/ only these headers may be
# included, and only by harness/: what the two programs show of themselves.
floor_face(mockserver/mock.h mockserver/mock_dns.h mockserver/hosts.h mockserver/rule/profile.h
  relay/relay.h relay/config.h
  relay/config_json.h relay/deliver/tls_json.h relay/receive/auth.h relay/bounce/bounce_json.h
  relay/bounce/profile.h relay/deliver/destination.h)
