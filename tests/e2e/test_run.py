# SPDX-License-Identifier: MIT
"""faultpost run and schema, from outside: what is printed, and exit codes."""
import json
import re
import subprocess

import jsonschema
import pytest

SEED = "scenarios/failover/117875.scenario.json"


@pytest.fixture(scope="session")
def faultpost(bin_dir, root):
    """Runs it at the root of the tree; returns (exit code, stdout, stderr)."""
    def run(*words, **options):
        done = subprocess.run([bin_dir / "faultpost", *words], cwd=root,
                              capture_output=True, text=True, timeout=60,
                              **options)
        return done.returncode, done.stdout, done.stderr
    return run


def masked(text):
    """Without the one thing that differs from run to run."""
    return re.sub(r"\d+ ms\)", "N ms)", text)


@pytest.mark.parametrize("name", ["endings", "loop"])
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
(10 delivered, 0:00:14.017 virtual, N ms)
               exchange1          exchange2
  0:00:00.027  #1 431 x           |                    \
rule scenarios/failover/117875.scenario.json:14:17
  0:00:00.031  +----------------> #2 ok 10
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


def test_json(faultpost):
    code, out, err = faultpost("run", "--format", "json", SEED,
                               "tests/e2e/failing")
    scenarios = json.loads(out)["scenarios"]
    assert code == 2
    assert [one["verdict"] for one in scenarios] == [
        "held", "invalid", "failed", "failed"]
    first = scenarios[0]
    assert first["file"] == SEED
    assert first["case"] == "Cisco 117875"
    assert first["seconds_virtual"] == 14.017
    assert first["seconds_wall"] >= 0
    assert isinstance(first["expectations"], list)
    assert isinstance(first["invariants"], list)
    assert scenarios[1]["error"] in err


def test_folder_is_walked_in_order(faultpost):
    code, out, _ = faultpost("run", "--check", "scenarios/failover",
                             "scenarios/requeue")
    files = [line.split()[1] for line in out.splitlines()]
    assert code == 0
    assert SEED in files
    folders = [file.rsplit("/", 1)[0] for file in files]
    assert folders == sorted(folders)
    for folder in set(folders):
        names = [file for file in files if file.startswith(folder + "/")]
        assert names == sorted(names)


@pytest.mark.parametrize("words, said", [
    ([], "faultpost: which command? see faultpost --help\n"),
    (["rnu"], "faultpost: unknown command rnu (did you mean run?); see "
              "faultpost --help\n"),
    (["run"], "faultpost run: no scenario given; see faultpost run --help\n"),
    (["run", "--sede", "1", SEED],
     "faultpost run: unknown option --sede (did you mean --seed?); see "
     "faultpost run --help\n"),
    (["run", "--format", "xml", SEED],
     "faultpost run: --format xml: expected human or json\n"),
    (["run", "nothing.json"], "nothing.json: No such file or directory\n"),
    (["run", "docs"],
     "docs: no scenario here, expected files named *.scenario.json\n"),
    (["run", "tests/e2e/failing/empty.scenario.json"],
     "tests/e2e/failing/empty.scenario.json:1:55: /hosts/exchange1: unknown "
     "key \"adress\" (did you mean \"address\"?)\n"),
    (["run", "--log", "/nowhere/log", SEED],
     "/nowhere/log: No such file or directory\n"),
])
def test_bad_input(faultpost, words, said):
    code, _, err = faultpost(*words)
    assert (code, err) == (2, said)


def test_log_that_cannot_be_written(faultpost):
    code, _, err = faultpost("run", "--log", "/dev/full", SEED)
    assert code == 3
    assert err.startswith("/dev/full: it could not be written: ")


def test_other_commands_are_found_on_path(faultpost, tmp_path):
    program = tmp_path / "faultpost-hello"
    program.write_text("#!/bin/sh\necho \"hello $*\"\nexit 7\n")
    program.chmod(0o755)
    code, out, _ = faultpost("hello", "you",
                             env={"PATH": f"{tmp_path}:/usr/bin:/bin"})
    assert (code, out) == (7, "hello you\n")


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"],
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
