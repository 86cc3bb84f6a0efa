# SPDX-License-Identifier: MIT
"""faultpost log parse: records as JSON Lines, of files that stand or grow."""
import gzip
import json
import os
import signal
import subprocess

import pytest

SEED = "scenarios/failover/117875.scenario.json"
STAMP = "Wed Jul  2 09:15:07 2014 Info: "


@pytest.fixture(scope="module")
def seed(faultpost, tmp_path_factory):
    """The log of the seed scenario."""
    log = tmp_path_factory.mktemp("seed") / "mail.log"
    assert faultpost("run", "--log", log, SEED)[0] == 0
    return log


def events(text):
    return [json.loads(line) for line in text.splitlines()]


def test_each_record(faultpost, seed):
    code, out, err = faultpost("log", "parse", seed)
    records = events(out)
    assert (code, err) == (0, "")
    assert [r["line"] for r in records] == list(
        range(1, len(seed.read_text().splitlines()) + 1))
    assert all(r["event"] != "unknown" for r in records)
    assert sum(len(r["rids"]) for r in records
               if r["event"] == "message_done") == 10


def test_gzip_and_several(faultpost, seed, tmp_path):
    packed = tmp_path / "mail.log.gz"
    packed.write_bytes(gzip.compress(seed.read_bytes()))
    alone = faultpost("log", "parse", seed)[1]
    code, out, err = faultpost("log", "parse", packed, seed)
    assert (code, out) == (0, alone + alone)
    # The second begins where the first began.
    assert "1 record is older than the one before it" in err
    assert faultpost("log", "parse", "-", input=seed.read_text()) == (
        0, alone, "")


def test_what_is_no_record_is_counted(faultpost, tmp_path):
    log = tmp_path / "dirty.log"
    log.write_bytes(b"noise\n" + STAMP.encode() + b"What \xff is this\n"
                    + STAMP.encode() + b"DCID 1 close\n")
    code, out, err = faultpost("log", "parse", log)
    assert (code, [r["event"] for r in events(out)]) == (
        0, ["unknown", "dcid_close"])
    assert err == (
        "faultpost log parse: of 2 records\n"
        f"  1 line is no record ({log}:1)\n"
        f"  1 record is of no known form ({log}:2)\n")


@pytest.mark.parametrize("words, error", [
    ([], "expected a command"),
    (["parse"], "expected a FILE"),
    (["parse", "-f", "a", "b"], "--follow takes one file by its name"),
    (["parse", "-f", "-"], "--follow takes one file by its name"),
    (["follow", "-"], "expected one file by its name"),
    (["stats"], "expected a FILE"),
])
def test_wrong_use(faultpost, words, error):
    name = " ".join(["faultpost log", *words[:1]])
    assert faultpost("log", *words) == (
        2, "", f"{name}: {error}; see {name} --help\n")


@pytest.mark.parametrize("command, option", [
    ("show", "limit"), ("stats", "top"), ("reproduce", "rows")])
def test_wrong_number(faultpost, command, option):
    code, out, err = faultpost("log", command, f"--{option}", "0", "1", "x")
    assert (code, out) == (2, "")
    assert err.startswith(
        f'faultpost log {command}: --{option}: "0" is no whole number of 1..')


def test_no_such_file(faultpost, tmp_path):
    code, out, err = faultpost("log", "parse", tmp_path / "none.log")
    assert (code, out) == (2, "")
    assert err == f"{tmp_path}/none.log: No such file or directory\n"
    code, out, err = faultpost("log", "parse", "-f", tmp_path / "no" / "x")
    assert (code, out) == (2, "")
    assert err == f"{tmp_path}/no: No such file or directory\n"


class Follower:
    """faultpost log parse --follow of a file that may not be there yet."""

    def __init__(self, bin_dir, path):
        self.process = subprocess.Popen(
            [bin_dir / "faultpost", "log", "parse", "--follow", path],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def next(self):
        """The text of the next record that is of no known form."""
        return json.loads(self.process.stdout.readline())["text"]

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=20)
        return self.process.returncode, out, err


@pytest.fixture
def follow(bin_dir):
    running = []

    def start(path):
        running.append(Follower(bin_dir, path))
        return running[-1]

    yield start
    for follower in running:
        follower.process.kill()
        follower.process.communicate()


def write(path, *texts, mode="a"):
    with open(path, mode, encoding="utf-8") as file:
        file.write("".join(f"{STAMP}{text}\n" for text in texts))


@pytest.mark.parametrize("command", [["parse", "-f"], ["follow"]])
def test_what_cannot_be_followed(faultpost, tmp_path, command):
    """Nobody writes to the pipe: its opening would wait, and heed no signal."""
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", "."):
        assert faultpost("log", *command, tmp_path / name) == (
            2, "", f"{tmp_path / name}: is no file; expected one that grows\n")


def test_follow(follow, tmp_path):
    """From before the file is there, by each line as it comes."""
    log = tmp_path / "mail.log"
    follower = follow(log)
    write(log, "one")
    assert follower.next() == "one"
    write(log, "two", "three")
    assert [follower.next(), follower.next()] == ["two", "three"]
    with open(log, "a", encoding="utf-8") as file:
        file.write(f"{STAMP}fo")
        file.flush()
        file.write("ur\n")
    assert follower.next() == "four"
    assert follower.end() == (0, "", "")


def test_follow_a_rotated_log(follow, tmp_path):
    """The old file to its end, then what has its name."""
    log = tmp_path / "mail.log"
    write(log, "one")
    follower = follow(log)
    assert follower.next() == "one"
    with open(log, "a", encoding="utf-8") as old:
        log.rename(tmp_path / "mail.log.1")
        old.write(f"{STAMP}last\n")
    write(log, "first")
    assert [follower.next(), follower.next()] == ["last", "first"]
    write(log, "x", mode="w")
    assert follower.next() == "x"
    assert follower.end(signal.SIGINT) == (0, "", "")


def test_follow_ends_with_its_reader(bin_dir, tmp_path):
    reader, writer = os.pipe()
    process = subprocess.Popen(
        [bin_dir / "faultpost", "log", "parse", "-f", tmp_path / "x"],
        stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    os.close(reader)
    assert process.communicate(timeout=20) == (None, "")
    assert process.returncode == 0


@pytest.mark.parametrize("broken, names", [
    ("MID 9 ICID 4|711 From: <sender@example.net>", {"icid": 4711}),
    ("MID 9 ICID 4711 From: <sen|der@example.net>", {"from": "sender@example.net"}),
    ("Sta|rt MID 9 ICID 4711", {"event": "start_mid"}),
    ("Message done DCID 30|0 MID 9 to RID [0]", {"dcid": 300})])
def test_a_word_that_a_forum_broke(faultpost, broken, names):
    """A line break within a word, which is no end of it."""
    text = f"{STAMP}{broken}\n{STAMP}DCID 3 close\n".replace("|", "\n")
    code, out, err = faultpost("log", "parse", "-", input=text)
    told, last = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert {key: told[key] for key in names} == names
    assert last["event"] == "dcid_close"
    assert "1 line was joined to the one before it" in err


def test_a_byte_order_mark(faultpost):
    """Editors put it in front: the first record is one all the same."""
    code, out, err = faultpost(
        "log", "parse", "-", input=f"\ufeff{STAMP}DCID 3 close\n")
    assert (code, err) == (0, "")
    assert json.loads(out)["event"] == "dcid_close"
