# SPDX-License-Identifier: MIT
"""`faultpost-relay queue` beside a relay that runs, and behind one that does
not."""
import json
import sqlite3
import subprocess
import time

from relay_peers import PATIENCE_S, Relay, Sink, config


def queue(bin_dir, *arguments):
    done = subprocess.run([bin_dir / "faultpost-relay", "queue", *arguments],
                          capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def mids(bin_dir, path):
    _, out, _ = queue(bin_dir, "list", "--json", path)
    return [json.loads(line)["mid"] for line in out.splitlines()]


def start(bin_dir, folder, sink, **more):
    relay = Relay(bin_dir / "faultpost-relay", folder, config(
        folder, routes=[f"exchange.example 127.0.0.1:{sink.port}"],
        log=str(folder / "mail.log"), bounce={"initial_wait": "1h"}, **more))
    assert relay.is_ready, relay.end()
    return relay


def fill(relay, count):
    """Messages that wait for an hour; the last one is a large one."""
    client = relay.connect()
    for n in range(1, count + 1):
        body = f"Subject: number {n}\r\n\r\n" + "text\r\n" * (
            20000 if n == count else 1)
        assert client.mail(body, f"u{n}@exchange.example").startswith("250 ")
    client.close()


def await_waiting(bin_dir, path, count):
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        _, out, _ = queue(bin_dir, "list", "--json", path)
        found = [json.loads(line) for line in out.splitlines()]
        if [m["recipients"][0]["attempts"] for m in found] == [1] * count:
            return found
    raise AssertionError(out)


def test_queue(bin_dir, tmp_path):
    sink = Sink()
    sink.answers["RCPT"] = "450 4.2.1 busy"
    path = tmp_path / "queue.db"
    relay = start(bin_dir, tmp_path, sink)
    try:
        fill(relay, 3)
        found = await_waiting(bin_dir, path, 3)
        assert found[1]["recipients"][0]["address"] == "u2@exchange.example"
        assert found[1]["recipients"][0]["last_error"] == "450 4.2.1 busy"
    finally:
        relay.stop()
    code, out, _ = queue(bin_dir, "list", path)
    assert code == 0
    assert "MID 1 " in out and "<u1@exchange.example>  attempts 1" in out
    assert out.endswith("3 messages\n")
    code, out, _ = queue(bin_dir, "show", path, "3")
    assert code == 0
    assert "Subject: number 3\n" in out.replace("\r", "")
    assert out.count("text\r\n") + out.count("text\n") >= 20000
    assert queue(bin_dir, "delete", path, "1")[:2] == (0, "1: 1 deleted\n")
    code, _, err = queue(bin_dir, "delete", path, "1")
    assert (code, "MID 1 is not in the queue" in err) == (2, True)
    assert queue(bin_dir, "release", path, "2")[:2] == (0, "2: 1 released\n")
    del sink.answers["RCPT"]
    relay = start(bin_dir, tmp_path, sink)
    try:
        # The delivery releases the other one, too.
        subjects = sorted(m.split(b"Subject: ")[1].split(b"\r\n")[0]
                          for m in sink.await_messages(2))
        assert subjects == [b"number 2", b"number 3"]
    finally:
        relay.stop()
        sink.close()
    assert queue(bin_dir, "list", path)[:2] == (0, "0 messages\n")


def test_of_a_relay_that_runs(bin_dir, tmp_path):
    """What a relay has is changed by it, over its control socket, with the
    words of a change of the file; and the file tells of it at once."""
    sink = Sink()
    sink.answers["RCPT"] = "450 4.2.1 busy"
    path = tmp_path / "queue.db"
    relay = start(bin_dir, tmp_path, sink)
    try:
        fill(relay, 4)
        await_waiting(bin_dir, path, 4)
        assert queue(bin_dir, "delete", path, "1") == (0, "1: 1 deleted\n", "")
        assert mids(bin_dir, path) == [2, 3, 4]
        assert queue(bin_dir, "delete", path, "1") == (
            2, "", f"{path}: MID 1 is not in the queue\n")
        assert queue(bin_dir, "delete", "--json", path, "02", "77") == (
            2, '{"mid":2,"deleted":1,"left_alone":0}\n',
            f"{path}: MID 77 is not in the queue\n")
        assert mids(bin_dir, path) == [3, 4]
        del sink.answers["RCPT"]
        sink.gate.clear()
        assert queue(bin_dir, "release", path, "4") == (
            0, "4: 1 released\n", "")
        assert sink.dots.acquire(timeout=PATIENCE_S)
        assert mids(bin_dir, path) == [3, 4]
        assert queue(bin_dir, "delete", path, "all") == (
            0, "all: 1 deleted, 1 being delivered\n", "")
        assert mids(bin_dir, path) == [4]
        sink.gate.set()
        assert len(sink.await_messages(1)) == 1
        assert b"Subject: number 4" in sink.messages[0]
    finally:
        relay.stop()
        sink.close()
    assert mids(bin_dir, path) == []


def test_release_all_of_a_relay_that_runs(bin_dir, tmp_path):
    sink = Sink()
    sink.answers["RCPT"] = "450 4.2.1 busy"
    path = tmp_path / "queue.db"
    relay = start(bin_dir, tmp_path, sink, control=str(tmp_path / "c"))
    try:
        # The socket is elsewhere: a link beside the queue leads to it.
        assert (tmp_path / "queue.db.control").is_symlink()
        fill(relay, 3)
        await_waiting(bin_dir, path, 3)
        del sink.answers["RCPT"]
        link = tmp_path / "sub"
        link.symlink_to(path)
        assert queue(bin_dir, "release", "--json", link, "all") == (
            0, '{"mid":"all","released":3,"left_alone":0}\n', "")
        assert len(sink.await_messages(3)) == 3
        (tmp_path / "queue.db.control").unlink()
        code, _, err = queue(bin_dir, "release", path, "all")
        assert (code, "its control socket is not beside it" in err) == (2, True)
    finally:
        relay.stop()
        sink.close()
    assert not (tmp_path / "queue.db.control").exists()


def test_link_left_behind(bin_dir, tmp_path):
    """A relay that was killed leaves its link; the next one's socket takes its
    place, wherever that is."""
    sink = Sink()
    # The same path, in other words.
    start(bin_dir, tmp_path, sink,
          control=f"{tmp_path}/./queue.db.control").stop()
    relay = start(bin_dir, tmp_path, sink, control=str(tmp_path / "c"))
    relay.process.kill()
    relay.process.wait()
    beside = tmp_path / "queue.db.control"
    assert beside.is_symlink()
    relay = start(bin_dir, tmp_path, sink)
    try:
        assert beside.is_socket() and not beside.is_symlink()
        assert queue(bin_dir, "delete", tmp_path / "queue.db", "all") == (
            0, "all: 0 deleted\n", "")
    finally:
        relay.stop()
        sink.close()
    assert not beside.exists()


def test_odd_bytes(bin_dir, tmp_path):
    """What is in the queue is shown whatever bytes it has."""
    sink = Sink()
    sink.answers["RCPT"] = "450 4.2.1 \x1b[31mbusy"
    path = tmp_path / "queue.db"
    relay = start(bin_dir, tmp_path, sink)
    try:
        fill(relay, 1)
        await_waiting(bin_dir, path, 1)
    finally:
        relay.stop()
        sink.close()
    with sqlite3.connect(path) as db:
        db.execute("UPDATE message SET sender=CAST(x'61ff0a' AS TEXT)")
        db.execute("UPDATE recipient SET redirected='other.example'")
    db.close()
    code, out, _ = queue(bin_dir, "list", path)
    assert code == 0 and len(out.splitlines()) == 3
    assert "from <a\\xff\\x0a>" in out and "\x1b" not in out
    assert "  to other.example  450 4.2.1 \\x1b[31mbusy\n" in out
    code, out, _ = queue(bin_dir, "list", "--json", path)
    message = json.loads(out)
    assert message["sender"] == "a\\xff\n"
    assert message["recipients"][0]["redirected"] == "other.example"


def test_damaged_is_set_aside(bin_dir, tmp_path):
    """The pages of the tables are overwritten: the files get other names, and
    mail goes on, under numbers that were never given."""
    sink = Sink()
    sink.answers["RCPT"] = "450 4.2.1 busy"
    path = tmp_path / "queue.db"
    relay = start(bin_dir, tmp_path, sink)
    fill(relay, 3)
    await_waiting(bin_dir, path, 3)
    relay.stop()
    damaged = bytearray(path.read_bytes())
    damaged[4096:] = b"\xa5" * (len(damaged) - 4096)
    path.write_bytes(damaged)
    del sink.answers["RCPT"]
    relay = start(bin_dir, tmp_path, sink)
    try:
        fill(relay, 1)
        assert len(sink.await_messages(1)) == 1
    finally:
        _, _, err = relay.stop()
        sink.close()
    aside = list(tmp_path.glob("queue.db.damaged-*"))
    assert [p.read_bytes() for p in aside if p.suffix != ".db-wal"][:1] == [
        bytes(damaged)]
    assert f"{path} is now {aside[0]}" in err
    log = (tmp_path / "mail.log").read_text()
    assert "Critical: The queue is damaged and was set aside: " in log
    assert "Start MID 1 " in log and log.count("Start MID 1 ") == 1


def test_wrong(bin_dir, tmp_path):
    other = tmp_path / "other"
    other.write_text("no database, and long enough to be seen as none" * 100)
    code, _, err = queue(bin_dir, "list", other)
    assert (code, "other: the queue cannot be used" in err) == (2, True)
    code, _, err = queue(bin_dir, "list", tmp_path / "none")
    assert (code, "none: the queue cannot be used" in err) == (2, True)
    assert not (tmp_path / "none").exists()
    for mid in "x", "0", "99999999999999999999":
        code, _, err = queue(bin_dir, "show", other, mid)
        assert (code, f"{mid} is no MID" in err) == (2, True)
    for wrong in [], ["list"], ["show", other], ["release", other], ["x", other]:
        code, _, err = queue(bin_dir, *wrong)
        assert (code, "see faultpost-relay queue --help" in err) == (2, True)
