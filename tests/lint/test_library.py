# SPDX-License-Identifier: MIT
"""Each scenario of the library says what it proves, why, and by whose word;
and the pages that list the scenarios list them all."""
import json
import re
from pathlib import Path

import house
import pytest

# What a source looks like: `case` names one or more, with "; " between them.
SOURCES = [
    r"Cisco \d{6}",
    r"RFC \d+, (?:Appendix )?[\dA-Z][\d.]*",
    r"AsyncOS guide(?: \d[\d.]*)?[,:] [\"\w]",
    r"docs/[\w-]+\.md",
    r"[Dd]ecisions? \d+",
    r"CVE-\d{4}-\d+",
    r"Forum \d+",
    r"Microsoft Q&A \d+",
    r"Mailing-list archives: ",
    r"STW, sample lines",
    r"SMTP Field Manual, \w",
    r"Postfix, \w+",
    r"Exchange(?: Online)?, \w",
    r"[\w.-]+/[\w.-]+, (?:src|coro)/[\w/.-]+\.\w+",
    r"[\w./-]+, https://[\w./-]+$",
]
# Where the appliance's documents are quoted, the words may hold a "; ".
SOURCE = re.compile("|".join(f"(?:{form})" for form in SOURCES))


def library(root):
    return {str(path.relative_to(root)): json.loads(path.read_text())
            for path in sorted((root / "scenarios").rglob("*.scenario.json"))}


def check_says(name, document):
    """Findings about one scenario."""
    if not document.get("title", "").strip():
        yield f"{name}: no title"
    sources = document.get("case", "").split("; ")
    for source in sources:
        if not SOURCE.match(source):
            yield f"{name}: no source in case: {source!r}"
    if not document.get("expect"):
        yield f"{name}: nothing is expected"
    for number, expectation in enumerate(document.get("expect", [])):
        if not expectation.get("because", "").strip():
            yield f"{name}: expect[{number}] has no because"


def test_scenarios_say_what_they_prove(root):
    house.report(finding for name, document in library(root).items()
                 for finding in check_says(name, document))


GOOD = {"title": "It works", "case": "RFC 5321, 4.2; decision 3",
        "expect": [{"delivered": 1, "because": "it was sent"}]}


@pytest.mark.parametrize("change, finding", [
    ({}, None),
    ({"title": " "}, "no title"),
    ({"case": ""}, "no source"),
    ({"case": "RFC 5321"}, "no source"),
    ({"case": "RFC 5321, 4.2; somebody said so"}, "somebody"),
    ({"case": "owner/project, https://github.com/owner/project/issues/1"},
     None),
    ({"expect": []}, "nothing"),
    ({"expect": [{"delivered": 1}]}, "expect[0]"),
    ({"expect": [{"delivered": 1, "because": ""}]}, "expect[0]"),
])
def test_silence_is_found(change, finding):
    findings = list(check_says("a", {**GOOD, **change}))
    if finding is None:
        assert findings == []
    else:
        assert len(findings) == 1 and finding in findings[0]


def table(text):
    """The rows of the tables of a page, as lists of cells."""
    for line in text.splitlines():
        if line.startswith("| ") and not line.startswith("|--"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def linked(cell):
    """The scenarios that a cell links to."""
    return re.findall(r"\]\(([\w./-]+)\.scenario\.json\)", cell)


def test_demand_lists_each_thread(root):
    folder = root / "scenarios" / "demand"
    told = {}
    for row in table((folder / "README.md").read_text()):
        for name in linked(row[2]) if len(row) == 4 else []:
            told[name] = re.search(r"\((https://[^)]+)\)", row[0])[1]
    assert told == {
        path.name.removesuffix(".scenario.json"):
            json.loads(path.read_text())["case"].split(", ")[-1]
        for path in folder.glob("*.scenario.json")}
    assert len(told) >= 40


# The cases of Cisco's support, of forums and of Microsoft that we know of.
TAC = """117875 118410 118548 118287 118601 215929 212837 118177 117846 118955
118500 212587 117853 118232 118286 118295 118579 117801 118556 118014 117918
214630 BLOG 12561426 1363239 870""".split()


def test_tac_answers_each_case(root):
    folder = root / "scenarios" / "tac"
    rows = [row for row in table((folder / "README.md").read_text())
            if len(row) == 3 and row[0] != "case"]
    assert [row[0] for row in rows] == TAC
    used = set()
    for number, _, answer in rows:
        for name in linked(answer):
            path = folder / f"{name}.scenario.json"
            assert path.exists(), name
            used.add(name)
        if answer.startswith("does not concern delivery: "):
            continue
        assert linked(answer), number
        sources = " ".join(
            json.loads((folder / f"{name}.scenario.json").read_text())["case"]
            for name in linked(answer))
        assert number in sources or number == "BLOG", number
    assert used >= {path.name.removesuffix(".scenario.json")
                    for path in folder.glob("*.scenario.json")}


def counts(root):
    """How many scenario files each theme has."""
    return {path.name: len(list(path.rglob("*.scenario.json")))
            for path in (root / "scenarios").iterdir()
            if path.is_dir() and any(path.rglob("*.scenario.json"))}


MAP_ROW = re.compile(r"(?m)^\| \[([\w-]+)\]\(\1\) \| (\d+) \|")


def test_map_counts_the_library(root):
    page = (root / "scenarios" / "README.md").read_text()
    told = {theme: int(number) for theme, number in MAP_ROW.findall(page)}
    assert told == counts(root), (
        "python3 tests/lint/test_library.py writes the numbers anew")


def main():
    """Writes the numbers of the map anew."""
    root = Path(__file__).resolve().parents[2]
    page = root / "scenarios" / "README.md"
    numbers = counts(root)
    page.write_text(MAP_ROW.sub(
        lambda row: f"| [{row[1]}]({row[1]}) | {numbers[row[1]]} |",
        page.read_text()))


if __name__ == "__main__":
    main()
