#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Accepted mail over kill -9 of the daemon at random moments under load, one of
# two hosts failing:
#   bench/kill.sh [KILLS [SEED]]
# prints "200 kills, N acknowledged, 0 lost, 0 damaged, 0 sent again in vain
# (...)"; exit code 1 when any was.  $FAULTPOST_BUILD is the build
# (build/release).
set -eu
cd "$(dirname "$0")/.."
exec /usr/bin/python3 tests/e2e/kill_load.py --rounds "${1:-200}" \
    ${2:+--seed "$2"} "${FAULTPOST_BUILD:-build/release}/bin"
