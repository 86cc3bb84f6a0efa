# SPDX-License-Identifier: MIT
"""The pages of docs/faults, as the self-tests of the faults read them.

docs/faults/README.md ("How a page is written") has the form of a page.  A
dialogue in it is played by a bare socket, so that it is the kernel of the
client that says what came: bytes, FIN or RST.
"""
import fcntl
import json
import re
import select
import socket
import struct
import termios
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from relay_peers import PATIENCE_S, closed_port

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "faults"
SECTIONS = ["Rule", "On the wire", "A correct client", "The relay"]

SCENARIO_LINK = re.compile(r"\]\(\.\./\.\./(scenarios/[^)]+\.scenario\.json)\)")
ESCAPE = re.compile(rb"\\(?:x([0-9a-f]{2})|([rnt\\]))|<(\d+) (.)>")
PLAIN = {b"r": b"\r", b"n": b"\n", b"t": b"\t", b"\\": b"\\"}
SPAN = re.compile(r"(\d+)(ms|s)")


@dataclass
class Page:
    """A page of a fault: its name, its path, and what its sections say."""
    path: Path

    @property
    def name(self):
        return self.path.stem

    @cached_property
    def text(self):
        return self.path.read_text()

    @cached_property
    def sections(self):
        """{heading: text}, in their order."""
        parts = re.split(r"^## (.+)$", self.text, flags=re.M)
        return dict(zip(parts[1::2], parts[2::2], strict=True))

    @cached_property
    def rule(self):
        """What makes a host have the fault: see host()."""
        block = re.search(r"^```json\n(.*?)^```$", self.sections["Rule"],
                          re.S | re.M)
        return json.loads(block[1])

    @property
    def host(self):
        """The host's members: those given, or made of a rule or of rules."""
        if isinstance(self.rule, list):
            return {"rules": self.rule}
        return {"rules": [self.rule]} if "on" in self.rule else self.rule

    @cached_property
    def dialogue(self):
        """[(side, what)] of the block on the wire; empty without any."""
        block = re.search(r"^```\n(.*?)^```$", self.sections["On the wire"],
                          re.S | re.M)
        return [(line[0], line[3:]) for line in
                (block[1].splitlines() if block else [])]

    @property
    def scenarios(self):
        """The scenarios that show the relay at it, as paths."""
        return [ROOT / link for link in
                SCENARIO_LINK.findall(self.sections["The relay"])]


def index():
    """{theme: [name of a page]} as docs/faults/README.md lists them."""
    parts = re.split(r"^## (.+)$", (FOLDER / "README.md").read_text(),
                     flags=re.M)
    themes = {}
    for theme, text in zip(parts[1::2], parts[2::2], strict=True):
        names = re.findall(r"^\| \[([\w-]+)\]\(\1\.md\) \|", text, re.M)
        if names:
            themes[theme] = names
    return themes


def pages(*themes):
    """The pages of these themes, in the order of the index."""
    return [Page(FOLDER / f"{name}.md")
            for theme in themes for name in index().get(theme, [])]


def scenario(some):
    """A scenario with a host for each of these pages, named like it.  One that
    refuses has an address of this machine, as it is served nowhere."""
    hosts = {}
    for number, page in enumerate(some, 1):
        place = {"address": f"10.7.{number // 250}.{number % 250}"}
        if page.host.get("state") == "refuse":
            place = {"address": "127.0.0.1", "port": closed_port()}
        hosts[page.name] = {**place, **page.host}
    return {"title": "Each fault at a host of its own", "hosts": hosts}


# ---- dialogues ----

def bytes_of(text):
    """The bytes that a line of a dialogue stands for."""
    def undo(match):
        if match[1]:
            return bytes([int(match[1], 16)])
        return PLAIN[match[2]] if match[2] else match[4] * int(match[3])
    return ESCAPE.sub(undo, text.encode())


def seconds_of(text):
    number, unit = SPAN.fullmatch(text).groups()
    return int(number) / (1000 if unit == "ms" else 1)


class TcpInfo:
    """Members of struct tcp_info (linux/tcp.h)."""
    ESTABLISHED, SYN_SENT = 1, 2

    def __init__(self, connection):
        raw = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
        self.state, _, self.retransmits, self.probes = raw[:4]
        self.unacknowledged, = struct.unpack_from("I", raw, 24)
        self.send_window, = struct.unpack_from("I", raw, 228)


class Client:
    """One end of a dialogue: a socket, and what the kernel says of it."""

    def __init__(self, address):
        self.socket = socket.socket()
        self.socket.settimeout(PATIENCE_S)
        self.since, self.due = time.monotonic(), 0
        self.has_ended = False
        self.socket.connect(address)

    def close(self):
        self.socket.close()

    def info(self):
        """What the kernel says of the connection."""
        return TcpInfo(self.socket)

    def unsent(self):
        """Bytes that the peer has not acknowledged."""
        return struct.unpack("i", fcntl.ioctl(
            self.socket, termios.TIOCOUTQ, b"\0" * 4))[0]

    def fill(self):
        """Writes until the kernel takes no more for a while; how much, or more
        than 16 MiB."""
        sent = 0
        while (more := self.fill_once()) > 0 and sent < 1 << 24:
            sent += more
        return sent

    def fill_once(self):
        """Writes until there is no room at once, or for a while."""
        poll = select.poll()
        poll.register(self.socket, select.POLLOUT)
        if poll.poll(500) == []:
            return 0
        return self.socket.send(b"x" * 70 + b"\r\n")

    def hear(self, count):
        """So many bytes, or all up to the end, FIN or RST."""
        got = b""
        try:
            while len(got) < count and (
                    chunk := self.socket.recv(count - len(got))):
                got += chunk
        except ConnectionResetError:
            got += b"(RST)"
        return got

    def ending(self):
        """"(FIN)" or "(RST)", whichever comes instead of bytes."""
        try:
            got = self.socket.recv(1)
        except ConnectionResetError:
            return "(RST)"
        return "(FIN)" if got == b"" else f"{got!r}"

    def is_silent(self, seconds):
        """Whether nothing comes for so long: no byte, no FIN, no RST."""
        poll = select.poll()
        poll.register(self.socket, select.POLLIN | select.POLLRDHUP)
        return poll.poll(seconds * 1000) == []

    def passed(self):
        """Seconds since the client said something, or began."""
        return time.monotonic() - self.since

    def play(self, dialogue):
        """Plays a page's dialogue; fails at the line that is not as told."""
        for number, (side, what) in enumerate(dialogue, 1):
            try:
                self.say(what) if side == "C" else self.expect(what)
            except (AssertionError, OSError) as error:
                raise AssertionError(
                    f"line {number}, {side}: {what}: {error!r}") from error

    def say(self, what):
        assert self.has_ended or self.is_silent(0), "more has come than told"
        self.since, self.due = time.monotonic(), 0
        if what == "(FIN)":
            self.socket.shutdown(socket.SHUT_WR)
        else:
            self.socket.sendall(bytes_of(what))

    def expect(self, what):
        after = re.match(r"\(after (\w+)\) ", what)
        what = what[after.end():] if after else what
        if what in ("(FIN)", "(RST)"):
            assert self.ending() == what
            self.has_ended = True
        elif silence := re.fullmatch(r"\(nothing for (\w+)\)", what):
            # What comes behind that time is the next line's.
            span = seconds_of(silence[1])
            assert self.is_silent(span) or self.passed() > span
        else:
            want = bytes_of(what)
            got = self.hear(len(want))
            assert got == want, got
        if after:
            # What came late may be there together with what came in time.
            self.due += seconds_of(after[1])
            assert self.passed() > 0.9 * self.due, self.passed()
