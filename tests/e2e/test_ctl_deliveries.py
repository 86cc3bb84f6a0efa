# SPDX-License-Identifier: MIT
"""faultpost ctl: deliveries and listeners stopped, resumed, and tried at once."""
import contextlib
import sqlite3

from relay_peers import PATIENCE_S, send


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
    relay.await_text(*(f"MID {mid} to RID [0] pending till" for mid in (1, 2)))
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
