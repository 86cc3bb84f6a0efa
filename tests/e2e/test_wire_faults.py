# SPDX-License-Identifier: MIT
"""Each fault of replies and connections, as the client's kernel sees it.

One faultpost-mock has a host for each page of docs/faults, with the page's
rule.  The page's dialogue is played with it, or the function here that is
named like the page looks for what a dialogue cannot say.
"""
import contextlib
import json
import os
import re
import select
import signal
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import fault_pages
import pytest
from fault_pages import Client, TcpInfo
from relay_peers import PATIENCE_S

PAGES = fault_pages.pages("Replies", "Connections")
OBSERVERS = {}


def observes(function):
    """The function is the self-test of the page that is named like it."""
    OBSERVERS[function.__name__.replace("_", "-")] = function
    return function


class Hosts:
    """A faultpost-mock with the hosts of a scenario, given options."""

    def __init__(self, bin_dir, folder, scenario, *options):
        path = folder / "faults.scenario.json"
        path.write_text(json.dumps(scenario))
        ready, ready_in = os.pipe()
        self.process = subprocess.Popen(
            [bin_dir / "faultpost-mock", "--ready-fd", str(ready_in),
             "--port-file", folder / "ports.json", *options, path],
            pass_fds=[ready_in], stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True)
        os.close(ready_in)
        with os.fdopen(ready) as pipe:
            assert pipe.readline() == "ready\n", self.process.stderr.read()
        self.places = {
            place["host"] or place["service"]: place["real"] or place["address"]
            for place in json.loads((folder / "ports.json").read_text())}

    def address(self, name):
        ip, port = self.places[name].rsplit(":", 1)
        return ip, int(port)

    def connecting(self, name):
        """A socket that has begun to connect, and waits for nothing."""
        made = socket.socket()
        made.setblocking(False)
        made.connect_ex(self.address(name))
        return made

    def stop(self):
        """Ends it; what it says of rules that never acted."""
        self.process.send_signal(signal.SIGTERM)
        _, stderr = self.process.communicate(timeout=PATIENCE_S)
        assert self.process.returncode == 0, stderr
        return stderr


@pytest.fixture(scope="module")
def hosts(bin_dir, tmp_path_factory):
    running = Hosts(bin_dir, tmp_path_factory.mktemp("faults"),
                    fault_pages.scenario(PAGES))
    yield running
    if running.process.poll() is None:
        running.process.kill()
        running.process.communicate()


@pytest.fixture
def client(hosts):
    """A client of the host of the page with a bare code."""
    with contextlib.closing(Client(hosts.address("bare-code"))) as made:
        yield made


# ---- what a dialogue cannot say ----

@contextlib.contextmanager
def client_behind(hosts, name, *commands):
    """A client of that host that has sent these commands, and heard the replies
    to all but the last."""
    with contextlib.closing(Client(hosts.address(name))) as client:
        said = [("S", f"220 {name} ESMTP\\r\\n"),
                ("C", "HELO client.example\\r\\n"),
                ("S", f"250 {name}\\r\\n")]
        client.play(said + [("C", command) for command in commands])
        yield client


MAIL = "MAIL FROM:<a@client.example>\\r\\n"


def is_answered(connection, seconds):
    """Whether the SYN gets an answer within that time."""
    poll = select.poll()
    poll.register(connection, select.POLLOUT)
    return poll.poll(seconds * 1000) != []


@observes
def endless_line(hosts):
    with client_behind(hosts, "endless-line", MAIL) as client:
        assert client.hear(1000000) == b"250 2.1.0 " * 100000


@observes
def endless_reply(hosts):
    line = b"250-2.1.0 There is more\r\n"
    with client_behind(hosts, "endless-reply", MAIL) as client:
        assert client.hear(40000 * len(line)) == line * 40000


@observes
def garbage(hosts):
    seen = []
    for _ in range(2):
        with client_behind(hosts, "garbage", MAIL) as client:
            seen.append(client.hear(300))
            assert client.is_silent(0)
    assert len(set(seen[0])) > 100, "so few different bytes are no chance"
    assert seen[0] != seen[1]


@observes
def refuse(hosts):
    with pytest.raises(ConnectionRefusedError):
        Client(hosts.address("refuse"))


@observes
def silent(hosts):
    with hosts.connecting("silent") as connection:
        assert not is_answered(connection, 0.2)
        assert TcpInfo(connection).state == TcpInfo.SYN_SENT


@observes
def backlog_full(hosts):
    first = Client(hosts.address("backlog-full"))
    assert first.hear(3) == b"220"
    with contextlib.closing(Client(hosts.address("backlog-full"))) as second:
        assert second.info().state == TcpInfo.ESTABLISHED
        with hosts.connecting("backlog-full") as third:
            assert not is_answered(third, 0.2)
            assert TcpInfo(third).state == TcpInfo.SYN_SENT
            first.close()
            assert second.hear(3) == b"220"
            # The kernel sends the SYN again after a second.
            assert is_answered(third, PATIENCE_S)
            assert TcpInfo(third).state == TcpInfo.ESTABLISHED


@observes
def one_at_a_time(hosts):
    first = Client(hosts.address("one-at-a-time"))
    assert first.hear(3) == b"220"
    with contextlib.closing(Client(hosts.address("one-at-a-time"))) as second:
        assert second.info().state == TcpInfo.ESTABLISHED
        assert second.is_silent(0.1)
        first.close()
        assert second.hear(3) == b"220"


@observes
def stop_reading(hosts):
    with client_behind(hosts, "stop-reading", MAIL) as client:
        client.play([("S", "250 2.1.0 Sender ok\\r\\n"),
                     ("C", "RCPT TO:<b@stop-reading.example>\\r\\n"),
                     ("S", "250 2.1.5 Recipient ok\\r\\n"),
                     ("C", "DATA\\r\\n"), ("S", "354 ")])
        client.hear(len("End data with <CR><LF>.<CR><LF>\r\n"))
        sent = client.fill()
        waiting = client.unsent()
        assert 0 < waiting <= sent
        assert client.is_silent(0.1)
        assert client.unsent() == waiting, "the host still reads"
        assert client.info().state == TcpInfo.ESTABLISHED


@observes
def bandwidth(hosts):
    with contextlib.closing(Client(hosts.address("bandwidth"))) as client:
        assert client.hear(21) == b"220 bandwidth ESMTP\r\n"
        assert client.passed() > 0.9 * 0.04
        client.play([("C", "NOOP <300000 x>\\r\\n")])
        # What the kernels hold, and 50,000 bytes a second.
        waiting = client.unsent()
        assert 300000 - waiting < 200000 + 50000 * client.passed()
        since = client.passed()
        while (left := client.unsent()) == waiting:
            assert client.is_silent(0.05)
        assert waiting - left < 100000 + 50000 * (client.passed() - since)


@observes
def tiny_buffers(hosts):
    with contextlib.closing(Client(hosts.address("tiny-buffers"))) as client:
        client.hear(3)
        assert client.info().send_window < 5000
    with contextlib.closing(Client(hosts.address("bare-code"))) as client:
        client.hear(3)
        assert client.info().send_window > 5000


@observes
def rst_at_connect(hosts):
    with pytest.raises(ConnectionResetError), \
            contextlib.closing(
                Client(hosts.address("rst-at-connect"))) as client:
        client.socket.recv(1)


@observes
def half_open(hosts):
    with client_behind(hosts, "half-open", MAIL) as client:
        client.play([("S", "250 2.1.0 Sender ok\\r\\n"),
                     ("C", "RCPT TO:<b@half-open.example>\\r\\n")])
        # What comes behind the command is not acknowledged, and sent again.
        until = time.monotonic() + PATIENCE_S
        while client.info().retransmits == 0 and time.monotonic() < until:
            client.say("NOOP\\r\\n")
            assert client.is_silent(0.1)
        assert client.info().retransmits > 0
        assert client.unsent() > 0
        assert client.info().state == TcpInfo.ESTABLISHED
        assert client.is_silent(0)


# ---- all of them ----

def check(hosts, page):
    if not page.dialogue:
        OBSERVERS[page.name](hosts)
        return
    with contextlib.closing(Client(hosts.address(page.name))) as client:
        client.play(page.dialogue)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_fault(hosts, page):
    check(hosts, page)


def test_each_rule_has_acted(bin_dir, tmp_path):
    """The dialogues and functions, all at once, make every rule act."""
    hosts = Hosts(bin_dir, tmp_path, fault_pages.scenario(PAGES))
    with ThreadPoolExecutor(len(PAGES)) as pool:
        list(pool.map(lambda page: check(hosts, page), PAGES))
    assert hosts.stop() == ""


def test_each_page_has_one_self_test():
    names = [page.name for page in PAGES]
    assert len(names) == len(set(names))
    with_dialogue = {page.name for page in PAGES if page.dialogue}
    assert with_dialogue | set(OBSERVERS) == set(names)
    assert not with_dialogue & set(OBSERVERS)


def test_each_page_has_a_row():
    listed = [name for names in fault_pages.index().values() for name in names]
    files = {path.stem for path in fault_pages.FOLDER.glob("*.md")}
    assert sorted(listed) == sorted(files - {"README"})


# ---- the form of pages, of all themes ----

EVERY = fault_pages.pages(*fault_pages.index())


@pytest.mark.parametrize("page", EVERY, ids=lambda page: page.name)
def test_page(page):
    assert list(page.sections) == fault_pages.SECTIONS
    assert page.text.startswith("# ")
    assert re.search(r"RFC\s\d", page.sections["A correct client"])
    assert page.scenarios, "no scenario shows the relay at it"
    for path in page.scenarios:
        assert path.exists(), path


# ---- that these tests can fail ----

@pytest.mark.parametrize("line", [
    ("S", "221 bare-code ESMTP\\r\\n"), ("S", "(FIN)"), ("S", "(RST)"),
    ("S", "(nothing for 10s)"),
    ("S", "(after 10s) 220 bare-code ESMTP\\r\\n"),
    ("C", "HELO client.example\\r\\n"),
])
def test_wrong_dialogue_is_found(client, line):
    assert client.socket.recv(1, socket.MSG_PEEK) == b"2"
    with pytest.raises(AssertionError):
        client.play([line])


@pytest.mark.parametrize("text, want", [
    ("a\\r\\n", b"a\r\n"), ("\\x00\\xe4", b"\x00\xe4"), ("<3 x>", b"xxx"),
    ("\\\\r", b"\\r"), ("<CR><LF>", b"<CR><LF>"),
])
def test_bytes_of_a_line(text, want):
    assert fault_pages.bytes_of(text) == want
