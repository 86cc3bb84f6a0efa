# SPDX-License-Identifier: MIT
"""The control socket: whose it is, where it is, and what it takes."""
import json
import os
import signal
import socket
import stat

import pytest

from relay_peers import PATIENCE_S, config


def test_socket_is_private(start, tmp_path):
    start()
    mode = os.stat(tmp_path / "queue.db.control").st_mode
    assert stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o600


def test_socket_elsewhere(start, ctl, tmp_path):
    relay = start(control=str(tmp_path / "c"))
    assert ctl("status", socket=tmp_path / "c")
    # A link beside the queue leads there.
    assert ctl("status")
    assert ctl("status", code=3, socket=tmp_path / "none") == (
        "none: cannot talk to the relay; expected the socket that "
        "its configuration calls \"control\"\n")
    relay.stop()
    assert not (tmp_path / "c").exists()
    assert not (tmp_path / "queue.db.control").is_symlink()


def leads_to(link, place):
    """Whether it does at this moment; it may go away, or become the socket,
    while one looks."""
    try:
        return link.resolve() == place and not place.is_symlink()
    except OSError:
        return False


def test_socket_moves(start, ctl, tmp_path):
    """A reload puts the socket elsewhere, and the link beside the queue leads
    there; and back."""
    relay = start()
    beside = tmp_path / "queue.db.control"
    for place in "c", "d", None, "c":
        relay.write(config(tmp_path, **(
            {"control": str(tmp_path / place)} if place else {})))
        relay.signal(signal.SIGHUP)
        wanted = tmp_path / (place or beside.name)
        while not leads_to(beside, wanted):
            assert relay.process.poll() is None
        # It is there a moment before somebody listens.
        with socket.socket(socket.AF_UNIX) as s:
            while s.connect_ex(str(wanted)) != 0:
                assert relay.process.poll() is None
        assert ctl("status", socket=beside)
    assert not (tmp_path / "d").exists()
    relay.stop()


def test_socket_left_behind(start, ctl):
    """A relay that was killed leaves its socket; the next takes its place."""
    relay = start()
    relay.process.kill()
    relay.process.wait()
    assert ctl("status", code=3) == (
        "queue.db.control: no relay listens on this socket\n")
    start()
    assert ctl("status")


@pytest.mark.parametrize("line, error", [
    ("hello", "this is no request"),
    ("{}", "this is no request"),
    ('{"command": []}', "this is no request"),
    ('{"command": [7]}', "this is no request"),
    ('{"command": ["status"], "payload": 1}', "this is no request"),
    ('{"command": ["statu"]}', "statu is no command; did you mean status?"),
    ('{"command": ["status", "x", "y"]}', "expected: status [detail]"),
])
def test_bad_request(start, tmp_path, line, error):
    start()
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(PATIENCE_S)
        s.connect(str(tmp_path / "queue.db.control"))
        s.sendall(line.encode() + b"\n" + b'{"command": ["status"]}\n')
        lines = s.makefile("r")
        answer = json.loads(lines.readline())
        assert not answer["ok"] and answer["error"].startswith(error)
        assert json.loads(lines.readline())["ok"]


def test_request_too_long(start, tmp_path):
    start()
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(PATIENCE_S)
        s.connect(str(tmp_path / "queue.db.control"))
        s.sendall(b" " * (16 * 2**20 + 1))
        answer = json.loads(s.makefile("r").readline())
        assert answer["error"] == "the request has more than 16777216 bytes"


def test_clients_are_few(start, tmp_path):
    """Who comes behind those that have gone is taken, though the relay had no
    time to hear of either in between."""
    relay = start()
    path = str(tmp_path / "queue.db.control")
    clients = []
    for _ in range(9):
        clients.append(socket.socket(socket.AF_UNIX))
        clients[-1].settimeout(PATIENCE_S)
        clients[-1].connect(path)
    assert clients[-1].recv(1) == b""
    relay.signal(signal.SIGSTOP)
    for client in clients:
        client.close()
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(PATIENCE_S)
        s.connect(path)
        s.sendall(b'{"command": ["status"]}\n')
        relay.signal(signal.SIGCONT)
        assert json.loads(s.makefile("r").readline())["ok"]


def ask_raw(tmp_path, requests, patience=PATIENCE_S):
    """All that comes back for these bytes, behind which the client has nothing
    more to say."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(patience)
        s.connect(str(tmp_path / "queue.db.control"))
        s.sendall(requests)
        s.shutdown(socket.SHUT_WR)
        return s.makefile("rb").read()


def test_half_closed(start, tmp_path):
    """Who shuts its side down gets all answers, and then the end: of several
    requests, of a last one without a newline, and of more than the socket and
    the relay hold at a time."""
    start()
    line = b'{"command": ["metrics"]}'
    for requests, count in [(line + b"\n", 1), (line, 1), (b"", 0), (b"x", 1),
                            (b"\n".join([line] * 3), 3),
                            ((line + b"\n") * 300, 300)]:
        answers = ask_raw(tmp_path, requests).splitlines()
        assert [json.loads(a)["ok"] for a in answers] == [
            requests != b"x"] * count
