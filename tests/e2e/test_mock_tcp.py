# SPDX-License-Identifier: MIT
"""faultpost-mock over 127.0.0.1: what other people's clients see."""
import contextlib
import errno
import json
import os
import signal
import smtplib
import socket
import subprocess

import pytest

from relay_peers import PATIENCE_S

ONE = {"title": "t", "hosts": {"mx": {
    "address": "10.1.1.11", "extensions": ["PIPELINING", "SIZE", "8BITMIME",
                                           "ENHANCEDSTATUSCODES", "SMTPUTF8",
                                           "CHUNKING"]}}}


class Mock:
    """A running faultpost-mock."""

    def __init__(self, program, folder, scenario, *options, output=None):
        self.folder = folder
        path = folder / "t.scenario.json"
        path.write_text(json.dumps(scenario))
        ready, ready_in = os.pipe()
        self.process = subprocess.Popen(
            [program, "--ready-fd", str(ready_in), "--port-file",
             folder / "ports.json", "--transcript", folder / "transcript",
             *options, path],
            pass_fds=[ready_in], stdout=output or subprocess.PIPE,
            stderr=output or subprocess.PIPE, text=True)
        os.close(ready_in)
        with os.fdopen(ready) as pipe:
            self.is_ready = pipe.readline() != ""
        if self.is_ready:
            self.places = json.loads((folder / "ports.json").read_text())

    def address(self, host):
        for place in self.places:
            if place["host"] == host:
                ip, port = place["real"].rsplit(":", 1)
                return ip, int(port)
        raise KeyError(host)

    def connect(self, host="mx"):
        return socket.create_connection(self.address(host), timeout=PATIENCE_S)

    def stop(self):
        """Ends it; returns its exit code and stderr."""
        self.process.send_signal(signal.SIGTERM)
        _, stderr = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, stderr

    def transcript(self):
        text = (self.folder / "transcript").read_text()
        return [json.loads(line) for line in text.splitlines()]


@pytest.fixture(scope="session")
def program(bin_dir):
    return bin_dir / "faultpost-mock"


@pytest.fixture
def start(program, tmp_path):
    running = []

    def run(scenario, *options):
        running.append(Mock(program, tmp_path, scenario, *options))
        return running[-1]

    yield run
    for mock in running:
        if mock.process.poll() is None:
            mock.process.kill()
            mock.process.communicate()


def with_rules(*rules, **host):
    return {"title": "t", "hosts": {"mx": {
        "address": "10.1.1.11", "rules": list(rules), **host}}}


def read_to_end(stream):
    """All bytes up to FIN, and whether RST came instead."""
    got = b""
    try:
        while chunk := stream.recv(65536):
            got += chunk
    except ConnectionResetError:
        return got, True
    return got, False


def test_smtplib_delivers(start):
    mock = start(ONE)
    with smtplib.SMTP(*mock.address("mx"), timeout=PATIENCE_S) as client:
        client.ehlo("client.example")
        assert set(client.esmtp_features) == {
            "pipelining", "size", "8bitmime", "enhancedstatuscodes",
            "smtputf8", "chunking"}
        assert client.sendmail("a@b.example", ["c@d.example", "e@d.example"],
                               "Subject: x\r\n\r\n.dot\r\n") == {}
    assert mock.stop() == (0, "")
    messages = [e for e in mock.transcript() if e["event"] == "message"]
    assert [(m["from"], m["to"], m["size"]) for m in messages] == [
        ("a@b.example", ["c@d.example", "e@d.example"], 20)]
    assert not [e for e in mock.transcript() if e["event"] == "violation"]


def test_transcript_holds_every_byte(start):
    mock = start(ONE)
    with mock.connect() as s:
        s.sendall(b"EHLO c\r\nQUIT\r\n")
        got, _ = read_to_end(s)
    mock.stop()
    events = mock.transcript()
    assert "".join(e["bytes"] for e in events
                   if e["event"] == "out").encode() == got
    assert "".join(e["bytes"] for e in events
                   if e["event"] == "in") == "EHLO c\r\nQUIT\r\n"
    assert events[0]["server"] == "10.1.1.11:25"
    assert events[-1]["event"] == "close"


def send_content(mock, content):
    """A message behind 354, and QUIT in the same breath."""
    with mock.connect() as s:
        reply = s.makefile("rb")
        for line in (b"", b"HELO c\r\n", b"MAIL FROM:<a@b.example>\r\n",
                     b"RCPT TO:<c@d.example>\r\n", b"DATA\r\n"):
            s.sendall(line)
            assert reply.readline()[:1] in b"23"
        s.sendall(content + b".\r\nQUIT\r\n")
        assert reply.read()[:3] == b"250"


CONTENT = (b"Subject: \xe4\r\n\r\n..dot\r\n" + (b"x" * 70 + b"\r\n") * 2000)
WHOLE = len(CONTENT)


@pytest.mark.parametrize("shown", [None, 100, 0, WHOLE - 1, WHOLE])
def test_content_is_shown_in_part(start, shown):
    """Its beginning and its end, and how much is not shown."""
    options = [] if shown is None else ["--transcript-bytes", str(shown)]
    mock = start(ONE, *options)
    send_content(mock, CONTENT)
    assert mock.stop() == (0, "")
    events = mock.transcript()
    inputs = [e for e in events if e["event"] == "in"][4:]
    told = "".join(e["bytes"] for e in inputs).encode("latin1")
    assert told == CONTENT[:shown] + b".\r\nQUIT\r\n"
    cut = 0 if shown is None else WHOLE - shown
    assert sum(e.get("cut", 0) for e in inputs) == cut
    (message,) = [e for e in events if e["event"] == "message"]
    assert message["size"] == WHOLE - 1 and "body_sha256" not in message


def test_sigterm_leaves_nothing_untold(start):
    """A connection that stands when the mock is told to end is reset, and the
    transcript has that, and what was said a moment before."""
    mock = start(ONE)
    with mock.connect() as s:
        assert s.recv(100) == b"220 mx ESMTP\r\n"
        s.sendall(b"NOOP\r\n")
        assert s.recv(100) == b"250 2.0.0 Ok\r\n"
        assert mock.stop() == (0, "")
        assert read_to_end(s) == (b"", True)
    assert [(e["event"], e.get("bytes")) for e in mock.transcript()] == [
        ("open", None), ("out", "220 mx ESMTP\r\n"), ("in", "NOOP\r\n"),
        ("out", "250 2.0.0 Ok\r\n"), ("reset", None)]


FAULTS = [
    ({"on": "connect", "drop": True}, b"", False),
    ({"on": "connect", "reset": True}, b"", True),
    ({"on": "banner", "reply": "431 4.3.1 Mail system full"},
     b"431 4.3.1 Mail system full\r\n", False),
    ({"on": "banner", "drop": {"after": 3}}, b"220", False),
    ({"on": "banner", "reset": {"after": 3}}, b"220", True),
    ({"on": "banner", "stall": "20ms"}, b"", False),
    ({"on": "banner", "delay": "20ms", "reply": "421 x"}, b"421 x\r\n", False),
    ({"on": "banner", "reply": ["220-a", "220 b"], "then": "close"},
     b"220-a\r\n220 b\r\n", False),
]


@pytest.mark.parametrize("rule, want, is_reset", FAULTS,
                         ids=[json.dumps(f[0]) for f in FAULTS])
def test_fault_on_the_wire(start, rule, want, is_reset):
    mock = start(with_rules(rule))
    try:
        with mock.connect() as s:
            seen = read_to_end(s)
    except ConnectionResetError:  # before connect() had returned
        seen = b"", True
    assert seen == (want, is_reset)
    assert mock.stop() == (0, "")


def test_half_close_goes_on_reading(start):
    """What comes behind its FIN is taken, told, and not answered."""
    mock = start(with_rules({"on": "noop", "then": "half-close"}))
    with mock.connect() as s:
        s.sendall(b"NOOP\r\n")
        assert read_to_end(s) == (b"220 mx ESMTP\r\n250 2.0.0 Ok\r\n", False)
        s.sendall(b"NOOP more\r\n")
        s.shutdown(socket.SHUT_WR)
        # One thread serves both: with these it has read the other, too.
        with smtplib.SMTP(*mock.address("mx"), timeout=PATIENCE_S) as client:
            for _ in range(3):
                client.rset()
    mock.stop()
    events = [e for e in mock.transcript() if e["connection"] == 1]
    assert [(e["event"], e.get("bytes")) for e in events[-4:]] == [
        ("half-close", None), ("in", "NOOP more\r\n"), ("eof", None),
        ("close", None)]


def test_counting_over_connections(start):
    mock = start(with_rules({"on": "banner", "every": 2, "reply": "421 {n}"}))
    greetings = []
    for _ in range(4):
        with mock.connect() as s:
            greetings.append(s.recv(100))
    assert greetings == [b"220 mx ESMTP\r\n", b"421 2\r\n",
                         b"220 mx ESMTP\r\n", b"421 4\r\n"]


def test_pipelined_message_in_one_write(start):
    mock = start(ONE)
    with mock.connect() as s:
        s.sendall(b"EHLO c\r\n")
        text = b""
        while not text.endswith(b"250 CHUNKING\r\n"):
            text += s.recv(4096)
        s.sendall(b"MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n"
                  b"BDAT 4 LAST\r\nhi\r\nQUIT\r\n")
        got, _ = read_to_end(s)
    assert [line[:3] for line in got.splitlines()] == [
        b"250", b"250", b"250", b"221"]


def test_host_that_refuses(start):
    mock = start({"title": "t", "hosts": {
        "a": {"address": "10.1.1.1", "state": "refuse"},
        "b": {"address": "10.1.1.2"}}})
    assert [p["real"] is None for p in mock.places] == [True, False]


def test_map(start):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    mock = start(ONE, "--map", f"10.1.1.11:25=127.0.0.1:{port}")
    assert mock.address("mx") == ("127.0.0.1", port)
    with mock.connect() as s:
        assert s.recv(100) == b"220 mx ESMTP\r\n"


def test_rule_that_never_acted_is_noted(start):
    mock = start(with_rules({"on": "vrfy", "reply": "550 no"}))
    code, stderr = mock.stop()
    assert code == 0
    assert stderr.endswith(
        "t.scenario.json:1:67: note: this rule of host mx never acted "
        "(reply 550): no client came to stage vrfy\n")


def test_many_messages_on_one_connection(start):
    """20,000 messages, pipelined: the mock keeps up and keeps count."""
    mock = start(ONE)
    message = (b"MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n"
               b"BDAT 4 LAST\r\nhi\r\n")
    with mock.connect() as s:
        s.sendall(b"EHLO c\r\n")
        reply = s.makefile("rb")
        while not reply.readline().startswith(b"250 "):
            pass
        for _ in range(200):
            s.sendall(message * 100)
            for _ in range(300):
                assert reply.readline().startswith(b"250 ")
    code, _ = mock.stop()
    assert code == 0
    assert sum(e["event"] == "message" for e in mock.transcript()) == 20000


def test_transcript_reader_gone(program, tmp_path):
    """It ends with a word about it, not by a signal."""
    path = tmp_path / "t.scenario.json"
    path.write_text(json.dumps(ONE))
    ready, ready_in = os.pipe()
    with subprocess.Popen(
            [program, "--transcript", "-", "--ready-fd", str(ready_in),
             "--port-file", tmp_path / "ports", path], pass_fds=[ready_in],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True) as process:
        os.close(ready_in)
        with os.fdopen(ready) as pipe:
            assert pipe.readline() == "ready\n"
        process.stdout.close()
        place = json.loads((tmp_path / "ports").read_text())[0]["real"]
        ip, port = place.rsplit(":", 1)
        # It may be gone before the connect has returned.
        with contextlib.suppress(ConnectionResetError):
            socket.create_connection((ip, int(port)), timeout=PATIENCE_S).close()
        assert process.wait(PATIENCE_S) == 3
        assert "-: Broken pipe\n" in process.stderr.read()


def test_places_that_cannot_be_printed(program, tmp_path):
    path = tmp_path / "t.scenario.json"
    path.write_text(json.dumps(ONE))
    with open("/dev/full", "w", encoding="ascii") as full:
        result = subprocess.run([program, "--check", path], stdout=full,
                                stderr=subprocess.PIPE, text=True, timeout=PATIENCE_S)
    assert (result.returncode, result.stderr) == (
        3, "standard output: it could not be written: "
           "No space left on device\n")


# ---- what is refused ----

def run(program, *arguments):
    return subprocess.run([program, *arguments], capture_output=True,
                          text=True, timeout=PATIENCE_S)


@pytest.mark.parametrize("scenario, want", [
    ("{", "1:2: expected a key in double quotes, got the end of the text"),
    ('{"hosts": {"mx": {"address": "10.1.1.1", "state": "unreachable"}}}',
     '1:51: /hosts/mx/state: "unreachable" is the network\'s doing, which a '
     'listening process cannot imitate; expected "up", "refuse" or "silent"'),
    ('{"hosts": {"mx": {"address": "10.1.1.1",\n "rules": '
     '[{"on": "rcpt", "replay": "452 x"}]}}}',
     '2:27: /hosts/mx/rules/0: unknown key "replay" '
     '(did you mean "reply"?)'),
])
def test_bad_scenario(program, tmp_path, scenario, want):
    path = tmp_path / "t.scenario.json"
    path.write_text(scenario)
    result = run(program, "--check", path)
    assert result.returncode == 2
    assert result.stderr.startswith(f"{path}:{want}")


@pytest.mark.parametrize("arguments, want", [
    (["--bind", "0.0.0.0", "x"],
     "--bind 0.0.0.0 can be reached from elsewhere"),
    (["--map", "x=y", "x"], "--map x=y is wrong"),
    (["--map", "10.1.1.1:25=192.0.2.1:25", "x"],
     "--map 192.0.2.1 can be reached from elsewhere"),
    (["--base-port", "65536", "x"], "65536"),
    (["--ready-fd", "999", "x"], "--ready-fd 999 is not open for writing"),
    (["--transcipt", "x"], "did you mean --transcript?"),
    (["--transcript-bytes", "-1", "x"],
     "--transcript-bytes"),
    (["/does/not/exist"], "/does/not/exist"),
    ([], "expected one scenario; see faultpost-mock --help"),
])
def test_bad_command_line(program, arguments, want):
    result = run(program, *arguments)
    assert result.returncode == 2
    assert want in result.stderr


def test_map_of_nobody(program, tmp_path):
    path = tmp_path / "t.scenario.json"
    path.write_text(json.dumps(ONE))
    for wrong in ("10.1.1.99:25", "10.1.1.11:26"):
        result = run(program, "--check", "--map", f"{wrong}=127.0.0.1:2511",
                     path)
        assert (result.returncode, result.stderr) == (
            2, f"--map {wrong}: no host of the scenario has this address and "
               "port\n")


def test_port_in_use(program, tmp_path):
    path = tmp_path / "t.scenario.json"
    path.write_text(json.dumps(ONE))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run(program, "--base-port", str(port), path)
    assert result.returncode == 3
    assert f"{path}:1:32: host mx" in result.stderr
    assert os.strerror(errno.EADDRINUSE).lower() in result.stderr.lower()


def test_help_fits_a_screen(program):
    result = run(program, "--help")
    assert result.returncode == 0
    lines = result.stdout.splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
