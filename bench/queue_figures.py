# SPDX-License-Identifier: MIT
"""The figures of a long queue: what waiting mail costs in memory, at a restart
and to new mail, and what many domains cost each message."""

from __future__ import annotations

import json
import os
import pathlib
import re
import socket
import sqlite3
import statistics
import subprocess
import threading
import time

DOMAINS = 10_000
ROUTES = 39_999  # and the default one
ERROR = "452 4.3.1 Mail system full"
BODY = b"Subject: new\r\n\r\n" + 15 * (62 * b"x" + b"\r\n") + b".\r\n"


class Process:
    """A daemon of ours, from its start to its end."""

    def __init__(self, *command: str | pathlib.Path) -> None:
        ready, ready_in = os.pipe()
        begin = time.perf_counter()
        self.child = subprocess.Popen(
            [*map(str, command), "--ready-fd", str(ready_in)],
            pass_fds=[ready_in], stdout=subprocess.DEVNULL)
        os.close(ready_in)
        with os.fdopen(ready) as pipe:
            if pipe.readline() != "ready\n":
                raise SystemExit(f"{command[0]} does not start")
        self.seconds_to_start = time.perf_counter() - begin

    def rss_bytes(self) -> int:
        """What it holds in memory now."""
        status = pathlib.Path(f"/proc/{self.child.pid}/status").read_text()
        found = re.search(r"VmRSS:\s*(\d+) kB", status)
        assert found is not None
        return int(found.group(1)) * 1024

    def cpu_seconds(self) -> float:
        """What it has used so far."""
        stat = pathlib.Path(f"/proc/{self.child.pid}/stat").read_text()
        fields = stat.rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self) -> None:
        """Ends it in order."""
        self.child.terminate()
        self.child.wait(60)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_sink(bin_dir: pathlib.Path, folder: pathlib.Path) -> tuple[Process, int]:
    """A mock host that takes everything, and its port."""
    port = free_port()
    path = folder / "sink.scenario.json"
    path.write_text(json.dumps({
        "title": "a sink",
        "hosts": {"sink": {"address": "127.0.0.1", "port": port}}}))
    return Process(bin_dir / "faultpost-mock", path), port


def start_relay(bin_dir: pathlib.Path, folder: pathlib.Path, sink: int,
                listen: int) -> Process:
    """The relay: new.example goes to the sink, all else to nobody."""
    path = folder / "relay.json"
    path.write_text(json.dumps({
        "hostname": "relay.test", "listen": f"127.0.0.1:{listen}",
        "queue": str(folder / "queue.db"), "log": str(folder / "mail.log"),
        "relay_from": "127.0.0.0/8",
        "routes": [f"new.example [127.0.0.1]:{sink}", "ALL [127.0.0.1]:1"]}))
    return Process(bin_dir / "faultpost-relay", "-c", path)


def fill(path: pathlib.Path, count: int, domains: int = 0) -> None:
    """Puts messages of one recipient each, which wait for hours yet, into a
    queue that the relay has made; unless told otherwise each domain has twenty,
    as when 200,000 wait for 10,000 domains."""
    domains = domains or min(DOMAINS, count // 20)
    content = BODY.removesuffix(b".\r\n")
    now = time.time_ns() // 1000
    due = now + 10 * 3600 * 1_000_000
    with sqlite3.connect(path) as db:
        db.executemany(
            "INSERT INTO message(mid,received_us,sender,size,flags,recipients,"
            "content) VALUES(?,?,'sender@example.net',?,0,1,?)",
            ((mid, now, len(content), content)
             for mid in range(1, count + 1)))
        db.executemany(
            "INSERT INTO recipient(mid,rid,address,attempts,due_us,last_error)"
            " VALUES(?,0,?,3,?,?)",
            ((mid, f"user{mid}@d{mid % domains}.example", due, ERROR)
             for mid in range(1, count + 1)))
        db.execute("UPDATE counter SET value=? WHERE name='mid'", (count + 1,))
    db.close()
    # Or the relay's first flushes would write all of this.
    with path.open("r+b") as file:
        os.fsync(file)


def send(port: int, count: int) -> None:
    """Sends messages to new.example over one session."""
    with socket.create_connection(("127.0.0.1", port)) as s:
        replies = s.makefile("rb")

        def ask(data: bytes, wanted: bytes) -> None:
            s.sendall(data)
            line = replies.readline()
            while line[3:4] == b"-":
                line = replies.readline()
            if not line.startswith(wanted):
                raise SystemExit(f"the relay says {line!r}")

        ask(b"", b"220")
        ask(b"HELO bench\r\n", b"250")
        for _ in range(count):
            ask(b"MAIL FROM:<a@b.example>\r\n", b"250")
            ask(b"RCPT TO:<u@new.example>\r\n", b"250")
            ask(b"DATA\r\n", b"354")
            ask(BODY, b"250")


def rate(relay: Process, port: int, count: int, sessions: int) -> tuple[float, float]:
    """Messages per second, and the relay's CPU seconds for each."""
    threads = [threading.Thread(target=send, args=(port, count // sessions))
               for _ in range(sessions)]
    cpu, begin = relay.cpu_seconds(), time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wall = time.perf_counter() - begin
    return count / wall, (relay.cpu_seconds() - cpu) / count


def answer_seconds(home: pathlib.Path, *words: str) -> float:
    """How long the relay takes to answer an operator's command."""
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(str(home / "queue.db.control"))
        request = json.dumps({"command": words}).encode() + b"\n"
        begin = time.perf_counter()
        s.sendall(request)
        if not json.loads(s.makefile("rb").readline())["ok"]:
            raise SystemExit(f"{words} is refused")
        return time.perf_counter() - begin


def looking(bin_dir: pathlib.Path, folder: pathlib.Path, count: int,
            runs: int) -> dict[str, tuple[float, float]]:
    """Seconds to answer the commands that look at the whole relay: with 1,000
    messages waiting and with `count`, for as many domains each."""
    commands = ["status"], ["tophosts"], ["metrics"], ["oldmessage"]
    seen: dict[str, list[float]] = {c[0]: [] for c in commands}
    sink, sink_port = start_sink(bin_dir, folder)
    for waiting_count in 1000, count:
        home = folder / f"looking{waiting_count}"
        home.mkdir()
        start_relay(bin_dir, home, sink_port, free_port()).end()
        fill(home / "queue.db", waiting_count, 50)
        relay = start_relay(bin_dir, home, sink_port, free_port())
        for command in commands:
            seen[command[0]].append(statistics.median(
                answer_seconds(home, *command) for _ in range(runs)))
        relay.end()
    sink.end()
    return {name: (few, many) for name, (few, many) in seen.items()}


def waiting(bin_dir: pathlib.Path, folder: pathlib.Path, count: int,
            runs: int) -> dict[str, float]:
    """What `count` waiting recipients cost."""
    seen: dict[str, list[float]] = {
        "empty": [], "full": [], "empty_cpu": [], "full_cpu": [], "start": []}
    sink, sink_port = start_sink(bin_dir, folder)
    listen = free_port()
    bytes_each = 0.0
    for run in range(runs):
        home = folder / f"run{run}"
        home.mkdir()
        relay = start_relay(bin_dir, home, sink_port, listen)
        before = relay.rss_bytes()
        per_second, cpu = rate(relay, listen, 2000, 10)
        seen["empty"].append(per_second)
        seen["empty_cpu"].append(cpu)
        relay.end()
        (home / "queue.db").unlink()
        start_relay(bin_dir, home, sink_port, listen).end()
        fill(home / "queue.db", count)
        relay = start_relay(bin_dir, home, sink_port, listen)
        seen["start"].append(relay.seconds_to_start)
        bytes_each = (relay.rss_bytes() - before) / count
        per_second, cpu = rate(relay, listen, 2000, 10)
        seen["full"].append(per_second)
        seen["full_cpu"].append(cpu)
        relay.end()
    sink.end()
    return {**{name: statistics.median(all_) for name, all_ in seen.items()},
            "bytes": bytes_each}


def domains_scenario(folder: pathlib.Path, count: int) -> pathlib.Path:
    """Messages to as many domains as there may be, of those that have a route;
    every second domain's host is down."""
    each = min(count, DOMAINS)
    text = {
        "title": f"{count} messages to {each} domains",
        "routes": [f"d{n}.example [10.1.1.{11 + n % 2}]"
                   for n in range(1, ROUTES + 1)],
        "hosts": {"up": {"address": "10.1.1.11"},
                  "down": {"address": "10.1.1.12", "state": "refuse"}},
        "relay": {"bounce": {"max_time": "30m"}},
        "inject": [{"count": each, "sessions": 10, "from": "",
                    "to": "user@d{n}.example"}] * (count // each),
        "expect": [{"delivered": {"up": count // 2}},
                   {"bounced": {"5.4.7": count // 2}}],
    }
    path = folder / f"domains-{count}.scenario.json"
    path.write_text(json.dumps(text))
    return path


def cpu_seconds_of(program: pathlib.Path, path: pathlib.Path) -> float:
    """What the harness uses for a scenario, which must hold."""
    child = subprocess.Popen([program, "run", path], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = status
    if status != 0:
        raise SystemExit(f"{path.name} failed")
    return usage.ru_utime + usage.ru_stime


def domain_costs(program: pathlib.Path, folder: pathlib.Path,
                 counts: tuple[int, ...], runs: int) -> list[float]:
    """CPU seconds of each message, reading the routes aside."""
    def median(count: int) -> float:
        path = domains_scenario(folder, count)
        return statistics.median(
            cpu_seconds_of(program, path) for _ in range(runs))

    base = median(2)
    return [(median(count) - base) / count for count in counts]
