# SPDX-License-Identifier: MIT
"""faultpost-relay as a process: its signals, its files, its exit codes, and
what strangers on the network can and cannot do with it."""
import json
import os
import re
import resource
import signal
import socket
import subprocess

import pytest

from relay_peers import PATIENCE_S, Client, Relay, config

STAMP = re.compile(r"^\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4} ", re.M)


@pytest.fixture(scope="session")
def program(bin_dir):
    return bin_dir / "faultpost-relay"


@pytest.fixture
def start(program, tmp_path):
    running = []

    def run(wanted=None, **more):
        env = dict(os.environ, **more.pop("env", {}))
        if wanted is None:
            wanted = config(tmp_path, **more)
        running.append(Relay(program, tmp_path, wanted, env))
        return running[-1]

    yield run
    for relay in running:
        relay.destroy()


def routes(sink):
    return [f"exchange.example 127.0.0.1:{sink.port}"]


def check(program, folder, text, name="relay.json"):
    """faultpost-relay -t; (exit code, stdout, stderr without the folder)."""
    path = folder / name
    path.write_text(text if isinstance(text, str) else json.dumps(text))
    done = subprocess.run([program, "-t", "-c", path], text=True, timeout=20,
                          capture_output=True, check=False)
    return done.returncode, done.stdout, done.stderr.replace(f"{folder}/", "")


# ---- a message ----

def test_message(start, sink):
    relay = start(routes=routes(sink))
    assert relay.is_ready
    client = relay.connect()
    assert client.greeting == "220 relay.test ESMTP"
    assert client.mail("Subject: x\r\n\r\n..dots", "u@exchange.example") == (
        "250 2.0.0 ok:  Message 1 accepted")
    assert client.ask("QUIT") == "221 relay.test"
    message = sink.await_messages(1)[0].decode()
    assert re.fullmatch(
        r"Received: from client\.test \(\[127\.0\.0\.1\]\)\r\n"
        r"\tby relay\.test with ESMTP id 1;\r\n"
        r"\t\w{3}, \d+ \w{3} \d{4} \d\d:\d\d:\d\d \+0000\r\n"
        r"Subject: x\r\n\r\n\.dots\r\n", message)
    log = relay.await_text("Message finished MID 1 done\n")
    code, rest, err = relay.stop()
    assert (code, err) == (0, "")
    log = STAMP.sub("", log + rest)
    version = re.match(r"Info: Begin Logfile\nInfo: Version: (\S+) ", log)[1]
    port = sink.port
    lines = log.splitlines()
    # The client's QUIT and the delivery do not wait for each other.
    lines.remove("Info: ICID 1 close")
    assert lines == [
        "Info: Begin Logfile",
        f"Info: Version: {version} SN: faultpost",
        "Info: Time offset from UTC: 0 seconds",
        "Info: New SMTP ICID 1 interface Management (127.0.0.1) address "
        "127.0.0.1 reverse dns host unknown verified no",
        "Info: ICID 1 RELAY SG RELAYLIST match 127.0.0.0/8 SBRS not enabled",
        "Info: Start MID 1 ICID 1",
        "Info: MID 1 ICID 1 From: <a@b.example>",
        "Info: MID 1 ICID 1 RID 0 To: <u@exchange.example>",
        "Info: MID 1 Subject 'x'",
        "Info: MID 1 ready 130 bytes from <a@b.example>",
        "Info: MID 1 queued for delivery",
        "Info: New SMTP DCID 1 interface 127.0.0.1 address 127.0.0.1 "
        f"port {port}",
        "Info: Delivery start DCID 1 MID 1 to RID [0]",
        "Info: Message done DCID 1 MID 1 to RID [0]",
        "Info: MID 1 RID [0] Response '2.0.0 kept'",
        "Info: Message finished MID 1 done",
        "Info: DCID 1 close",
        "Info: End Logfile",
    ]


def test_possible_delivery(start, sink):
    """The host has the content and is silent: with TCP, too, that is known
    when patience is at its end, and counts as delivered."""
    sink.gate.clear()
    relay = start(routes=routes(sink), delivery={
        "possible_delivery": True, "possible_delivery_timeout": "200ms"})
    relay.connect().mail("Subject: x\r\n\r\nx", "u@exchange.example")
    log = relay.await_text("Message finished MID 1 done\n")
    assert "Delayed" not in log and "Possible Delivery" in log, log


def test_port_file(start, tmp_path):
    start(listen=["127.0.0.1:0", "127.0.0.2:0"])
    places = json.loads((tmp_path / "relay.ports").read_text())
    assert [(p["host"], p["address"]) for p in places] == [
        ("relay", "127.0.0.1:0"), ("relay", "127.0.0.2:0")]
    for place in places:
        ip, port = place["real"].rsplit(":", 1)
        client = Client((ip, int(port)))
        assert client.ask("QUIT") == "221 relay.test"


def test_sd_notify(start, tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.settimeout(PATIENCE_S)
        manager.bind(str(tmp_path / "notify"))
        start(env={"NOTIFY_SOCKET": str(tmp_path / "notify")})
        assert b"READY=1" in manager.recv(4096).splitlines()


# ---- strangers ----

def test_no_open_relay(start, sink):
    relay = start(routes=routes(sink), relay_from=[])
    client = relay.connect()
    client.ask("EHLO c")
    assert client.ask("MAIL FROM:<a@exchange.example>").startswith("250 ")
    for path in ("<u@exchange.example>", "<@relay.test:u@exchange.example>",
                 "<u@[127.0.0.1]>"):
        assert client.ask(f"RCPT TO:{path}") == "550 5.7.1 relaying denied"
    assert client.ask("DATA") == "554 5.5.1 No valid recipients"


# What another server may take for the end of a message.
FAKE_ENDS = [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r.\r\n",
             b"\r\n.\r", b"\n\n.\r\n", b"\r\n\0.\r\n", b"\r\n.\0\r\n"]


@pytest.mark.parametrize("end", FAKE_ENDS, ids=repr)
def test_no_smuggling(start, sink, end):
    """What is behind a fake end is content, or refused with it: never a
    message of its own."""
    relay = start(routes=routes(sink))
    client = relay.connect()
    client.begin("u@exchange.example")
    client.send(b"Subject: outer\r\n\r\nhello" + end +
                b"MAIL FROM:<evil@b.example>\r\nRCPT TO:<v@exchange.example>"
                b"\r\nDATA\r\nSubject: inner\r\n\r\nsmuggled\r\n.\r\n")
    answers = [client.reply(), client.ask("QUIT")]
    assert answers[1] == "221 relay.test"
    if answers[0].startswith("250 "):
        message = sink.await_messages(1)[0]
        assert b"smuggled" in message
        # Nor is there a fake end for the next server.
        assert re.search(rb"(?<!\r)\n", message) is None
        assert re.search(rb"\r(?!\n)", message) is None
    code, log, _ = relay.stop()
    assert code == 0
    assert log.count("Start MID") == 1
    assert len(sink.messages) <= 1


# ---- signals ----

def test_sigterm_drains(start, sink, tmp_path):
    """A message in flight is finished, on either side; then exit 0."""
    sink.gate.clear()
    relay = start(routes=routes(sink))
    idle, busy = relay.connect(), relay.connect()
    assert relay.connect().mail("one", "u@exchange.example").startswith("250 ")
    assert sink.dots.acquire(timeout=PATIENCE_S)
    busy.begin("v@exchange.example")
    address = relay.address()
    relay.signal(signal.SIGTERM)
    assert idle.reply() == "421 4.3.2 Service shutting down"
    assert idle.reply() == ""
    with pytest.raises(ConnectionRefusedError):
        Client(address)
    assert busy.ask("two\r\n.").startswith("250 2.0.0 ok: ")
    assert busy.reply() == "421 4.3.2 Service shutting down"
    assert relay.process.poll() is None
    sink.gate.set()
    code, log, err = relay.end()
    assert (code, err) == (0, "")
    assert len(re.findall(r"Message finished MID \d+ done", log)) == 1
    assert len(sink.messages) == 1
    # The second one waits for the next run.
    again = start(routes=routes(sink))
    again.await_text("Message finished")
    assert sink.await_messages(2)[1].endswith(b"two\r\n")
    assert again.stop()[0] == 0


def test_sigint_drains(start):
    relay = start()
    relay.signal(signal.SIGINT)
    assert relay.end()[0] == 0


def test_sighup_takes_new_routes(start, sink, tmp_path):
    relay = start(routes=["exchange.example /dev/null"])
    relay.connect().mail("one", "u@exchange.example")
    relay.await_text("Message finished MID 1")
    address = relay.address()
    relay.write(config(tmp_path, routes=routes(sink), hostname="new.test"))
    relay.signal(signal.SIGHUP)
    # A signal comes when it comes: ask until the new name is there.
    while Client(address).greeting != "220 new.test ESMTP":
        assert relay.process.poll() is None
    assert relay.address() == address
    Client(address).mail("two", "u@exchange.example")
    assert sink.await_messages(1)[0].endswith(b"two\r\n")
    code, _, err = relay.stop()
    assert (code, err) == (0, "")


@pytest.mark.parametrize("text, message", [
    ("{", "relay.json:1:2: "),
    ({"routes": ["exchange.example"]}, "relay.json:1:"),
    ({"listen": "192.0.2.1:25"}, "cannot listen on 192.0.2.1:25: "
     "Cannot assign requested address"),
], ids=["syntax", "routes", "address"])
def test_sighup_bad_config(start, sink, tmp_path, text, message):
    relay = start(routes=routes(sink))
    good = json.loads(relay.path.read_text())
    relay.write(text if isinstance(text, str) else {**good, **text})
    relay.signal(signal.SIGHUP)
    said = relay.await_text("stays in force", stream="stderr")
    said += relay.await_text("\n", stream="stderr")
    assert message in said
    assert said.count("\n") <= 2
    assert relay.connect().mail("one", "u@exchange.example").startswith("250 ")
    sink.await_messages(1)
    assert relay.stop()[0] == 0


def test_sighup_opens_the_log_anew(start, sink, tmp_path):
    """Also with a configuration that is wrong: the log was moved away."""
    log = tmp_path / "mail.log"
    relay = start(routes=routes(sink), log=str(log))
    client = relay.connect()
    client.mail("one", "u@exchange.example")
    sink.await_messages(1)
    for turn, text in enumerate([relay.path.read_text(), "{"]):
        old = tmp_path / f"mail.log.{turn}"
        log.rename(old)
        relay.path.write_text(text)
        relay.signal(signal.SIGHUP)
        while not log.exists():
            assert relay.process.poll() is None
        assert client.ask("MAIL FROM:<a@b.example>").startswith("250 ")
        assert client.ask("RSET").startswith("250 ")
    assert relay.stop()[0] == 0
    assert "MID 1 queued" in (tmp_path / "mail.log.0").read_text()
    assert "Start MID 2" in (tmp_path / "mail.log.1").read_text()
    assert "Start MID 3" in log.read_text()
    assert "Start MID 2" not in (tmp_path / "mail.log.0").read_text()


def test_queue_survives_restart(start, sink, tmp_path):
    relay = start(routes=["exchange.example 127.0.0.1:1"])
    assert relay.connect().mail("one", "u@exchange.example") == (
        "250 2.0.0 ok:  Message 1 accepted")
    relay.await_text("pending till")
    assert relay.stop()[0] == 0
    again = start(routes=["exchange.example 127.0.0.1:1"])
    assert again.connect().mail("two", "v@exchange.example") == (
        "250 2.0.0 ok:  Message 2 accepted")
    again.await_text("MID 2 to RID [0] pending till")
    assert again.stop()[0] == 0
    # The first message still waits; the second's success releases it.
    last = start(routes=routes(sink))
    last.connect().mail("three", "w@exchange.example")
    bodies = sorted(m.rsplit(b"\r\n", 2)[1] for m in sink.await_messages(3))
    assert bodies == [b"one", b"three", b"two"]
    assert last.stop()[0] == 0


# ---- -t ----

LISTENER = """\
listens on {at} (Management, public)
  may send anywhere: 127.0.0.0/8
  anybody may send to: example.com, .example.net
  TLS: none
  limits: 104857600 bytes and 1000 recipients a message, 1000 connections, \
5m of silence, 15m in all, 5 bad commands
"""


def test_check_says_what_it_means(program, tmp_path):
    assert check(program, tmp_path, config(
        tmp_path, routes=["EXAMPLE.com mx1/pri=5, [mx2]:26", "ALL mx3"],
        accept_for=["example.com", ".example.net"],
        listen=["127.0.0.1:2525", "[::1]:25"])) == (
        0, LISTENER.format(at="127.0.0.1:2525") + LISTENER.format(
            at="[::1]:25") + f"""\
routes: 2
example.com: mx1/pri=5, [mx2]:26
ALL: mx3
names: those of "dns"; nobody is asked
destination controls: 0
bounce profile Default: retries after 1m, at most every 1h, for 3d or 100 \
retries
queue: {tmp_path}/queue.db; control socket: {tmp_path}/queue.db.control
""", "")


@pytest.mark.parametrize("more, warning", [
    ({"relay_from": "0.0.0.0/0"},
     "127.0.0.1:2525 is an open relay: anybody may send anywhere"),
    ({"relay_from": []}, "127.0.0.1:2525 takes mail from nobody"),
    ({"routes": ["ALL /dev/null"]},
     "ALL is /dev/null: mail of every domain without a route of its own is "
     "dropped"),
    ({"routes": ["a.example mx1, 127.0.0.1:2525/pri=7"]},
     "the route of a.example leads back to this relay: 127.0.0.1:2525/pri=7"),
    ({"routes": [".b.example [Relay.test]"]},
     "the route of .b.example leads back to this relay: [relay.test]"),
    ({"metrics": "192.0.2.1:9125"},
     "metrics are served beyond this machine, to whoever asks"),
])
def test_check_warns(program, tmp_path, more, warning):
    plain = {"routes": ["a.example /dev/null", "b.example 127.0.0.1:2526"],
             "metrics": "127.0.0.1:9125"}
    code, text, _ = check(program, tmp_path, config(
        tmp_path, listen="127.0.0.1:2525", **{
            key: value for key, value in plain.items() if key not in more}))
    assert code == 0 and "warning" not in text
    code, text, _ = check(program, tmp_path, config(
        tmp_path, **{"listen": "127.0.0.1:2525", **more}))
    assert code == 0
    assert re.findall("^warning: (.*)", text, re.M) == [warning]


BASE = '{"hostname": "r", "queue": "q"'
BAD_CONFIGS = [
    ("", "1:1: expected a value, got the end of the text"),
    ("[]", "1:1: expected an object, got an array"),
    ("{}", '1:1: missing key "hostname"'),
    ('{"hostname": "r"}', '1:1: missing key "queue"'),
    (BASE + ', "hostnam": 1}',
     '1:33: unknown key "hostnam" (did you mean "hostname"?)'),
    (BASE + ', "hostname": "s"}', '1:33: duplicate key "hostname"'),
    (BASE + ', "listen": "here"}',
     '1:43: /listen: "here" is no address; expected one such as '
     '"127.0.0.1:25" or "[::1]:25"'),
    (BASE + ', "listen": []}',
     "1:43: /listen: expected at least 1 element, got 0"),
    (BASE + ', "relay_from": "10.0.0.0/33"}',
     '1:47: /relay_from: "10.0.0.0/33" is neither an IP address nor a '
     'network; expected one as "10.1.1.11" or "10.0.0.0/8"'),
    (BASE + ', "interface": "eth0"}',
     '1:46: /interface: "eth0" is no IP address; expected one as '
     '"10.1.1.11" or "2001:db8::1"'),
    (BASE + ', "routes": [], "routes_file": "r"}',
     '1:47: "routes" and "routes_file" exclude each other'),
    (BASE + ', "delivery": {"port": 0}}',
     "1:54: /delivery/port: 0 is out of range 1..65535"),
    (BASE + ', "delivery": {"idle_timeout": "5 s"}}',
     '1:62: /delivery/idle_timeout: "5 s" is not a duration (try "5s", '
     '"200ms", "15m")'),
    (BASE + ', "delivery": {"failover_on": ["helo"]}}',
     '1:62: /delivery/failover_on/0: "helo" is none of "connect", '
     '"greeting", "ehlo", "mail", "rcpt", "data", "eod" (did you mean '
     '"ehlo"?)'),
    (BASE + ', "bounce": {"growth": "twice"}}',
     '1:54: /bounce/growth: "twice" is none of "double", "constant"'),
    (BASE + ', "limits": {"recipients": 1.5}}',
     "1:58: /limits/recipients: expected an integer, got 1.5"),
    (BASE + ', "dns": {"a.example": "LOST"}}',
     '1:54: /dns/a.example: "LOST" is none of "NXDOMAIN", "NODATA", '
     '"SERVFAIL", "REFUSED", "TIMEOUT"'),
]


@pytest.mark.parametrize("text, message", BAD_CONFIGS,
                         ids=[message for _, message in BAD_CONFIGS])
def test_bad_config(program, tmp_path, text, message):
    assert check(program, tmp_path, text) == (
        2, "", f"relay.json:{message}\n")


def test_bad_routes(program, tmp_path):
    """All of them at once, each at its place."""
    text = '{"hostname": "r", "queue": "q",\n "routes": ["a.example [mx",\n' \
        '  "b.example mx",\n  "c.example mx/pri=x"]}'
    assert check(program, tmp_path, text) == (2, "", """\
relay.json:2:24: "[" without "]"; expected [host] or [address]
relay.json:4:21: "x" is no priority; expected a number from 0 to 65535
""")


def test_bad_routes_file(program, tmp_path):
    (tmp_path / "routes").write_text(
        "a.example mx1\nA.EXAMPLE. mx2\nb.example\n.c.example USEDNS, mx\n")
    wanted = config(tmp_path, routes_file=str(tmp_path / "routes"))
    assert check(program, tmp_path, wanted) == (2, "", """\
routes:2:1: "A.EXAMPLE." has a route already, on line 1; a domain has one line
routes:3:10: "b.example" has no destination; expected a host, USEDNS or \
/dev/null
routes:4:12: USEDNS beside another destination; it must stand alone
""")


def test_many_bad_routes(program, tmp_path):
    wanted = config(tmp_path, routes=["a.example ["] * 105)
    code, out, err = check(program, tmp_path, wanted)
    assert (code, out) == (2, "")
    assert err.count("\n") == 101
    assert err.endswith("... and 5 more errors\n")


def test_password_files(program, tmp_path):
    """Their first line counts; one that is empty or not there is told."""
    wanted = config(tmp_path, routes=["example.com mx auth=up"],
                    smtp_auth_profiles={"up": {
                        "user": "u", "password_file": str(tmp_path / "pw")}})
    code, _, err = check(program, tmp_path, wanted)
    assert (code, err) == (
        2, "pw: No such file or directory\n")
    (tmp_path / "pw").write_text("\nsecret\n")
    code, _, err = check(program, tmp_path, wanted)
    assert (code, err) == (
        2, "pw:1:1: an empty line; expected a password\n")
    (tmp_path / "pw").write_text("secret\n")
    code, out, _ = check(program, tmp_path, wanted)
    assert code == 0
    assert "example.com: mx auth=up\n" in out and "secret" not in out


def test_missing_files(program, tmp_path):
    wanted = config(tmp_path, routes_file=str(tmp_path / "none"))
    assert check(program, tmp_path, wanted) == (
        2, "", "none: No such file or directory\n")
    done = subprocess.run([program, "-c", tmp_path / "no.json"], text=True,
                          capture_output=True, timeout=20, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (
        2, "", f"{tmp_path}/no.json: No such file or directory\n")


# ---- what the machine refuses ----

def refused(start, **wanted):
    relay = start(**wanted)
    assert not relay.is_ready
    code, _, err = relay.end()
    assert code == 3
    return err


def test_address_in_use(start):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert refused(start, listen=f"127.0.0.1:{port}") == (
            f"cannot listen on 127.0.0.1:{port}: Address already in use\n")


def test_foreign_database(start, tmp_path):
    (tmp_path / "queue.db").write_text("This is not a database. " * 100)
    assert refused(start) == (
        f"{tmp_path}/queue.db: the queue cannot be used: file is not a "
        "database\n")


def test_no_place_for_the_queue(start, tmp_path):
    assert refused(start, queue=str(tmp_path / "no" / "queue.db")) == (
        f"{tmp_path}/no/queue.db: the queue cannot be used: unable to open "
        "database file\n")


def test_no_place_for_the_log(start, tmp_path):
    assert refused(start, log=str(tmp_path / "no" / "log")) == (
        f"{tmp_path}/no/log: No such file or directory\n")


def test_two_on_one_queue(start, tmp_path):
    """The second one would deliver everything twice."""
    first = start()
    assert first.is_ready
    assert refused(start) == (
        f"{tmp_path}/queue.db: another faultpost-relay has this queue\n")
    assert first.stop()[0] == 0
    assert start().is_ready


# ---- the process ----

def test_log_reader_gone(start, sink):
    """Who reads the log may go; mail comes and goes all the same."""
    relay = start(routes=routes(sink))
    relay.process.stdout.close()
    client = relay.connect()
    assert client.mail("hi", "u@exchange.example").startswith("250 ")
    sink.await_messages(1)
    relay.await_text("the log cannot be written: Broken pipe\n",
                         stream="stderr")
    relay.signal(signal.SIGTERM)
    assert relay.process.wait(PATIENCE_S) == 0


def test_starter_gone(program, tmp_path):
    """So may who waits for it to be ready; the other one is told."""
    ready, ready_in = os.pipe()
    os.close(ready)
    path = tmp_path / "relay.json"
    path.write_text(json.dumps(config(tmp_path)))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(PATIENCE_S)
        env = dict(os.environ, NOTIFY_SOCKET=str(tmp_path / "notify"))
        with subprocess.Popen(
                [program, "-c", path, "--ready-fd", str(ready_in)], env=env,
                pass_fds=[ready_in], stdout=subprocess.DEVNULL) as process:
            os.close(ready_in)
            try:
                assert manager.recv(64) == b"READY=1"
            finally:
                process.kill()


def test_takes_the_descriptors_it_may_have(program, tmp_path):
    starter = tmp_path / "starter"
    starter.write_text(f'#!/bin/sh\nulimit -Sn 64\nexec {program} "$@"\n')
    starter.chmod(0o755)
    relay = Relay(starter, tmp_path, config(tmp_path))
    try:
        soft, hard = resource.prlimit(relay.process.pid,
                                      resource.RLIMIT_NOFILE)
        assert soft == hard
    finally:
        relay.destroy()


# ---- the command line ----

@pytest.mark.parametrize("words", [["--schema"], ["--fields"], ["--help"],
                                   ["--check", "-c", "relay.json"]])
def test_answer_that_cannot_be_written(program, tmp_path, words):
    (tmp_path / "relay.json").write_text(json.dumps(config(tmp_path)))
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([program, *words], cwd=tmp_path, stdout=full,
                              stderr=subprocess.PIPE, text=True, timeout=20,
                              check=False)
    assert done.returncode == 3
    assert done.stderr.startswith("standard output: it could not be written")


@pytest.mark.parametrize("arguments, message", [
    ([], "faultpost-relay: expected -c FILE; see faultpost-relay --help\n"),
    (["-c", "a", "b"], 'faultpost-relay: expected no operand, got "b"; see '
     "faultpost-relay --help\n"),
    (["-c"], "faultpost-relay: -c needs a value; see faultpost-relay "
     "--help\n"),
    (["--confg", "a"], "faultpost-relay: unknown option --confg (did you "
     "mean --config?); see faultpost-relay --help\n"),
    (["--ready-fd", "x"], 'faultpost-relay: --ready-fd: "x" is no whole '
     "number of 0..1048576\n"),
    (["--ready-fd", "999", "-c", "a"], "faultpost-relay: --ready-fd 999 is "
     "not open for writing\n"),
])
def test_bad_command_line(program, arguments, message):
    done = subprocess.run([program, *arguments], text=True, timeout=20,
                          capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", message)
