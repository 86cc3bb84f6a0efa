# SPDX-License-Identifier: MIT
"""The library holds, tells the same story twice, and can fail.

An expectation that could never fail would prove nothing.  So of each scenario a
copy is made in which every expectation is falsified (a number is one higher, a
host or a round is missing, a line is another), and each must fail in it.
"""
import json
import re
import subprocess
from pathlib import Path

import pytest

from variants import variants

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = sorted((ROOT / "scenarios").rglob("*.scenario.json"))
NAMES = [str(path.relative_to(ROOT / "scenarios")).removesuffix(".scenario.json")
         for path in LIBRARY]
each_scenario = pytest.mark.parametrize("path", LIBRARY, ids=NAMES)

STRANGER = "stranger"  # a host that no mail goes to


def run(bin_dir, *arguments):
    return subprocess.run(
        [bin_dir / "faultpost", "run", "--profiles", "scenarios/profiles",
         *arguments], cwd=ROOT,
        capture_output=True, text=True, check=False)


def falsify_count(value):
    """One more: in all, or of the first key."""
    if isinstance(value, int):
        return value + 1
    first = sorted(value)[0]
    return {**value, first: value[first] + 1}


def falsify_times(times):
    """The last round comes a minute later, or there is one that never was."""
    if not times:
        return ["60s"]
    number, unit = re.fullmatch(r"(\d+)([smh])", times[-1]).groups()
    seconds = int(number) * {"s": 1, "m": 60, "h": 3600}[unit]
    return times[:-1] + [f"{seconds + 60}s"]


def falsify_patterns(patterns):
    """The last line is one that no log has."""
    if isinstance(patterns, str):
        patterns = [patterns]
    return patterns[:-1] + [patterns[-1] + " and what no log says"]


def falsify_attempts(hosts):
    """One is missing; but "sender" is counted only where it is named."""
    if not hosts or hosts[-1] == "sender":
        return hosts + [STRANGER]
    return hosts[:-1]


def falsify_status(hosts):
    """What was down is up, and what was not is down."""
    return {name: "up" if state == "down" else "down"
            for name, state in hosts.items()}


FALSIFY = {
    "delivered": falsify_count,
    "bounced": falsify_count,
    "dropped": falsify_count,
    "queued": falsify_count,
    "attempts": falsify_attempts,
    "fair": lambda hosts: hosts + [STRANGER],
    "failover": lambda moves: {**moves, "count": moves.get("count", 999) + 1},
    "requeue": falsify_times,
    "within": lambda span: "0s",
    "log": falsify_patterns,
    "no_log": None,  # by the log in question
    "received": falsify_patterns,
    "no_received": lambda patterns: ["Received: {}"],
    "host_status": falsify_status,
}


# What each log has.
LINES = {"mail_logs": "Start MID 1", "bounce_log": "Reason:",
         "delivery_log": 'mid="1"', "status_log": "Status:"}


def falsified(document):
    """The document, with no expectation left that can hold."""
    for expectation in document["expect"]:
        kind = next(key for key in FALSIFY if key in expectation)
        if kind == "no_log":
            expectation[kind] = [LINES[expectation.get("of", "mail_logs")]]
        else:
            expectation[kind] = FALSIFY[kind](expectation[kind])
        if kind == "fair":
            expectation["tolerance"] = 0
    document["hosts"][STRANGER] = {"address": "10.255.255.1"}
    return document


@each_scenario
def test_holds_and_repeats_to_the_byte(bin_dir, tmp_path, path):
    witnesses = []
    for number in (1, 2):
        log = tmp_path / f"log{number}"
        transcript = tmp_path / f"transcript{number}"
        ran = run(bin_dir, "--log", log, "--transcript", transcript, path)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        witnesses.append((log.read_bytes(), transcript.read_bytes()))
    assert witnesses[0][0], "the log is empty"
    assert witnesses[0] == witnesses[1]


@each_scenario
def test_fails_when_falsified(bin_dir, tmp_path, path):
    document = json.loads(path.read_text())
    made = variants(document)
    for number, variant in enumerate(made):
        wrong = tmp_path / f"{number}.scenario.json"
        wrong.write_text(json.dumps(falsified(variant)))
    ran = run(bin_dir, "--format", "json", tmp_path)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    scenarios = json.loads(ran.stdout)["scenarios"]
    assert len(scenarios) == len(made)
    for told in (each["expectations"] for each in scenarios):
        verdicts = {each["subject"]: each["verdict"] for each in told}
        assert len(told) == len(document["expect"])
        assert set(verdicts.values()) == {"failed"}, verdicts


def promises(document):
    """Those of each variant."""
    for variant in variants(document):
        yield from promises_of(variant)


def promises_of(document):
    """The document once for each reply and each refusal that it promises of an
    injection, with that promise broken."""
    for i, entry in enumerate(document.get("inject", [])):
        places = [("dialogue", k, "reply") for k, line in enumerate(
            entry.get("dialogue", [])) if "reply" in line]
        places += [("refused", code) for code in entry.get("refused", {})]
        for place in places:
            wrong = json.loads(json.dumps(document))
            *way, last = ("inject", i) + place
            at = wrong
            for step in way:
                at = at[step]
            at[last] = at[last] + 1 if isinstance(at[last], int) else "299"
            yield place, wrong


@pytest.mark.parametrize("path", [
    path for path in LIBRARY if any(promises(json.loads(path.read_text())))
], ids=lambda path: path.stem.removesuffix(".scenario"))
def test_fails_when_a_promise_is_broken(bin_dir, tmp_path, path):
    places = []
    for place, wrong in promises(json.loads(path.read_text())):
        places.append(place)
        (tmp_path / f"{len(places)}.scenario.json").write_text(
            json.dumps(wrong))
    ran = run(bin_dir, "--format", "json", tmp_path)
    told = json.loads(ran.stdout)["scenarios"]
    assert len(told) == len(places)
    for each in told:
        number = int(Path(each["file"]).name.split(".")[0])
        assert each["verdict"] == "failed", places[number - 1]


@each_scenario
def test_says_what_it_proves(path):
    document = json.loads(path.read_text())
    assert document["title"]
    assert document["case"], "no source"
    assert document["expect"], "nothing is expected"


def test_library_as_one_run(bin_dir):
    ran = run(bin_dir, "scenarios")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    last = ran.stdout.splitlines()[-1]
    count = sum(len(variants(json.loads(path.read_text()))) for path in LIBRARY)
    assert last.startswith(f"{count} scenarios, all held"), last
