# SPDX-License-Identifier: MIT
"""Postfix, Exim and OpenSMTPD as next hops: what they get is what was sent, and
what they refuse has the outcome that the model says."""
import hashlib
import re
import smtplib
import time

from servers import DOMAIN, PATIENCE_S

MARK = b"X-Peer: from here on it is the client's\r\n"
BODIES = {
    "plain": b"hello\r\n",
    "empty": b"",
    "dots": b".\r\n..\r\n.dot\r\n\r\n.\r\n",
    "no end of line": b"the last line has none",
    "8 bit": "gr\u00fc\u00dfe aus k\u00f6ln\r\n".encode() * 40,
    "long line": b"x" * 900 + b"\r\n",
    "big": b"0123456789abcdef" * 4 + b"\r\n",
}
BIG_LINES = 30000


def content(name):
    body = BODIES[name] * (BIG_LINES if name == "big" else 1)
    return (MARK + b"Subject: " + name.encode() + b"\r\nFrom: <a@b.example>\r\n"
            b"Date: Wed, 2 Jul 2014 09:15:07 +0000\r\nMessage-ID: <"
            + name.encode().replace(b" ", b"-") + b"@b.example>\r\n\r\n" + body)


def digest(message):
    """Of what is the client's, whatever ends its lines and its end."""
    at = message.index(MARK.rstrip())
    return hashlib.sha256(
        message[at:].replace(b"\r\n", b"\n").rstrip(b"\n")).hexdigest()


def await_mail(server, count):
    end = time.monotonic() + PATIENCE_S
    while len(server.messages()) < count and time.monotonic() < end:
        time.sleep(0.05)
    return server.messages()


def routes(server):
    return [f"{DOMAIN} 127.0.0.1:{server.port}"]


def test_what_arrives_is_what_was_sent(start, server):
    relay = start(routes=routes(server))
    with smtplib.SMTP(*relay.address()) as client:
        for name in BODIES:
            client.sendmail("a@b.example", [f"u@{DOMAIN}"], content(name),
                            ["BODY=8BITMIME"])
    for _ in BODIES:
        relay.await_text("Message finished MID ")
    got = sorted(digest(message) for message in await_mail(
        server, len(BODIES)))
    assert got == sorted(digest(content(name)) for name in BODIES)
    assert relay.stop()[0] == 0


def test_refusals_have_their_outcome(start, server):
    relay = start(routes=routes(server))
    with smtplib.SMTP(*relay.address()) as client:
        client.sendmail(
            "a@b.example",
            [f"{who}@{DOMAIN}" for who in ("defer", "u", "deny")],
            content("plain"))
    log = relay.await_text("MID 1 to RID [0] pending till ")
    _, rest, _ = relay.stop()
    log += rest
    lines = log.splitlines()
    [delayed] = [line for line in lines if "Delayed: " in line]
    assert "MID 1 to RID 0 - 4." in delayed
    assert "come back later" in delayed
    [bounced] = [line for line in lines if "Bounced: " in line
                 and "MID 1 " in line]
    assert "MID 1 to RID 2 - 5.1.0 - Unknown address error ('550'" in bounced
    assert "not for you" in bounced
    assert re.search(r"Message done DCID \d+ MID 1 to RID \[1\]", log)
    [message] = await_mail(server, 1)
    assert digest(message) == digest(content("plain"))
