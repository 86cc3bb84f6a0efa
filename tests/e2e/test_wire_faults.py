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
import signal
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor

import fault_pages
import pytest
from fault_pages import Client

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
            place["host"] or place["service"]: place["real"]
            for place in json.loads((folder / "ports.json").read_text())}

    def address(self, name):
        ip, port = self.places[name].rsplit(":", 1)
        return ip, int(port)

    def stop(self):
        """Ends it; what it says of rules that never acted."""
        self.process.send_signal(signal.SIGTERM)
        _, stderr = self.process.communicate(timeout=10)
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


@observes
def endless_line(hosts):
    with client_behind(hosts, "endless-line",
                       "MAIL FROM:<a@client.example>\\r\\n") as client:
        assert client.hear(70000) == b"250 2.1.0 " * 7000


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
    ("S", "(nothing for 1s)"),
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
