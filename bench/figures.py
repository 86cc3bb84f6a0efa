#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The figures that the project promises, measured.

Each figure is a function: it runs real commands, prints them, and returns what
it saw beside what is wanted.  Times are medians of five runs of the release
build; machines are noisy, so read them as such.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import os
import pathlib
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

import mock_figures
import queue_figures
import reproduce_library

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = ROOT / "build" / "release" / "bin"
RUNS = 5


@dataclasses.dataclass
class Figure:
    """One measured figure.

    Attributes:
        name: what was measured.
        wanted: the limit, in words.
        seen: what was measured, in words.
        held: whether the limit was kept.
        command: what anybody may run to see it.
    """

    name: str
    wanted: str
    seen: str
    held: bool
    command: str


def faultpost(*arguments: str | pathlib.Path,
              program: pathlib.Path = BIN / "faultpost") -> tuple[float, int]:
    """Runs the harness.

    Returns:
        wall seconds, and the peak resident memory in KiB.

    Raises:
        SystemExit: it did not end with 0.
    """
    before = time.perf_counter()
    child = subprocess.Popen([str(program), *map(str, arguments)], cwd=ROOT,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             text=True)
    assert child.stdout is not None
    said = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = status
    wall = time.perf_counter() - before
    if status != 0:
        sys.exit(f"{' '.join(map(str, arguments))} failed:\n{said}")
    return wall, usage.ru_maxrss


def faultpost_cpu(*arguments: str | pathlib.Path) -> tuple[float, float, int]:
    """Runs the harness and reads nothing of what it prints.

    Returns:
        wall seconds, seconds of CPU, and the peak resident memory in KiB.

    Raises:
        SystemExit: it did not end with 0.
    """
    before = time.perf_counter()
    child = subprocess.Popen([str(BIN / "faultpost"), *map(str, arguments)],
                             cwd=ROOT, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = status
    wall = time.perf_counter() - before
    if status != 0:
        sys.exit(f"{' '.join(map(str, arguments))} failed")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss


def median_wall(*arguments: str | pathlib.Path) -> tuple[float, int]:
    """The median wall seconds of RUNS runs (after one that does not count), and
    the largest peak memory in KiB."""
    faultpost("run", *arguments)
    runs = [faultpost("run", *arguments) for _ in range(RUNS)]
    return statistics.median(r[0] for r in runs), max(r[1] for r in runs)


def scenario(folder: pathlib.Path, name: str, count: int, hosts: dict,
             **more: object) -> pathlib.Path:
    """Writes a scenario of `count` messages to example.com.

    Args:
        folder: where to.
        name: of the file, without its suffix.
        count: messages.
        hosts: name to the members of the host besides its address.
        more: members of the scenario, and of its inject entry as `inject`.
    """
    address = {host: f"10.1.1.{11 + i}" for i, host in enumerate(hosts)}
    inject = {"count": count, "to": ["user{n}@example.com"]}
    inject.update(more.pop("inject", {}))  # type: ignore[arg-type]
    text = {
        "title": name,
        "routes": ["example.com " + ", ".join(f"{h}.example.com" for h in hosts)],
        "dns": {f"{h}.example.com": {"A": [address[h]]} for h in hosts},
        "hosts": {h: {"address": address[h], **hosts[h]} for h in hosts},
        "inject": [inject],
        **more,
    }
    path = folder / f"{name}.scenario.json"
    path.write_text(json.dumps(text, indent=2))
    return path


def seed_case(_folder: pathlib.Path, _quick: bool) -> Figure:
    """The seed scenario as a whole process."""
    path = "scenarios/failover/117875.scenario.json"
    wall, _ = median_wall(ROOT / path)
    return Figure("the seed scenario, whole process", "under 20 ms",
                  f"{wall * 1000:.1f} ms", wall < 0.020,
                  f"time faultpost run {path}")


def library(_folder: pathlib.Path, _quick: bool) -> Figure:
    """Every scenario of the library, by two processes."""
    words = ["-j", "2", ROOT / "scenarios"]
    wall, _ = median_wall(*words)
    count = len(list((ROOT / "scenarios").rglob("*.scenario.json")))
    return Figure("the whole library in sim, two processes", "under 5 s",
                  f"{wall:.2f} s for {count} files", wall < 5,
                  "time faultpost run -j 2 scenarios")


def dead_hosts(folder: pathlib.Path, _quick: bool) -> Figure:
    """72 hours of retries of 1,000 messages to three dead hosts."""
    dead = {"state": "refuse"}
    path = scenario(folder, "dead", 1000, {"a": dead, "b": dead, "c": dead},
                    expect=[{"bounced": {"5.4.7": 1000}}])
    wall, _ = median_wall(path)
    return Figure("72 h of retries, 1,000 messages, three dead hosts, to expiry",
                  "under 2 s", f"{wall:.2f} s", wall < 2,
                  "bench/run.sh dead_hosts")


def round_robin(folder: pathlib.Path, quick: bool) -> Figure:
    """Two hosts share 100,000 messages; memory against a tenth of that."""
    count = 20_000 if quick else 100_000
    files = [scenario(folder, f"round-robin-{n}", n, {"a": {}, "b": {}},
                      inject={"sessions": 20},
                      expect=[{"delivered": n},
                              {"fair": ["a", "b"], "tolerance": 1}])
             for n in (count // 10, count)]
    _, small = faultpost("run", files[0])
    wall, large = median_wall(files[1])
    rate = count / wall
    grown = large / small
    return Figure(f"two-host round robin, {count:,} messages, log and judging on",
                  "20,000 messages/s, memory flat",
                  f"{rate:,.0f} messages/s; peak memory {large} KiB, "
                  f"{grown:.2f} x that of a tenth of the messages",
                  rate >= 20_000 and grown < 1.10, "bench/run.sh round_robin")


def waiting(folder: pathlib.Path, quick: bool) -> Figure:
    """200,000 messages that wait: memory, restart, and new mail beside them."""
    count = 20_000 if quick else 200_000
    seen = queue_figures.waiting(BIN, folder, count, 1 if quick else RUNS)
    share = seen["full"] / seen["empty"]
    return Figure(f"{count:,} messages waiting: memory each, restart, new mail",
                  "under 400 bytes, ready in under 2 s, within 10 % of the rate "
                  "of an empty queue",
                  f"{seen['bytes']:.0f} bytes; {seen['start']:.2f} s; "
                  f"{seen['full']:,.0f} of {seen['empty']:,.0f} messages/s "
                  f"({seen['full_cpu'] * 1e6:.0f} and "
                  f"{seen['empty_cpu'] * 1e6:.0f} us of CPU each)",
                  seen["bytes"] < 400 and seen["start"] < 2 and share > 0.9,
                  "bench/run.sh waiting")


def looking(folder: pathlib.Path, quick: bool) -> Figure:
    """What an operator's look at the relay costs beside a long queue."""
    count = 20_000 if quick else 200_000
    seen = queue_figures.looking(BIN, folder, count, 1 if quick else RUNS)
    return Figure(f"status, tophosts, metrics, oldmessage with {count:,} messages "
                  "waiting for 50 domains",
                  "under 2 ms each",
                  ", ".join(f"{name} {many * 1e3:.2f} ms (with 1,000: "
                            f"{few * 1e3:.2f})"
                            for name, (few, many) in seen.items()),
                  all(many < 2e-3 for _, many in seen.values()),
                  "bench/run.sh looking")


def domains(folder: pathlib.Path, quick: bool) -> Figure:
    """40,000 routes and up to 10,000 domains: the cost of each message."""
    counts = (1_000, 10_000) if quick else (1_000, 10_000, 100_000)
    cost = queue_figures.domain_costs(BIN / "faultpost", folder, counts,
                                      1 if quick else RUNS)
    return Figure(f"{queue_figures.ROUTES:,} routes, {counts[-1]:,} messages to "
                  f"{min(counts[-1], queue_figures.DOMAINS):,} domains, half of "
                  "them down",
                  "cost per message flat",
                  " / ".join(f"{c * 1e6:.0f}" for c in cost)
                  + " us of CPU a message at "
                  + " / ".join(f"{c:,}" for c in counts),
                  cost[-1] < 1.5 * cost[0], "bench/run.sh domains")


def library_digest(program: pathlib.Path, folder: pathlib.Path) -> str:
    """One digest over every log and transcript of the library."""
    digest = hashlib.sha256()
    for path in sorted((ROOT / "scenarios").rglob("*.scenario.json")):
        log, transcript = folder / "log", folder / "transcript"
        faultpost("run", "--log", log, "--transcript", transcript,
                  path.relative_to(ROOT), program=program)
        digest.update(log.read_bytes())
        digest.update(transcript.read_bytes())
    return digest.hexdigest()


def determinism(folder: pathlib.Path, quick: bool) -> Figure:
    """The library again and again, and with other compilers."""
    runs = 5 if quick else 100
    digests = {library_digest(BIN / "faultpost", folder) for _ in range(runs)}
    builds = ["release"]
    for other in ("clang", "asan"):
        program = ROOT / "build" / other / "bin" / "faultpost"
        if program.exists():
            builds.append(other)
            digests.add(library_digest(program, folder))
    return Figure(f"determinism: {runs} runs of the library; builds: "
                  + ", ".join(builds), "byte-identical",
                  f"{len(digests)} distinct set(s) of logs and transcripts",
                  len(digests) == 1 and len(builds) == 3,
                  "bench/run.sh determinism")


def routes(_folder: pathlib.Path, _quick: bool) -> Figure:
    """40,000 routes: the unit test that reads and asks the largest table, built
    like a release."""
    build = ROOT / "build" / "bench"
    for command in (
            ["cmake", "--preset", "release", "-B", str(build),
             "-DBUILD_TESTING=ON"],
            ["cmake", "--build", str(build), "--target", "test_routes"]):
        subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    seen = []
    for _ in range(RUNS):
        said = subprocess.run([build / "tests" / "test_routes"], check=True,
                              capture_output=True, text=True)
        match = re.search(r"loaded in ([0-9.]+) s, a match takes (\d+) ns",
                          said.stdout + said.stderr)
        assert match is not None
        seen.append((float(match[1]), int(match[2])))
    read = statistics.median(s[0] for s in seen)
    match_ns = statistics.median(s[1] for s in seen)
    return Figure("40,000 routes, read and matched",
                  "read in under 0.2 s, a match under 1 us",
                  f"{read:.3f} s, {match_ns:.0f} ns",
                  read < 0.2 and match_ns < 1000, "bench/run.sh routes")


def prove(folder: pathlib.Path, _quick: bool) -> Figure:
    """40,000 routes with 200 sets of three hosts, each set with all its cases."""
    table = folder / "routes.txt"
    table.write_text("".join(
        f"d{i}.example: mx1.s{i % 200}.example, mx2.s{i % 200}.example, "
        f"spare{i % 20}.example/pri=10\n" for i in range(39999)))
    cases = folder / "cases.csv"
    wall, _ = faultpost("routes", "prove", "-j", "2", "--csv", cases, table)
    rows = cases.read_text().splitlines()[1:]
    return Figure("`routes prove`: 40,000 routes, 200 sets of three hosts", "under 30 s",
                  f"{wall:.1f} s for {len(rows):,} cases",
                  wall < 30 and all(row.endswith(",") for row in rows), "bench/run.sh prove")


def rules(_folder: pathlib.Path, _quick: bool) -> Figure:
    """100 rules of each kind that a command does not match, built like a
    release; the least of five runs, for others' load only adds to it."""
    build = ROOT / "build" / "bench"
    for command in (
            ["cmake", "--preset", "release", "-B", str(build),
             "-DBUILD_TESTING=ON"],
            ["cmake", "--build", str(build), "--target", "test_rule"]):
        subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    seen: dict[str, int] = {}
    for _ in range(RUNS):
        said = subprocess.run([build / "tests" / "test_rule"], check=True,
                              capture_output=True, text=True)
        for kind, ns in re.findall(r"100 rules that do not hold, (\w+): (\d+) ns",
                                   said.stdout + said.stderr):
            seen[kind] = min(int(ns), seen.get(kind, 10**9))
    # Those of "counts" hold, and are counted: they are beside the promise.
    promised = [ns for kind, ns in seen.items() if kind != "counts"]
    return Figure("100 rules that do not match a command",
                  "under 1 us",
                  ", ".join(f"{kind} {ns} ns" for kind, ns in seen.items()),
                  bool(promised) and max(promised) < 1000, "bench/run.sh rules")


def kill(_folder: pathlib.Path, quick: bool) -> Figure:
    """kill -9 of the daemon at random moments under load."""
    rounds = 20 if quick else 200
    command = ["sh", "bench/kill.sh", str(rounds)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True,
                         timeout=1800, check=False)
    last = (run.stdout.strip() or run.stderr.strip()).splitlines()[-1:]
    return Figure(f"accepted mail over {rounds} kill -9 under load",
                  "none lost, none sent again in vain", " ".join(last), run.returncode == 0,
                  " ".join(command))


def by_log(folder: pathlib.Path, quick: bool) -> Figure:
    """The library once more, judged by its logs and transcripts alone."""
    log, talk = folder / "one.log", folder / "one.jsonl"
    listed = json.loads(subprocess.run(
        [BIN / "faultpost", "run", "--list", "--format", "json", "scenarios"],
        cwd=ROOT, check=True, capture_output=True).stdout)["scenarios"]
    wrong = 0
    for one in listed[::10 if quick else 1]:
        name = one["file"]
        if "variant" in one:
            name += f"[{one['variant']}]"
        faultpost("run", "--log", log, "--transcript", talk, name)
        for words in ([], ["--whole"]):
            done = subprocess.run(
                [BIN / "faultpost", "check", name, "--log", log,
                 "--transcript", talk, *words], cwd=ROOT, check=False,
                capture_output=True)
            if done.returncode != 0:
                wrong += 1
                print(done.stdout.decode())
    return Figure("the library judged by its logs alone, with --whole and "
                  f"without ({len(listed)} cases)", "all held",
                  f"{wrong} failed", wrong == 0, "./dev bench by_log")


def modes(_folder: pathlib.Path, quick: bool) -> Figure:
    """The library in virtual time and live, verdict by verdict."""
    words = ["scenarios/failover"] if quick else ["scenarios"]
    command = ["tests/e2e/modes.py", str(BIN.relative_to(ROOT)), *words]
    began = time.monotonic()
    run = subprocess.run([sys.executable, *command], cwd=ROOT, text=True,
                         capture_output=True, timeout=1800, check=False)
    last = (run.stdout.strip() or run.stderr.strip()).splitlines()[-1:]
    return Figure("the library in both modes", "no verdict differs",
                  f"{' '.join(last)}; {time.monotonic() - began:.0f} s",
                  run.returncode == 0, " ".join(["python3", *command]))


def live_kill(_folder: pathlib.Path, quick: bool) -> Figure:
    """kill -9 of the harness at random moments of live runs."""
    kills = 60 if quick else 500
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--timeout", "1800",
         "tests/e2e/test_live.py", "-k", "killed"], cwd=ROOT, text=True,
        env={**os.environ, "FAULTPOST_BUILD": str(BIN.parent),
             "FAULTPOST_KILLS": str(kills)},
        capture_output=True, check=False)
    last = run.stdout.strip().splitlines()[-1:]
    return Figure(f"{kills:,} kill -9 of live runs, in each of both ways",
                  "no process, namespace or file left", " ".join(last),
                  run.returncode == 0, "./dev bench live_kill")


def big_log_file(folder: pathlib.Path, quick: bool) -> tuple[pathlib.Path, int]:
    """The log of bench/big_log.py, made when it is asked for first; and how many
    megabytes it has."""
    megabytes = 100 if quick else 1000
    log = folder / "big.log"
    if not log.exists():
        subprocess.run([sys.executable, ROOT / "bench" / "big_log.py",
                        BIN / "faultpost", folder, str(megabytes)], cwd=ROOT,
                       check=True, stdout=subprocess.DEVNULL)
    return log, megabytes


def big_log(folder: pathlib.Path, quick: bool) -> Figure:
    """A mail log of 1 GB, judged once."""
    log, megabytes = big_log_file(folder, quick)
    wall, cpu, kib = faultpost_cpu("check", folder / "big.scenario.json",
                                   "--log", log)
    return Figure(f"a mail log of {megabytes:,} MB judged",
                  "under 60 s for 1,000 MB, and 500 MB of memory",
                  f"{wall:.1f} s ({cpu:.1f} s of CPU), {kib // 1024} MB",
                  wall < 60 * megabytes / 1000 and kib < 500 * 1000,
                  "./dev bench big_log")


def log_commands(folder: pathlib.Path, quick: bool) -> Figure:
    """The same log, asked once by each command of `faultpost log`."""
    log, megabytes = big_log_file(folder, quick)
    seen = []
    for words in (["parse"], ["stats"], ["timeline"], ["show", "777"],
                  ["why", "777"], ["anonymize"]):
        seen.append((words[0], *faultpost_cpu("log", *words, log)))
    return Figure(f"a mail log of {megabytes:,} MB read by `faultpost log`",
                  "under 60 s for 1,000 MB, and 200 MB of memory, each",
                  "; ".join(f"{name} {wall:.1f} s ({cpu:.1f} s of CPU), "
                            f"{kib // 1024} MB" for name, wall, cpu, kib in seen),
                  all(wall < 60 * megabytes / 1000 and kib < 200 * 1000
                      for _, wall, _, kib in seen), "./dev bench log_commands")


def reproduced(_folder: pathlib.Path, quick: bool) -> Figure:
    """The logs of the library, each as a scenario again."""
    sums = reproduce_library.library(
        BIN / "faultpost", ["scenarios/failover" if quick else "scenarios"])
    shares = {way: kinds.get("same", 0) / sum(kinds.values())
              for way, kinds in sums.items()}
    return Figure("the logs of the library, reproduced: those that come back "
                  "event for event", "80 % of them, and none without a report",
                  "; ".join(f"{kinds.get('same', 0)} of {sum(kinds.values())} "
                            f"{way} their routes" for way, kinds in sums.items()),
                  min(shares.values()) >= 0.8
                  and not any("error" in kinds for kinds in sums.values()),
                  "./dev bench reproduced")


def idle(folder: pathlib.Path, quick: bool) -> Figure:
    """Connections of the mock that say nothing: memory each."""
    count = 2000 if quick else 50000
    mocks, each = mock_figures.measure(
        BIN / "faultpost-mock", folder, count, print)
    of = "" if mocks == 1 else f" ({mocks} of it, for want of open files)"
    return Figure(f"{count:,} idle connections to the mock{of}",
                  "under 4 KB each", f"{each:,.0f} bytes each", each < 4096,
                  "./dev bench idle")


FIGURES: dict[str, Callable[[pathlib.Path, bool], Figure]] = {
    f.__name__: f
    for f in (seed_case, library, dead_hosts, round_robin, routes, prove, rules, waiting,
              looking, domains, idle, by_log, big_log, log_commands,
              reproduced,
              determinism, kill, modes, live_kill)
}


def main() -> int:
    """Measures the figures named, or all; 0 when all limits were kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("figures", nargs="*", metavar="FIGURE",
                        help=f"of {', '.join(FIGURES)}; all by default")
    parser.add_argument("--quick", action="store_true",
                        help="fewer runs and messages")
    options = parser.parse_args()
    for name in options.figures:
        if name not in FIGURES:
            parser.error(f"no figure is called {name}")
    if not (BIN / "faultpost").exists():
        sys.exit("no release build: run ./dev build")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    held = True
    with tempfile.TemporaryDirectory() as folder:
        for name in options.figures or FIGURES:
            figure = FIGURES[name](pathlib.Path(folder), options.quick)
            held = held and figure.held
            print(f"{'held  ' if figure.held else 'MISSED'}  {figure.name}\n"
                  f"        wanted {figure.wanted}; seen {figure.seen}\n"
                  f"        {figure.command}", flush=True)
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
