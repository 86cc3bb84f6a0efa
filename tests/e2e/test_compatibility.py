# SPDX-License-Identifier: MIT
"""docs/compatibility.md: each rule of its tables is one, and acts."""
import json
import re
import signal
import smtplib
import socket
import ssl
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

PATIENCE_S = 60
SHORT_S = 2  # for what does not come
SECTIONS = {"Exim's test server": 10, "Toxiproxy": 15, "Mailpit's chaos": 3,
            "James' mock SMTP server": 14}
USER = {"user": "joe", "password": "secret"}
MAIL, RCPT = b"MAIL FROM:<a@b.example>\r\n", b"RCPT TO:<u@v.example>\r\n"
SCRIPT = [b"EHLO c\r\n", MAIL, RCPT, b"DATA\r\n",
          b"Subject: x\r\n\r\n" + b"x" * 60 + b"\r\n.\r\n", b"RSET\r\n",
          b"VRFY u\r\n", b"NOOP\r\n", b"QUIT\r\n"]


def rows_of(page):
    """(section, what is theirs, the host that ours comes to) of each row."""
    for section in re.split(r"^## ", page, flags=re.M)[1:]:
        title, _, text = section.partition("\n")
        if title not in SECTIONS:
            continue
        rows = re.findall(r"^\| (.+?) \| (.+) \|$", text, re.M)[1:]
        assert len(rows) == SECTIONS[title], title
        for theirs, ours in rows:
            found = re.match(r"`([{\[].*?[}\]])`", ours)
            if found is None:
                assert ours.startswith("`/v1/"), ours
                continue
            value = json.loads(found[1])
            rules = value if isinstance(value, list) else [value]
            yield (title, theirs,
                   {"rules": rules} if "on" in rules[0] else value)


@pytest.fixture(scope="module")
def cases(root):
    page = (root / "docs" / "compatibility.md").read_text()
    found = list(rows_of(page))
    for i, (_, _, host) in enumerate(found):
        host["address"] = f"10.1.1.{i + 1}"
        for rule in host.get("rules", []):
            if rule["on"] == "auth":
                host.update(tls={}, auth=[USER])
    return found


@pytest.fixture(scope="module")
def mock(bin_dir, cases, tmp_path_factory):
    folder = tmp_path_factory.mktemp("compatibility")
    path = folder / "t.scenario.json"
    path.write_text(json.dumps({"title": "t", "hosts": {
        f"host{i}": host for i, (_, _, host) in enumerate(cases)}}))
    process = subprocess.Popen(
        [bin_dir / "faultpost-mock", "--port-file", folder / "ports.json",
         path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline(), process.communicate()[1]
    places = {}
    for place in json.loads((folder / "ports.json").read_text()):
        if place["real"] is not None:
            ip, port = place["real"].rsplit(":", 1)
            places[place["host"]] = (ip, int(port))
    process.places = places
    yield process
    process.kill()
    process.communicate()


def log_in(address):
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with smtplib.SMTP(*address, timeout=PATIENCE_S) as client:
        client.starttls(context=context)
        try:
            client.login("joe", "secret")
        except smtplib.SMTPAuthenticationError as refused:
            return refused.smtp_code
    return None


def converse(address, script):
    """All that the host says, until it says nothing twice."""
    heard, silences = [], 0
    try:
        with socket.create_connection(address, PATIENCE_S) as client:
            client.settimeout(SHORT_S)
            for step in [b"", *script]:
                client.sendall(step)
                ending = hear_reply(client, heard)
                if ending:
                    return b"".join(heard) + b"(FIN)"
                silences = silences + 1 if ending is None else 0
                if silences == 2:
                    break
    except OSError:
        heard.append(b"(RST)")
    return b"".join(heard)


def hear_reply(client, heard):
    """True at the end of the connection, None when nothing comes."""
    try:
        while True:
            heard.append(client.recv(65536))
            if heard[-1] == b"":
                return True
            if re.search(rb"^\d{3} .*\n\Z", b"".join(heard), re.M):
                return False
    except TimeoutError:
        return None


def visit(mock, name, host):
    """Gives each rule of the host its occasion."""
    address = mock.places.get(name)
    if address is None:
        assert host["state"] == "refuse"
        return b""
    rules = host.get("rules", [])
    if any(rule["on"] == "auth" for rule in rules):
        return b" ".join(str(log_in(address)).encode() for _ in range(5))
    if any("probability" in rule for rule in rules):
        return b"".join(converse(address, SCRIPT[:3]) for _ in range(20))
    return converse(address, SCRIPT)


def test_each_rule_acts(mock, cases):
    with ThreadPoolExecutor(16) as pool:
        heard = list(pool.map(
            lambda case: visit(mock, f"host{case[0]}", case[1][2]),
            enumerate(cases)))
    mock.send_signal(signal.SIGTERM)
    _, notes = mock.communicate(timeout=PATIENCE_S)
    assert mock.returncode == 0
    for i, (section, theirs, host) in enumerate(cases):
        where = (section, theirs, heard[i])
        assert f" host{i} " not in notes, (where, notes)
        for rule in host.get("rules", []):
            # What it says is heard, and its end seen.
            if isinstance(rule.get("reply"), str) and "as" not in rule:
                assert rule["reply"][:3].encode() in heard[i], where
            if rule.get("reset"):
                assert b"(RST)" in heard[i], where
            if rule.get("drop"):
                assert heard[i].endswith(b"(FIN)"), where
    found = {theirs: said for (_, theirs, _), said in zip(
        cases, heard, strict=True)}
    assert b"250 OK\n250" in found["`>LF>TEXT`: LF behind it"]
    assert b"250 OK\r250" in found["`>CR>TEXT`: CR behind it"]
    assert b"250 half250" in found["`>>TEXT`: nothing behind it"]
    assert b"any text\r\n" in found["`>TEXT`: any text, CR LF behind it"]
    assert b"gr\xfc\xdfe\r\n" in found[r"`\xNN` in a text: that byte"]
    assert b"250-DSN" not in found["`/smtpExtensions`"]
    assert b"250 DSN\r\n" in found["`/smtpExtensions`"]
    assert b"PIPELINING" not in found["`/smtpExtensions`"]
