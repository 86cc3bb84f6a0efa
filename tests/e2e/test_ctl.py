# SPDX-License-Identifier: MIT
"""faultpost ctl: the operator's commands, their words as the appliance prints
them, and what they do to a relay that runs."""
import contextlib
import http.client
import json
import os
import re
import signal
import socket
import sqlite3
import stat
import subprocess
from xml.etree import ElementTree

import pytest
from prometheus_client.parser import text_string_to_metric_families

from relay_peers import PATIENCE_S, Relay, Sink, config

MOMENT = r"\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}"


@pytest.fixture
def sink():
    server = Sink()
    yield server
    server.close()


@pytest.fixture
def start(bin_dir, tmp_path):
    running = []

    def run(**more):
        running.append(Relay(bin_dir / "faultpost-relay", tmp_path,
                             config(tmp_path, **more), dict(os.environ)))
        assert running[-1].is_ready
        return running[-1]

    yield run
    for relay in running:
        relay.destroy()


@pytest.fixture
def ctl(bin_dir, tmp_path):
    """Runs faultpost ctl; its text with every moment as MOMENT, or with
    `code` its error."""
    def run(*words, code=0, socket=tmp_path / "queue.db.control"):
        done = subprocess.run(
            [bin_dir / "faultpost", "ctl", "-s", socket, *words], text=True,
            timeout=PATIENCE_S, capture_output=True, check=False)
        assert done.returncode == code, done.stderr
        if code != 0:
            return done.stderr.replace(f"{tmp_path}/", "")
        assert done.stderr == ""
        return re.sub(MOMENT, "MOMENT", done.stdout)
    return run


@pytest.fixture
def ask(ctl):
    """The object that a command answers with --json."""
    return lambda *words: json.loads(ctl("--json", *words))


def free_port():
    """A port that nobody listens on."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def send(relay, *domains, mails=1):
    client = relay.connect()
    for _ in range(mails):
        client.mail("Subject: x\r\n\r\nx", *[f"u@{d}" for d in domains])
    client.ask("QUIT")


# ---- looking ----

HOSTSTATUS = """\
Host mail status for: '{domain}'
Status as of:         MOMENT UTC
Host up/down:         {state}
Counters:
  Queue
    Soft Bounced Events                0
  Completion
    Completed Recipients               {done}
      Hard Bounced Recipients          0
        DNS Hard Bounces               0
        5XX Hard Bounces               0
        Filter Hard Bounces            0
        Expired Hard Bounces           0
        Other Hard Bounces             0
      Delivered Recipients             {done}
      Deleted Recipients               0
Gauges:
  Queue
    Active Recipients                  {waiting}
      Unattempted Recipients           {waiting}
      Attempted Recipients             0
  Connections
    Current Outbound Connections       {connections}
    Pending Outbound Connections       0
"""


def gateway(domain, state, activity, recipients):
    return f"""\
Virtual gateway information:
============================================================
{domain} (127.0.0.1):
    Host up/down:       {state}
    Last Activity       {activity}
    Recipients          {recipients}
"""


def test_hoststatus_up(start, ctl, ask, sink):
    relay = start(routes=[f"mail.example 127.0.0.1:{sink.port}"])
    send(relay, "mail.example")
    relay.await_text("Message finished MID 1 done\n")
    assert ctl("hoststatus", "MAIL.example") == HOSTSTATUS.format(
        domain="mail.example", state="up", done=1, waiting=0,
        connections=1) + f"""\
Oldest Message        No Messages
Last Activity         MOMENT UTC
Ordered IP addresses: (expiring at MOMENT UTC)
    Preference   IPs
    0            127.0.0.1:{sink.port}
SMTP Routes:
    Preference   Hostname
    0            127.0.0.1:{sink.port}
""" + gateway("mail.example", "up", "MOMENT", 0)
    status = ask("hoststatus", "mail.example")
    assert (status["state"], status["next_retry"]) == ("up", None)
    assert status["counters"]["delivered_recipients"] == 1


def test_hoststatus_unknown(start, ctl):
    start()
    assert ctl("hoststatus", "nobody.example") == HOSTSTATUS.format(
        domain="nobody.example", state="unknown", done=0, waiting=0,
        connections=0) + """\
Oldest Message        No Messages
Last Activity         Never
""" + gateway("nobody.example", "unknown", "Never", 0)


def test_hoststatus_mx(start, ctl, ask, sink):
    """The MX records behind the addresses, with what is left of their time."""
    relay = start(
        delivery={"port": sink.port},
        dns={"mail.example": {"MX": ["20 b.example", "10 a.example"],
                              "ttl": "1h"},
             "a.example": {"A": ["127.0.0.1"]},
             "b.example": {"A": ["127.0.0.2"]}},
        routes=["by.example mail.example/pri=5", "to.example [mail.example]"])
    for domain in "mail.example", "by.example":
        send(relay, domain)
        relay.await_text("Message finished MID")
        text = ctl("hoststatus", domain)
        assert re.search(r"""
MX Records:
    Preference   TTL       Hostname
    10           (1h0m0s|59m5\ds)    a\.example
    20           (1h0m0s|59m5\ds)    b\.example
""", text), text
        records = ask("hoststatus", domain)["mx_records"]
        assert [(r["preference"], r["hostname"]) for r in records] == [
            (10, "a.example"), (20, "b.example")]
        assert 3500 < records[0]["ttl_seconds"] <= 3600
    status = ask("hoststatus", "by.example")
    assert status["smtp_routes"] == [{"preference": 5, "host": "mail.example"}]
    assert status["virtual_gateways"] == [{
        "interface": "127.0.0.1", "state": "up", "recipients": 0,
        "last_activity": status["last_activity"]}]
    assert "    5            mail.example\n" in ctl("hoststatus", "by.example")
    # Brackets: no MX is asked for, whatever the cache has.
    assert ask("hoststatus", "to.example")["mx_records"] == []
    for domain, shown in ("mail.example", [10, 20]), ("by.example", [5, 5]):
        addresses = ask("hoststatus", domain)["addresses"]
        assert [a["preference"] for a in addresses] == shown


def test_hoststatus_down(start, ctl, ask):
    port = free_port()
    relay = start(routes=[f"mail.example 127.0.0.1:{port}"])
    send(relay, "mail.example")
    relay.await_text("pending till")
    text = ctl("hoststatus", "mail.example")
    assert text.startswith(HOSTSTATUS.format(
        domain="mail.example", state="down", done=0, waiting=1,
        connections=0))
    assert re.fullmatch(rf"""Oldest Message        \d+ secs?
Last Activity         MOMENT UTC
Ordered IP addresses: \(expiring at MOMENT UTC\)
    Preference   IPs
    0            127\.0\.0\.1:{port}
SMTP Routes:
    Preference   Hostname
    0            127\.0\.0\.1:{port}
Addresses that are down:
    127\.0\.0\.1:{port}  next probe MOMENT UTC
   Last Error:
    ----------
    \[Errno 61\] Connection refused
    \(127\.0\.0\.1:{port}, connect\)
    \(at MOMENT\)
    ----------
Next Retry            MOMENT UTC
""" + re.escape(gateway("mail.example", "down", "MOMENT", 1)), text[text.index("Oldest"):])
    status = ask("hoststatus", "mail.example")
    assert status["last_error"] == {
        "text": "[Errno 61] Connection refused",
        "at": status["last_error"]["at"],
        "address": f"127.0.0.1:{port}", "stage": "connect"}
    assert status["next_retry"] > status["as_of"]


def test_where_it_failed(start, ctl, ask, sink):
    """Of an error, who gave it and when in the dialogue: a bare 4.4.0 with an
    errno tells neither."""
    relay = start(routes=[f"a.example 127.0.0.1:{sink.port}"])
    sink.answers["RCPT"] = "451 4.7.1 greylisted"
    send(relay, "a.example")
    relay.await_text("pending till")
    error = ask("hoststatus", "a.example")["last_error"]
    assert (error["address"], error["stage"]) == (
        f"127.0.0.1:{sink.port}", "rcpt")
    sink.answers = {"MAIL": "drop"}
    ctl("delivernow", "all")
    relay.await_text("4.4.0 - Other network problem")
    relay.await_text("pending till")
    error = ask("hoststatus", "a.example")["last_error"]
    assert (error["text"], error["stage"]) == ("EOF", "mail")
    # What no host said is nobody's.
    ctl("smtproutes", "delete", "a.example")
    ctl("smtproutes", "new", "a.example", "nowhere.example")
    ctl("delivernow", "all")
    relay.await_text("Message finished MID 1 done")
    error = ask("hoststatus", "a.example")["last_error"]
    assert error["text"].startswith("DNS Hard Error") and "stage" not in error


def test_tophosts(start, ctl, ask, sink):
    relay = start(routes=[f"a.example 127.0.0.1:{sink.port}",
                          f"b.example 127.0.0.1:{free_port()}"])
    send(relay, "a.example", "a.example", "a.example")
    relay.await_text("Message finished MID 1 done\n")
    send(relay, "b.example", mails=2)
    relay.await_text("MID 3 to RID [0] pending till")
    assert ctl("tophosts") == """\
Status as of: MOMENT UTC
Hosts marked with '*' were down as of the last delivery attempt.
                            Active  Conn.   Deliv.   Soft     Hard
#  Recipient Host           Recip.  Out     Recip.   Bounced  Bounced
1* b.example                2       0       0        0        0
2  a.example                0       1       3        0        0
"""
    for order in ("active_rcpts", "soft_bounced", "hard_bounced_rcpts",
                  "conn_out", "deliv_rcpts"):
        first = ask("tophosts", order)["hosts"][0]["domain"]
        assert first == ("b.example" if order == "active_rcpts" else
                         "a.example"), order
    assert ctl("tophosts", "colour", code=2) == (
        "faultpost ctl: colour is no order; expected active_rcpts, conn_out, "
        "deliv_rcpts, soft_bounced or hard_bounced_rcpts\n")


def test_status(start, ctl, ask, sink):
    relay = start(routes=[f"a.example 127.0.0.1:{sink.port}"])
    send(relay, "a.example", "a.example")
    relay.await_text("Message finished MID 1 done\n")
    text = ctl("status", "detail")
    uptime = re.search(r"\((\d+s)\)", text)[1]
    assert text == f"""\
Status as of:                 MOMENT UTC
Up since:                     MOMENT UTC ({uptime})
Last counter reset:           Never
System status:                Online
Oldest Message:               No Messages
Counters:                              Reset        Uptime      Lifetime
  Receiving
    Messages Received                      1             1             1
    Recipients Received                    2             2             2
    Gen. Bounce Recipients                 0             0             0
  Rejection
    Rejected Recipients                    0             0             0
    Dropped Messages                       0             0             0
  Queue
    Soft Bounced Events                    0             0             0
  Completion
    Completed Recipients                   2             2             2
      Hard Bounced Recipients              0             0             0
        DNS Hard Bounces                   0             0             0
        5XX Hard Bounces                   0             0             0
        Expired Hard Bounces               0             0             0
        Filter Hard Bounces                0             0             0
        Other Hard Bounces                 0             0             0
      Delivered Recipients                 2             2             2
      Deleted Recipients                   0             0             0
Current IDs
  Message ID (MID)                         1
  Injection Conn. ID (ICID)                1
  Delivery Conn. ID (DCID)                 1
Rates (Events Per Hour):            1-Minute     5-Minutes    15-Minutes
  Receiving
    Messages Received                     60            12             4
    Recipients Received                  120            24             8
  Queue
    Soft Bounced Events                    0             0             0
  Completion
    Completed Recipients                 120            24             8
      Hard Bounced Recipients              0             0             0
      Delivered Recipients               120            24             8
Gauges:                              Current
  Connections
    Current Inbound Conn.                  0
    Current Outbound Conn.                 1
  Queue
    Active Recipients                      0
      Unattempted Recipients               0
      Attempted Recipients                 0
    Destinations In Memory                 1
"""
    assert ctl("status").splitlines()[5:11] == [
        line for line in text.splitlines()[5:12] if "Gen." not in line]
    assert ask("status")["counters"]["uptime"]["messages_received"] == 1


def test_counters_live_on(start, ctl, ask, sink):
    """Lifetime counters are the queue's, uptime's are the process's."""
    relay = start(routes=[f"a.example 127.0.0.1:{sink.port}"])
    send(relay, "a.example", mails=3)
    relay.await_text("Message finished MID 3 done\n")
    assert ctl("resetcounters") == "Counters reset.\n"
    send(relay, "a.example")
    relay.await_text("Message finished MID 4 done\n")
    relay.stop()
    relay = start(routes=[f"a.example 127.0.0.1:{sink.port}"])
    send(relay, "a.example")
    relay.await_text("Message finished MID 5 done\n")
    counters = ask("status")["counters"]
    assert [counters[column]["delivered_recipients"] for column in
            ("reset", "uptime", "lifetime")] == [2, 1, 5]


# ---- deliveries ----

def test_delivernow(start, ctl, ask, sink):
    relay = start(routes=[f"a.example 127.0.0.1:{sink.port}"])
    sink.answers["RCPT"] = "451 4.7.1 greylisted"
    send(relay, "a.example")
    relay.await_text("MID 1 to RID [0] pending till")
    assert ctl("delivernow", "a.example") == (
        "Scheduling all messages to a.example for delivery.\n")
    relay.await_text("MID 1 to RID [0] pending till")
    sink.answers.clear()
    assert ctl("delivernow", "all") == (
        "Scheduling all messages for delivery.\n")
    relay.await_text("Message finished MID 1 done\n")
    assert ask("delivernow", "all") == {
        "scheduled": 0, "recipients": 0, "left_alone": 0}
    for wrong in [], ["message", "1"]:
        assert ctl("delivernow", *wrong, code=2) == (
            "faultpost ctl: expected: delivernow all|DOMAIN|mid MID\n")
    assert ctl("delivernow", "c.example", code=2) == (
        "faultpost ctl: there is no mail for c.example; expected all or a "
        "domain that has some\n")


def due_us(tmp_path, mid):
    """When the message's wait ends, by its row in the queue."""
    with contextlib.closing(sqlite3.connect(tmp_path / "queue.db")) as db:
        return db.execute("SELECT due_us FROM recipient WHERE mid=?",
                          (mid,)).fetchone()[0]


def test_delivernow_mid(start, ctl, ask, sink, tmp_path):
    """One message: that its wait is over is in the queue, too."""
    relay = start(routes=[f"a.example 127.0.0.1:{sink.port}"],
                  bounce={"initial_wait": "1h"})
    sink.answers["RCPT"] = "451 4.7.1 greylisted"
    send(relay, "a.example", mails=2)
    relay.await_text("MID 1 to RID [0] pending till")
    relay.await_text("MID 2 to RID [0] pending till")
    ctl("suspenddel")
    waits = due_us(tmp_path, 1), due_us(tmp_path, 2)
    assert ctl("delivernow", "mid", "2") == "Scheduling MID 2 for delivery.\n"
    assert due_us(tmp_path, 1) == waits[0]
    assert due_us(tmp_path, 2) < waits[1] - 3000 * 1_000_000
    assert ask("delivernow", "mid", "2") == {
        "scheduled": 0, "recipients": 1, "left_alone": 0}
    for wrong in "x", "0", "77":
        assert ctl("delivernow", "mid", wrong, code=2).startswith(
            "faultpost ctl: ")
    sink.gate.clear()
    del sink.answers["RCPT"]
    ctl("resumedel")
    assert sink.dots.acquire(timeout=PATIENCE_S)
    assert ask("delivernow", "mid", "2") == {
        "scheduled": 0, "recipients": 0, "left_alone": 1}
    assert ask("delivernow", "all") == {
        "scheduled": 1, "recipients": 1, "left_alone": 1}
    sink.gate.set()
    assert len(sink.await_messages(2)) == 2


def test_suspenddel(start, ctl, ask, sink):
    relay = start(routes=[f"a.example 127.0.0.1:{sink.port}"])
    assert ctl("suspenddel") == (
        "Waiting for outgoing deliveries to finish...\n"
        "Mail delivery suspended.\n")
    send(relay, "a.example")
    relay.await_text("Info: Deliveries are currently suspended [a.example]\n")
    send(relay, "a.example")
    log = relay.await_text("MID 2 queued for delivery\n")
    assert "System status:                Delivery suspended\n" in ctl("status")
    assert "Next Retry            suspended\n" in ctl("hoststatus", "a.example")
    assert ctl("resumedel") == "Mail delivery resumed.\n"
    log += relay.await_text("Message finished MID 2 done\n")
    assert "suspended" not in log  # said once for each domain
    assert ask("status")["state"] == "Online"
    assert ctl("suspenddel", "soon", code=2) == (
        "faultpost ctl: soon is no delay; expected seconds, 0 to 86400\n")


def test_suspendlistener(start, ctl, ask, sink):
    relay = start(routes=[f"ALL 127.0.0.1:{sink.port}"], listen=[
        "127.0.0.1:0"])
    waiting = relay.connect()
    waiting.begin("u@a.example")
    idle = relay.connect()
    assert ctl("suspendlistener") == (
        "Waiting for listeners to exit...\n"
        "Receiving suspended for Management.\n")
    assert idle.reply() == (
        "421 4.3.2 Receiving is suspended, try again later")
    assert relay.connect().greeting == (
        "421 4.3.2 Receiving is suspended, try again later")
    assert ask("status")["state"] == "Receiving suspended"
    # A message under way may end; then it is over.
    assert waiting.ask("Subject: x\r\n\r\nx\r\n.").startswith("250 ")
    relay.await_text("Message finished MID 1 done\n")
    assert ctl("resumelistener", "management") == (
        "Receiving resumed for Management.\n")
    send(relay, "a.example")
    relay.await_text("Message finished MID 2 done\n")
    assert ctl("suspendlistener", "Other", code=2) == (
        "faultpost ctl: there is no listener Other; expected a name of the "
        "configuration\n")


def test_suspend(start, ctl, ask, sink):
    relay = start(routes=[f"ALL 127.0.0.1:{sink.port}"])
    assert ctl("suspend", "5") == (
        "Waiting for listeners to exit...\nReceiving suspended.\n"
        "Waiting for outgoing deliveries to finish...\n"
        "Mail delivery suspended.\n")
    assert ask("status")["state"] == "Offline"
    assert relay.connect().greeting.startswith("421 4.3.2 ")
    assert ctl("resume") == "Receiving resumed.\nMail delivery resumed.\n"
    assert ask("status")["state"] == "Online"
    send(relay, "a.example")
    relay.await_text("Message finished MID 1 done\n")


# ---- the queue ----

@pytest.fixture
def queue(start, ctl, sink):
    """A relay with three messages waiting, deliveries suspended."""
    relay = start(routes=[f"ALL 127.0.0.1:{sink.port}"])
    ctl("suspenddel")
    client = relay.connect()
    client.mail("Subject: first\r\n\r\nx", "u@a.example", "v@b.example")
    client.mail("Subject: second\r\n\r\nx", "u@b.example")
    client.ask("EHLO c")
    client.ask("MAIL FROM:<boss@c.example>")
    client.ask("RCPT TO:<w@b.example>")
    client.ask("DATA")
    client.ask("Subject: third\r\n\r\nx\r\n.")
    client.ask("QUIT")
    return relay


SHOWN = """\
Showing messages, please wait.

MID/      Bytes/    Sender/               Subject
[RID]     [Atmps]   Recipient
"""


def bytes_of(text):
    """A listing with its byte counts as N, as the header's date varies."""
    return re.sub(r"^(\d+ +)\d+( +\S+@)", r"\1N\2", text, flags=re.M)


def test_showrecipients(queue, ctl, ask):
    first = ("1         N       a@b.example           first\n"
             "[0]       [0]       u@a.example\n")
    rest = ("2         N       a@b.example           second\n"
            "[0]       [0]       u@b.example\n"
            "3         N       boss@c.example        third\n"
            "[0]       [0]       w@b.example\n")
    assert bytes_of(ctl("showrecipients", "all")) == (
        SHOWN + first + "[1]       [0]       v@b.example\n" + rest)
    assert bytes_of(ctl("showrecipients", "host", "a.example")) == (
        SHOWN + first)
    assert bytes_of(ctl("showrecipients", "sender", "BOSS@c.example")) == (
        SHOWN + rest[rest.index("3"):])
    assert ctl("showrecipients", "host", "z.example") == SHOWN
    shown = ask("showrecipients", "host", "b.example")
    assert shown["recipients"] == 3
    assert [(r["mid"], r["rid"], r["recipient"], r["state"])
            for r in shown["shown"]] == [
        (1, 1, "v@b.example", "ready"), (2, 0, "u@b.example", "ready"),
        (3, 0, "w@b.example", "ready")]
    for words in ([], ["host"], ["all", "more"], ["who", "x"]):
        assert "expected" in ctl("showrecipients", *words, code=2)


def test_deleterecipients(queue, ctl, ask, sink):
    assert ctl("deleterecipients", "host", "b.example") == (
        "Deleting messages, please wait.\n3 messages deleted.\n")
    log = queue.await_text("Message finished MID 3 done\n")
    assert re.findall(r"Info: (Deleted: .*|Message finished .*)", log) == [
        "Deleted: MID 1 to [1]", "Deleted: MID 2 to [0]",
        "Message finished MID 2 done", "Deleted: MID 3 to [0]",
        "Message finished MID 3 done"]
    assert ask("status")["counters"]["uptime"]["deleted_recipients"] == 3
    ctl("resumedel")
    queue.await_text("Message finished MID 1 done\n")
    assert len(sink.messages) == 1


def test_deleted_stay_deleted(queue, start, ctl, ask, sink):
    assert ask("deleterecipients", "all") == {
        "messages": 3, "recipients": 4, "left_alone": 0}
    queue.stop()
    start(routes=[f"ALL 127.0.0.1:{sink.port}"])
    assert ask("showrecipients", "all")["recipients"] == 0


def test_bouncerecipients(queue, ctl, ask):
    assert ctl("bouncerecipients", "sender", "a@b.example") == (
        "Bouncing messages, please wait.\n2 messages bounced.\n")
    log = queue.await_text("Message finished MID 2 done\n")
    assert re.findall(r"Info: (Bounced: .*)", log) == [
        f"Bounced: DCID 0 MID {mid} to RID {rid} - 5.x.0 - Message bounced by "
        "administrator ('000', []) []" for mid, rid in
        [(1, 0), (1, 1), (2, 0)]]
    counters = ask("status")["counters"]["uptime"]
    assert counters["other_hard_bounces"] == 3
    assert ctl("removemessage", "3") == "1 messages removed.\n"
    assert ctl("removemessage", "3", code=2) == (
        "faultpost ctl: MID 3 is not in the queue\n")


def test_redirectrecipients(start, ctl, ask, sink):
    relay = start(routes=[f"a.example 127.0.0.1:{free_port()}",
                          f"rescue.example 127.0.0.1:{sink.port}"])
    send(relay, "a.example", mails=2)
    relay.await_text("MID 2 to RID [0] pending till")
    assert ctl("redirectrecipients", "rescue.example", "host",
               "a.example") == (
        "Redirecting messages, please wait.\n2 messages redirected.\n")
    for mid in 1, 2:
        relay.await_text(f"Message finished MID {mid} done\n")
    assert len(sink.messages) == 2
    hosts = {h["domain"]: h for h in ask("tophosts")["hosts"]}
    assert hosts["rescue.example"]["delivered_recipients"] == 2
    assert hosts["a.example"]["active_recipients"] == 0


def test_messages(queue, ctl, ask):
    text = ctl("showmessage", "3")
    assert text.startswith("Received: from c ([127.0.0.1])\n")
    assert text.endswith("Subject: third\n\nx\n")
    assert ask("showmessage", "3")["mid"] == 3
    assert ctl("showmessage", "x", code=2) == (
        "faultpost ctl: x is no MID; expected a number\n")
    text = ctl("oldmessage")
    assert re.match(r"MID 1: \d+ secs? old\nReceived: ", text)
    assert text.endswith("Subject: first\n")
    ctl("deleterecipients", "all")
    assert ctl("oldmessage") == "No messages.\n"


def test_those_being_sent_are_left_alone(start, ctl, ask, sink):
    relay = start(routes=[f"a.example 127.0.0.1:{sink.port}"])
    sink.gate.clear()
    send(relay, "a.example")
    sink.dots.acquire(timeout=PATIENCE_S)
    assert ask("showrecipients", "all")["shown"][0]["state"] == "active"
    assert ctl("deleterecipients", "all") == (
        "Deleting messages, please wait.\n0 messages deleted.\n"
        "1 recipients are being delivered and were left alone.\n")
    assert "left alone" in ctl("removemessage", "1")
    sink.gate.set()
    relay.await_text("Message finished MID 1 done\n")


def test_suspenddel_cuts(start, ctl, sink):
    """What takes longer than the operator's patience is cut, and stays."""
    relay = start(routes=[f"a.example 127.0.0.1:{sink.port}"])
    sink.gate.clear()
    send(relay, "a.example")
    sink.dots.acquire(timeout=PATIENCE_S)
    ctl("suspenddel", "0")
    relay.await_text("Info: SMTP client connection killed DCID: 1\n")
    relay.await_text("Info: Deliveries are currently suspended [a.example]\n")
    sink.gate.set()
    ctl("resumedel")
    relay.await_text("Message done DCID 2 MID 1 to RID [0]\n")


# ---- routes ----

def test_smtproutes(start, ctl, ask, sink, tmp_path):
    relay = start(routes=[f"a.example 127.0.0.1:{sink.port}"])
    assert ctl("smtproutes", "print") == f"a.example: 127.0.0.1:{sink.port}\n"
    assert ctl("smtproutes", "new", "b.example", f"127.0.0.1:{sink.port},",
               "[backup.example]/pri=10") == (
        f"Mapping for b.example to 127.0.0.1:{sink.port}, "
        "[backup.example]/pri=10 created.\n")
    send(relay, "b.example")
    relay.await_text("Message finished MID 1 done\n")
    assert "created" not in ctl("smtproutes", "new", "b.example", "x.example",
                                code=2)
    assert ctl("smtproutes", "export", tmp_path / "routes") == (
        f"Routes exported to {tmp_path}/routes.\n")
    table = (tmp_path / "routes").read_text()
    assert table == ctl("smtproutes", "print")
    assert ctl("smtproutes", "delete", "A.example") == (
        "Mapping for A.example deleted.\n")
    assert ctl("smtproutes", "delete", "a.example", code=2) == (
        "faultpost ctl: there is no route for a.example\n")
    assert ctl("smtproutes", "clear") == "There are no routes configured.\n"
    assert ask("smtproutes", "print") == {"routes": []}
    assert ctl("smtproutes", "import", tmp_path / "routes") == (
        "There are currently 2 routes configured.\n")
    assert ctl("smtproutes", "print") == table
    assert ask("smtproutes", "print") == {"routes": table.splitlines()}
    assert "expected: smtproutes print" in ctl("smtproutes", code=2)


def test_smtproutes_import_is_all_or_nothing(start, ctl, tmp_path):
    start(routes=["a.example b.example"])
    bad = tmp_path / "bad"
    bad.write_text("c.example d.example\nc.example /pri=1\n"
                   "e.example f.example/pri=99999\n")
    error = ctl("smtproutes", "import", bad, code=2)
    assert error.startswith("faultpost ctl: bad:2:")
    assert re.search(r" \(and \d more\)\n$", error)
    assert ctl("smtproutes", "print") == "a.example: b.example\n"
    assert "No such file" in ctl("smtproutes", "import", tmp_path / "none",
                                 code=2)


def test_smtproutes_import_of_40_000(start, ctl, ask, tmp_path):
    start()
    routes = tmp_path / "routes"
    routes.write_text("".join(
        f"d{n}.example: relay{n % 7}.example/pri=0, backup.example/pri=10\n"
        for n in range(39999)))
    assert ctl("smtproutes", "import", routes) == (
        "There are currently 39999 routes configured.\n")


def test_reload_brings_the_configured_routes_back(start, ctl):
    relay = start(routes=["a.example b.example"])
    ctl("smtproutes", "clear")
    relay.signal(signal.SIGHUP)
    # Commands and signals are taken in turn; the next answer is behind it.
    for _ in range(200):
        if ctl("smtproutes", "print") == "a.example: b.example\n":
            break
    assert ctl("smtproutes", "print") == "a.example: b.example\n"


def test_redirected_by_a_new_route(start, ctl, sink):
    """What waits for a dead host goes where a new route says, at once when an
    operator wants that."""
    relay = start(routes=[f"a.example 127.0.0.1:{free_port()}"])
    send(relay, "a.example")
    relay.await_text("pending till")
    ctl("smtproutes", "delete", "a.example")
    ctl("smtproutes", "new", "a.example", f"127.0.0.1:{sink.port}")
    ctl("delivernow", "a.example")
    relay.await_text("Message finished MID 1 done\n")


def test_destconfig(start, ctl, ask):
    start(destconfig=["[a.example]", "max_host_concurrency = 7",
                      "limit_type = host", "limit_apply = system"])
    text = ctl("destconfig", "print")
    assert "[a.example]\n" in text and "max_host_concurrency = 7\n" in text
    assert ask("destconfig", "print")["text"] == text


# ---- debug logs ----

def debug_lines(path):
    return re.sub(rf"^{MOMENT} Info: ", "", path.read_text(), flags=re.M)


def test_domain_debug(start, sink, tmp_path):
    """The sessions of one domain, as many as wanted, without content."""
    relay = start(routes=[f"ALL 127.0.0.1:{sink.port}"], domain_debug={
        "domain": "A.example", "sessions": 1, "log": str(tmp_path / "debug")})
    send(relay, "b.example")
    send(relay, "a.example")
    relay.await_text("Message finished MID 2 done\n")
    relay.await_text("DCID 2 close\n")
    send(relay, "a.example")
    relay.await_text("Message finished MID 3 done\n")
    relay.stop()
    lines = debug_lines(tmp_path / "debug").splitlines()
    assert lines[:2] == ["2 Rcvd: '220 sink.test ESMTP'",
                         "2 Sent: 'EHLO relay.test'"]
    assert "2 Sent: 'MAIL FROM:<a@b.example>'" in lines
    assert lines[-2:] == ["2 Sent: 'QUIT'", "2 Rcvd: '221 bye'"]
    assert not [line for line in lines
                if "Subject" in line or not line.startswith("2 ")]


def test_injection_debug(start, sink, tmp_path):
    relay = start(routes=[f"ALL 127.0.0.1:{sink.port}"], injection_debug={
        "client": "127.0.0.0/8", "sessions": 1, "log": str(tmp_path / "i")},
        conversation_log=str(tmp_path / "c"))
    send(relay, "a.example")
    send(relay, "a.example")
    relay.await_text("Message finished MID 2 done\n")
    relay.stop()
    lines = debug_lines(tmp_path / "i").splitlines()
    assert lines[:2] == [
        "1 Sent to '127.0.0.1': '220 relay.test ESMTP\\015\\012'",
        "1 Rcvd from '127.0.0.1': 'EHLO client.test\\015\\012'"]
    assert lines[-2:] == [
        "1 Rcvd from '127.0.0.1': 'QUIT\\015\\012'",
        "1 Sent to '127.0.0.1': '221 relay.test\\015\\012'"]
    assert not [line for line in lines if not line.startswith("1 ")]
    conversation = debug_lines(tmp_path / "c")
    assert set(lines) <= set(conversation.splitlines())
    assert "2 Rcvd from '127.0.0.1': 'MAIL" in conversation
    assert "1 Sent to '127.0.0.1': 'EHLO relay.test\\015" in conversation
    assert "Subject" not in conversation


# ---- metrics ----

def test_bounce_and_delivery_logs(start, sink, tmp_path):
    """Files of their own, opened anew by SIGHUP; the mail log has nothing of
    them."""
    logs = {"bounce_log": str(tmp_path / "bounces"),
            "delivery_log": str(tmp_path / "deliveries")}
    relay = start(routes=[f"a.example 127.0.0.1:{sink.port}"], **logs)
    sink.answers["RCPT"] = "550 5.1.1 who?"
    send(relay, "a.example")
    text = relay.await_text("Message finished MID 1 done\n")
    assert "Reason: " not in text and "<bounce " not in text
    # The bounce message has nowhere to go: MID 2.
    relay.await_text("Message finished MID 2 done\n")
    assert (
        'Info: Bounced: 1:0 From:<a@b.example> To:<u@a.example> Reason: '
        '"5.1.0 - Unknown address error" Response: '
        '"(\'550\', [\'5.1.1 who?\'])"\n') in (tmp_path / "bounces").read_text()
    record = (tmp_path / "deliveries").read_text()
    xml = ElementTree.fromstring(record.splitlines()[0])
    assert (xml.tag, xml.get("code"), xml.get("error")) == (
        "bounce", "550", "5.1.1 who?")
    assert xml.find("rcpt").get("to") == "u@a.example"
    (tmp_path / "deliveries").rename(tmp_path / "old")
    relay.signal(signal.SIGHUP)
    while not (tmp_path / "deliveries").exists():
        assert relay.process.poll() is None
    del sink.answers["RCPT"]
    send(relay, "a.example")
    relay.await_text("Message finished MID 3 done\n")
    xml = ElementTree.fromstring((tmp_path / "deliveries").read_text())
    assert (xml.tag, xml.get("ip"), xml.get("reply")) == (
        "success", "127.0.0.1", "2.0.0 kept")
    assert (tmp_path / "old").read_text() == record


def samples(text):
    """The page, read by Prometheus's own parser: {(name, labels): value}."""
    found = {}
    for family in text_string_to_metric_families(text):
        assert family.documentation
        for sample in family.samples:
            key = (sample.name, *sorted(sample.labels.items()))
            assert key not in found
            found[key] = sample.value
    return found


def scrape(place, path="/metrics", method="GET"):
    connection = http.client.HTTPConnection(place, timeout=PATIENCE_S)
    connection.request(method, path)
    response = connection.getresponse()
    return response, response.read().decode()


def test_metrics(start, ctl, tmp_path, sink):
    relay = start(metrics="127.0.0.1:0", routes=[
        f"a.example 127.0.0.1:{sink.port}",
        f"b.example 127.0.0.1:{free_port()}"])
    place = [p["real"] for p in
             json.loads((tmp_path / "relay.ports").read_text())
             if p["host"] == "metrics"][0]
    send(relay, "a.example")
    relay.await_text("Message finished MID 1 done\n")
    send(relay, "b.example")
    relay.await_text("MID 2 to RID [0] pending till")
    response, page = scrape(place)
    assert response.status == 200
    assert response.headers["Content-Type"] == (
        "text/plain; version=0.0.4; charset=utf-8")
    found = samples(page)
    for name, value in [("messages_received_total", 2),
                        ("delivered_recipients_total", 1),
                        ("hosts_down", 1), ("deliveries_suspended", 0)]:
        assert found["faultpost_relay_" + name,] == value, name
    assert found["faultpost_relay_active_recipients",
                 ("state", "unattempted")] == 1
    # A relay has as many series as one that has seen no mail.
    relay.stop()
    (tmp_path / "queue.db").unlink()
    start()
    assert samples(ctl("metrics")).keys() == found.keys()


def test_dropped_messages(start, ctl, ask, sink):
    """Only what routes to /dev/null leave nobody of is a dropped message."""
    relay = start(routes=["null.example /dev/null", "void.example /dev/null",
                          "wait.example 127.0.0.1:%d" % free_port(),
                          f"a.example 127.0.0.1:{sink.port}"])
    send(relay, "null.example")
    send(relay, "null.example", "void.example", "void.example")
    send(relay, "null.example", "a.example")
    relay.await_text("Message finished MID 3 done\n")
    send(relay, "wait.example", "null.example")
    relay.await_text("MID 4 to RID [0] pending till")
    ctl("removemessage", "4")
    counters = ask("status")["counters"]["lifetime"]
    assert counters["dropped_messages"] == 2
    assert counters["deleted_recipients"] == 7
    assert samples(ctl("metrics"))[
        "faultpost_relay_dropped_messages_total",] == 2


def test_metrics_only(start, tmp_path):
    start(metrics="127.0.0.1:0")
    place = json.loads(
        (tmp_path / "relay.ports").read_text())[1]["real"]
    assert scrape(place, "/")[0].status == 404
    assert scrape(place, method="POST")[0].status == 405
    response, page = scrape(place, method="HEAD")
    assert response.status == 200 and page == ""
    assert int(response.headers["Content-Length"]) > 0


# ---- the socket ----

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
    """Whether it does at this moment; it may go away while one looks."""
    try:
        return link.resolve() == place and not place.is_symlink()
    except FileNotFoundError:
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


def test_clients_are_few(start, tmp_path, ctl):
    start()
    path = str(tmp_path / "queue.db.control")
    clients = []
    for _ in range(9):
        clients.append(socket.socket(socket.AF_UNIX))
        clients[-1].settimeout(PATIENCE_S)
        clients[-1].connect(path)
    assert clients[-1].recv(1) == b""
    clients[0].close()
    for client in clients[1:]:
        client.close()
    assert ctl("status")


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
