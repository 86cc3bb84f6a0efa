#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Cisco document 117875, told and proved: once in virtual time, judged; once
# over real sockets, with faultpost-mock and faultpost-relay as processes on
# 127.0.0.0/8; then the two mail logs compared.  Nothing is asked and no
# privilege is needed.
#
#   sh demo/demo.sh        after ./dev build; `./dev demo` does both
#
# FAULTPOST_BIN is the folder of the programs, build/release/bin by default.
# Exit codes: 0 the scenario held and the logs are the same, 1 not so, 3 the
# demo could not be run.
#
# The client of the scenario is 50 ms away from the relay, so that each message
# is delivered before the client says its next word; the real client waits for
# the relay's log to say so.  Otherwise the order of "ICID close" and "Message
# done" would be anybody's guess.
set -eu
cd "$(dirname "$0")/.."

bin=${FAULTPOST_BIN:-build/release/bin}
scenario=demo/117875.scenario.json
python=/usr/bin/python3

bold='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]; then
	bold=$(printf '\033[1m') plain=$(printf '\033[0m')
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/faultpost-demo.XXXXXX")
pids=

# However the script ends, so do its processes.
stop()
{
	status=$?
	trap '' HUP INT TERM
	trap - EXIT
	# shellcheck disable=SC2086
	[ -z "$pids" ] || kill $pids 2>/dev/null || :
	wait
	rm -rf "$work"
	exit "$status"
}
trap stop EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

heading()
{
	printf '\n%s%s%s\n\n' "$bold" "$*" "$plain"
}

fail()
{
	echo "demo: $*" >&2
	exit 3
}

# await NAME: returns when that program has said on descriptor 3 that it
# listens.
await()
{
	read -r _ <"$work/$1.ready" || fail "$1 did not start"
}

# finish NAME PID: the program ended, and in order.
finish()
{
	wait "$2" || fail "$1 ended with exit code $?"
}

# The lines of the log that tell the case have a mark.
mark_log()
{
	while IFS= read -r line; do
		case $line in
		*'New SMTP DCID'* | *'Connection Error'* | *'Message done'*)
			printf '%s> %s%s\n' "$bold" "$line" "$plain" ;;
		*)
			printf '  %s\n' "$line" ;;
		esac
	done <"$1"
}

for program in faultpost faultpost-mock faultpost-relay; do
	[ -x "$bin/$program" ] || fail "no $bin/$program; ./dev build makes it"
done

heading "The case: Cisco document 117875"
cat <<'END'
A domain has two SMTP routes of equal priority.  Both hosts are up, but one is
out of resources: it answers, and what it says is 4xx.  Is its mail stuck until
it recovers?  The document says no: the appliance takes the answer for a sign
to go on, and delivers to the next host of the route, in the same second and
with nothing for an administrator to do.

  "Email Security Appliance Round-Robins to the Next SMTP Route If a
  Destination Mail Server is Still Responsive", Cisco TAC, Jul 08, 2014
  https://www.cisco.com/c/en/us/support/docs/security/email-security-appliance/117875-technote-esa-00.html

END
echo "As a scenario ($scenario):"
echo
sed -n '/"routes"/,/"inject"/p' "$scenario"
cat <<'END'

exchange1 greets every connection with 431 and closes it; exchange2 is well.
Four messages enter the relay, a second apart, from a client 50 ms away.
END

heading "In virtual time"
echo "\$ faultpost run -v --log sim.log $scenario"
held=0
"$bin/faultpost" run -v --log "$work/sim.log" "$scenario" >"$work/verdict" ||
    held=$?
[ "$held" -le 1 ] || fail "faultpost run ended with exit code $held"

heading "The relay's mail log; > marks the lines that matter"
mark_log "$work/sim.log"

heading "The deliveries, a lane a host, and the verdict"
cat "$work/verdict"
[ "$held" -eq 0 ] || exit 1

heading "The same over real sockets"
cat <<END
Two processes on 127.0.0.0/8: faultpost-mock has the scenario's hosts,
faultpost-relay its routes and settings; Python's smtplib sends the messages.
The real clock sets the pace: three seconds of mail, then the five for which
the relay keeps its idle connection.

END
mkfifo "$work/mock.ready" "$work/relay.ready" "$work/log"
"$bin/faultpost-mock" --ready-fd 3 --port-file "$work/places.json" \
    --map 10.1.1.11:25=127.1.1.11:0 --map 10.1.1.12:25=127.1.1.12:0 \
    "$scenario" 3>"$work/mock.ready" &
mock=$! pids=$!
await mock
$python demo/sockets.py config "$scenario" "$work/places.json" "$work" \
    >"$work/relay.json"
"$bin/faultpost-relay" -c "$work/relay.json" --ready-fd 3 \
    --port-file "$work/relay.places" 3>"$work/relay.ready" >"$work/log" &
relay=$! pids="$pids $!"
$python demo/sockets.py inject "$scenario" "$work/relay.places" "$relay" \
    3<"$work/relay.ready" <"$work/log" >"$work/real.log" &
client=$! pids="$pids $!"
finish "the client" "$client"
finish faultpost-relay "$relay"
kill "$mock"
finish faultpost-mock "$mock"
pids=

mark_log "$work/real.log"

heading "The two logs compared"
cat <<'END'
$ diff -u sim.log real.log
Masked in both: times; the numbers that ICID, MID and DCID give, by first
appearance; sizes (the relay's Received line holds a date and an address).
In the real log, each loopback address and port stands for the scenario's by
the mock's port file, and the lines that frame a daemon's log are left out.

END
$python demo/sockets.py mask "$work/sim.log" >"$work/sim"
$python demo/sockets.py mask "$work/real.log" "$work/places.json" \
    >"$work/real"
[ -s "$work/sim" ] || fail "the log is empty"
if diff -u --label sim.log --label real.log "$work/sim" "$work/real"; then
	echo "Empty diff: $(wc -l <"$work/sim") lines, the same in both."
else
	echo
	echo "The logs differ."
	exit 1
fi
