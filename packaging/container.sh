#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The root file system of a container, as a tar file:
#   container.sh FAULTPOST.deb IMAGE.tar
# Made of Debian's packages and the one given; podman or docker import it.
# Needs the package mmdebstrap, and root or unprivileged user namespaces.
set -eu
[ $# -eq 2 ] || { echo "usage: $0 FAULTPOST.deb IMAGE.tar" >&2; exit 2; }
package=$(realpath "$1")
image=$2
packages=python3-pytest-xdist
exec mmdebstrap --quiet --variant=apt --include="$packages" \
    --customize-hook="copy-in '$package' /tmp" \
    --customize-hook='chroot "$1" sh -c "apt-get install -y --no-install-recommends /tmp/faultpost_*.deb && rm /tmp/faultpost_*.deb"' \
    bookworm "$image"
