# SPDX-License-Identifier: MIT
"""What faultpost new writes can be run, holds, and proves something."""
import itertools
import json
import os
import pty
import subprocess

import pytest


@pytest.fixture(name="faultpost")
def faultpost_fixture(bin_dir, tmp_path):
    def run(*words):
        done = subprocess.run([bin_dir / "faultpost", *words], cwd=tmp_path, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60,
                              check=False)
        return done.returncode, done.stdout, done.stderr
    return run


FAULTS = ["refuse", "silent", "unreachable", "reset", "drop", "stall", "431", "421",
          "452@rcpt", "452@eod", "550", "554@eod", "drop@eod", "stall@data"]
HOSTS = ["mx1, mx2", "mx1, mx2/pri=10", "mx1", "mx1/pri=10, mx2", "mx1, mx2, [mx3]:2525/pri=5"]


def test_whatever_fails_it_holds(faultpost, tmp_path):
    for number, (fault, hosts) in enumerate(itertools.product(FAULTS, HOSTS)):
        code, _, err = faultpost("new", "--domain", "example.com", "--hosts", hosts,
                                 "--fail", f"mx1={fault}", f"{number}.scenario.json")
        assert (code, err) == (0, ""), (fault, hosts)
    code, out, err = faultpost("run", ".")
    assert (code, err) == (0, ""), out
    assert len(list(tmp_path.iterdir())) == number + 1


def test_from_routes(faultpost, tmp_path):
    """Routes with the host that fails, and what is said of them is right."""
    (tmp_path / "routes.txt").write_text(
        "# exported\n"
        "example.com mx1.example.com/pri=0, mx2.example.com/pri=10\n"
        ".example.org 10.1.1.1, mx1.example.com/pri=5\n"
        "void.example /dev/null\n"
        "ALL 10.1.1.9:2525\n")
    code, out, _ = faultpost("new", "--routes", "routes.txt", "--fail",
                             "mx1.example.com=452", "a.scenario.json")
    assert (code, out) == (0, "a.scenario.json: written; faultpost explain tells what it says\n")
    document = json.loads((tmp_path / "a.scenario.json").read_text())
    assert [route.split()[0] for route in document["routes"]] == ["example.com", ".example.org"]
    assert document["expect"][0]["delivered"] == {"mx2.example.com": 10, "10.1.1.1": 10}
    assert all(each["because"] for each in document["expect"])
    assert [each["no_log"] for each in document["expect"] if "no_log" in each] == ["pending till"]
    assert faultpost("run", "a.scenario.json")[0] == 0
    told = faultpost("explain", "a.scenario.json")[1]
    assert "goes to mx1.example.com; if none of these is left, to mx2.example.com" in told
    # All of the table, when nothing fails.
    assert faultpost("new", "--routes", "routes.txt", "b.scenario.json")[0] == 0
    document = json.loads((tmp_path / "b.scenario.json").read_text())
    assert [route.split()[0] for route in document["routes"]] == ["example.com", ".example.org", "ALL"]


def test_nothing_is_written_over(faultpost, tmp_path):
    (tmp_path / "a.scenario.json").write_text("mine")
    words = ["new", "--domain", "example.com", "--hosts", "mx1", "a.scenario.json"]
    assert faultpost(*words) == (
        2, "", "a.scenario.json: it is there already; expected --force to write over it\n")
    assert (tmp_path / "a.scenario.json").read_text() == "mine"
    assert faultpost(*words, "--force")[0] == 0
    assert faultpost("run", "a.scenario.json")[0] == 0


@pytest.mark.parametrize("words, said", [
    (["a.scenario.json"],
     "expected --domain and --hosts, --routes, or a terminal to ask at\n"),
    (["--domain", "x.example", "--hosts", "mx1", "a.json"],
     "a.json: expected a name that ends with .scenario.json\n"),
    (["--domain", "x.example", "--hosts", "mx1.x.example", "--fail", "mx2.x.example=452",
      "a.scenario.json"],
     "no route has the host mx2.x.example (did you mean mx1.x.example?)\n"),
    (["--routes", "nothing", "a.scenario.json"], "nothing: No such file or directory\n"),
    (["--domain", "x.example", "--hosts", "mx1", "no/a.scenario.json"],
     "no/a.scenario.json: No such file or directory\n"),
])
def test_what_is_wrong(faultpost, tmp_path, words, said):
    assert faultpost("new", *words) == (2, "", said)
    assert list(tmp_path.iterdir()) == []


def answer(bin_dir, tmp_path, answers):
    """Runs it at a terminal; what it asked, and its exit code."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(tmp_path)
        os.execv(bin_dir / "faultpost", ["faultpost", "new", "a.scenario.json"])
    seen = b""
    for text in answers:
        while not seen.endswith(b"]: "):
            seen += os.read(terminal, 1000)
        os.write(terminal, text.encode())
        seen += b"\n"
    try:
        while more := os.read(terminal, 1000):
            seen += more
    except OSError:
        pass
    os.close(terminal)
    return seen.decode(), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_questions(bin_dir, tmp_path, faultpost):
    seen, code = answer(bin_dir, tmp_path, ["shop.example\n", "a.shop.example, b.shop.example/pri=10\n",
                                            "a.shop.example=drop@rcpt\n"])
    assert code == 0, seen
    assert "Whose mail is it (domain) [example.com]: " in seen
    assert "What fails, as HOST=FAULT (or \"none\") [a.shop.example=452]: " in seen
    document = json.loads((tmp_path / "a.scenario.json").read_text())
    assert document["hosts"]["a.shop.example"]["rules"] == [{"on": "rcpt", "drop": True}]
    assert document["expect"][0]["delivered"] == {"b.shop.example": 10}
    assert faultpost("run", "a.scenario.json")[0] == 0


def test_questions_answered_by_return(bin_dir, tmp_path, faultpost):
    seen, code = answer(bin_dir, tmp_path, ["\n", "\n", "\n"])
    assert code == 0, seen
    assert faultpost("run", "a.scenario.json")[0] == 0


def test_no_answer(bin_dir, tmp_path):
    seen, code = answer(bin_dir, tmp_path, ["\n", "\x04"])
    assert code == 2 and "no answer" in seen
    assert list(tmp_path.iterdir()) == []
