# SPDX-License-Identifier: MIT
"""The formats of faultpost run, as those read them for whom they are."""
import json
import re
import shlex
import subprocess

import pytest

from report_readers import annotations_of, junit_of, tap_of

FAILING = "tests/e2e/failing"
HELD = "scenarios/failover/117875.scenario.json"

# What a host says, and what of it a report quotes.
NASTY = "431 4.3.1 ]]> <&> \\x01\\x1b[31m \\xff \\xed\\xa0\\x80 # ' %0A::x"


@pytest.fixture(scope="session", name="faultpost")
def faultpost_fixture(bin_dir, root):
    def run(*words):
        done = subprocess.run([bin_dir / "faultpost", "run", *words], cwd=root,
                              capture_output=True, timeout=60, check=False)
        return done.returncode, done.stdout.decode(), done.stderr.decode()
    return run


@pytest.fixture(scope="module", name="nasty")
def nasty_fixture(tmp_path_factory):
    """Fails, and quotes bytes that no format carries as they are."""
    path = tmp_path_factory.mktemp("nasty") / "a,b & <c>.scenario.json"
    path.write_text(json.dumps({
        "title": "A title & <b> # \"x\" \u20ac\u0001\ufffe",
        "routes": ["example.com [10.1.1.1]"],
        "hosts": {"mx1": {"address": "10.1.1.1", "rules": [
            {"on": "banner", "raw": NASTY + "\\r\\n"}]}},
        "inject": [{"to": "a@example.com"}], "until": "1m",
        "expect": [{"delivered": 1, "because": "of 100%, a:b"},
                   {"queued": 1}]}))
    return path


# ---- JUnit ----

def test_junit(faultpost, nasty, tmp_path):
    """All kinds of outcome, and the same from several processes."""
    words = [HELD, FAILING, nasty, "nothing.json"]
    code, out, _ = faultpost("--format", "junit", *words)
    cases = {case.get("file"): case for case in junit_of(out)}
    assert code == 2
    assert cases[HELD].get("classname") == "scenarios.failover.117875"
    assert cases[HELD].get("name").startswith("A full mail system")
    assert len(cases[HELD]) == 0
    near = cases[f"{FAILING}/near.scenario.json"].find("failure")
    assert near.get("message").startswith("rule: wanted every rule acts")
    assert near.text.endswith(
        f"  replay\n    faultpost run -v {FAILING}/near.scenario.json\n")
    empty = cases[f"{FAILING}/empty.scenario.json"].find("error")
    assert empty.get("type") == "invalid"
    assert empty.text.startswith(f"{FAILING}/empty.scenario.json:1:55: /hosts")
    odd = cases[str(nasty)]
    assert odd.get("name") == (
        'A title & <b> # "x" \u20ac\\x01\\xef\\xbf\\xbe')
    assert "]]> <&> \\x01\\x1b[31m" in odd.find("failure").text
    file = tmp_path / "report.xml"
    faultpost("-j", "3", "--output", f"junit={file}", *words)

    def plain(text):
        return re.sub(r' time="[\d.]+"', "", text)
    assert plain(file.read_text()) == plain(out)


def test_names_of_cases_differ(faultpost):
    """A dashboard tells tests apart by class and name."""
    _, out, _ = faultpost("--format", "junit", "--repeat", "3",
                          f"{FAILING}/dropped.scenario.json")
    names = [(case.get("classname"), case.get("name"))
             for case in junit_of(out)]
    assert len(set(names)) == 3
    assert names[2][1].endswith(" [seed 3]")


# ---- TAP ----

def test_tap(faultpost, nasty):
    code, out, _ = faultpost("--format", "tap", HELD, FAILING, nasty,
                             "nothing.json")
    count, points, _ = tap_of(out)
    assert code == 2
    assert count == len(points)
    assert points[0][0] and points[0][4] is None
    assert points[-1][4]["severity"] == "error"
    assert points[-1][4]["at"] == {"file": "nothing.json"}
    odd = points[-2]
    assert odd[2] == (
        f'{nasty}: A title & <b> # "x" \u20ac\\x01\\xef\\xbf\\xbe')
    assert odd[4]["at"]["file"] == str(nasty)
    assert shlex.split(odd[4]["replay"])[-1] == str(nasty)
    assert "\\x01\\x1b[31m" in odd[4]["page"]
    failed = [point for point in points if not point[0]]
    assert len(failed) == len(points) - 1
    assert all(point[4]["message"] and point[4]["replay"] for point in failed)


def test_tap_that_is_cut(faultpost):
    code, out, _ = faultpost("--format", "tap", "--fail-fast", FAILING)
    count, points, last = tap_of(out)
    assert (code, len(points)) == (1, 1) and count > 1
    assert last.startswith("Bail out!")


# ---- GitHub ----

def test_github(faultpost, nasty):
    code, out, _ = faultpost("--format", "github", HELD,
                             f"{FAILING}/delivered.scenario.json", nasty,
                             f"{FAILING}/empty.scenario.json")
    found = annotations_of(out)
    assert code == 2
    assert found[0][0] == "error"
    assert found[0][1] == {"file": f"{FAILING}/delivered.scenario.json",
                           "line": "15", "col": "20",
                           "title": "expect[0] delivered"}
    assert found[0][2].splitlines()[0] == "Mail goes to the host that was not full"
    assert found[0][2].splitlines()[-1] == (
        f"replay faultpost run -v {FAILING}/delivered.scenario.json")
    odd = [one for one in found if one[1]["file"] == str(nasty)]
    assert odd and "because of 100%, a:b" in odd[0][2]
    assert found[-1][1]["line"] == "1" and found[-1][1]["col"] == "55"


# ---- several at once ----

def test_several(faultpost, tmp_path):
    """Each file is what --format prints, and so is standard output."""
    path = f"{FAILING}/near.scenario.json"
    files = {form: tmp_path / form for form in ("tap", "junit", "json",
                                                "github", "human")}
    outputs = [w for form, file in files.items()
               for w in ("--output", f"{form}={file}")]
    code, out, err = faultpost(*outputs, path)
    assert (code, err) == (1, "")

    def plain(text):
        return re.sub(r'\d+ ms|time="[\d.]+"|"seconds_wall":[\d.e-]+', "", text)
    assert plain(out) == plain(files["human"].read_text())
    for form, file in files.items():
        _, alone, _ = faultpost("--format", form, path)
        assert plain(alone) == plain(file.read_text())
    _, out, _ = faultpost("--format", "human,github", path)
    assert "::error " in out and "  replay\n" in out
    code, _, err = faultpost("--output", f"tap={files['tap']}", "--output",
                             f"junit={files['tap']}", path)
    assert (code, err) == (2, f"{files['tap']}: --output and --output name one "
                              "file; expected one each\n")


def test_output_is_no_scenario(faultpost, nasty):
    before = nasty.read_bytes()
    code, _, err = faultpost("--output", f"junit={nasty}", nasty)
    assert code == 2
    assert err.endswith("--output would be written over this input\n")
    assert nasty.read_bytes() == before


# ---- the cases of a matrix ----

def test_variants(faultpost, tmp_path):
    """A case is told by its own name, and repeated by its own command."""
    path = tmp_path / "stages.scenario.json"
    path.write_text(json.dumps({
        "title": "Refused at ${stage}", "matrix": {"stage": ["mail", "rcpt"]},
        "routes": ["example.com [10.1.1.1]"],
        "hosts": {"mx1": {"address": "10.1.1.1", "rules": [
            {"on": "${stage}", "reply": "550 5.1.1 No"}]}},
        "inject": [{"to": "a@example.com"}], "expect": [{"delivered": 1}]}))
    names = [f"{path}[stage={stage}]" for stage in ("mail", "rcpt")]
    _, out, _ = faultpost("--list", path)
    assert [line.split("  ")[0] for line in out.splitlines()] == names
    code, out, _ = faultpost("--format", "junit", "-j", "2", path)
    cases = junit_of(out)
    assert code == 1
    assert [case.get("name") for case in cases] == [
        f"Refused at {stage} [stage={stage}]" for stage in ("mail", "rcpt")]
    assert [case.get("file") for case in cases] == [str(path)] * 2
    replay = cases[1].find("failure").text.splitlines()[-1]
    assert shlex.split(replay) == ["faultpost", "run", "-v", names[1]]
    code, out, _ = faultpost("--format", "tap", names[1])
    count, points, _ = tap_of(out)
    assert (code, count) == (1, 1)
    assert points[0][2] == f"{names[1]}: Refused at rcpt"
    code, out, _ = faultpost("--format", "json", "-k", "stage=mail", path)
    assert [one["variant"] for one in json.loads(out)["scenarios"]] == [
        "stage=mail"]
