#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A plausible mail log of any size, and the scenario to judge it by.

    bench/big_log.py BIN FOLDER MEGABYTES [MESSAGES]

One run of a scenario with 300 domains and 900 hosts, of which some are full,
busy or refuse, is told again and again: each time the relay was restarted in
order, its MIDs, ICIDs and DCIDs go on, and so does the clock.  Prints the two
paths: FOLDER/big.scenario.json and FOLDER/big.log.
"""

from __future__ import annotations

import datetime
import json
import pathlib
import re
import subprocess
import sys

DOMAINS = 300
NUMBERS = re.compile(rb"\b(MID|ICID|DCID)(:? )(\d+)")
STAMP = re.compile(rb"(\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4})")
# Idle connections have ended, and everybody has been tried again.
PAUSE = datetime.timedelta(hours=1)


def host(address: str, *rules: dict) -> dict:
    """A host at an address, whose rules may never act."""
    return {"address": address,
            "rules": [rule | {"optional": True} for rule in rules]}


def scenario(messages: int) -> dict:
    """All domains get as many messages each."""
    hosts, routes, inject = {}, [], []
    for d in range(DOMAINS):
        net = f"10.{1 + d // 100}.{d % 100}."
        full = [{"on": "rcpt", "probability": 0.1,
                 "reply": "452 4.3.1 Mail system full"}] * (d % 5 == 1)
        picky = [{"on": "rcpt", "probability": 0.05,
                  "reply": "550 5.1.1 No such user"}] * (d % 7 == 2)
        busy = [{"on": "banner", "probability": 0.2, "then": "close",
                 "reply": "421 4.3.2 Busy"}] * (d % 11 == 3)
        for i, rules in enumerate((full, picky, busy), 1):
            hosts[f"h{d}-{i}"] = host(f"{net}{i}", *rules)
        routes.append(f"d{d}.example {net}1/pri=0, {net}2/pri=0, "
                      f"{net}3/pri=10")
        inject.append({"count": messages // DOMAINS, "every": "500ms",
                       "from": f"s{d}@example.net",
                       "to": [f"user{{n}}@d{d}.example"]})
    return {"title": "Three hundred domains, some of whose hosts fail",
            "case": "docs/figures.md", "routes": routes, "hosts": hosts,
            "inject": inject, "expect": [{"no_log": ["nobody@nowhere"]}],
            "limits": {"events": 1000000000, "time": "24h"}}


class Block:
    """A log as pieces: text, numbers of a kind, and moments."""

    def __init__(self, log: bytes) -> None:
        self.pieces: list[bytes | tuple[bytes, int] | int] = []
        self.counts = {b"MID": 0, b"ICID": 0, b"DCID": 0}
        self.first: datetime.datetime | None = None
        self.last = 0
        for part in STAMP.split(log):
            if STAMP.fullmatch(part):
                self.add_moment(part)
            else:
                self.add_text(part)

    def add_moment(self, stamp: bytes) -> None:
        """As seconds since the first."""
        then = datetime.datetime.strptime(stamp.decode(),
                                          "%a %b %d %H:%M:%S %Y")
        self.first = self.first or then
        seconds = int((then - self.first).total_seconds())
        self.last = max(self.last, seconds)
        self.pieces.append(seconds)

    def add_text(self, text: bytes) -> None:
        """Its numbers apart."""
        at = 0
        for match in NUMBERS.finditer(text):
            number = int(match[3])
            if number == 0:
                continue
            self.counts[match[1]] = max(self.counts[match[1]], number)
            self.pieces += [text[at:match.start(3)], (match[1], number)]
            at = match.end()
        self.pieces.append(text[at:])

    def told(self, turn: int) -> bytes:
        """As it is told for the turn-th time, from 0."""
        assert self.first is not None
        begin = self.first + turn * (datetime.timedelta(seconds=self.last)
                                     + PAUSE)
        stamps = [(begin + datetime.timedelta(seconds=s))
                  .strftime("%a %b %e %H:%M:%S %Y").encode()
                  for s in range(self.last + 1)]
        more = {kind: turn * count for kind, count in self.counts.items()}
        # A relay that was restarted counts its connections anew.
        more[b"ICID"] = more[b"DCID"] = 0
        return b"".join([
            piece if isinstance(piece, bytes)
            else stamps[piece] if isinstance(piece, int)
            else b"%d" % (piece[1] + more[piece[0]])
            for piece in self.pieces])


def main() -> None:
    """Writes both files."""
    program, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    wanted = int(sys.argv[3]) * 1000000
    messages = int(sys.argv[4]) if len(sys.argv) > 4 else 100000
    plan, log = folder / "big.scenario.json", folder / "big.log"
    told = scenario(messages)
    plan.write_text(json.dumps(told))
    subprocess.run([program, "run", "--log", log, plan], check=True,
                   stdout=subprocess.DEVNULL)
    # In the log the relay starts again and again.
    told["timeline"] = [{"at": "23h", "relay": "restart"}]
    plan.write_text(json.dumps(told))
    text = log.read_bytes()
    block = Block(text)
    size, turn = len(text), 1
    with open(log, "ab") as file:
        while size < wanted:
            begin = block.told(turn)
            end = begin[:24] + b" Info: End Logfile\n" + begin[:24] + \
                b" Info: Begin Logfile\n"
            file.write(end + begin)
            size += len(end) + len(begin)
            turn += 1
    print(plan, log)


if __name__ == "__main__":
    main()
