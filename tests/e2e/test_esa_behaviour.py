# SPDX-License-Identifier: MIT
"""docs/esa-behaviour.md: no empty cell, and what it names is there."""
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "esa-behaviour.md"
NAME = re.compile(r"`([^`]+)`")


def rows(text: str) -> list[tuple[int, list[str]]]:
    """(line number, cells) of each row below a table's head."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("|") and not re.match(r"\| *fact|\|-", line):
            cells = re.split(r"(?<!\\)\|", line.strip()[1:-1])
            found.append((number, [cell.strip() for cell in cells]))
    return found


def witness_problem(name: str) -> str | None:
    """Why the name is no scenario and no test; None when it is one."""
    if name.startswith("tests/"):
        path, _, case = name.partition("::")
        if not (ROOT / path).is_file():
            return f"no file {path}"
        if case and case not in (ROOT / path).read_text():
            return f"no {case} in {path}"
        return None
    if any((ROOT / "scenarios").glob(name + ".scenario.json")):
        return None
    return f"no scenario {name}"


def problems(text: str) -> list[str]:
    """What is wrong with the page, a line each."""
    config = (ROOT / "docs" / "relay-config.md").read_text()
    keys = set(re.findall(r"^\| `([a-z0-9_$]+)`", config, re.M))
    found = []
    for number, cells in rows(text):
        if len(cells) != 4 or not all(cells):
            found.append(f"{number}: not four cells that say something")
            continue
        fact, source, witnesses, other = cells
        tag = re.match(r"[SWMI](, [SWMI])*: ", source)
        if tag is None:
            found.append(f"{number}: the source begins with S, W, M or I")
        names = NAME.findall(witnesses)
        if not names:
            found.append(f"{number}: nothing shows it")
        for name in names:
            problem = witness_problem(name)
            if problem:
                found.append(f"{number}: {problem}")
        for name in NAME.findall(other):
            if name.split(".")[-1] not in keys:
                found.append(f"{number}: {name} is no key")
        if other == "-" and tag and tag.group().strip(": ") != "S":
            found.append(f"{number}: not certain, and no key nor reason")
    return found


def test_page() -> None:
    assert problems(PAGE.read_text()) == []


@pytest.mark.parametrize("row", [
    "| a fact | S: 1 | `failover/452-mail` | |",
    "| a fact | S: 1 | `failover/no-such-case` | - |",
    "| a fact | S: 1 | `tests/unit/no_such_test.c` | - |",
    "| a fact | a book | `failover/452-mail` | - |",
    "| a fact | M: a book | `failover/452-mail` | - |",
    "| a fact | M: a book | `failover/452-mail` | `no_such_key` |",
    "| a fact | S: a book | seen | - |",
])
def test_bad_row_is_found(row: str) -> None:
    assert len(problems(row)) == 1
