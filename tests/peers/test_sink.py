# SPDX-License-Identifier: MIT
"""faultpost-mock --sink beside Postfix's smtp-sink: the same options, the same
clients, the same dialogues and dump files."""
import os
import re
import signal
import smtplib
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from servers import PATIENCE_S, free_port, unpack

HELLO = [b"EHLO c\r\n"]
MAIL = [b"MAIL FROM:<a@b.example>\r\n"]
RCPT = [b"RCPT TO:<u@v.example>\r\n"]
DATA = [b"DATA\r\n"]
BODY = [b"Subject: x\r\n\r\n..hi\r\n.\r\n"]
QUIT = [b"QUIT\r\n"]
LEAVES = None  # the step in which nothing is said any more
MESSAGE = HELLO + MAIL + RCPT + DATA + BODY
WHOLE = MESSAGE + [b"NOOP\r\n", b"VRFY x\r\n", b"RSET\r\n", b"FOO x\r\n",
                   b"\r\n"] + QUIT
LOOSE = [
    # Nobody has to say hello, or to know the grammar.
    b"RCPT TO:<x@y>\r\n", b"DATA\r\n", b"MAIL FROM: a b\r\n",
    b"MAIL FROM:<a@b.example>\r\n", b"RCPT TO:x y z\r\n", b"DATA\r\n",
    b".\r\n", b"AUTH PLAIN abc\r\n", b"XCLIENT NAME=a\r\n",
    b"XFORWARD NAME=a\r\n", b"HELP\r\n", b"STARTTLS\r\n", b"VRFY\r\n",
    b"HELO\r\n", b"EHLO\r\n", b"EHLO a b\r\n", b" \t \r\n",
    b"MAIL FROM:<a@b.example> SIZE=100 FOO=bar\r\n", b"RSET now\r\n",
    b"LHLO x\r\n", b"connect\r\n", b"noop\r\n", b"QUIT x\r\n"]
PIPELINED = HELLO + [b"".join(MAIL + RCPT + RCPT + DATA), BODY[0] + QUIT[0]]

# Each option with a dialogue in which it shows.
CASES = [
    ([], WHOLE), ([], LOOSE), ([], PIPELINED),
    (["-8"], WHOLE), (["-a"], WHOLE), (["-C"], LOOSE), (["-E"], WHOLE),
    (["-F"], LOOSE), (["-N"], WHOLE), (["-p"], WHOLE),
    (["-8", "-a", "-C", "-E", "-F", "-N", "-p"], WHOLE),
    (["-e"], HELLO + [b"HELO c\r\n"] + WHOLE), (["-P"], HELLO + WHOLE),
    (["-h", "mx {1} \"x\\y"], WHOLE), (["-4"], WHOLE),
    (["-f", "mail"], WHOLE), (["-f", "RCPT, DATA"], MESSAGE[:4] + QUIT),
    (["-f", "connect"], WHOLE), (["-f", "helo,ehlo"], WHOLE),
    (["-f", "."], WHOLE), (["-f", "auth xclient"], LOOSE),
    (["-f", "noop vrfy rset"], WHOLE), (["-f", "lhlo,xforward"], LOOSE),
    (["-r", "mail,."], HELLO + MAIL + QUIT), (["-r", "."], WHOLE),
    (["-r", "connect"], WHOLE), (["-r", "rcpt", "-f", "rcpt"], WHOLE[:3]),
    (["-b", "451 4.7.1 \"Later\" {n}", "-r", "rcpt"], MESSAGE[:3] + QUIT),
    (["-B", "554 5.7.1 Never", "-f", "rcpt"], MESSAGE[:3] + QUIT),
    (["-q", "connect"], []), (["-q", "mail"], WHOLE), (["-q", "data"], WHOLE),
    (["-q", "."], WHOLE), (["-q", "quit"], WHOLE), (["-q", "xclient"], LOOSE),
    (["-Q", "connect"], []), (["-Q", "rcpt"], WHOLE), (["-Q", "."], WHOLE),
    (["-Q", "ehlo", "-f", "ehlo"], WHOLE), (["-q", "ehlo", "-Q", "ehlo"], WHOLE),
    (["-A", "0"], MESSAGE[:4]), (["-W", "rcpt:1", "-f", "rcpt"], WHOLE[:3]),
    (["-m", "5", "-T", "5000", "-v"], WHOLE),
]
# Those that wait for a second, and the step that takes it.
WAITING = [
    (["-A", "1"], MESSAGE[:4], LEAVES), (["-H", "1"], WHOLE, BODY[0]),
    (["-w", "1"], WHOLE, DATA[0]), (["-W", "mail:1"], WHOLE, MAIL[0]),
    (["-W", "connect:1"], WHOLE, b""), (["-W", ".:1"], WHOLE, BODY[0]),
    (["-w", "5", "-W", "data:1"], WHOLE, DATA[0]),
    (["-t", "1"], HELLO, LEAVES),
]


@dataclass
class Program:
    """Ours, which tells when it listens, or theirs, which does not."""
    command: list
    env: dict | None = None
    tells: bool = False

    def start(self, *arguments, **how):
        if not self.tells:
            return subprocess.Popen([*self.command, *arguments], env=self.env,
                                    **how)
        ready, ready_in = os.pipe()
        process = subprocess.Popen(
            [*self.command, "--ready-fd", str(ready_in), *arguments],
            pass_fds=[ready_in], **how)
        os.close(ready_in)
        with os.fdopen(ready) as pipe:
            assert pipe.readline() == "ready\n"
        return process

    def connect(self, process, address, family=socket.AF_INET):
        """A client of it; theirs is asked until it answers."""
        end = time.monotonic() + PATIENCE_S
        while True:
            client = socket.socket(family)
            client.settimeout(PATIENCE_S)
            try:
                client.connect(address)
                return client
            except (ConnectionRefusedError, FileNotFoundError):
                client.close()
                assert not self.tells and process.poll() is None
                assert time.monotonic() < end
                time.sleep(0.01)


class Sink:
    """A running program, ours or theirs, at an address of its own."""

    def __init__(self, program, options, **how):
        self.port = free_port()
        self.program = program
        if os.geteuid() == 0:
            options = ["-u", "nobody", *options]
        self.process = program.start(
            *options, f"inet:127.0.0.1:{self.port}", "10",
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, **how)

    def connect(self):
        return self.program.connect(self.process, ("127.0.0.1", self.port))

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.communicate(timeout=PATIENCE_S)[0]


def replies_of(stream, count):
    """So many replies; b"end" stands for the end of the connection."""
    lines = []
    while count > 0:
        try:
            line = stream.readline()
        except ConnectionResetError:
            line = b""
        if line == b"":
            return [*lines, b"end"]
        lines.append(line)
        count -= line[3:4] != b"-"
    return lines


def talk(sink, script):
    """What the client hears, and how long each step took, from before whatever
    may have begun it."""
    heard = []
    start = time.monotonic()
    with sink.connect() as client, client.makefile("rb") as stream:
        for step in [b"", *script]:
            if step:
                start = time.monotonic()
            try:
                client.sendall(step)
            except OSError:
                heard.append(([b"end"], 0))
                break
            count = 1
            if step.count(b"\r\n") > 1 and not step.startswith(b"Subject"):
                count = step.count(b"\r\n")
            elif step.endswith(QUIT[0]) and step != QUIT[0]:
                count = 2
            replies = replies_of(stream, count)
            heard.append((replies, time.monotonic() - start))
            if replies[-1] == b"end":
                return heard
        # Does it leave by itself?
        last = script[-1] if script else b""
        if last == HELLO[0] or last.startswith(b"QUIT") or last == DATA[0]:
            heard.append((replies_of(stream, 2), time.monotonic() - start))
    return heard


@pytest.fixture(scope="module")
def ours(bin_dir):
    return Program([bin_dir / "faultpost-mock", "--sink"], tells=True)


@pytest.fixture(scope="module")
def theirs(peers_cache):
    root = unpack("postfix", peers_cache)
    return Program(
        [root / "usr/sbin/smtp-sink"],
        dict(os.environ, MAIL_CONFIG=str(root / "etc/postfix"),
             LD_LIBRARY_PATH=str(root / "usr/lib/postfix")))


def dialogue(program, options, script):
    sink = Sink(program, options)
    try:
        return talk(sink, script)
    finally:
        sink.stop()


def test_dialogues_are_the_same(ours, theirs):
    """All at once, for some of them wait."""
    cases = CASES + WAITING
    with ThreadPoolExecutor(16) as pool:
        jobs = [[pool.submit(dialogue, program, *case[:2])
                 for program in (ours, theirs)] for case in cases]
        for case, (our, their) in zip(cases, jobs, strict=True):
            mine, yours = our.result(), their.result()
            assert ([replies for replies, _ in mine]
                    == [replies for replies, _ in yours]), case
            for step in case[2:]:
                at = [b"", *case[1], LEAVES].index(step)
                assert min(mine[at][1], yours[at][1]) > 0.9, case


# ---- what is not a dialogue ----

def send(sink, **options):
    with sink.connect() as probe:
        probe.recv(100)
    with smtplib.SMTP("127.0.0.1", sink.port, "client.example") as client:
        client.sendmail("a@b.example", ["u@v.example", "w@v.example"],
                        b"Subject: x\r\n\r\n.dot\r\n..\r\nend\r\n", **options)


def normal(text):
    """Without what chance and the clock make."""
    text = re.sub(r"id [0-9a-f]{8};", "id X;", text)
    return re.sub(r"\n\t\w{3}, .*\n", "\n\tDATE\n", text)


@pytest.mark.parametrize("options", [
    ("-d", "%Y/in/m."), ("-D", "all/%Y%m"),
    ("-d", "m.", "-S", "From x\\n\\101\\t\\\\\\n", "-h", "mx.example"),
], ids=" ".join)
def test_dump_files_are_the_same(ours, theirs, tmp_path, options):
    found = []
    for name, program in ("ours", ours), ("theirs", theirs):
        folder = tmp_path / name
        folder.mkdir()
        folder.chmod(0o777)
        sink = Sink(program, list(options), cwd=folder)
        for _ in range(2):
            send(sink, mail_options=["BODY=8BITMIME"],
                 rcpt_options=["NOTIFY=NEVER"])
        sink.stop()
        files = [f for f in sorted(folder.rglob("*")) if f.is_file()]
        found.append([(re.sub(r"[0-9a-f]{8}$", "X",
                              str(f.relative_to(folder))),
                       normal(f.read_text())) for f in files])
    assert found[0] == found[1]
    assert len(found[0]) == (1 if "-D" in options else 2)


def test_ends_behind_sessions(ours, theirs):
    """Theirs counts them only with -c, and so is asked with it."""
    for program in ours, theirs:
        sink = Sink(program, ["-c", "-n", "2"])
        for _ in range(2):
            send(sink)
        assert sink.process.wait(PATIENCE_S) == 0
        assert sink.stop().split(b"\r")[-2] == b"sess=4 quit=2 mesg=2"


def test_ends_behind_messages(ours):
    """Theirs does so before it answers the last one."""
    sink = Sink(ours, ["-M", "2"])
    for _ in range(2):
        send(sink)
    assert sink.process.wait(PATIENCE_S) == 0


def test_local_socket(ours, theirs, tmp_path):
    tmp_path.chmod(0o777)
    for parent in tmp_path.parents:
        parent.chmod(parent.stat().st_mode | 0o001)
    heard = []
    for program in ours, theirs:
        path = tmp_path / "socket"
        process = program.start(
            *(["-u", "nobody"] * (os.geteuid() == 0)), f"unix:{path}", "10",
            stderr=subprocess.DEVNULL)
        with program.connect(process, str(path), socket.AF_UNIX) as client, \
                client.makefile("rb") as stream:
            heard.append([replies_of(stream, 1)])
            for step in MESSAGE + QUIT:
                client.sendall(step)
                heard[-1].append(replies_of(stream, 1))
        process.terminate()
        process.wait(PATIENCE_S)
        path.unlink(missing_ok=True)
    assert heard[0] == heard[1]


def test_any_address_and_names(ours):
    """Both families, and no option but these two operands."""
    port = free_port()
    process = ours.start(f":{port}", "10")
    try:
        for host in "127.0.0.1", "::1":
            with socket.create_connection((host, port)) as client:
                assert client.recv(4) == b"220 "
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


@pytest.mark.parametrize("arguments, what", [
    (["-L", ":25", "1"], "-L: faultpost-mock speaks no LMTP"),
    (["-s", "mail", ":25", "1"], "--transcript FILE has every command"),
    (["-f", "BOGUS", ":25", "1"], 'no command "BOGUS"'),
    (["-b", "550 x", ":25", "1"], "a reply from 400 to 499"),
    (["-W", "mail:0", ":25", "1"], "a number from 1 to"),
    (["-W", "mail:1:100", ":25", "1"], "a number from 1 to 99"),
    (["-d", "m.", "-D", "all", ":25", "1"], "-d or -D, not both"),
    (["-4", "-6", ":25", "1"], "-4 or -6, not both"),
    (["-m", "0", ":25", "1"], "-m 0: expected a number"),
    (["-h", "a\nb", ":25", "1"], "printable"),
    (["-U", ":25", "1"], "-U is no option here"),
    ([":25"], "an address and a backlog"), (["25", "1"], "[HOST]:PORT"),
    (["host.invalid:25", "1"], "host.invalid:25"), ([":x", "1"], ":x"),
    ([":25", "0"], "BACKLOG"), (["unix:" + "x" * 200, "1"], "too long"),
], ids=str)
def test_what_is_wrong(ours, arguments, what):
    done = subprocess.run([*ours.command, *arguments], capture_output=True,
                          text=True, timeout=PATIENCE_S, check=False)
    assert (done.returncode, what in done.stderr) == (2, True), done.stderr
