#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Durable store-and-forward beside Postfix, on the same disk, in turns:
#   BENCH=DIR bench/store_forward.sh [OPTION of DIR/relay.sh]...
# DIR holds relay.sh, which starts both, sends with Postfix's smtp-source, and
# counts messages, CPU, flushes.  Needs root and the package postfix ("No
# configuration").  $FAULTPOST_BUILD is the build (build/release).
set -eu
cd "$(dirname "$0")/.."
: "${BENCH:?the folder of relay.sh}"
relay=$(realpath "${FAULTPOST_BUILD:-build/release}/bin/faultpost-relay")
start=$(mktemp)
trap 'rm -f "$start"' EXIT
cat >"$start" <<END
#!/bin/sh
hops=\$(echo \$NEXTHOPS | sed 's/ /, /g')
cat >"\$SPOOL/relay.json" <<JSON
{"hostname": "relay.bench.example", "listen": "127.0.0.1:\$PORT",
 "relay_from": "127.0.0.0/8", "routes": ["ALL \$hops"],
 "queue": "\$SPOOL/queue.db", "log": "\$SPOOL/mail.log"}
JSON
exec "$relay" -c "\$SPOOL/relay.json"
END
"$BENCH/relay.sh" -r 5 -c c10d,c100d,c10,c100,two,mail452 "$@" \
    "faultpost=exec sh $start"
