#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The figures of docs/figures.md, each with the command that produced it.
#   bench/run.sh [--quick] [FIGURE...]     see bench/figures.py --help
# `./dev bench` builds the release programs first, and the clang and sanitizer
# builds that the determinism figure compares.
set -eu
cd "$(dirname "$0")/.."
exec /usr/bin/python3 bench/figures.py "$@"
