#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The mock server beside Postfix's smtp-sink, in turns:
#   BENCH=DIR bench/sink.sh [OPTION of DIR/sink.sh]...
# DIR holds sink.sh, which starts both, sends with Postfix's smtp-source, and
# measures messages/s, CPU and memory.  Needs the package postfix ("No
# configuration").  "mock" has 100 rules that are all looked at and never act,
# and writes its transcript; "cut" shows 4 KB of each message in it; "quiet" has
# the rules alone; "bare" neither.
# $FAULTPOST_BUILD is the build (build/release).
set -eu
cd "$(dirname "$0")/.."
: "${BENCH:?the folder of sink.sh}"
mock=$(realpath "${FAULTPOST_BUILD:-build/release}/bin/faultpost-mock")
start=$(mktemp)
trap 'rm -f "$start"' EXIT
cat >"$start" <<END
#!/bin/sh
# RULES [OPTION of faultpost-mock]...
rules=\$1
shift
{
	printf '{"hosts": {"sink": {"address": "127.0.0.1", "port": %d, "rules": [' "\$PORT"
	for i in \$(seq "\$rules"); do
		[ "\$i" -eq 1 ] || printf ,
		case \$((i % 4)) in
		0) printf '{"on": "mail", "from": "nobody%d@*.example"' "\$i" ;;
		1) printf '{"on": "rcpt", "to": "nobody%d@*.example"' "\$i" ;;
		2) printf '{"on": "data", "to": "nobody%d@*.example"' "\$i" ;;
		3) printf '{"on": "eod", "to": "nobody%d@*.example"' "\$i" ;;
		esac
		printf ', "reply": "452 4.3.1 Never", "optional": true}'
	done
	printf ']}}}'
} >"\$SPOOL/scenario.json"
exec "$mock" "\$@" "\$SPOOL/scenario.json"
END
export PEERS="${PEERS:-smtp-sink}"
"$BENCH/sink.sh" "$@" \
    "mock=exec sh $start 100 --transcript \"\$SPOOL/transcript\"" \
    "cut=exec sh $start 100 --transcript \"\$SPOOL/transcript\" --transcript-bytes 4096" \
    "quiet=exec sh $start 100" "bare=exec sh $start 0"
