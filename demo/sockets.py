#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What demo.sh needs to repeat a scenario over real sockets.

  sockets.py config SCENARIO PLACES FOLDER    print the relay's configuration
  sockets.py inject SCENARIO RELAY_PLACES RELAY_PID <LOG >COPY
                                              send the scenario's messages
  sockets.py mask LOG [PLACES]                print a log fit for comparison

PLACES is the port file of faultpost-mock, RELAY_PLACES that of faultpost-relay.
"""

from __future__ import annotations

import email.utils
import json
import os
import pathlib
import re
import select
import signal
import smtplib
import sys
import time
from collections.abc import Callable

# The cast that every scenario shares, and who plays it here.
RELAY, RELAY_REAL = "10.0.0.5", "127.0.0.5"
INJECTOR, INJECTOR_REAL = "10.0.0.1", "127.0.0.1"

READY_FD = 3
PATIENCE_S = 30.0


def read_json(path: str) -> dict | list:
    """The JSON file at `path`."""
    return json.loads(pathlib.Path(path).read_text(encoding="utf-8"))


def read_places(path: str) -> dict[str, str]:
    """Where each endpoint of the scenario really is, by its "address:port"."""
    return {p["address"]: p["real"] for p in read_json(path)}


# ---- config ----

def config(scenario_path: str, places_path: str, folder: str) -> None:
    """Prints what the relay must be told so that the scenario's routes and
    names lead to the real places, and all else is as in the scenario."""
    scenario = read_json(scenario_path)
    real = {address.rsplit(":", 1)[0]: place.rsplit(":", 1)
            for address, place in read_places(places_path).items()}
    dns, ports = {}, {}
    for name, records in scenario["dns"].items():
        dns[name] = {"A": [real[a][0] for a in records["A"]]}
        ports[name] = real[records["A"][0]][1]
    names = re.compile("|".join(map(re.escape, ports)))
    print(json.dumps({
        "hostname": "relay.example",
        "listen": f"{RELAY_REAL}:0",
        "interface": RELAY_REAL,
        "relay_from": INJECTOR_REAL,
        "routes": [names.sub(lambda m: f"{m[0]}:{ports[m[0]]}", line)
                   for line in scenario["routes"]],
        "dns": dns,
        "queue": str(pathlib.Path(folder) / "queue.db"),
        "drain_timeout": "2s",
        **scenario.get("relay", {}),
    }, indent=2))


# ---- inject ----

class Log:
    """The relay's log as it grows: standard input, copied to standard output.

    Attributes:
        text: what has come so far.
        is_over: whether the relay has closed it.
    """

    def __init__(self) -> None:
        self.text = ""
        self.is_over = False

    def follow(self, seconds: float) -> None:
        """Takes what comes first within so many seconds."""
        if not select.select([sys.stdin], [], [], max(seconds, 0))[0]:
            return
        data = os.read(sys.stdin.fileno(), 65536)
        self.is_over = not data
        self.text += data.decode()
        os.write(sys.stdout.fileno(), data)

    def wait(self, what: str, holds: Callable[[], bool]) -> None:
        """Follows the log until `holds`."""
        deadline = time.monotonic() + PATIENCE_S
        while not holds():
            if self.is_over:
                sys.exit(f"the relay's log ended before {what}")
            if time.monotonic() >= deadline:
                sys.exit(f"waited {PATIENCE_S:.0f} s for {what}")
            self.follow(deadline - time.monotonic())

    def wait_until(self, moment: float) -> None:
        """Follows the log up to a moment of the monotonic clock."""
        while time.monotonic() < moment and not self.is_over:
            self.follow(moment - time.monotonic())

    def count(self, pattern: str) -> int:
        """How many lines hold the regular expression."""
        return len(re.findall(pattern, self.text))


def message(number: int, entry: dict) -> bytes:
    """Message `number` as the harness writes it."""
    header = (f"Date: {email.utils.formatdate(usegmt=True)}\r\n"
              f"From: <{entry['from']}>\r\n"
              f"To: {', '.join(f'<{to}>' for to in entry['to'])}\r\n"
              f"Subject: message {number}\r\n"
              f"Message-ID: <{number}@injector.example>\r\n\r\n")
    return header.encode() + b"Filler.\r\n" * 100


def seconds(duration: str) -> float:
    """The seconds of a duration such as "500ms" or "1s"."""
    number, unit = re.fullmatch(r"(\d+)(ms|s)", duration).groups()
    return int(number) / {"ms": 1000, "s": 1}[unit]


def inject(scenario_path: str, places_path: str, relay: str) -> None:
    """Sends the scenario's messages at its pace in one session, each when the
    one before has been delivered; then drains the relay."""
    entry = read_json(scenario_path)["inject"][0]
    log = Log()
    if not os.read(READY_FD, 64):
        sys.exit("faultpost-relay did not start")
    host, port = read_json(places_path)[0]["real"].rsplit(":", 1)
    begin = time.monotonic()
    with smtplib.SMTP(host, int(port), local_hostname="injector.example",
                      timeout=PATIENCE_S,
                      source_address=(INJECTOR_REAL, 0)) as client:
        for k in range(entry["count"]):
            log.wait_until(begin + k * seconds(entry["every"]))
            client.sendmail(entry["from"], entry["to"], message(k + 1, entry))
            log.wait(f"message {k + 1} is finished",
                     lambda k=k: log.count("Message finished MID") > k)
    log.wait("the last connection is closed",
             lambda: log.count("New SMTP DCID")
             == log.count(r"DCID \d+ close|Connection Error: DCID")
             and log.count(r"ICID \d+ close") == 1)
    os.kill(int(relay), signal.SIGTERM)
    log.wait("its end", lambda: log.is_over)


# ---- mask ----

STAMP = re.compile(r"^\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4} ")
FRAME = re.compile(r"Info: (Begin Logfile|Version: |Time offset from UTC: "
                   r"|End Logfile)")
NUMBER = re.compile(r"\b(ICID|MID|DCID) (\d+)")
SIZE = re.compile(r"(?<= ready )\d+(?= bytes )")


def mask(log_path: str, places_path: str | None = None) -> None:
    """Prints the log without what must differ from run to run; given the
    places, with the scenario's addresses instead of the real ones."""
    replaced = {}
    if places_path is not None:
        for address, place in read_places(places_path).items():
            ip, port = address.rsplit(":", 1)
            real_ip, real_port = place.rsplit(":", 1)
            replaced[f"address {real_ip} port {real_port}"] = (
                f"address {ip} port {port}")
            replaced[f"IP: {real_ip} port: {real_port}"] = (
                f"IP: {ip} port: {port}")
        replaced |= {RELAY_REAL: RELAY, INJECTOR_REAL: INJECTOR}
    seen: dict[str, list[str]] = {"ICID": [], "MID": [], "DCID": []}

    def number(match: re.Match[str]) -> str:
        known = seen[match[1]]
        if match[2] not in known:
            known.append(match[2])
        return f"{match[1]} {match[1][0]}{known.index(match[2]) + 1}"

    for line in pathlib.Path(log_path).read_text().splitlines():
        if FRAME.search(line):
            continue
        line = NUMBER.sub(number, STAMP.sub("TIME ", line))
        line = SIZE.sub("SIZE", line)
        for old, new in replaced.items():
            line = re.sub(rf"(?<![\d.]){re.escape(old)}(?![\d.])", new, line)
        print(line)


def main() -> int:
    """Does what the command line says."""
    commands = {"config": config, "inject": inject, "mask": mask}
    if len(sys.argv) < 3 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    try:
        commands[sys.argv[1]](*sys.argv[2:])
    except (OSError, smtplib.SMTPException) as e:
        sys.exit(f"{sys.argv[1]}: {e}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
