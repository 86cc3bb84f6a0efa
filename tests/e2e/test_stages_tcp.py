# SPDX-License-Identifier: MIT
"""FIN and RST at each stage, and at each byte of a command, of the content and
of a reply, as the client's kernel sees them."""
import contextlib
import json
import socket
import ssl
import time

import pytest

from fault_pages import Client
from test_wire_faults import Hosts

USER = {"user": "joe", "password": "secret"}
HELLO = ["EHLO c\r\n"]
MAIL = HELLO + ["MAIL FROM:<a@b.example>\r\n"]
RCPT = MAIL + ["RCPT TO:<c@d.example>\r\n"]
DATA = RCPT + ["DATA\r\n"]
# What a client says up to each stage; the last of it is not answered.
STAGES = {
    "connect": [], "banner": [], "command": ["NOOP\r\n"], "ehlo": HELLO,
    "helo": ["HELO c\r\n"], "starttls": HELLO + ["STARTTLS\r\n"],
    "tls": HELLO + ["STARTTLS\r\n", ""], "auth": ["AUTH PLAIN AGEAYg==\r\n"],
    "mail": MAIL, "rcpt": RCPT, "data": DATA, "body": DATA + ["abcdef"],
    "bdat": RCPT + ["BDAT 3\r\nabc"], "eod": DATA + ["x\r\n.\r\n"],
    "rset": ["RSET\r\n"], "noop": ["NOOP\r\n"], "vrfy": ["VRFY x\r\n"],
    "quit": ["QUIT\r\n"], "unknown": ["FOO\r\n"], "idle": [],
}
IDLE_S = 0.05
CLOSED, CLOSE_WAIT = 7, 8  # of struct tcp_info
ENDS = {"drop": "(FIN)", "reset": "(RST)"}
LINE = "MAIL FROM:<a@b>\r\n"
CONTENT = "Subject: x, and so on"
REPLY = "452 4.3.1 Full\r\n"


def host_of(stage, action):
    """One that departs at that stage, and does nothing else."""
    more = {"after": 2} if stage in ("body", "command") else {}
    host = {"rules": [{"on": stage, action: True, **more}],
            "extensions": ["CHUNKING"]}
    if stage in ("starttls", "tls", "auth"):
        host["tls"] = {}
    if stage == "auth":
        host["auth"] = [USER]
    if stage == "idle":
        host["limits"] = {"idle_timeout": f"{IDLE_S * 1000:.0f}ms"}
    return host


def bytewise_hosts():
    """Hosts that end the first connection at the first byte, the second at the
    second, and so on."""
    for action in ENDS:
        yield f"command-{action}", {"hello": "optional", "rules": [
            {"on": "command", "after": n, "times": 1, action: True}
            for n in range(1, len(LINE) + 1)]}
        yield f"body-{action}", {"hello": "optional", "rules": [
            {"on": "body", "after": n, "times": 1, action: True}
            for n in range(len(CONTENT))]}
        yield f"reply-{action}", {"hello": "optional", "rules": [
            {"on": "mail", "times": 1, "reply": REPLY.strip(),
             action: {"after": n}} for n in range(len(REPLY) + 1)]}


@pytest.fixture(scope="module")
def hosts(bin_dir, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stages")
    made = {f"{stage}-{action}-alone": host_of(stage, action)
            for stage in STAGES for action in ENDS}
    made.update(bytewise_hosts())
    for number, host in enumerate(made.values(), 1):
        host["address"] = f"10.8.0.{number}"
    running = Hosts(bin_dir, folder, {"title": "t", "hosts": made})
    yield running
    running.stop()


def test_each_stage_is_here(root):
    schema = json.loads((root / "scenarios" / "schema" /
                         "scenario.schema.json").read_text())
    on = schema["definitions"]["rule"]["else"]["properties"]["on"]
    assert sorted(STAGES) == sorted(on["else"]["enum"])


def secure(client):
    """STARTTLS, and a socket under TLS."""
    client.socket.sendall(b"EHLO c\r\n")
    hear_reply(client.socket)
    client.socket.sendall(b"STARTTLS\r\n")
    hear_reply(client.socket)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    client.socket = context.wrap_socket(client.socket,
                                        suppress_ragged_eofs=False)
    client.socket.sendall(b"EHLO c\r\n")
    hear_reply(client.socket)


def hear_reply(stream):
    """The last line of the next reply."""
    line = b""
    while not (line.endswith(b"\n") and line[3:4] == b" "):
        line = b"" if line.endswith(b"\n") else line
        got = stream.recv(1)
        assert got, line
        line += got
    return line


def end_of(client):
    try:
        return client.ending()
    except ssl.SSLEOFError:  # either: the kernel knows
        return {CLOSED: "(RST)", CLOSE_WAIT: "(FIN)"}[client.info().state]


@pytest.mark.parametrize("action", ENDS)
@pytest.mark.parametrize("stage", STAGES)
def test_end_at_a_stage(hosts, stage, action):
    begun = time.monotonic()
    try:
        client = Client(hosts.address(f"{stage}-{action}-alone"))
    except ConnectionResetError:
        # All is over when connect() returns, which may be behind IDLE_S.
        assert action == "reset"
        assert (stage in ("connect", "banner") or
                (stage == "idle" and time.monotonic() - begun > IDLE_S / 2))
        return
    with contextlib.closing(client):
        script = STAGES[stage]
        if stage not in ("connect", "banner"):
            assert hear_reply(client.socket)[:1] == b"2"
        if stage == "auth":
            secure(client)
        for number, line in enumerate(script):
            # Nothing to say is not said: there may be nobody any more.
            if line:
                client.socket.sendall(line.encode())
            if number + 1 < len(script):
                assert hear_reply(client.socket)[:1] in b"23"
        assert end_of(client) == ENDS[action]


def begin(hosts, name):
    client = Client(hosts.address(name))
    assert hear_reply(client.socket)[:4] == b"220 "
    return contextlib.closing(client)


def say_in_two(client, text, count):
    """So many bytes, the last one by itself."""
    client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if count > 1:
        client.socket.sendall(text[:count - 1].encode())
        assert client.is_silent(0.005)
    client.socket.sendall(text[count - 1:count].encode())


@pytest.mark.parametrize("action", ENDS)
def test_end_at_each_byte_of_a_command(hosts, action):
    for count in range(1, len(LINE) + 1):
        with begin(hosts, f"command-{action}") as client:
            say_in_two(client, LINE, count)
            assert client.ending() == ENDS[action], count


@pytest.mark.parametrize("action", ENDS)
def test_end_at_each_byte_of_the_content(hosts, action):
    for count in range(len(CONTENT)):
        with begin(hosts, f"body-{action}") as client:
            for line in (LINE, "RCPT TO:<c@d>\r\n", "DATA\r\n"):
                client.socket.sendall(line.encode())
                assert hear_reply(client.socket)[:1] in b"23"
            if count > 0:
                say_in_two(client, CONTENT, count)
            assert client.ending() == ENDS[action], count


@pytest.mark.parametrize("action", ENDS)
def test_end_at_each_byte_of_a_reply(hosts, action):
    for count in range(len(REPLY) + 1):
        with begin(hosts, f"reply-{action}") as client:
            client.socket.sendall(LINE.encode())
            assert client.hear(count) == REPLY[:count].encode()
            assert client.ending() == ENDS[action], count
