# SPDX-License-Identifier: MIT
"""faultpost check: logs that something else wrote."""
import datetime
import gzip
import json

import pytest

SEED = "scenarios/failover/117875.scenario.json"


@pytest.fixture(scope="module")
def seed(faultpost, tmp_path_factory):
    """The log and the transcript of the seed scenario."""
    folder = tmp_path_factory.mktemp("seed")
    log, transcript = folder / "mail.log", folder / "transcript.jsonl"
    code, _, _ = faultpost("run", "--log", log, "--transcript", transcript,
                           SEED)
    assert code == 0
    return log, transcript


def test_log_and_transcript(faultpost, seed):
    log, transcript = seed
    code, out, err = faultpost("check", SEED, "--log", log, "--transcript",
                               transcript)
    assert (code, err) == (0, "")
    assert out.startswith(f"ok   {SEED}")
    assert "(10 delivered, 0:00:14.000 of log, " in out
    assert "not judged" not in out


def test_log_alone(faultpost, seed):
    code, out, err = faultpost("check", SEED, "--log", seed[0])
    assert (code, err) == (0, "")
    assert out.splitlines()[1] == ("  not judged (no transcript): "
                                   "invariant two-witnesses, "
                                   "invariant protocol")
    code, out, _ = faultpost("check", SEED, "--log", seed[0], "--format",
                             "json")
    [scenario] = json.loads(out)["scenarios"]
    verdicts = {i["subject"]: i["verdict"] for i in scenario["invariants"]}
    assert (code, scenario["verdict"]) == (0, "held")
    assert verdicts["invariant two-witnesses"] == "not judged"
    assert verdicts["invariant protocol"] == "not judged"
    assert verdicts["invariant rotation"] == "held"


def test_pieces(faultpost, seed, tmp_path):
    """A log may come in several files, compressed, and by a pipe."""
    lines = seed[0].read_text().splitlines(keepends=True)
    first, second = tmp_path / "mail.1.gz", tmp_path / "mail.2"
    with gzip.open(first, "wt") as file:
        file.writelines(lines[:30])
    second.write_text("".join(lines[30:60]))
    code, out, err = faultpost("check", SEED, "--log", first, "--log", second,
                               "--log", "-", "--transcript", seed[1],
                               input="".join(lines[60:]))
    assert (code, err) == (0, "")
    assert "(10 delivered, 0:00:14.000 of log, " in out


@pytest.mark.parametrize("by_pipe", [False, True])
def test_failure(faultpost, seed, tmp_path, by_pipe):
    """The page quotes the log, which needs a second look at it."""
    text = seed[0].read_text().replace("RID [0] Response", "RID[0] Response")
    text = text.replace("New SMTP DCID 2 interface 10.0.0.5 address 10.1.1.12",
                        "New SMTP DCID 2 interface 10.0.0.5 address 10.1.1.11")
    log = tmp_path / "mail.log"
    log.write_text(text)
    code, out, err = faultpost("check", SEED, "--log",
                               "-" if by_pipe else log, input=text)
    assert (code, err) == (1, "")
    assert out.startswith(f"FAIL {SEED}")
    assert f"faultpost check -v {SEED} --log" in out
    assert "  >   14  0:00:00.000  Message done" in out


@pytest.mark.parametrize("words, wanted", [
    ([], "expected one scenario"),
    ([SEED], "no --log given"),
    ([SEED, SEED, "--log", "x"], "expected one scenario"),
    ([SEED, "--log", "/nowhere"], "/nowhere: No such file"),
    ([SEED, "--log", "/tmp"], "/tmp: is a folder"),
    ([SEED, "--log", "README.md", "--transcript", "/nowhere"],
     "/nowhere: No such file"),
    ([SEED, "--log", "README.md", "--format", "xml"],
     "--format: there is no format \"xml\"; expected human, tap"),
    ([SEED, "--log", "README.md", "--format", "json,tap"],
     "faultpost check: --format: tap stands alone"),
    ([SEED, "--log", "README.md", "--output", "tap=README.md"],
     "README.md: --output would be written over this input"),
    (["README.md", "--log", "README.md"], "README.md:1:1: "),
])
def test_wrong_use(faultpost, words, wanted):
    code, out, err = faultpost("check", *words)
    assert (code, out) == (2, "")
    assert wanted in err


def test_no_log_at_all(faultpost):
    """A page of prose is no log: nothing is held by it."""
    code, out, err = faultpost("check", SEED, "--log", "LICENSE")
    assert code == 2
    assert "LICENSE: no record in it; expected a mail log" in err
    assert out == ""


def sample(items, parts):
    """A part of them, another one each day."""
    return sorted(items)[datetime.date.today().toordinal() % parts::parts]


def test_library(faultpost, root, tmp_path):
    """What holds in a run holds by its log, whose moments are seconds."""
    log, transcript = tmp_path / "mail.log", tmp_path / "transcript.jsonl"
    _, listed, _ = faultpost("run", "--list", "--format", "json",
                             root / "scenarios")
    names = [one["file"] + (f"[{one['variant']}]" if "variant" in one else "")
             for one in json.loads(listed)["scenarios"]]
    for name in sample(names, 16):
        code, _, _ = faultpost("run", "--log", log, "--transcript",
                               transcript, name)
        assert code == 0
        code, out, err = faultpost("check", name, "--log", log, "--transcript",
                                   transcript)
        assert code == 0, out + err
        assert "missing" not in "".join(out.splitlines()[1:])
