# SPDX-License-Identifier: MIT
"""faultpost ctl: what is queued is shown, deleted, bounced, sent elsewhere."""
import re

import pytest

from relay_peers import PATIENCE_S, closed_port, send


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
    relay = start(routes=[f"a.example 127.0.0.1:{closed_port()}",
                          f"rescue.example 127.0.0.1:{sink.port}"])
    send(relay, "a.example", mails=2)
    relay.await_text(*(f"MID {mid} to RID [0] pending till" for mid in (1, 2)))
    assert ctl("redirectrecipients", "rescue.example", "host",
               "a.example") == (
        "Redirecting messages, please wait.\n2 messages redirected.\n")
    relay.await_text(*(f"Message finished MID {mid} done\n" for mid in (1, 2)))
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
