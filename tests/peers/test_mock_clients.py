# SPDX-License-Identifier: MIT
"""Foreign clients of the mock: what it takes of each, and what each of them
makes of a host that fails."""
import json
import os
import re
import signal
import socket
import subprocess

import pytest

from mock_clients import CLIENTS, PASSWORD, SENDER, USER
from servers import PATIENCE_S

TO = ["u@v.example", "w@v.example"]
FULL = "full@v.example"
PLAIN = b"Subject: x\r\nFrom: <a@b.example>\r\n\r\n.hi\r\n"
EIGHT_BIT = "Subject: x\r\n\r\ngr\u00fc\u00dfe\r\n".encode()
HOSTS = {
    "mail-452": [{"on": "mail", "reply": "452 4.3.1 Insufficient storage"}],
    "rcpt-452": [{"on": "rcpt", "to": FULL, "reply": "452 4.2.2 Mailbox full"}],
    "eod-554": [{"on": "eod", "reply": "554 5.7.1 Spam"}],
    "banner-421": [{"on": "banner", "reply": "421 4.3.2 Not now",
                    "then": "close"}],
    "mail-421": [{"on": "mail", "reply": "421 4.7.0 Busy", "then": "close"}],
    "data-drop": [{"on": "data", "drop": True}],
    "eod-reset": [{"on": "eod", "reset": True}],
    "mail-stall": [{"on": "mail", "stall": True}],
}

# What each client says of each host that fails.
REPORTS = {
    "mail-452": {
        "swaks": r"^23 .*\n<\*\* 452 4\.3\.1 Insufficient storage\n",
        "smtp-source": r"^1 .*: sender rejected: 452 4\.3\.1 Insuff",
        "smtplib": r"^SMTPSenderRefused \(452, b'4\.3\.1 Insufficient",
        "aiosmtplib": r"^SMTPSenderRefused \(452, '4\.3\.1 Insufficient",
        "nodemailer": r'"command":"MAIL FROM","responseCode":452,',
    },
    "rcpt-452": {
        "swaks": r"\n<\*\* 452 4\.2\.2 Mailbox full\n",
        "smtp-source": r"^1 .*: recipient rejected: 452 4\.2\.2 Mailbox",
        "smtplib": r"^{'full@v\.example': \(452, b'4\.2\.2 Mailbox full'\)}",
        "aiosmtplib": r"^{'full@v\.example': \(452, 4\.2\.2 Mailbox full\)}",
        "nodemailer": r'"rejected":\["full@v\.example"\],"errors":\["452 ',
    },
    "eod-554": {
        "swaks": r"^26 .*\n<\*\* 554 5\.7\.1 Spam\n",
        "smtp-source": r"^1 .*: end of data rejected: 554 5\.7\.1 Spam",
        "smtplib": r"^SMTPDataError \(554, b'5\.7\.1 Spam'\)",
        "aiosmtplib": r"^SMTPDataError \(554, '5\.7\.1 Spam'\)",
        "nodemailer": r'"command":"DATA","responseCode":554,',
    },
    "banner-421": {
        "swaks": r"^21 .*\n<\*\* 421 4\.3\.2 Not now\n",
        "smtp-source": r"^1 .*: rejected at server banner: 421 4\.3\.2",
        "smtplib": r"^SMTPConnectError \(421, b'4\.3\.2 Not now'\)",
        "aiosmtplib": r"^SMTPConnectError 421 4\.3\.2 Not now",
        "nodemailer": r'"command":"CONN","responseCode":421,',
    },
    "mail-421": {
        "swaks": r"^23 .*\n<\*\* 421 4\.7\.0 Busy\n.*closed connection",
        "smtp-source": r"^1 .*: sender rejected: 421 4\.7\.0 Busy",
        "smtplib": r"^SMTPSenderRefused \(421, b'4\.7\.0 Busy'",
        "aiosmtplib": r"^SMTPSenderRefused \(421, '4\.7\.0 Busy'",
        "nodemailer": r'"command":"MAIL FROM","responseCode":421,',
    },
    "data-drop": {
        "swaks": r"\*\*\* Remote host closed connection unexpectedly",
        "smtp-source": r"^1 .*: lost connection while sending DATA",
        "smtplib": r"^SMTPServerDisconnected Connection unexpectedly closed$",
        "aiosmtplib": r"^SMTPServerDisconnected Unexpected EOF received",
        "nodemailer": r'"message":"Connection closed unexpectedly"',
    },
    "eod-reset": {
        "swaks": r"\*\*\* Remote host closed connection unexpectedly",
        "smtp-source": r"^1 .*: lost connection while sending message",
        "smtplib": r"^SMTPServerDisconnected .*: \[Errno 104\] Connection re",
        "aiosmtplib": r"^SMTPServerDisconnected Connection lost",
        "nodemailer": r'"code":"ESOCKET",.*"message":"read ECONNRESET"',
    },
    # Postfix's waits for five minutes, whoever asks.
    "mail-stall": {
        "swaks": r"\n<\*\* Timeout \(1 secs\) waiting for server response",
        "smtplib": r"^SMTPServerDisconnected .*: timed out",
        "aiosmtplib": r"^SMTPReadTimeoutError Timed out waiting",
        "nodemailer": r'"code":"ETIMEDOUT",',
    },
}


class Mock:
    """A faultpost-mock with a host for each fault, and two that have none."""

    def __init__(self, program, folder):
        self.folder = folder
        self.ca = str(folder / "ca.pem")
        hosts = {name: {"address": f"10.1.1.{i + 1}", "rules": rules}
                 for i, (name, rules) in enumerate(HOSTS.items())}
        hosts["good"] = {"address": "10.1.1.101",
                         "tls": {"names": ["localhost"]},
                         "auth": [{"user": USER, "password": PASSWORD}]}
        hosts["marker"] = {"address": "10.1.1.103"}
        hosts["seven-bit"] = {"address": "10.1.1.102",
                              "extensions": ["PIPELINING", "SIZE"]}
        path = folder / "t.scenario.json"
        path.write_text(json.dumps({"title": "t", "hosts": hosts}))
        ready, ready_in = os.pipe()
        self.process = subprocess.Popen(
            [program, "--ready-fd", str(ready_in), "--port-file",
             folder / "ports.json", "--transcript", "-",
             "--authority-file", self.ca, path],
            pass_fds=[ready_in], stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL)
        os.close(ready_in)
        with os.fdopen(ready) as pipe:
            assert pipe.readline() == "ready\n"
        self.places = {}
        for place in json.loads((folder / "ports.json").read_text()):
            ip, port = place["real"].rsplit(":", 1)
            self.places[place["host"]] = (ip, int(port))

    def watch(self):
        """Reads what a client that has ended made happen: up to a connection
        of ours behind it."""
        socket.create_connection(self.places["marker"]).close()
        self.events, is_marked = [], False
        while not is_marked:
            event = json.loads(self.process.stdout.readline())
            if event["host"] != "marker":
                self.events.append(event)
            is_marked = (event["host"], event["event"]) == ("marker", "open")

    def news(self):
        """The events of the client that was there last."""
        return self.events


@pytest.fixture(scope="module")
def mock(bin_dir, tmp_path_factory):
    running = Mock(bin_dir / "faultpost-mock", tmp_path_factory.mktemp("mock"))
    yield running
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(PATIENCE_S) == 0


@pytest.fixture(params=sorted(CLIENTS))
def send(request, mock, peers_cache):
    """A client, as send(host, to, message, ...)."""
    def run(host, to, message=PLAIN, **how):
        told = CLIENTS[request.param](
            peers_cache, mock.places[host], to, message, **how)
        mock.watch()
        return told

    run.name = request.param
    return run


def said(events):
    """All that the client said."""
    return "".join(e["bytes"] for e in events if e["event"] == "in")


def only(events, event):
    [found] = [e for e in events if e["event"] == event]
    return found


def needs(send, what, *names):
    if send.name not in names:
        pytest.skip(f"{send.name} has no {what}")


def test_plain(send, mock):
    ok, report = send("good", TO[:1])
    assert ok, report
    events = mock.news()
    assert only(events, "message")["from"] == SENDER
    assert only(events, "message")["to"] == TO[:1]
    # smtp-source makes its own content.
    assert "\r\n..hi\r\n" in said(events) or send.name == "smtp-source"
    assert not [e for e in events if e["event"] == "violation"], events


def test_several_recipients(send, mock):
    ok, report = send("good", TO)
    assert ok, report
    got = only(mock.news(), "message")["to"]
    # smtp-source numbers them itself.
    assert len(got) == 2
    assert got == TO or send.name == "smtp-source"


def test_pipelining(send, mock):
    """The commands of an envelope at once."""
    needs(send, "PIPELINING", "swaks")
    ok, report = send("good", TO, pipelining=True)
    assert ok, report
    events = mock.news()
    assert only(events, "message")["to"] == TO
    assert [e for e in events if e["event"] == "in" and
            e["bytes"].startswith("MAIL") and "DATA" in e["bytes"]], events


def test_starttls(send, mock):
    """The certificate is checked."""
    needs(send, "TLS", "swaks", "smtplib", "aiosmtplib", "nodemailer")
    ok, report = send("good", TO, tls=mock.ca)
    assert ok, report
    events = mock.news()
    kinds = [e["event"] for e in events]
    assert kinds.index("tls") < kinds.index("message")


def test_auth(send, mock):
    needs(send, "AUTH", "swaks", "smtplib", "aiosmtplib", "nodemailer")
    ok, report = send("good", TO, tls=mock.ca, password=PASSWORD)
    assert ok, report
    events = mock.news()
    assert "AUTH " in said(events)
    assert "235 2.7.0" in "".join(
        e["bytes"] for e in events if e["event"] == "out")
    assert only(events, "message")["to"] == TO


def test_auth_with_a_wrong_password(send, mock):
    needs(send, "AUTH", "swaks", "smtplib", "aiosmtplib", "nodemailer")
    ok, report = send("good", TO, tls=mock.ca, password="guess")
    assert not ok
    assert re.search(
        {"swaks": r"^28 .*\n\*\*\* No authentication type succeeded",
         "smtplib": r"^SMTPAuthenticationError \(535, b'5\.7\.8 ",
         "aiosmtplib": r"^SMTPAuthenticationError \(535, '5\.7\.8 ",
         "nodemailer": r'"code":"EAUTH",.*"responseCode":535,'}[send.name],
        report, re.S), report
    assert not [e for e in mock.news() if e["event"] == "message"]


def test_8bit(send, mock):
    needs(send, "8-bit content", "swaks", "smtplib", "aiosmtplib",
          "nodemailer")
    ok, report = send("good", TO, EIGHT_BIT, eight_bit=True)
    assert ok, report
    events = mock.news()
    assert "gr\u00fc\u00dfe\r\n" in said(events)
    # Swaks does not say BODY=8BITMIME.
    assert "BODY=8BITMIME" in said(events) or send.name == "swaks"


def test_8bit_to_a_7bit_host(send, mock):
    """Who says BODY=8BITMIME all the same is refused; who sends 8-bit content
    without a word breaks a rule."""
    needs(send, "8-bit content", "swaks", "smtplib", "aiosmtplib",
          "nodemailer")
    ok, report = send("seven-bit", TO, EIGHT_BIT, eight_bit=True)
    events = mock.news()
    notes = [e["note"] for e in events if e["event"] == "violation"]
    if send.name in ("smtplib", "aiosmtplib"):
        assert not ok and "SMTPSenderRefused (555, " in report
        assert notes == ["a parameter whose extension was not offered "
                         "(RFC 5321, 4.1.1.11)"]
    else:
        assert ok and "BODY=" not in said(events)
        assert notes == ["8-bit content without 8BITMIME (RFC 6152)"]


@pytest.mark.parametrize("host", sorted(REPORTS))
def test_what_it_says_of(send, mock, host):
    if send.name not in REPORTS[host]:
        pytest.skip(f"{send.name} waits for minutes")
    to = [FULL, TO[0]] if host == "rcpt-452" else TO[:1]
    if host == "rcpt-452" and send.name == "smtp-source":
        to = [FULL]
    how = {"timeout": 1} if host == "mail-stall" else {}
    ok, report = send(host, to, **how)
    assert re.search(REPORTS[host][send.name], report, re.S), report
    got = [e["to"] for e in mock.news() if e["event"] == "message"]
    if host == "rcpt-452" and send.name != "smtp-source":
        # The others have it; swaks calls that success.
        assert got == [[TO[0]]]
        assert ok == (send.name == "swaks")
    else:
        assert not ok and not got
