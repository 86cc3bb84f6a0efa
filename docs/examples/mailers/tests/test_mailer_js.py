# SPDX-License-Identifier: MIT
"""mailer.js, which is a program, against hosts that fail."""
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

MAILER = Path(__file__).resolve().parent.parent / "mailer.js"

pytestmark = pytest.mark.skipif(shutil.which("node") is None,
                                reason="needs node and nodemailer")


def send(hosts):
    """What it prints; Debian has nodemailer in /usr/share/nodejs."""
    places = [f"{h.address}:{h.port}" for h in hosts]
    environment = dict(os.environ, NODE_PATH="/usr/share/nodejs")
    done = subprocess.run(
        ["node", MAILER, "anna@example.net", "bob@example.com", *places],
        text=True, capture_output=True, timeout=60, env=environment,
        check=True)
    return json.loads(done.stdout)


def test_next_host(smtp_hosts):
    hosts = smtp_hosts("mx1", "mx2")
    hosts["mx1"].on("eod").reply("452 4.3.1 Mail system full")
    result = send(hosts.values())
    mx2 = hosts["mx2"]
    assert result == {"accepted": ["bob@example.com"],
                      "by": f"{mx2.address}:{mx2.port}"}
    assert mx2.messages[0].header("subject") == "Report"


def test_refused_for_good(smtp_hosts):
    """A 550 is final: the second host is not asked."""
    hosts = smtp_hosts("mx1", "mx2")
    hosts["mx1"].on("rcpt").reply("550 5.1.1 Who?")
    assert send(hosts.values()) == {
        "accepted": [], "error": {"code": "EENVELOPE", "response": 550}}
    assert hosts["mx2"].connections == 0


def test_greeting_that_never_comes(smtp_hosts):
    hosts = smtp_hosts("mx1", "mx2")
    hosts["mx1"].on("banner").drop()
    assert send(hosts.values())["accepted"] == ["bob@example.com"]
