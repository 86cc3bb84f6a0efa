# SPDX-License-Identifier: MIT
"""The judge is judged: of each mutant (mutants.py) exactly one subject fails,
and of what was not altered none.  The table of docs/mutants.md is what it says;
`python3 tests/e2e/test_mutants.py build/dev/bin` writes it anew."""
import collections
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import pytest

from mutants import BASES, MUTANTS, Evidence

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs/mutants.md"
HEAD = "| subject | base | mutant | what the judge says |\n|---|---|---|---|\n"


class Judge:
    """The worlds' witnesses, each made once, and what is said of them."""
    def __init__(self, bin_dir, folder):
        self.program = pathlib.Path(bin_dir) / "faultpost"
        self.folder = pathlib.Path(folder)
        self.made = {}

    def command(self, name, document, *words):
        path = self.folder / f"{name}.scenario.json"
        path.write_text(json.dumps(document))
        done = subprocess.run([self.program, name, path, *words],
                              capture_output=True, text=True)
        assert done.returncode in (0, 1), done.stderr
        return done.stdout

    def witnesses(self, world):
        key = json.dumps(world)
        if key not in self.made:
            log, talk = self.folder / "run.log", self.folder / "run.jsonl"
            self.command("run", world, "--log", log, "--transcript", talk)
            self.made[key] = log.read_text(), talk.read_text()
        return Evidence(*self.made[key])

    @staticmethod
    def failed(out):
        """What failed, and the first line of what was found."""
        [told] = json.loads(out)["scenarios"]
        return {one["subject"].split(" ")[-1]: one["found"].split("\n")[0]
                for kind in ("expectations", "invariants", "endings")
                for one in told.get(kind, []) if one["verdict"] == "failed"}

    def check(self, document, evidence):
        log, talk = self.folder / "mutant.log", self.folder / "mutant.jsonl"
        log.write_text("".join(f"{line}\n" for line in evidence.log))
        talk.write_text("".join(json.dumps(event, separators=(",", ":")) + "\n"
                                for event in evidence.talk))
        return self.failed(self.command(
            "check", document, "--log", log, "--transcript", talk, "--whole",
            "--format", "json"))

    def of_base(self, mutant):
        _, base, _, expectation, _ = mutant
        document = {**BASES[base], "expect": [expectation] * bool(expectation)}
        return self.check(document, self.witnesses(BASES[base]))

    def of_mutant(self, mutant):
        _, base, _, expectation, change = mutant
        document = {**BASES[base], "expect": [expectation] * bool(expectation)}
        if callable(change):
            evidence = self.witnesses(BASES[base])
            change(evidence)
            return self.check(document, evidence)
        world = {key: change[key] for key in change if key != "judged"}
        return self.check({**document, **change.get("judged", {})},
                          self.witnesses({**BASES[base], **world}))


def row(mutant, told):
    subject, base, what, _, _ = mutant
    said = told[subject].replace("|", "\\|")
    return f"| `{subject}` | {base} | {what} | {said} |\n"


@pytest.fixture(scope="module")
def judge(bin_dir, tmp_path_factory):
    return Judge(bin_dir, tmp_path_factory.mktemp("mutants"))


@pytest.mark.parametrize("mutant", MUTANTS,
                         ids=[f"{one[0]}: {one[2]}" for one in MUTANTS])
def test_one_fails(judge, mutant):
    assert judge.of_base(mutant) == {}, "it is not right to begin with"
    told = judge.of_mutant(mutant)
    assert set(told) == {mutant[0]}, told
    assert row(mutant, told) in PAGE.read_text()


def test_each_has_three(root):
    """All that the judge judges, by the tables of the tree."""
    subjects = re.findall(r'X\((?:INV|EXPECT)_\w+, "([a-z_-]+)"',
                          (root / "harness/judge/judge.h").read_text() +
                          (root / "harness/plan/plan.h").read_text())
    count = collections.Counter(one[0] for one in MUTANTS)
    assert set(count) == set(subjects)
    assert min(count.values()) >= 3, count
    assert PAGE.read_text().count("\n| `") == len(MUTANTS)


def main(bin_dir):
    with tempfile.TemporaryDirectory() as folder:
        judge = Judge(bin_dir, folder)
        rows = [row(one, judge.of_mutant(one)) for one in MUTANTS]
    text = PAGE.read_text()
    begin = text.index(HEAD)
    PAGE.write_text(text[:begin] + HEAD + "".join(rows))


if __name__ == "__main__":
    main(*sys.argv[1:])
