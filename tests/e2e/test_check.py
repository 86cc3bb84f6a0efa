# SPDX-License-Identifier: MIT
"""faultpost check: logs that something else wrote."""
import datetime
import gzip
import json
import re
import shlex

import pytest

from report_readers import annotations_of, junit_of, tap_of

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


@pytest.fixture(scope="module")
def wrong(seed, tmp_path_factory):
    """The log of a relay that went to the full host again, with half a line and
    a line of no known form."""
    text = seed[0].read_text().replace("RID [0] Response", "RID[0] Response")
    text = text.replace("New SMTP DCID 2 interface 10.0.0.5 address 10.1.1.12",
                        "New SMTP DCID 2 interface 10.0.0.5 address 10.1.1.11")
    log = tmp_path_factory.mktemp("wrong logs") / "mail.log"
    log.write_text(text)
    return log


@pytest.mark.parametrize("by_pipe", [False, True])
def test_failure(faultpost, wrong, by_pipe):
    """The page quotes the log, which needs a second look at it."""
    code, out, err = faultpost("check", SEED, "--log",
                               "-" if by_pipe else wrong,
                               input=wrong.read_text())
    assert (code, err) == (1, "")
    assert out.startswith(f"FAIL {SEED}")
    assert f"faultpost check -v {SEED} --log" in out
    assert "  >   14  0:00:00.000  Message done" in out


def test_replay(faultpost, wrong, seed):
    """The command has all that makes a difference, and does it again."""
    words = ["--profiles", "scenarios/profiles", SEED, "--log", str(wrong),
             "--whole", "--transcript", str(seed[1])]
    code, out, _ = faultpost("check", *words)
    command = out.splitlines()[-1].strip()
    assert code == 1
    assert shlex.split(command) == ["faultpost", "check", "-v", *words]
    code, again, _ = faultpost(*shlex.split(command)[1:])
    assert code == 1
    assert again.splitlines()[1:8] == out.splitlines()[1:8]
    # Both witnesses are read a second time.
    assert "\n  log\n" in out and "\n  transcript\n" in out


# ---- the formats ----

UNJUDGED = ("not judged (no transcript): invariant two-witnesses, "
            "invariant protocol")
FOUND = "DCID 2 for example.com goes to exchange1"


def formats(faultpost, *words):
    """Each of them, by name, from one command and from one each."""
    code, json_text, err = faultpost("check", *words, "--format", "json")
    assert (code in (0, 1), err) == (True, "")
    texts = {"json": json_text}
    for name in ("tap", "junit", "github", "html"):
        again, texts[name], err = faultpost("check", *words, "--format", name)
        assert (again, err) == (code, "")
    return code, texts


def test_formats_of_a_failure(faultpost, wrong, root):
    """Each says what was wrong, what was left out, and how to repeat it."""
    words = [SEED, "--log", wrong, "--profiles", "scenarios/profiles"]
    replay = shlex.join(["faultpost", "check", "-v", "--profiles",
                         "scenarios/profiles", SEED, "--log", str(wrong)])
    title = json.loads((root / SEED).read_text())["title"]
    code, texts = formats(faultpost, *words)
    assert code == 1
    [case] = junit_of(texts["junit"])
    failure = case.find("failure")
    assert (case.get("name"), case.get("file")) == (title, SEED)
    assert FOUND in failure.text
    assert failure.text.endswith(f"\n  replay\n    {replay}\n")
    log = case.find("system-out").text
    assert UNJUDGED in log and "10 records are of no known form" in log
    count, [point], last = tap_of(texts["tap"])
    assert (count, point[0], point[2]) == (1, False, f"{SEED}: {title}")
    assert point[4]["replay"] == replay and FOUND in point[4]["page"]
    assert last == f"# {UNJUDGED}"
    assert "# 10 records are of no known form (first: line 15)\n" in texts["tap"]
    *errors, notice = annotations_of(texts["github"])
    assert {one[0] for one in errors} == {"error"}
    assert any(FOUND in one[2] and one[2].endswith(f"\nreplay {replay}")
               for one in errors)
    assert notice[0] == "notice" and UNJUDGED in notice[2]
    [told] = json.loads(texts["json"])["scenarios"]
    assert (told["verdict"], told["replay"]) == ("failed", replay)
    [page] = re.findall(r'<script type="application/json" class="result">(.*?)'
                        "</script>", texts["html"])
    assert json.loads(page)["replay"] == replay
    assert json.loads(page)["log"] == told["log"]


def test_formats_of_what_held(faultpost, seed):
    """With both witnesses nothing is left to say; with one, what it lacks."""
    both = [SEED, "--log", seed[0], "--transcript", seed[1]]
    for words, unjudged in ((both, False), (both[:3], True)):
        code, texts = formats(faultpost, *words)
        assert code == 0
        [case] = junit_of(texts["junit"])
        assert [child.tag for child in case] == ["system-out"] * unjudged
        count, [point], last = tap_of(texts["tap"])
        assert (count, point[0]) == (1, True)
        assert (last == f"# {UNJUDGED}") == unjudged
        found = annotations_of(texts["github"])
        assert [one[0] for one in found] == ["notice"] * unjudged


def test_several_formats(faultpost, wrong, tmp_path):
    """What --output writes is what --format prints."""
    files = {name: tmp_path / name for name in ("tap", "junit", "json",
                                                "github", "human", "html")}
    outputs = [word for name, file in files.items()
               for word in ("--output", f"{name}={file}")]
    code, out, err = faultpost("check", SEED, "--log", wrong, *outputs)
    assert (code, err) == (1, "")

    def plain(text):
        return re.sub(r'\d+ ms|time="[\d.]+"|"seconds_wall":[\d.e-]+|'
                      r'"wall_ms":\d+', "", text)
    assert plain(out) == plain(files["human"].read_text())
    for name, file in files.items():
        _, alone, _ = faultpost("check", SEED, "--log", wrong, "--format", name)
        assert plain(alone) == plain(file.read_text())


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


# Of these a second, or a doubt, once made too much of what was right.
HARD = ["failover/turned-away", "load/recovery-of-a-host", "rules/recovering",
        "tac/215929", "tac/870"]


def test_library(faultpost, root, tmp_path):
    """What holds in a run holds by its log, whose moments are seconds: some of
    them; ./dev bench by_log has all."""
    log, transcript = tmp_path / "mail.log", tmp_path / "transcript.jsonl"
    _, listed, _ = faultpost("run", "--list", "--format", "json",
                             root / "scenarios")
    names = [one["file"] + (f"[{one['variant']}]" if "variant" in one else "")
             for one in json.loads(listed)["scenarios"]]
    hard = {name for name in names if any(part in name for part in HARD)}
    assert len(hard) >= 8
    for name in hard.union(sample(names, 16)):
        code, _, _ = faultpost("run", "--log", log, "--transcript",
                               transcript, name)
        assert code == 0
        code, out, err = faultpost("check", name, "--log", log, "--transcript",
                                   transcript)
        assert code == 0, out + err
        assert "missing" not in "".join(out.splitlines()[1:])
