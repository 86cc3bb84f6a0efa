# SPDX-License-Identifier: MIT
"""faultpost conformance prints its table however its cases, its files, its
outputs and itself end.  A script stands for the harness that it asks, so that
nothing is run live here; what it says of relays, tests/peers has."""
import ctypes
import importlib.machinery
import importlib.util
import json
import os
import shutil
import signal
import subprocess

import pytest

PATIENCE_S = 60
# What stands for faultpost does by the case that it is given.
HARNESS = r"""#!/bin/sh
for case in "$@"; do :; done
case "$*" in
--version) echo "faultpost (script) ${VERSION:-1.0}" ;;
*" --check "*)
    while [ "$1" != --check ]; do shift; done; shift
    for case in "$@"; do echo "good $case  Title"; done ;;
*turns*) kill -KILL $$ ;;
*null-sender*) exit 0 ;;
*greylisting*) echo '{"scenarios": []}' ;;
*too-old*) echo '{"scenarios": [{"verdict": "held", '; exit 1 ;;
*bounce-routed*) printf 'la machine n\351e\n' >&2; exit 3 ;;
*priority-recipients*) echo '{"scenarios": [{"verdict": "interrupted"}]}'
    exit 3 ;;
*at-each-stage-alone*) echo '{"scenarios": [{"verdict": "failed", "endings":
    [{"verdict": "failed", "subject": "relay", "wanted": "it runs",
      "found": "it ended, and said: Exim is missing"}]}]}'; exit 1 ;;
*priority-452*) echo '{"scenarios": [{"verdict": "failed"}]}'; exit 1 ;;
*priority-probe*) echo '{"scenarios": [{"verdict": "failed", "endings":
    [{"verdict": "failed", "subject": "queue"}]}]}'; exit 1 ;;
*by-connection*) mkfifo "$HERE/reader"
    echo >"$HERE/begun"; read nothing <"$HERE/reader" ;;
*priority-full*) trap '' TERM; sleep 1000 & trap "kill $!" EXIT
    wait; echo never ;;
*) echo '{"scenarios": [{"verdict": "held"}]}' ;;
esac
"""
HELD = "requeue/release-own-domain"
WAITS = "fairness/by-connection"
LAST = "failover/priority-backup-unused"
# What a case does: its cell, and the evidence.
CASES = {
    "fairness/turns": (
        "not judged: error", "It has no verdict: ended by SIGKILL."),
    "bounce/null-sender": (
        "not judged: error", "faultpost run printed no result (exit code 0): it "
        "said nothing."),
    "requeue/greylisting": (
        "not judged: error", "faultpost run printed no result (exit code 0)"),
    "bounce/too-old": (
        "not judged: error", "faultpost run printed no result (exit code 1)"),
    "bounce/bounce-routed": (
        "not judged: error", "It has no verdict: la machine n\\xe9e."),
    "stages/at-each-stage-alone[stage=mail,fault=4xx]": (
        "not judged: error", "It has no verdict: the relay did not go on: it "
        "ended, and said: Exim is missing."),
    "failover/priority-recipients": (
        "not judged: error", "It has no verdict: a signal ended it."),
    "failover/priority-452": ("differs", None),
    "failover/priority-probe": (
        "differs", "differs. queue: wanted ; found ."),
    HELD: ("held", None),
}


@pytest.fixture
def conformance(bin_dir, tmp_path):
    """Runs it, beside the script, with one relay: what it did, in a process."""
    bin_dir = bin_dir.resolve()
    shutil.copytree(bin_dir.parent / "share/faultpost/conformance",
                    tmp_path / "share/faultpost/conformance")
    here = tmp_path / "bin"
    here.mkdir()
    (tmp_path / "tmp").mkdir()
    shutil.copy(bin_dir / "faultpost-conformance", here)
    (here / "faultpost").write_text(HARNESS)
    (here / "faultpost").chmod(0o755)

    def run(*words, environment=None, **options):
        return subprocess.Popen(
            [here / "faultpost-conformance", "--relay", "faultpost", "--library",
             "library", *words], cwd=tmp_path, text=True, **{
                 "stdout": subprocess.PIPE, "stderr": subprocess.PIPE,
                 **options}, env={
                     **os.environ, "HERE": str(tmp_path), "LC_ALL": "C.UTF-8",
                     "TMPDIR": str(tmp_path / "tmp"), **(environment or {})})

    return run


def rows_of(text):
    """The cells of the table, by case."""
    return {line.split("`")[1]: line.split(" | ")[-1].rstrip(" |")
            for line in text.splitlines() if "`) | " in line}


def ended(running):
    said, trouble = running.communicate(timeout=PATIENCE_S)
    return running.returncode, said, trouble


def test_each_case_has_a_cell(conformance, tmp_path):
    """Whatever becomes of it, and what it says; the exit code tells that some
    could not be run."""
    code, said, trouble = ended(conformance(
        "-j", "2", "--record", "record", *CASES))
    assert code == 3
    cells = rows_of(said)
    assert set(cells) == set(CASES)
    for case, (cell, evidence) in CASES.items():
        assert cells[case].partition(" (")[0] == cell
        note = [line for line in said.splitlines()
                if f", `{case}`, " in line] or [""]
        assert (evidence or "") in note[0]
    assert ("faultpost conformance: 7 of 10 results are missing: these cases "
            "could not be run; the table says why\n") in trouble
    # In numbers, too: a difference without a name is one.
    code, said, _ = ended(conformance("--counts", "--library",
                                      "failover/priority-452"))
    assert code == 0 and "| all | 0 / 1 / 0 |" in said and "| ? | 1 |" in said
    assert not list((tmp_path / "tmp").iterdir())


def test_what_could_not_be_run_is_run_again(conformance, tmp_path):
    """A record counts as far as it is whole, of this version, and has a
    verdict."""
    record = tmp_path / "record"
    first = ended(conformance("--record", "record", *CASES))
    assert first[0] == 3 and "10/10 faultpost " in first[2]
    for line in (b'{"relay": "faultpost", "name": "a", "verdict": 1}', b"[]",
                 b"7", b"\xff\xfe", b"[" * 100000,
                 b'{"relay": "faultpost", "na'):
        with open(record, "ab") as file:
            file.write(line + b"\n")
    record.write_bytes(record.read_bytes()[:-1])
    again = ended(conformance("--record", "record", *CASES))
    assert again[:2] == first[:2] and "7/7 faultpost " in again[2]
    other = ended(conformance("--record", "record", HELD,
                              environment={"VERSION": "2.0"}))
    assert other[0] == 0 and "1/1 faultpost held " in other[2]
    versions = [json.loads(line)["version"]
                for line in record.read_text("utf8", "replace").splitlines()
                if line.startswith('{"relay": "faultpost", "version"')]
    assert versions == ["faultpost (script) 1.0"] * 17 + [
        "faultpost (script) 2.0"]


def kill_thread(pid, number):
    """Sends the signal to the last of its threads, not to any."""
    thread = max(map(int, os.listdir(f"/proc/{pid}/task")))
    assert thread != pid
    assert ctypes.CDLL(None).tgkill(pid, thread, number) == 0


@pytest.mark.parametrize("kill", [os.kill, kill_thread])
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal(conformance, tmp_path, name, kill):
    """What is known is told, and what is not; whichever thread hears of it, as
    the kernel may choose."""
    os.mkfifo(tmp_path / "begun")
    running = conformance("--record", "record", HELD, WAITS, LAST)
    (tmp_path / "begun").read_text()
    kill(running.pid, signal.Signals[name])
    code, said, trouble = ended(running)
    assert code == 3
    assert rows_of(said) == {
        HELD: "held", WAITS: "not run (1)", LAST: "not run (2)"}
    assert f"faultpost conformance: {name} ended it\n" in trouble
    assert "2 of 3 results are missing: the run ended before these" in trouble
    assert len((tmp_path / "record").read_text().split()) > 0


def test_outputs_that_take_nothing(conformance, tmp_path):
    """Standard output is what is asked for; the others are not."""
    with open("/dev/full", "w", encoding="utf8") as full:
        code, _, trouble = ended(conformance(HELD, stdout=full))
        assert code == 3 and trouble.startswith(
            "faultpost conformance: standard output: No space left on device")
        code, said, _ = ended(conformance(HELD, stderr=full))
        assert code == 0 and rows_of(said) == {HELD: "held"}
    code, said, trouble = ended(conformance("--record", "/dev/full", HELD))
    assert code == 3 and rows_of(said) == {HELD: "held"}
    assert "/dev/full: No space left on device: what came since" in trouble
    code, said, trouble = ended(conformance("--record", tmp_path, HELD))
    assert (code, said) == (2, "") and ": Is a directory" in trouble
    reading, writing = os.pipe()
    os.close(reading)
    code, said, _ = ended(conformance(HELD, stderr=writing))
    os.close(writing)
    assert code == 0 and rows_of(said) == {HELD: "held"}


@pytest.mark.parametrize("words, trouble", [
    (["-j", "0"], "0 is wrong; expected a number of 1 to 256"),
    (["-j", "257"], "257 is wrong; expected a number of 1 to 256"),
    (["--case-limit", "nan"], "nan is wrong; expected seconds, above 0 and"),
    (["--case-limit", "1e999"], "1e999 is wrong; expected seconds"),
    (["no/such"], "no such behaviour; expected some of"),
])
def test_wrong_words(conformance, words, trouble):
    code, said, found = ended(conformance(*words))
    assert (code, said) == (2, "") and trouble in found


def test_no_harness(conformance, tmp_path):
    (tmp_path / "bin/faultpost").write_text("no program")
    code, said, trouble = ended(conformance(HELD))
    assert (code, said) == (3, "") and trouble.startswith(
        "faultpost conformance: ")
    assert "faultpost: Exec format error\n" in trouble


def test_who_does_not_end_when_asked_to(conformance, bin_dir, tmp_path,
                                        monkeypatch):
    """Is ended, and what it has started holds nobody up."""
    monkeypatch.setenv("HERE", str(tmp_path))
    monkeypatch.syspath_prepend(str(tmp_path / "share/faultpost/conformance"))
    loader = importlib.machinery.SourceFileLoader(
        "conformance_program", str(bin_dir / "faultpost-conformance"))
    module = importlib.util.module_from_spec(
        importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    monkeypatch.setattr(module, "GRACE_S", 0.1)
    monkeypatch.setattr(module, "program", lambda: str(tmp_path / "bin/faultpost"))
    assert module.run_case("faultpost", "requeue/priority-full", 0.1) == {
        "verdict": "interrupted", "reason": "it takes more than 0.1 s"}
