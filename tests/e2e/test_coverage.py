# SPDX-License-Identifier: MIT
"""faultpost coverage counts what struck, with what was left, and nothing else."""
import json
import subprocess

import pytest


@pytest.fixture(name="coverage")
def coverage_fixture(bin_dir):
    def run(*words):
        return subprocess.run([bin_dir / "faultpost", "coverage", *words],
                              capture_output=True, text=True, timeout=60, check=False)
    return run


def write(path, routes, first, **more):
    path.write_text(json.dumps({
        "title": "One fault", "routes": [routes],
        "hosts": {"a": {"address": "10.1.1.1", **first}, "b": {"address": "10.1.1.2"}},
        "inject": [{"to": "x@example.com"}], **more}))
    return path


def filled(done):
    return {(c["stage"], c["fault"], c["left"]): c["count"]
            for c in json.loads(done.stdout)["cells"] if c["count"]}


SAME = "example.com 10.1.1.1/pri=0, 10.1.1.2/pri=0"
WORSE = "example.com 10.1.1.1/pri=0, 10.1.1.2/pri=10"
ALONE = "example.com 10.1.1.1"


def rule(stage, **action):
    return {"rules": [{"on": stage, "times": 1, **action}]}


@pytest.mark.parametrize("routes, first, more, cell", [
    (SAME, rule("rcpt", reply="452 4.3.1 Full"), {}, ("rcpt", "4xx", "same")),
    (WORSE, rule("banner", reply="421 4.3.2 No"), {}, ("banner", "421", "worse")),
    (ALONE, rule("eod", drop=True), {}, ("eod", "drop", "none")),
    (ALONE, rule("rcpt", reply="550 5.1.1 No"), {}, ("rcpt", "5xx", "none")),
    (WORSE, rule("data", delay="2s"), {}, ("data", "slow", "worse")),
    (SAME, {"state": "refuse"}, {}, ("connect", "refused", "same")),
    (WORSE, {"state": "silent"}, {}, ("connect", "silent", "worse")),
    ("example.com lost.example/pri=0, 10.1.1.2/pri=10", {},
     {"dns": {"lost.example": {"A": "SERVFAIL"}}}, ("lookup", "dns-soft", "worse")),
])
def test_one_fault_fills_one_cell(coverage, tmp_path, routes, first, more, cell):
    done = coverage("--json", write(tmp_path / "one.scenario.json", routes, first, **more))
    assert done.stderr == ""
    assert filled(done) == {cell: 1}


def test_what_was_tried_is_not_left(coverage, tmp_path):
    """Both fail in turn: the second time nothing is left."""
    path = write(tmp_path / "two.scenario.json", SAME,
                 rule("mail", reply="451 4.3.0 No"))
    document = json.loads(path.read_text())
    document["hosts"]["b"].update(rule("mail", reply="451 4.3.0 No"))
    path.write_text(json.dumps(document))
    assert filled(coverage("--json", path)) == {("mail", "4xx", "same"): 1,
                                                ("mail", "4xx", "none"): 1}


def test_what_is_down_is_not_left(coverage, tmp_path):
    """The third message finds one host full; the other was down before."""
    path = write(tmp_path / "down.scenario.json", SAME,
                 {"rules": [{"on": "mail", "nth": 3, "reply": "451 4.3.0 No"}]},
                 until="30s", inject=[{"count": 3, "every": "10s",
                                       "to": "x@example.com"}])
    document = json.loads(path.read_text())
    document["hosts"]["b"]["state"] = "refuse"
    path.write_text(json.dumps(document))
    assert filled(coverage("--json", path)) == {
        ("connect", "refused", "same"): 1, ("mail", "4xx", "none"): 1}


def test_strict_and_errors(coverage, tmp_path):
    path = write(tmp_path / "one.scenario.json", SAME, rule("mail", reply="451 4.3.0 No"))
    assert coverage(path).returncode == 0
    done = coverage("--strict", path)
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1].startswith("1 of ")
    done = coverage(tmp_path / "nothing")
    assert (done.returncode, done.stderr) == (
        2, f"{tmp_path}/nothing: No such file or directory\n")
    assert coverage().returncode == 2
