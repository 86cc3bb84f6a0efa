# SPDX-License-Identifier: MIT
"""The tables that faultpost conformance prints of its results.  Pure: it reads
nothing but what it is given, some of which other builds have written."""
import os
import re
from pathlib import Path
from typing import Any

from behaviours import FOREIGN

TEXT_MAX = 240
# Of a case, as faultpost run --format json has it; without a verdict, "reason".
Result = dict[str, Any]
Results = dict[str, dict[str, Result]]  # by relay and case
KINDS = ("expectations", "invariants", "endings")
# Of a case that was not come to.
MISSING: Result = {"verdict": "missing", "reason": "the run ended before it"}


def is_result(value: Any) -> bool:
    """As far as a table is made of it."""
    return isinstance(value, dict) and isinstance(
        value.get("verdict"), str) and all(
            isinstance(one, dict) and isinstance(one.get("subject"), str)
            and isinstance(one.get("verdict"), str)
            and isinstance(one.get("wanted", ""), str)
            and isinstance(one.get("found", ""), str)
            for kind in KINDS for one in value.get(kind) or [])


def findings(result: Result, verdict: str) -> list[dict[str, Any]]:
    """Those of that verdict; rules come first, as a rule that was not kept says
    more than what came of that."""
    return sorted(
        (one for kind in KINDS for one in result.get(kind) or []
         if one["verdict"] == verdict),
        key=lambda one: not one["subject"].startswith("invariant"))


def verdict_of(result: Result) -> str:
    """In a word, or a few."""
    words = {"held": "held", "not run": "not asked", "failed": "differs",
             "interrupted": "out of time", "missing": "not run"}
    return words.get(result["verdict"], f"not judged: {result['verdict']}")


def one_line(text: str) -> str:
    line = re.sub(r"\s+", " ", text.split("\n", maxsplit=1)[0]).strip()
    return line if len(line) <= TEXT_MAX else line[:TEXT_MAX - 3] + "..."


def evidence(relay: str, scenario: str, result: Result) -> list[str]:
    """What a verdict is taken from, in sentences; none: all that was judged
    held."""
    if verdict_of(result) == "not asked":
        return [f"Cannot be expressed: {result['reason']}."]
    if "reason" in result:
        return [f"It has no verdict: {result['reason']}."]
    lines = [f"{one['subject']}: wanted {one_line(one.get('wanted', ''))}; "
             f"found {one_line(one.get('found', ''))}."
             for one in findings(result, "failed")]
    if not lines:
        return []
    subject = findings(result, "failed")[0]["subject"].split()[-1]
    foreign = FOREIGN.get(relay.partition(":")[0])
    manual = foreign.manual.get(
        scenario, foreign.manual.get(subject)) if foreign else None
    held = [one["subject"] for one in findings(result, "held")
            if one["subject"].startswith("expect")]
    left = [one["subject"] for one in findings(result, "not judged")]
    lines += [f"By the manual: {manual}."] if manual else []
    lines += [f"Held: {', '.join(held)}."] if held else []
    lines += [f"Cannot be expressed: {', '.join(left)}."] if left else []
    return lines


def table(head: str, names: list[str], rows: dict[str, list[str]]) -> str:
    lines = [f"| {head} | " + " | ".join(names) + " |",
             "|---" * (len(names) + 1) + "|"]
    lines += [f"| {row} | " + " | ".join(cells) + " |"
              for row, cells in rows.items()]
    return "\n".join(lines) + "\n"


def report(relays: list[str], cases: list[tuple[str, str, str]],
           results: Results) -> str:
    """The table, and the evidence that its cells name.  Of each case: the
    behaviour, its name in the library, and its file."""
    names = [relay.partition(":")[0] for relay in relays]
    rows: dict[str, list[str]] = {}
    notes: list[str] = []
    for behaviour, scenario, file in cases:
        cells = []
        for name, relay in zip(names, relays):
            result = results.get(relay, {}).get(file, MISSING)
            said = evidence(relay, scenario, result)
            words = verdict_of(result)
            if said:
                notes.append(f"{len(notes) + 1}. {name}, `{scenario}`, "
                             f"{words}. " + " ".join(said))
                words += f" ({len(notes)})"
            cells.append(words)
        rows[f"{behaviour} (`{scenario}`)"] = cells
    return table("behaviour", names, rows) + "\n" + "\n".join(notes) + "\n"


COUNTED = ("held", "differs", "not asked")


def counts_of(results: list[Result]) -> str:
    """A cell: how many there are of each verdict."""
    seen = [verdict_of(result) for result in results]
    cell = " / ".join(str(seen.count(words)) for words in COUNTED)
    others = sum(words not in COUNTED for words in seen)
    return f"{cell} ({others} without a verdict)" if others else cell


def first_difference(result: Result) -> str:
    """What of a case that differs says most: the rule that was not kept, or the
    expectation."""
    failed = findings(result, "failed")
    return re.sub(r"\[[0-9]+\]", "", failed[0]["subject"]) if failed else "?"


def counts(relays: list[str], folder: Path,
           results: Results) -> str:
    """Tables of the whole library: of each theme and relay how many cases held,
    differ, and were not asked; and by what those differ."""
    names = [relay.partition(":")[0] for relay in relays]
    by_theme: dict[str, list[list[Result]]] = {}
    by_difference: dict[str, list[int]] = {}
    for at, relay in enumerate(relays):
        for case, result in results.get(relay, {}).items():
            theme = os.path.relpath(Path(case.partition("[")[0]).parent, folder)
            by_theme.setdefault(
                theme, [[] for _ in relays])[at].append(result)
            if verdict_of(result) == "differs":
                by_difference.setdefault(
                    first_difference(result), [0] * len(relays))[at] += 1
    by_theme["all"] = [list(results.get(relay, {}).values())
                       for relay in relays]
    most = sorted(by_difference.items(), key=lambda row: -sum(row[1]))
    return table("theme", names, {
        theme: [counts_of(cell) for cell in cells]
        for theme, cells in by_theme.items()}) + "\n" + table(
            "differs by", names, {
                row: [str(number) for number in cells] for row, cells in most})
