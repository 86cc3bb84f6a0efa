# SPDX-License-Identifier: MIT
"""faultpost run --live: the relay as a process in a cage.  What holds in a
simulation holds there; what cannot be run is not; nothing outlives it."""
import contextlib
import ctypes
import json
import os
import random
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest

PATIENCE_S = 60
LIBRARY = "scenarios"
# Each for something of its own: what a host does, a route or DNS, TLS, a clock
# that goes far, a timeline with each kind of step.
SAME = ["failover/452-mail", "failover/unreachable", "failover/silent",
        "failover/stall-commands", "failover/each-stage",
        "demand/tls-fails-next-host", "durability/crash-keeps-waits",
        "durability/restart-drains", "operating/suspend-holds",
        "operating/bounce-log", "bounce/dsn-hard"]
HELD = f"{LIBRARY}/failover/452-mail.scenario.json"
SKIPPED = f"{LIBRARY}/failover/partition.scenario.json"
FAILING = "tests/e2e/failing/delivered.scenario.json"
PR_SET_CHILD_SUBREAPER = 36
NOBODY = 65534


@pytest.fixture(name="folder")
def folder_fixture(tmp_path):
    """Where runs keep files."""
    folder = tmp_path / "kept"
    folder.mkdir()
    return folder


@pytest.fixture(name="live")
def live_fixture(bin_dir, root, folder):
    """Runs it at the root of the tree; returns (exit code, stdout, stderr)."""
    def run(*words, program=bin_dir / "faultpost", before=(), **options):
        done = subprocess.run(
            [*before, program, "run", "--live", *words], cwd=root,
            capture_output=True, text=True, timeout=PATIENCE_S, check=False,
            env={**os.environ, "TMPDIR": str(folder)}, **options)
        return done.returncode, done.stdout, done.stderr
    return run


def scenario_of(name):
    return f"{LIBRARY}/{name}.scenario.json"


def verdicts(out):
    return {s["file"]: (s["verdict"], s.get("reason"))
            for s in json.loads(out)["scenarios"]}


# ---- verdicts ----

def test_same_verdicts(live, folder):
    names = [scenario_of(name) for name in SAME]
    code, out, err = live("-j", "2", "--format", "json", *names)
    assert err == ""
    assert verdicts(out) == {name: ("held", None) for name in names}
    assert code == 0
    assert not list(folder.iterdir())


def test_clock_that_runs(live, tmp_path):
    """A second lasts a fifth of one."""
    scenario = tmp_path / "runs.scenario.json"
    scenario.write_text(json.dumps({
        "title": "A message", "routes": ["example.com [10.1.1.1]"],
        "hosts": {"mx1": {"address": "10.1.1.1"}},
        "inject": [{"count": 2, "every": "2s", "to": ["a@example.com"]}],
        "expect": [{"delivered": {"mx1": 2}}]}))
    code, out, err = live("--time-scale", "5", "--format", "json", scenario)
    assert (code, err) == (0, ""), out
    (result,) = json.loads(out)["scenarios"]
    # The last connection is kept for 5 s.
    assert result["seconds_virtual"] >= 7
    assert result["seconds_wall"] >= 7 / 5


def test_log_and_transcript(live, tmp_path):
    log, transcript = tmp_path / "log", tmp_path / "transcript"
    code, _, _ = live("--log", log, "--transcript", transcript, HELD)
    assert code == 0
    lines = log.read_text().splitlines()
    assert "Info: Begin Logfile" in lines[0]
    # The clock is the scenario's.
    assert lines[0].startswith("Wed Jul  2 09:15:07 2014 ")
    events = [json.loads(line) for line in transcript.read_text().splitlines()]
    assert {event["server"] for event in events if event["event"] == "open"} \
        <= {"10.1.1.11:25", "10.1.1.12:25"}


def test_not_run(live):
    code, out, err = live("--format", "json", SKIPPED, HELD)
    assert (code, err) == (0, "")
    assert verdicts(out) == {
        SKIPPED: ("not run", "its timeline changes the network"),
        HELD: ("held", None)}
    code, out, _ = live(SKIPPED, HELD)
    assert code == 0
    assert out.splitlines()[0].startswith(f"skip {SKIPPED}")
    assert "2 scenarios, 1 held, 1 cannot be run live" in out
    _, out, _ = live("--format", "tap", SKIPPED)
    assert "# SKIP not run live: its timeline changes the network" in out
    _, out, _ = live("--format", "junit", SKIPPED)
    assert '<skipped message="its timeline changes the network"/>' in out


# ---- failures ----

def test_failure_is_told_and_kept(live, folder, bin_dir, root):
    code, out, err = live(FAILING)
    assert code == 1
    assert out.startswith(f"FAIL {FAILING}")
    assert "  log (--log FILE: all of it)" in out
    assert f"faultpost run --live -v {FAILING}" in out
    (kept,) = folder.iterdir()
    assert err == f"{FAILING}: note: its files are kept in {kept}\n"
    assert {"mail_logs", "transcript.jsonl", "relay.json", "queue.db"} \
        <= {file.name for file in kept.iterdir()}
    judged = subprocess.run(
        [bin_dir / "faultpost", "check", FAILING, "--whole", "--log",
         kept / "mail_logs", "--transcript", kept / "transcript.jsonl"],
        cwd=root, check=False, capture_output=True, text=True)
    assert judged.returncode == 1, judged.stdout + judged.stderr


def test_keep(live, folder):
    code, _, err = live("--keep", HELD)
    (kept,) = folder.iterdir()
    assert (code, err) == \
        (0, f"{HELD}: note: its files are kept in {kept}\n")
    config = json.loads((kept / "relay.json").read_text())
    assert config["listen"] == "10.0.0.5:25"


def programs_in(tmp_path, bin_dir, relay):
    """The harness, and something else in the place of the relay."""
    place = tmp_path / "bin"
    place.mkdir()
    shutil.copy(bin_dir / "faultpost", place)
    if relay is not None:
        shutil.copy(relay, place / "faultpost-relay")
    return place / "faultpost"


def test_relay_that_ends(live, tmp_path, bin_dir):
    program = programs_in(tmp_path, bin_dir, shutil.which("false"))
    code, out, _ = live(HELD, program=program)
    assert code == 1
    assert "the relay runs until it is told to end" in out
    assert "it ended with exit code 1" in out


def test_relay_that_cannot_read_its_configuration(live, tmp_path, bin_dir):
    program = programs_in(tmp_path, bin_dir, bin_dir / "faultpost-mock")
    code, out, _ = live(HELD, program=program)
    assert code == 1
    assert "it ended with exit code 2, and said: faultpost-mock: " in out


def test_no_relay(live, tmp_path, bin_dir):
    program = programs_in(tmp_path, bin_dir, None)
    code, out, err = live(HELD, program=program)
    assert (code, out) == (2, "")
    assert err == "faultpost run: --live needs faultpost-relay beside " \
        f"faultpost: {program}-relay: No such file or directory\n"


@pytest.mark.parametrize("words, wanted", [
    (["--time-scale", "0"], "expected a number above 0"),
    (["--time-scale", "nan"], "expected a number above 0"),
    (["--time-scale", "fast"], "expected a number above 0"),
    (["--time-scale", "1e9"], "expected a number above 0")])
def test_wrong_scale(live, words, wanted):
    code, out, err = live(*words, HELD)
    assert out == ""
    assert code == 2
    assert wanted in err


@pytest.mark.parametrize("word", ["--keep", "--time-scale=2"])
def test_only_live(bin_dir, root, word):
    done = subprocess.run([bin_dir / "faultpost", "run", word, HELD], cwd=root,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "expected --live with it" in done.stderr


# ---- who may ----

def test_anybody(live, tmp_path, bin_dir, root, folder):
    """Not only root, where the kernel lets users make namespaces."""
    if os.geteuid() != 0:
        pytest.skip("whoever runs this is anybody already")
    place = Path(tempfile.mkdtemp(prefix="faultpost-test-", dir="/tmp"))
    place.chmod(0o755)
    try:
        for name in ["faultpost", "faultpost-relay"]:
            shutil.copy(bin_dir / name, place)
        scenario = shutil.copy(root / HELD, place)
        code, out, err = live(
            scenario, program=place / "faultpost", user=NOBODY, group=NOBODY,
            extra_groups=[])
    finally:
        shutil.rmtree(place)
    assert (code, err) == (0, ""), out


# ---- without namespaces ----

# Everything behind it cannot make one.
NO_NAMESPACES = [
    "unshare", "--user", "--map-root-user", "sh", "-c",
    'echo 0 >/proc/sys/user/max_net_namespaces && exec "$@"', "sh"]
NOTE = re.compile(r"faultpost run: note: no namespaces here \(.+\): addresses "
                  r"are in 127\.0\.0\.0/8, and ports are others\n")


def test_bare_verdicts(live, folder):
    """The same verdicts by other addresses, of which nobody is told."""
    names = [scenario_of(name) for name in [*SAME, "demand/v6-unreachable"]]
    code, out, err = live("-j", "2", "--format", "json", *names,
                          before=NO_NAMESPACES)
    assert NOTE.fullmatch(err)
    assert verdicts(out) == {name: ("held", None) for name in names}
    assert code == 0
    assert not list(folder.iterdir())


def test_bare_log(live, tmp_path):
    """It is that of the cage, line by line."""
    logs = []
    for before in [(), NO_NAMESPACES]:
        log = tmp_path / f"log{len(logs)}"
        assert live("--log", log, HELD, before=before)[0] == 0
        logs.append(log.read_text())
    assert logs[0] == logs[1]
    assert "address 10.1.1.11 port 25" in logs[0]


def test_bare_failure_is_kept(live, folder):
    code, _, err = live(FAILING, before=NO_NAMESPACES)
    (kept,) = folder.iterdir()
    assert code == 1
    assert err.endswith(f"{FAILING}: note: its files are kept in {kept}\n")
    # Where the relay found them.
    assert '"listen": "10.0.0.5:25"' in (kept / "relay.json").read_text()


def test_others_need_a_cage(live):
    """Programs that know nothing of other addresses are not run outside."""
    code, out, err = live("--relay", "postfix", HELD, before=NO_NAMESPACES)
    assert (code, out) == (2, "")
    assert err.startswith("faultpost run: --relay postfix needs namespaces: ")


# ---- nothing is left ----

def processes_of(folder):
    """Those that have it in their environment, as all of a run have.  Without a
    process, and a mount, no namespace lives on."""
    mark = f"TMPDIR={folder}".encode()
    found = []
    for process in Path("/proc").iterdir():
        try:
            if mark in (process / "environ").read_bytes().split(b"\0"):
                found.append(process.name)
        except OSError:
            continue
    return found


def names_of(processes):
    """What the processes are at this moment, of those that are still there."""
    names = []
    for number in processes:
        with contextlib.suppress(OSError):
            names.append(Path(f"/proc/{number}/comm").read_text().strip())
    return names


def mounts():
    """What is mounted where a cage has its memory."""
    return [line for line in Path("/proc/self/mountinfo").read_text().splitlines()
            if line.split()[4] in ("/mnt", "/media", "/srv", "/opt")]


def begin(bin_dir, root, folder, *words, before=()):
    return subprocess.Popen(
        [*before, bin_dir / "faultpost", "run", "--live", *words], cwd=root,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={**os.environ, "TMPDIR": str(folder)})


@pytest.fixture(name="left")
def left_fixture(folder):
    """What a run has left, processes, mounts and files, when all that it made
    has had the time to end."""
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
    before = mounts()

    def left():
        # Orphans are ours: a cage is gone when its first process is.
        try:
            while True:
                os.waitpid(-1, 0)
        except ChildProcessError:
            pass
        return (processes_of(folder), mounts() != before,
                sorted(folder.iterdir()))
    yield left
    assert libc.prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0) == 0


# FAULTPOST_KILLS=1000 is for those who have the time.
KILLS = int(os.environ.get("FAULTPOST_KILLS", "30"))


@pytest.mark.parametrize("before", [(), NO_NAMESPACES],
                         ids=["cage", "no namespaces"])
def test_killed_at_any_moment(bin_dir, root, folder, left, before):
    chance = random.Random(1)
    killed = 0
    for _ in range(KILLS):
        process = begin(bin_dir, root, folder, "-j", "2", "--repeat", "99",
                        HELD, before=before)
        try:
            process.wait(timeout=chance.uniform(0, 0.25))
        except subprocess.TimeoutExpired:
            process.kill()
            killed += 1
        process.stdout.close()
        process.wait()
        assert left() == ([], False, [])
    assert killed > KILLS / 2


@pytest.mark.parametrize("before", [(), NO_NAMESPACES],
                         ids=["cage", "no namespaces"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped(bin_dir, root, folder, left, number, before):
    """In the midst of a case, which a clock that is not turned makes long."""
    process = begin(bin_dir, root, folder, "--time-scale", "1", HELD,
                    before=before)
    while "faultpost-relay" not in names_of(processes_of(folder)):
        assert process.poll() is None
    process.send_signal(number)
    out, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 3, out
    assert b"interrupted" in out
    assert left() == ([], False, [])
