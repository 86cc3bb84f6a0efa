#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The logs of the library, reproduced: how many come back event for event.

    bench/reproduce_library.py BIN [-v] [FILE...]

Runs each scenario (all of scenarios/ by default), gives its log to `faultpost
log reproduce`, without its routes and with them, and prints those whose log has
an event that the run has not, or the other way round, each with the causes that
the report names, and how many there are of each.  With -v also what is
different, and what the report says that the log cannot tell.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import pathlib
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

ROOT = pathlib.Path(__file__).resolve().parent.parent
CAUSE = re.compile(r"^  - Differences, (\S+): (\d+) ", re.M)
SUMS = re.compile(r"^= (\d+) of (\d+) events.*\n- (\d+) are.*\n\+ (\d+) are", re.M)


@dataclasses.dataclass
class Told:
    """What a reproduction said.

    Attributes:
        kind: "same", "differs", "none" (no delivery is in the log) or "error".
        missing: events of the log that are not in the run.
        more: events of the run that are not in the log.
        text: all that was printed.
        causes: of the differences, by their names.
    """

    kind: str
    missing: int
    more: int
    text: str
    causes: tuple[str, ...] = ()


def reproduce(program: pathlib.Path, log: pathlib.Path,
              *words: str | pathlib.Path) -> Told:
    """Reproduces a log."""
    done = subprocess.run([program, "log", "reproduce", *words, log], text=True,
                          capture_output=True, cwd=ROOT, check=False)
    text = done.stdout + done.stderr
    if "no delivery in it" in text:
        return Told("none", 0, 0, text)
    sums = SUMS.search(done.stdout)
    if sums is None or done.returncode not in (0, 1):
        return Told("error", 0, 0, text)
    missing, more = int(sums[3]), int(sums[4])
    same = missing == more == 0
    if same != (done.returncode == 0):
        return Told("error", missing, more, text)
    # Whoever differs differs for a reason, and is told so.
    causes = tuple(found[1] for found in CAUSE.finditer(done.stdout))
    if same == bool(causes):
        return Told("error", missing, more, text)
    return Told("same" if same else "differs", missing, more, text, causes)


def tried(program: pathlib.Path, case: dict) -> list[Told]:
    """A case of the library: without its routes, and with them."""
    name = case["file"]
    if "variant" in case:
        name += f"[{case['variant']}]"
    with tempfile.TemporaryDirectory() as folder:
        log, routes = pathlib.Path(folder) / "log", pathlib.Path(folder) / "routes"
        subprocess.run([program, "run", "--log", log, name], cwd=ROOT,
                       capture_output=True, check=False)
        told = [reproduce(program, log)]
        lines = json.loads((ROOT / case["file"]).read_text()).get("routes")
        # Those of a variant may be made of its words.
        if isinstance(lines, list) and "$" not in str(lines):
            routes.write_text("".join(f"{line}\n" for line in lines))
            told.append(reproduce(program, log, "--routes", routes))
    return told


def listed(program: pathlib.Path, files: list[str]) -> list[dict]:
    """The cases of these files and folders."""
    words = [program, "run", "--list", "--format", "json", *files]
    return json.loads(subprocess.run(words, cwd=ROOT, check=True,
                                     capture_output=True).stdout)["scenarios"]


def tell(case: dict, told: Told, way: str, is_verbose: bool) -> None:
    """One that did not come back."""
    print(f"{told.kind:8} {case['file']} {case.get('variant', '')} {way}: "
          f"-{told.missing} +{told.more} {' '.join(told.causes)}")
    for line in told.text.splitlines() if is_verbose else []:
        if re.match(r".{22,26}[-+] ", line) or line.startswith("  - "):
            print(f"         {line}")


def library(program: pathlib.Path, files: list[str],
            is_verbose: bool = False) -> dict[str, dict[str, int]]:
    """How many of each kind there are, without routes and with them."""
    cases = listed(program, files)
    sums: dict[str, dict[str, int]] = {"without": {}, "with": {}}
    causes: dict[str, dict[str, int]] = {"without": {}, "with": {}}
    with ThreadPoolExecutor(2) as pool:
        for case, tries in zip(cases, pool.map(
                lambda case: tried(program, case), cases)):
            for way, told in zip(sums, tries):
                for cause in told.causes[:1]:
                    causes[way][cause] = causes[way].get(cause, 0) + 1
                sums[way][told.kind] = sums[way].get(told.kind, 0) + 1
                if told.kind not in ("same", "none"):
                    tell(case, told, way, is_verbose)
    for way, counts in causes.items():
        print(f"{way} routes, why: " + ", ".join(
            f"{n} {cause}" for cause, n in sorted(
                counts.items(), key=lambda row: -row[1])))
    return sums


def main() -> int:
    """Prints what is different, and the sums; 1: something could not be
    reproduced at all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bin", type=pathlib.Path)
    parser.add_argument("files", nargs="*", default=["scenarios"])
    parser.add_argument("-v", action="store_true")
    options = parser.parse_args()
    sums = library(options.bin.resolve() / "faultpost", options.files, options.v)
    for way, kinds in sums.items():
        print(f"{way} routes: "
              + ", ".join(f"{n} {kind}" for kind, n in sorted(kinds.items())))
    return 1 if any("error" in kinds for kinds in sums.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
