# SPDX-License-Identifier: MIT
"""faultpost run and schema, from outside: what is printed, and exit codes."""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile

import jsonschema
import pytest

SEED = "scenarios/failover/117875.scenario.json"


def masked(text):
    """Without the one thing that differs from run to run."""
    return re.sub(r"\d+ ms\)", "N ms)", text)


PAGES = ["attempts", "bounced", "delivered", "dropped", "endings", "failover", "fair",
         "host_status", "log", "long", "loop", "no_log", "no_received", "queued", "received",
         "requeue", "near", "tls", "within"]


@pytest.mark.parametrize("name", PAGES)
def test_failure_page(faultpost, root, name):
    """The page of each failing scenario stands beside it."""
    path = f"tests/e2e/failing/{name}.scenario.json"
    code, out, err = faultpost("run", path)
    wanted = (root / f"tests/e2e/failing/{name}.page").read_text()
    assert masked(out) == wanted
    assert (code, err) == (1, "")


def test_seed_holds(faultpost):
    code, out, err = faultpost("run", "-v", SEED)
    assert masked(out) == """\
ok   scenarios/failover/117875.scenario.json  A full mail system answers 431 \
4.3.1: the message goes to the next host of the same priority  \
(10 delivered, 0:00:14.013 virtual, N ms)
               exchange1          exchange2
  0:00:00.027  #1 431 x           |                    \
rule scenarios/failover/117875.scenario.json:14:17
  0:00:00.031  +----------------> #2 ok 10
  example.com, priority 0
                       connections       messages
    exchange1          1 (50.0 %)        0 (0.0 %)  1 failed  then exchange2: 1 connection, 1 message
    exchange2          1 (50.0 %)        10 (100.0 %)
    Jain's index       1.0000            0.5000
    longest run        1 exchange1       10 exchange2
1 scenario, held (N ms)
"""
    assert (code, err) == (0, "")


def test_two_runs_are_one(faultpost, tmp_path):
    """The same log and the same transcript, byte by byte."""
    kept = []
    for run in ("first", "second"):
        log, transcript = tmp_path / f"{run}.log", tmp_path / f"{run}.jsonl"
        code, _, _ = faultpost("run", "--log", log, "--transcript", transcript,
                               "scenarios/failover", "scenarios/requeue")
        assert code == 0
        kept.append((log.read_bytes(), transcript.read_bytes()))
    assert kept[0][0].count(b"New SMTP DCID") > 100
    assert kept[0] == kept[1]


def test_transcript_is_json_lines(faultpost, tmp_path):
    path = tmp_path / "transcript"
    faultpost("run", "--transcript", path, SEED)
    events = [json.loads(line) for line in path.read_text().splitlines()]
    assert events[0]["event"] == "open"
    assert events[0]["host"] == "exchange1"
    assert sum(event["event"] == "message" for event in events) == 10


FINDING = {
    "type": "object",
    "required": ["subject", "verdict"],
    "additionalProperties": False,
    "properties": {
        "subject": {"type": "string"},
        "verdict": {"enum": ["held", "failed", "waived", "not judged"]},
        "place": {"type": "string"},
        "because": {"type": "string"},
        "wanted": {"type": "string"},
        "found": {"type": "string"},
        "nearest": {"type": "string"},
        "condition": {"type": "string"},
        "lacking": {"type": "string"},
        "seconds_virtual": {"type": "number", "minimum": 0},
        "line": {"type": "integer", "minimum": 1},
        "failures": {"type": "integer", "minimum": 1},
    },
    "if": {"properties": {"verdict": {"const": "failed"}}},
    "then": {"required": ["wanted", "found", "failures"]},
}
FINDINGS = {"type": "array", "items": FINDING}
COUNT = {"type": "integer", "minimum": 0}
HOST = {"host": {"type": "string"}, "address": {"type": "string"}}


def strict(properties, *optional):
    return {"type": "object", "additionalProperties": False,
            "properties": properties,
            "required": [key for key in properties if key not in optional]}


BY = strict({"total": COUNT, "jain": {"type": "number", "maximum": 1},
             "longest_run": COUNT, "longest_run_of": strict(HOST, "host")},
            "longest_run_of")
MOVE = strict({**HOST, "connections": COUNT, "messages": COUNT}, "host")
SHARE = strict({**HOST, "connections": COUNT, "messages": COUNT,
                "failed": COUNT, "moved": {"type": "array", "items": MOVE}},
               "host")
ROUTE = strict({"route": {"type": "string"}, "priority": COUNT,
                "preference": COUNT, "connections": BY, "messages": BY,
                "hosts": {"type": "array", "items": SHARE}},
               "priority", "preference")
WAIT = strict({"line": COUNT, "seconds": {"type": "number"},
               "prescribed": {"type": "number"},
               "by": {"enum": ["profile", "first probe"]},
               "differs": {"type": "boolean"}})
WAITS = strict({"mid": COUNT, "domain": {"type": "string"},
                "profile": {"type": "string"},
                "rounds": {"type": "array", "items": WAIT, "minItems": 1}})
JUDGED = {
    "type": "object",
    "required": ["file", "case", "title", "verdict", "seed", "seconds_wall",
                 "seconds_virtual", "expectations", "invariants", "endings",
                 "fairness", "requeue"],
    "additionalProperties": False,
    "properties": {
        "file": {"type": "string"},
        "case": {"type": "string"},
        "title": {"type": "string"},
        "verdict": {"enum": ["held", "failed", "interrupted"]},
        "seed": {"type": "integer", "minimum": 0},
        "seconds_wall": {"type": "number", "minimum": 0},
        "seconds_virtual": {"type": "number", "minimum": 0},
        "expectations": FINDINGS,
        "invariants": FINDINGS,
        "endings": FINDINGS,
        "replay": {"type": "string"},
        "fairness": {"type": "array", "items": ROUTE},
        "requeue": {"type": "array", "items": WAITS},
    },
}
INVALID = {
    "type": "object",
    "required": ["file", "verdict", "error"],
    "additionalProperties": False,
    "properties": {
        "file": {"type": "string"},
        "verdict": {"const": "invalid"},
        "error": {"type": "string"},
    },
}
REPORT = {
    "type": "object",
    "required": ["scenarios"],
    "additionalProperties": False,
    "properties": {
        "scenarios": {"type": "array", "items": {"anyOf": [JUDGED, INVALID]}},
    },
}


def test_json(faultpost):
    """Every key of the contract, for every verdict."""
    code, out, err = faultpost("run", "--format", "json", SEED,
                               "tests/e2e/failing")
    report = json.loads(out)
    jsonschema.validate(report, REPORT)
    scenarios = {one["file"]: one for one in report["scenarios"]}
    assert code == 2
    assert len(scenarios) == len(PAGES) + 2
    first = scenarios[SEED]
    assert first["verdict"] == "held"
    assert first["case"] == "Cisco 117875"
    assert first["seconds_virtual"] == 14.013
    assert len(first["invariants"]) == 9
    assert first["expectations"] and not first["endings"]
    shares = [(one["host"], one["connections"], one["messages"], one["failed"])
              for one in first["fairness"][0]["hosts"]]
    assert shares == [("exchange1", 1, 0, 1), ("exchange2", 1, 10, 0)]
    for name in PAGES:
        one = scenarios[f"tests/e2e/failing/{name}.scenario.json"]
        failed = [finding for kind in ("expectations", "invariants", "endings")
                  for finding in one[kind] if finding["verdict"] == "failed"]
        assert one["verdict"] == "failed"
        assert failed
    no_log = scenarios["tests/e2e/failing/no_log.scenario.json"]
    assert no_log["expectations"][0]["line"] == 12
    wrong = scenarios["tests/e2e/failing/empty.scenario.json"]
    assert wrong["error"] in err
    near = scenarios["tests/e2e/failing/near.scenario.json"]["endings"]
    assert [(end["place"].rpartition(":8:")[2], end["condition"],
             end["nearest"], end["seconds_virtual"]) for end in near[:1]] == [
        ("9", "to", 'RCPT TO:<rob@example.com> at 0:00:00.020: only "to" was not '
              "true, which wants bob@example.com, and it was "
              "rob@example.com", 0.02)]


def test_pages_are_narrow(root):
    """But for what may not be broken: places, titles and their one line."""
    for name in PAGES:
        page = (root / f"tests/e2e/failing/{name}.page").read_text()
        for line in page.splitlines():
            assert len(line) <= 120 or line.startswith("FAIL ")


def test_replay_line_has_the_seed(faultpost):
    path = "tests/e2e/failing/dropped.scenario.json"
    for words, line in (([], f"    faultpost run -v {path}\n"),
                        (["--seed", "7"],
                         f"    faultpost run -v --seed 7 {path}\n"),
                        (["--seed", "1"],
                         f"    faultpost run -v --seed 1 {path}\n")):
        _, out, _ = faultpost("run", *words, path)
        assert line in out


def test_long_story_is_elided(faultpost):
    """The first and the last fifty of three hundred."""
    code, out, _ = faultpost("run", "-v",
                             "tests/e2e/failing/long.scenario.json")
    rows = out.splitlines()
    marks = [row.split("#")[1].split()[0] for row in rows if "  #" in row]
    assert code == 1
    assert marks[:2] == ["1", "2"] and marks[-1] == "300"
    assert "150" in marks and "75" not in marks and "225" not in marks
    assert sum("connections not shown" in row for row in rows) == 2
    code, out, _ = faultpost("run", "-v",
                             "scenarios/load/burst-with-failures.scenario.json")
    assert code == 0
    assert len(out.splitlines()) < 250


def write_good(path, title="Mail"):
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({
        "title": title, "routes": ["example.com [10.1.1.1]"],
        "hosts": {"mx1": {"address": "10.1.1.1"}},
        "inject": [{"to": "a@example.com"}]}))
    return path


def test_each_file_once(faultpost, tmp_path):
    one = write_good(tmp_path / "folder" / "one.scenario.json")
    (tmp_path / "two.scenario.json").symlink_to(one)
    code, out, _ = faultpost("run", one, one, tmp_path, one.parent)
    assert code == 0
    assert out.count("ok  ") == 1
    assert out.endswith(" ms)\n") and "\n1 scenario, held (" in out


def test_long_title_is_one_line(faultpost, tmp_path):
    path = write_good(tmp_path / "one.scenario.json", "word " * 100)
    code, out, _ = faultpost("run", path)
    assert code == 0
    assert len(out.splitlines()) == 2
    assert "word " * 100 in out


def test_any_name_is_taken_from_the_command_line(faultpost, tmp_path):
    path = write_good(tmp_path / "one.json")
    assert faultpost("run", path)[0] == 0
    code, _, err = faultpost("run", tmp_path)
    assert (code, err) == (2, f"{tmp_path}: no scenario here, expected files "
                              "named *.scenario.json\n")


def test_what_is_no_scenario(faultpost, tmp_path):
    """One bad file does not keep the others from being run."""
    write_good(tmp_path / "c.scenario.json")
    (tmp_path / "a.scenario.json").write_text("Dear diary,\n")
    (tmp_path / "b.scenario.json").symlink_to("nowhere")
    code, out, err = faultpost("run", tmp_path, "nothing.json")
    lines = err.splitlines()
    assert code == 2
    assert lines[0].startswith(f"{tmp_path}/a.scenario.json:1:1: ")
    assert lines[1:] == [
        f"{tmp_path}/b.scenario.json: No such file or directory",
        "nothing.json: No such file or directory"]
    assert f"ok   {tmp_path}/c.scenario.json  Mail" in out
    assert "4 scenarios, 3 failed" in out


def test_folder_that_cannot_be_read(faultpost, bin_dir):
    with tempfile.TemporaryDirectory() as parent:
        os.chmod(parent, 0o755)
        folder = pathlib.Path(parent) / "locked"
        write_good(folder / "one.scenario.json")
        folder.chmod(0)
        try:
            if os.geteuid() == 0:
                code, _, err = as_nobody(bin_dir, folder)
            else:
                code, _, err = faultpost("run", folder)
        finally:
            folder.chmod(0o700)
    assert code == 2
    assert err.endswith("locked: Permission denied\n")


def as_nobody(bin_dir, folder):
    """Root reads everything, so another user must try."""
    program = shutil.copy(bin_dir / "faultpost", folder.parent)
    done = subprocess.run([program, "run", folder], user=65534,
                          capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("form", ["human", "json"])
def test_interrupt(root, bin_dir, tmp_path, number, form):
    """What is known is printed, and nothing is judged by half a run."""
    path = tmp_path / "long.scenario.json"
    scenario = json.loads(write_good(path).read_text())
    scenario["inject"] = [{"count": 1000000, "every": "1s",
                           "to": "a@example.com"}]
    scenario["limits"] = {"events": 1000000000, "time": "365d"}
    path.write_text(json.dumps(scenario))
    other = write_good(tmp_path / "other.scenario.json")
    log = tmp_path / "log"
    os.mkfifo(log)
    run = subprocess.Popen(
        [bin_dir / "faultpost", "run", "--format", form, "--log", log, SEED,
         path, other], cwd=root, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL))
    with open(log, "rb") as lines:
        lines.read(200000)  # more than that of the first scenario
        run.send_signal(number)
        lines.read()
    out, err = run.communicate(timeout=60)
    assert (run.returncode, err) == (3, "")
    if form == "json":
        scenarios = json.loads(out)
        jsonschema.validate(scenarios, REPORT)
        assert [one["verdict"] for one in scenarios["scenarios"]] == [
            "held", "interrupted"]
        return
    first, second, totals = masked(out).splitlines()
    assert first.startswith(f"ok   {SEED}  ")
    assert second.startswith(f"stop {path}  Mail  (interrupted; ")
    assert totals == "2 scenarios, 1 held, interrupted (N ms)"


def test_folder_is_walked_in_order(faultpost):
    code, out, _ = faultpost("run", "--check", "scenarios/failover",
                             "scenarios/requeue")
    files = [line.split()[1].split("[")[0] for line in out.splitlines()]
    assert code == 0
    assert SEED in files
    folders = [file.rsplit("/", 1)[0] for file in files]
    assert folders == sorted(folders)
    for folder in set(folders):
        names = [file for file in files if file.startswith(folder + "/")]
        assert names == sorted(names)


@pytest.mark.parametrize("words, said", [
    ([], "faultpost: expected a command; see faultpost --help\n"),
    (["--"], "faultpost: expected a command; see faultpost --help\n"),
    (["-"], "faultpost: unknown command -; see faultpost --help\n"),
    (["schema", "x"], 'faultpost schema: expected no operand, got "x"; see '
     "faultpost schema --help\n"),
    (["rnu"], "faultpost: unknown command rnu (did you mean run?); see "
              "faultpost --help\n"),
    (["run"], "faultpost run: expected a scenario, or a folder of them; see "
     "faultpost run --help\n"),
    (["run", "--sede", "1", SEED],
     "faultpost run: unknown option --sede (did you mean --seed?); see "
     "faultpost run --help\n"),
    (["run", "--format", "xml", SEED],
     'faultpost run: --format: there is no format "xml"; expected human, '
     "tap, junit, json, github or html\n"),
    (["run", "--format", "json,human", SEED],
     "faultpost run: --format: json stands alone; expected the others with "
     "--output FORMAT=FILE\n"),
    (["run", "--output", "json", SEED],
     "faultpost run: --output json: expected FORMAT=FILE\n"),
    (["run", "-j", "0", SEED],
     'faultpost run: --jobs: "0" is no whole number of 1..256\n'),
    (["run", "-k", "tls and", SEED],
     'faultpost run: -k: column 8: expected a word, "not" or "("; to look for '
     '"and", "or" or "not", quote it\n'),
    (["run", "-k", "no-such-name", SEED],
     "faultpost run: -k: no scenario is chosen; see faultpost run --list\n"),
    (["run", SEED + "[stage=mail]"], f'{SEED}:1:1: it has no "matrix"; expected no '
     "[stage=mail] behind its name\n"),
    (["run", "nowhere/*/x"], "nowhere/*/x: No such file or directory\n"),
    (["run", "docs/faults/**"],
     "docs/faults/**: no scenario here, expected files named *.scenario.json\n"),
    (["run", "nothing.json"], "nothing.json: No such file or directory\n"),
    (["run", "docs/faults"],
     "docs/faults: no scenario here, expected files named *.scenario.json\n"),
    (["run", "tests/e2e/failing/empty.scenario.json"],
     "tests/e2e/failing/empty.scenario.json:1:55: /hosts/exchange1: unknown "
     "key \"adress\" (did you mean \"address\"?)\n"),
    (["run", "--log", "/nowhere/log", SEED],
     "/nowhere/log: No such file or directory\n"),
    (["run", "--log", "-", SEED],
     "--log -: standard output has the report; expected a file (/dev/stdout "
     "to mix the two)\n"),
])
def test_bad_input(faultpost, words, said):
    code, _, err = faultpost(*words)
    assert (code, err) == (2, said)


def test_log_that_cannot_be_written(faultpost):
    code, _, err = faultpost("run", "--log", "/dev/full", SEED)
    assert code == 3
    assert err.startswith("/dev/full: it could not be written: ")


@pytest.mark.parametrize("option", ["--log", "--transcript"])
@pytest.mark.parametrize("operand", ["a.scenario.json", "."])
def test_no_scenario_is_written_over(faultpost, root, tmp_path, option,
                                     operand):
    """Neither by its name nor by another."""
    path = tmp_path / "a.scenario.json"
    shutil.copy(root / SEED, path)
    (tmp_path / "link").hardlink_to(path)
    for name in (path, tmp_path / "link"):
        code, out, err = faultpost("run", option, str(name),
                                   str(tmp_path / operand))
        assert code == 2
        assert out == ""
        assert f"{option} would be written over this input\n" in err
        assert path.read_text() == (root / SEED).read_text()


def test_log_and_transcript_are_two_files(faultpost, tmp_path):
    (tmp_path / "there").write_text("precious")
    for name in ("there", "new"):
        path = str(tmp_path / name)
        code, _, err = faultpost("run", "--log", path, "--transcript",
                                 f"{tmp_path}/./{name}", SEED)
        assert (code, err) == (2, f"{path}: --log and --transcript name one "
                                  "file; expected one each\n")
    assert (tmp_path / "there").read_text() == "precious"
    code, _, err = faultpost("run", "--log", "/dev/null", "--transcript",
                             "/dev/null", SEED)
    assert (code, err) == (0, "")


@pytest.mark.parametrize("words", [["run", SEED], ["run", "--check", SEED],
                                   ["run", "--format", "json", SEED],
                                   ["schema"], ["--help"]])
def test_report_that_cannot_be_written(root, bin_dir, tmp_path, words):
    """Standard output is full, or closed: then nothing else takes its
    place."""
    program = bin_dir / "faultpost"
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([program, *words], cwd=root, stdout=full,
                              stderr=subprocess.PIPE, text=True, timeout=60,
                              check=False)
    assert done.returncode == 3
    assert done.stderr.startswith("standard output: it could not be written")
    if words[0] == "run":
        words = [*words, "--log", str(tmp_path / "log")]
    done = subprocess.run(["/bin/sh", "-c", 'exec "$@" >&-', "sh", program,
                           *words], cwd=root, stderr=subprocess.PIPE,
                          text=True, timeout=60, check=False)
    assert done.returncode == 3
    assert done.stderr.startswith("standard output: it could not be written")
    if words[0] == "run":
        assert "held" not in (tmp_path / "log").read_text()


def test_other_commands_are_found_on_path(faultpost, tmp_path):
    program = tmp_path / "faultpost-hello"
    program.write_text("#!/bin/sh\necho \"hello $*\"\nexit 7\n")
    program.chmod(0o755)
    code, out, _ = faultpost("hello", "you",
                             env={"PATH": f"{tmp_path}:/usr/bin:/bin"})
    assert (code, out) == (7, "hello you\n")


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"],
                                   ["run", "--help-live"],
                                   ["schema", "--help"]])
def test_help_fits_a_screen(faultpost, words):
    code, out, _ = faultpost(*words)
    assert code == 0
    assert out.startswith("usage: faultpost ")
    assert len(out.splitlines()) <= 24
    assert max(map(len, out.splitlines())) <= 80


def test_no_colour_in_a_pipe(faultpost):
    _, out, _ = faultpost("run", SEED)
    assert "\033" not in out


def test_schema_is_published(faultpost, root):
    """The file in the tree is what the program prints."""
    code, out, _ = faultpost("schema")
    published = root / "scenarios/schema/scenario.schema.json"
    assert code == 0
    assert out == published.read_text()
    jsonschema.Draft7Validator.check_schema(json.loads(out))


def test_schema_takes_every_scenario(root):
    schema = json.loads(
        (root / "scenarios/schema/scenario.schema.json").read_text())
    validator = jsonschema.Draft7Validator(schema)
    paths = sorted(root.glob("scenarios/**/*.scenario.json"))
    assert paths
    for path in paths:
        errors = list(validator.iter_errors(json.loads(path.read_text())))
        assert not errors, f"{path}: {errors[0].message}"
    wrong = root / "tests/e2e/failing/empty.scenario.json"
    assert not validator.is_valid(json.loads(wrong.read_text()))
