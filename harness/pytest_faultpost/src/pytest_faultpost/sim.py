# SPDX-License-Identifier: MIT
"""A scenario that is built in Python and run in virtual time."""
from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .programs import Programs

RUN_S = 300.0


class ScenarioFailed(AssertionError):
    """The scenario did not hold; the text is the harness' explanation."""


@dataclass(frozen=True)
class SimResult:
    """What came of a run."""

    verdict: str             # held, failed
    report: dict[str, Any]   # as `faultpost run --format json` tells it
    page: str                # as it is told to people
    log: str                 # the mail log
    transcript: list[dict[str, Any]]  # what the hosts saw

    @property
    def held(self) -> bool:
        return self.verdict == "held"


class HostBuilder:
    """A host of a scenario; `on` adds a rule to it."""

    def __init__(self, host: dict[str, Any]) -> None:
        self._host = host

    def on(self, stage: str, **rule: Any) -> HostBuilder:
        """A rule: `on("rcpt", reply="452 4.3.1 full", from_="*@a.example")`."""
        self._host.setdefault("rules", []).append(
            {"on": stage, **plain_keys(rule)})
        return self


def plain_keys(said: dict[str, Any]) -> dict[str, Any]:
    """`from_` is `from`."""
    return {key.rstrip("_"): value for key, value in said.items()}


class Sim:
    """A scenario; each method adds to `scenario`, which is what its file
    holds (docs/scenario.md), and gives the scenario back where it can."""

    def __init__(self, programs: Programs, folder: Path, title: str) -> None:
        self._programs = programs
        self._folder = folder
        self._runs = 0
        self.scenario: dict[str, Any] = {
            "title": title, "hosts": {}, "routes": [], "inject": [],
            "expect": []}

    def host(self, name: str, address: str | None = None,
             **host: Any) -> HostBuilder:
        """A host; without an address it has the next of 10.1.1.11 and on."""
        hosts = self.scenario["hosts"]
        if name in hosts:
            raise ValueError(f"the host {name} is there already")
        hosts[name] = {"address": address or f"10.1.1.{11 + len(hosts)}",
                       **host}
        return HostBuilder(hosts[name])

    def route(self, *lines: str) -> Sim:
        """Lines of the routes table, in which hosts are by their names."""
        self.scenario["routes"] += lines
        return self

    def inject(self, to: str | list[str], count: int = 1, **more: Any) -> Sim:
        """Mail: `inject("user@example.com", count=10, from_="a@b.example")`;
        a key that is a word of Python has `_` behind it."""
        self.scenario["inject"].append(
            {"count": count, "to": [to] if isinstance(to, str) else to,
             **plain_keys(more)})
        return self

    def at(self, moment: str, **step: Any) -> Sim:
        """A step of the timeline: `at("5m", host="mx1", state="up")`."""
        self.scenario.setdefault("timeline", []).append(
            {"at": moment, **step})
        return self

    def expect(self, because: str | None = None, **expectation: Any) -> Sim:
        """What must be true: `expect(delivered={"mx2": 10})`."""
        if because is not None:
            expectation["because"] = because
        self.scenario["expect"].append(expectation)
        return self

    def run(self, must_hold: bool = True) -> SimResult:
        """Runs and judges it.  Raises ScenarioFailed when it did not hold,
        unless that is what the test wants to see, and ValueError when the
        scenario is none."""
        __tracebackhide__ = True
        self._runs += 1
        path = self._folder / f"sim-{self._runs}.scenario.json"
        path.write_text(json.dumps(self._with_addresses(), indent=1))
        report, log, transcript = (
            path.with_suffix(suffix)
            for suffix in (".report", ".log", ".transcript"))
        done = subprocess.run(
            [self._programs.find("faultpost"), "run", "--output",
             f"json={report}", "--log", str(log), "--transcript",
             str(transcript), str(path)],
            text=True, capture_output=True, timeout=RUN_S, check=False)
        if done.returncode not in (0, 1):
            raise ValueError(done.stderr.strip() or done.stdout.strip())
        [told] = json.loads(report.read_text())["scenarios"]
        result = SimResult(
            told["verdict"], told, done.stdout, log.read_text(),
            [json.loads(line) for line in
             transcript.read_text().splitlines()])
        if must_hold and not result.held:
            raise ScenarioFailed(done.stdout)
        return result

    def _with_addresses(self) -> dict[str, Any]:
        """The scenario; hosts that a route names are in its zone, and what is
        empty is left out."""
        scenario = {key: value for key, value in self.scenario.items()
                    if value not in ([], {})}
        zone = {name: {"A": [host["address"]]}
                for name, host in self.scenario["hosts"].items()
                if isinstance(host["address"], str)}
        scenario["dns"] = {**zone, **self.scenario.get("dns", {})}
        return scenario
