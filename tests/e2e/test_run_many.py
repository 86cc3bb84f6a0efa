# SPDX-License-Identifier: MIT
"""faultpost run with many scenarios: which are run, by how many processes, and
what becomes of those that fail, crash or are interrupted."""
import contextlib
import json
import os
import pty
import re
import selectors
import shlex
import signal
import subprocess

import pytest

FAILING = "tests/e2e/failing"


@pytest.fixture(scope="session", name="faultpost")
def faultpost_fixture(bin_dir, root):
    """Runs it at the root of the tree; returns (exit code, stdout, stderr)."""
    def run(*words, **options):
        done = subprocess.run([bin_dir / "faultpost", "run", *words], cwd=root,
                              capture_output=True, text=True, timeout=60,
                              check=False, **options)
        return done.returncode, done.stdout, done.stderr
    return run


def masked(text):
    """Without what differs from run to run."""
    return re.sub(r'\d+ ms\)|"seconds_wall":[^,]+', "N", text)


def write(path, title="Mail", **more):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({
        "title": title, "routes": ["example.com [10.1.1.1]"],
        "hosts": {"mx1": {"address": "10.1.1.1"}},
        "inject": [{"to": "a@example.com"}], **more}))
    return path


def endless(path):
    """A scenario that only a signal ends."""
    return write(path, inject=[{"count": 1000000, "every": "1s",
                                "to": "a@example.com"}],
                 limits={"events": 1000000000, "time": "365d"})


def chosen(out):
    return [line.split("  ")[0] for line in out.splitlines()]


# ---- which ----

@pytest.fixture(scope="module", name="tree")
def tree_fixture(tmp_path_factory):
    top = tmp_path_factory.mktemp("tree")
    write(top / "one.scenario.json", "First", case="RFC 1", tags="slow")
    write(top / "a" / "two.scenario.json", "Second", tags=["tls", "slow"])
    write(top / "a" / "b" / "three.scenario.json", "Third")
    (top / "a" / "notes.json").write_text("{}")
    return top


@pytest.mark.parametrize("words, names", [
    (["**/t*.scenario.json"], ["a/b/three", "a/two"]),
    (["*/*.scenario.json"], ["a/two"]),
    (["a/**"], ["a/b/three", "a/two"]),
    (["**/b"], ["a/b/three"]),
    (["./*.scenario.json"], ["./one"]),
    (["one.scenario.json", "**"], ["one", "a/b/three", "a/two"]),
    ([".", "-k", "slow"], ["./a/two", "./one"]),
    ([".", "-k", "@slow and not tls"], ["./one"]),
    ([".", "-k", "'RFC 1' or third"], ["./a/b/three", "./one"]),
    ([".", "-k", "not (one or SECOND)"], ["./a/b/three"]),
])
def test_what_is_chosen(faultpost, tree, bin_dir, words, names):
    done = subprocess.run([bin_dir / "faultpost", "run", "--list", *words],
                          cwd=tree, capture_output=True, text=True, timeout=60,
                          check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert chosen(done.stdout) == [f"{n}.scenario.json" for n in names]


MATRIX = {"stage": ["mail", "eod"], "reply": {"full": "452 4.3.1 Full", "busy": "421 Busy"},
          "exclude": [{"stage": "eod", "reply": "busy"}]}


def test_cases_of_a_file(faultpost, tmp_path):
    """Each case by its name: listed, chosen, run, and told when there is none."""
    path = tmp_path / "m.scenario.json"
    write(path, "At ${stage}", tags=["${stage}"], matrix=MATRIX, case="${reply}")
    code, out, err = faultpost("--list", tmp_path)
    assert (code, err) == (0, "")
    assert out == (f"{path}[stage=mail,reply=full]  At mail @mail\n"
                   f"{path}[stage=mail,reply=busy]  At mail @mail\n"
                   f"{path}[stage=eod,reply=full]  At eod @eod\n")
    code, out, err = faultpost("--list", "-k", "@mail and not busy", tmp_path)
    assert (code, out) == (0, f"{path}[stage=mail,reply=full]  At mail @mail\n")
    code, out, err = faultpost("--format", "json", f"{path}[stage=eod,reply=full]")
    told, = json.loads(out)["scenarios"]
    assert (code, told["variant"], told["title"]) == (0, "stage=eod,reply=full", "At eod")
    code, out, err = faultpost(f"{path}[stage=eod,reply=busy]")
    assert (code, err) == (
        2, f"{path}:1:{err.split(':')[2]}: /matrix: it has no case [stage=eod,reply=busy] "
           "(did you mean [stage=eod,reply=full]?)\n")


def test_list(faultpost, tree):
    code, out, err = faultpost("--list", tree)
    assert (code, err) == (0, "")
    assert out == (f"{tree}/a/b/three.scenario.json  Third\n"
                   f"{tree}/a/two.scenario.json  Second @tls @slow\n"
                   f"{tree}/one.scenario.json  First @slow\n")
    code, out, err = faultpost("--list", "--format", "json", "-k", "one", tree)
    assert (code, err) == (0, "")
    assert json.loads(out) == {"scenarios": [
        {"file": f"{tree}/one.scenario.json", "case": "RFC 1",
         "title": "First", "tags": ["slow"]}]}
    # A title is one line, and text.
    path = tree / "one.scenario.json"
    write(path, title="a\nb \x1b[31m \x9b \xe4")
    code, out, err = faultpost("--list", path)
    assert out == f"{path}  a\\x0ab \\x1b[31m \\xc2\\x9b \xe4\n"
    # So is the name of a file.
    path = path.rename(tree / "\x1b[31m.scenario.json")
    for words in [], ["--list"]:
        _, out, err = faultpost(*words, path)
        assert "\\x1b[31m.scenario.json  a\\x0ab" in out
        assert "\x1b" not in out + err
    path.rename(tree / "one.scenario.json")
    code, _, err = faultpost("--list", "--output", "json=/dev/null", tree)
    assert (code, err) == (2, "faultpost run: --list: expected one format, "
                              "--format human or json\n")


def test_what_cannot_be_read_is_never_left_out(faultpost, tmp_path):
    """-k chooses among what is known; a file that is not there is told, and
    one that is no JSON object."""
    write(tmp_path / "a.scenario.json")
    (tmp_path / "b.scenario.json").symlink_to("nowhere")
    (tmp_path / "c.scenario.json").write_text("{")
    (tmp_path / "d.scenario.json").write_text("[1]")
    for words in (["--list"], []):
        code, _, err = faultpost(*words, "-k", "b", tmp_path)
        assert (code, err) == (2, (
            f"{tmp_path}/b.scenario.json: No such file or directory\n"
            f"{tmp_path}/c.scenario.json:1:2: expected a key in double quotes, "
            "got the end of the text\n"
            f"{tmp_path}/d.scenario.json:1:1: expected an object, got an "
            "array\n"))


# ---- by how many ----

@pytest.mark.parametrize("form", ["human", "json"])
def test_processes_change_nothing(faultpost, tmp_path, form):
    """Output, log and transcript are those of one process."""
    seen = []
    for number in "1", "3":
        log, transcript = tmp_path / "log", tmp_path / "transcript"
        code, out, err = faultpost(
            "-j", number, "--format", form, "--log", log, "--transcript",
            transcript, "scenarios/failover", FAILING, "nothing")
        seen.append((code, masked(out), err, log.read_bytes(),
                     transcript.read_bytes()))
    assert seen[0][0] == 2
    assert seen[0] == seen[1]


@pytest.mark.parametrize("number", ["1", "3"])
def test_fail_fast(faultpost, number):
    code, out, _ = faultpost("-j", number, "--fail-fast", "scenarios/tac",
                             FAILING, "scenarios/failover")
    assert code == 1
    assert out.count("FAIL ") == 1
    assert re.search(r"\n\d+ scenarios, 1 failed, \d+ not run \(", out)
    assert "scenarios/failover/" not in out


def test_repeat(faultpost):
    """The seed grows, and is said where it takes part in what happens."""
    path = f"{FAILING}/dropped.scenario.json"
    code, out, _ = faultpost("--repeat", "3", path)
    assert code == 1
    assert re.findall(r"\(seed (\d+); ", out) == ["1", "2", "3"]
    replays = re.findall(r"  replay\n    faultpost (.*)\n", out)
    assert replays == [f"run -v {path}", f"run -v --seed 2 {path}",
                       f"run -v --seed 3 {path}"]
    code, _, err = faultpost("--repeat", "1000000", path, "scenarios/tac")
    assert (code, err) == (
        2, "faultpost run: these are too many; expected at most 1000000 "
           "scenarios, each as often as --repeat says\n")
    code, out, _ = faultpost("--repeat", "2", "--seed", "9223372036854775807",
                             "--format", "json", "-j", "2", path)
    assert [one["seed"] for one in json.loads(out)["scenarios"]] == [
        9223372036854775807, 0]


def test_replay_is_what_a_shell_takes(faultpost, tmp_path, bin_dir):
    """Odd names included; the command says the same again."""
    path = tmp_path / "it's $HOME; a file.scenario.json"
    write(path, expect=[{"delivered": 2}])
    (tmp_path / "profiles of mine").mkdir()
    _, out, _ = faultpost("--profiles", tmp_path / "profiles of mine",
                          "--seed", "7", path)
    command = re.search(r"  replay\n    (.*)\n", out).group(1)
    assert shlex.split(command) == [
        "faultpost", "run", "-v", "--profiles",
        str(tmp_path / "profiles of mine"), "--seed", "7", str(path)]
    again = subprocess.run(
        ["/bin/sh", "-c", command], capture_output=True, text=True, timeout=60,
        env={"PATH": f"{bin_dir}:/usr/bin:/bin", "HOME": "/"}, check=False)
    assert again.returncode == 1
    assert f"    {command}\n" in again.stdout


# ---- what ends them ----

PATIENCE_S = 30


def children_of(process):
    """Who is at work, each with a descriptor that can be read when it has
    ended."""
    path = f"/proc/{process.pid}/task/{process.pid}/children"
    with open(path, encoding="ascii") as file:
        pids = [int(word) for word in file.read().split()]
    children = {}
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            children[pid] = os.pidfd_open(pid)
    return children


def await_ends(children, count):
    """Blocks until so many of them have ended; who has not is left."""
    left = dict(children)
    with selectors.DefaultSelector() as selector:
        for pid, fd in children.items():
            selector.register(fd, selectors.EVENT_READ, pid)
        while len(children) - len(left) < count:
            events = selector.select(PATIENCE_S)
            assert events, "they go on"
            for key, _ in events:
                selector.unregister(key.fileobj)
                os.close(left.pop(key.data))
    return left


def await_all_ends(children):
    assert await_ends(children, len(children)) == {}


def begin(bin_dir, root, *words):
    return subprocess.Popen(
        [bin_dir / "faultpost", "run", *words], cwd=root, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))


def first_line(process):
    """Once the first scenario is told, the second is at work."""
    return process.stdout.readline()


def test_crash_is_told_and_the_others_go_on(bin_dir, root, tmp_path):
    one = write(tmp_path / "1.scenario.json")
    endless(tmp_path / "2.scenario.json")
    write(tmp_path / "3.scenario.json")
    run = begin(bin_dir, root, "-j", "2", tmp_path)
    first = first_line(run)
    (child,) = busy(run)
    signal.pidfd_send_signal(child, signal.SIGKILL)
    out, err = run.communicate(timeout=60)
    assert first.startswith(f"ok   {one}  ")
    assert f"ok   {tmp_path}/3.scenario.json  " in out
    assert "3 scenarios, 1 failed (" in out
    path = tmp_path / "2.scenario.json"
    assert err == (f"{path}: the process that ran it died: signal 9 "
                   "(Killed); to repeat it: faultpost run -v "
                   f"{path}\n")
    assert run.returncode == 3


def busy(run):
    """The child that is at work, once the one that found no job has gone, as
    its descriptor."""
    children = children_of(run)
    return list(await_ends(children, len(children) - 1).values())


@pytest.mark.parametrize("group", [True, False])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupt_leaves_no_child(bin_dir, root, tmp_path, number, group):
    """Whether it comes from the terminal, to all, or to the first only."""
    write(tmp_path / "1.scenario.json")
    for name in "23":
        endless(tmp_path / f"{name}.scenario.json")
    write(tmp_path / "4.scenario.json")
    run = subprocess.Popen(
        [bin_dir / "faultpost", "run", "-j", "2", tmp_path], cwd=root, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    first = first_line(run)
    children = children_of(run)
    assert len(children) == 2
    if group:
        os.killpg(run.pid, number)
    else:
        os.kill(run.pid, number)
    out, err = run.communicate(timeout=60)
    assert (run.returncode, err) == (3, "")
    rows = masked(first + out).splitlines()
    assert rows[0].startswith("ok   ")
    assert [row[:4] for row in rows[1:-1]] in (
        ["stop"] * n for n in (1, 2, 3))
    assert rows[-1] == f"{len(rows) - 1} scenarios, 1 held, interrupted (N"
    await_all_ends(children)


def test_who_does_not_listen_is_killed(bin_dir, root, tmp_path):
    """A process that cannot answer is waited for in vain for a moment only."""
    write(tmp_path / "1.scenario.json")
    path = endless(tmp_path / "2.scenario.json")
    run = begin(bin_dir, root, "-j", "2", tmp_path)
    first_line(run)
    (child,) = busy(run)
    signal.pidfd_send_signal(child, signal.SIGSTOP)
    run.send_signal(signal.SIGINT)
    out, err = run.communicate(timeout=60)
    assert (run.returncode, err) == (3, "")
    assert masked(out) == (f"stop {path}  Mail\n"
                           "2 scenarios, 1 held, interrupted (N\n")
    await_all_ends({0: child})


def test_nobody_outlives_a_killed_parent(bin_dir, root, tmp_path):
    write(tmp_path / "1.scenario.json")
    for name in "23":
        endless(tmp_path / f"{name}.scenario.json")
    run = begin(bin_dir, root, "-j", "2", tmp_path)
    first_line(run)
    children = children_of(run)
    assert len(children) == 2
    run.kill()
    run.communicate(timeout=60)
    await_all_ends(children)


# ---- on a terminal ----

def on_terminal(bin_dir, root, *words, **environment):
    """What is shown by a terminal of 80 columns."""
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir(root)
        os.execve(bin_dir / "faultpost", ["faultpost", "run", *words],
                  {"TERM": "xterm", **environment})
    shown = b""
    try:
        while piece := os.read(fd, 65536):
            shown += piece
    except OSError:  # the other end is closed
        pass
    os.close(fd)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status), shown.decode()


@pytest.mark.parametrize("number", ["1", "2"])
def test_progress(bin_dir, root, number):
    code, shown = on_terminal(bin_dir, root, "-j", number,
                              f"{FAILING}/dropped.scenario.json",
                              "scenarios/failover/117875.scenario.json")
    assert code == 1
    assert [re.sub(r"\r\033\[K", "", part) for part in
            re.findall(r"\d+ of \d+, \d+ failed", shown)] == [
        "0 of 2, 0 failed", "1 of 2, 1 failed", "2 of 2, 1 failed"]
    assert shown.count("\033[31mFAIL") == 1
    # In the end, only lines of the report are left.
    rows = shown.split("\r\n")
    assert rows[-1] == ""
    assert all("of 2" not in row.rsplit("\033[K", 1)[-1] for row in rows)


def test_no_colour_no_progress(bin_dir, root):
    path = "scenarios/failover/117875.scenario.json"
    _, shown = on_terminal(bin_dir, root, path, NO_COLOR="1")
    assert "\033[3" not in shown and "1 of 1" in shown
    _, shown = on_terminal(bin_dir, root, path, TERM="dumb")
    assert "\033" not in shown and "1 of 1" not in shown
