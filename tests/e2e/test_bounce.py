# SPDX-License-Identifier: MIT
"""What the relay tells senders, read by another's hand: Python's email package
parses each message, and RFC 3464 and 6522 say what it must hold."""
import email
import email.policy
import json
import re
import subprocess

import pytest


def received(bin_dir, root, tmp_path, name):
    """The contents that the host "sender" took in a scenario, as bytes."""
    transcript = tmp_path / "transcript"
    ran = subprocess.run(
        [bin_dir / "faultpost", "run", "--transcript", transcript,
         root / "scenarios" / "bounce" / f"{name}.scenario.json"],
        capture_output=True, text=True, check=False, timeout=60)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    streams = {}
    for line in transcript.read_text().splitlines():
        event = json.loads(line)
        if event["host"] == "sender" and event.get("direction") == "in":
            coded = "latin1" if event.get("encoding") == "latin1" else "utf-8"
            streams.setdefault(event["connection"], bytearray()).extend(
                event["bytes"].encode(coded))
    found = []
    for stream in streams.values():
        for part in re.split(rb"(?:^|\r\n)DATA\r\n", bytes(stream))[1:]:
            content = part.split(b"\r\n.\r\n")[0] + b"\r\n"
            found.append(re.sub(rb"(?m)^\.", b"", content))
    return found


def fields(part, content):
    """The per-message and per-recipient fields of a delivery-status part."""
    blocks = part.get_payload()
    if part.get_content_type() == "message/global-delivery-status":
        # Not known to the package: its text, up to the next boundary.
        text = content.partition(b"message/global-delivery-status")[2]
        text = text.partition(b"\r\n\r\n")[2].partition(b"\r\n--")[0]
        blocks = [email.message_from_string(block.decode(),
                                            policy=email.policy.default)
                  for block in text.split(b"\r\n\r\n")]
    return [dict(block.items()) for block in blocks if block.keys()]


REPORTS = {
    # scenario: action, class of the status, type of what is returned
    "dsn-hard": ("failed", "5", "message/rfc822"),
    "dsn-apostrophe": ("failed", "5", "message/rfc822"),
    "dsn-content-refused": ("failed", "5", "message/rfc822"),
    "dsn-dns": ("failed", "5", "message/rfc822"),
    "dsn-expired": ("failed", "5", "message/rfc822"),
    "copy-all": ("failed", "5", "message/rfc822"),
    "copy-headers": ("failed", "5", "message/rfc822"),
    "copy-cut": ("failed", "5", "message/rfc822"),
    "bounce-response-code": ("failed", "5", "message/rfc822"),
    "notify-failure": ("failed", "5", "message/rfc822"),
    "notify-relayed": ("relayed", "2", "message/rfc822"),
    "warning": ("delayed", "4", "message/rfc822"),
    "utf8": ("failed", "5", "message/global"),
    "utf8-reply": ("failed", "5", "message/rfc822"),
}


@pytest.mark.parametrize("name", REPORTS)
def test_report(bin_dir, root, tmp_path, name):
    action, status_class, returned = REPORTS[name]
    contents = received(bin_dir, root, tmp_path, name)
    assert contents, "nobody was told anything"
    for content in contents:
        assert all(len(line) <= 998 for line in content.split(b"\r\n"))
        assert b"\n" not in content.replace(b"\r\n", b"")
        message = email.message_from_bytes(content,
                                           policy=email.policy.default)
        # RFC 5322, 3.6: what every message must have.
        assert message["Date"].datetime is not None
        assert message["From"].addresses[0].addr_spec.startswith(
            "MAILER-DAEMON@")
        assert re.fullmatch(r"<[^<>@ ]+\$[^<>@ ]+@relay\.example>",
                            message["Message-Id"])
        # RFC 3834, 5: nobody answers an answer.
        assert message["Auto-Submitted"] == "auto-replied"
        # RFC 6522, 3: three parts, and which.
        assert message.get_content_type() == "multipart/report"
        assert message.get_param("report-type") == "delivery-status"
        text, report, original = message.get_payload()
        assert not message.defects and not text.defects
        assert text.get_content_type() == "text/plain"
        words = text.get_content()
        assert words.startswith("The following message to <")
        assert original.get_content_type() == returned
        # RFC 3464, 2.2 and 2.3: the fields that must be there.
        whole, recipient = fields(report, content)
        assert whole["Reporting-MTA"] == "dns; relay.example"
        kind, _, address = recipient["Final-Recipient"].partition(";")
        assert kind == ("rfc822" if address.isascii() else "utf-8")
        assert f"<{address}>" in words
        assert recipient["Action"] == action
        status = re.match(r"(\d)\.(\d{1,3})\.(\d{1,3})\b", recipient["Status"])
        assert status and status[1] == status_class
        assert recipient["Diagnostic-Code"].startswith("smtp; ")
        if report.get_content_type() == "message/delivery-status":
            assert content.partition(b"message/delivery-status")[2].partition(
                b"message/rfc822")[0].isascii()


def test_plain_has_no_report(bin_dir, root, tmp_path):
    content, = received(bin_dir, root, tmp_path, "bounce-plain")
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert message.get_content_type() == "multipart/mixed"
    text, original = message.get_payload()
    assert text.get_content_type() == "text/plain"
    assert original.get_content_type() == "message/rfc822"
    assert not message.defects


def test_returned_whole(bin_dir, root, tmp_path):
    """What comes back is what was sent, to the byte."""
    content, = received(bin_dir, root, tmp_path, "copy-all")
    message = email.message_from_bytes(content, policy=email.policy.default)
    original = message.get_payload()[2].get_payload()[0]
    assert original["Subject"] == "message 1"
    assert len(original.get_payload()) > 9000


def test_crash_at_any_moment(bin_dir, root, tmp_path):
    """Whenever the relay is killed around a bounce, the sender is told once."""
    path = root / "scenarios" / "bounce" / "crash-at-bounce.scenario.json"
    document = json.loads(path.read_text())
    del document["hosts"]["sender"]["rules"]
    document["expect"] = [{"delivered": {"sender": 1}}, {"bounced": 1}]
    moments = range(15000, 60000, 500)  # us: from the acceptance to the end
    for moment in moments:
        document["timeline"] = [{"at": f"{moment}us", "relay": "crash"}]
        (tmp_path / f"at-{moment}.scenario.json").write_text(
            json.dumps(document))
    ran = subprocess.run([bin_dir / "faultpost", "run", tmp_path],
                         capture_output=True, text=True, check=False,
                         timeout=120)
    assert ran.returncode == 0, ran.stdout
    assert f"{len(moments)} scenarios, all held" in ran.stdout
