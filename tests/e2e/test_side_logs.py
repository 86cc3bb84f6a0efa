# SPDX-License-Identifier: MIT
"""The logs beside the mail log: debug logs, bounces, deliveries."""
import re
import signal
from xml.etree import ElementTree

from relay_peers import MOMENT, send


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
