# SPDX-License-Identifier: MIT
"""Scenario files as items: a file is a collector, each of its cases an item,
and the harness judges them."""
from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .programs import ProgramMissing, Programs

SUFFIX = ".scenario.json"
LIST_S = 60.0
# How the harness says that a case was not run, and why.
NOT_RUN = re.compile(r"^skip .*\((not run live: .*)\)$", re.MULTILINE)
TAG = re.compile(r"[a-z0-9][a-z0-9._-]*")  # running it refuses any other
LOG_SHOWN_BYTES = 64 << 10  # the end of a log in a failure's section


class ScenarioBroken(Exception):
    """A file that is no scenario, or a harness that failed."""


class NotHeld(Exception):
    """A scenario did not hold; the text is the harness' explanation."""


class ScenarioFile(pytest.File):
    """A *.scenario.json; its cases are its items."""

    def collect(self) -> Iterator[ScenarioItem]:
        programs: Programs = self.config.stash[PROGRAMS]
        try:
            cases = cases_of(self.path, programs)
        except (ScenarioBroken, ProgramMissing) as error:
            raise self.CollectError(str(error)) from None
        for case in cases:
            yield ScenarioItem.from_parent(
                self, told=case, variant=case.get("variant"),
                name=case.get("variant") or self.path.name[:-len(SUFFIX)])


PROGRAMS = pytest.StashKey[Programs]()


def cases_of(path: Path, programs: Programs) -> list[dict[str, Any]]:
    """A file's cases: `variant` (unless it is the only one), title, tags.

    Only a file with a matrix needs the harness, so that collecting a large
    library takes no process for each file.
    """
    program = programs.find("faultpost")
    try:
        scenario = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        scenario = None  # the harness says what is wrong, and where
    if isinstance(scenario, dict) and "matrix" not in scenario:
        tags = scenario.get("tags", [])
        return [{"title": scenario.get("title"),
                 "tags": tags if isinstance(tags, list) else [tags]}]
    done = subprocess.run(
        [program, "run", "--list", "--format", "json", str(path)], text=True,
        capture_output=True, timeout=LIST_S, check=False)
    if done.returncode != 0:
        raise ScenarioBroken(done.stderr.strip() or done.stdout.strip())
    listed: list[dict[str, Any]] = json.loads(done.stdout)["scenarios"]
    return listed


class ScenarioItem(pytest.Item):
    """A case of a scenario."""

    def __init__(self, *, variant: str | None, told: dict[str, Any],
                 **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._variant = variant
        self._title = str(told.get("title") or self.name)
        for tag in told.get("tags", []):
            if isinstance(tag, str) and TAG.fullmatch(tag):
                self.add_tag(tag)
        self.user_properties.append(("title", self._title))

    def add_tag(self, tag: str) -> None:
        """A tag is a marker that needs no registration: whoever wrote the
        scenario has said what it means."""
        self.config.addinivalue_line("markers", f"{tag}: of scenarios")
        self.add_marker(tag)
        self.extra_keyword_matches.add(tag)

    def runtest(self) -> None:
        """Raises NotHeld or ScenarioBroken; skips what cannot be run live."""
        with tempfile.TemporaryDirectory(prefix="faultpost-") as folder:
            self._run(Path(folder))

    def _run(self, folder: Path) -> None:
        config = self.config
        programs: Programs = config.stash[PROGRAMS]
        operand = str(self.path)
        if self._variant is not None:
            operand += f"[{self._variant}]"
        words = [programs.find("faultpost"), "run", "-v", "--log",
                 str(folder / "mail.log")]
        if config.getoption("faultpost_mode") == "live":
            words.append("--live")
        relay = config.getoption("faultpost_relay")
        if relay:
            words += ["--relay", relay]
        profiles = config.getoption("faultpost_profiles")
        if profiles:
            words += ["--profiles", str(Path(profiles).resolve())]
        seed = config.getoption("faultpost_seed")
        if seed is not None:
            words += ["--seed", str(seed)]
        done = subprocess.run([*words, operand], text=True,
                              capture_output=True, check=False)
        if done.returncode == 0:
            not_run = NOT_RUN.search(done.stdout)
            if not_run:
                pytest.skip(not_run[1])
            return
        if done.returncode != 1:
            raise ScenarioBroken(done.stderr.strip() or done.stdout.strip())
        page, timeline = split_page(done.stdout)
        self.add_report_section("call", "timeline", timeline)
        self.add_report_section("call", "mail log",
                                end_of(folder / "mail.log"))
        if done.stderr:
            self.add_report_section("call", "said by the way", done.stderr)
        raise NotHeld(page)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException],
                     style: Any = None) -> Any:
        """The harness' explanation, without Python's trace."""
        if isinstance(excinfo.value, (NotHeld, ScenarioBroken,
                                      ProgramMissing)):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, 0, f"{self.name}: {self._title}"


def split_page(page: str) -> tuple[str, str]:
    """The explanation of a failure, and the story in lanes that it has."""
    lines = page.splitlines(keepends=True)
    begin = next((i for i, line in enumerate(lines)
                  if line.rstrip() == "  story"), None)
    if begin is None:
        return page, ""
    end = next((i for i in range(begin + 1, len(lines))
                if lines[i].startswith("  ")
                and not lines[i].startswith("   ")), len(lines))
    return ("".join(lines[:begin] + lines[end:]),
            "".join(lines[begin + 1:end]))


def end_of(path: Path) -> str:
    """The last LOG_SHOWN_BYTES of a file, whole lines."""
    try:
        data = path.read_bytes()
    except OSError:
        return ""
    if len(data) > LOG_SHOWN_BYTES:
        data = data[-LOG_SHOWN_BYTES:]
        data = b"[...]\n" + data[data.find(b"\n") + 1:]
    return data.decode(errors="replace")
