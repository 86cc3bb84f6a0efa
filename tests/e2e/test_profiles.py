# SPDX-License-Identifier: MIT
"""The profiles of scenarios/profiles/: each is good, is what its schema says,
and each of its replies comes over TCP when it is asked for, by name and by
trigger; those of the SMTP Field Manual are all there."""
import json
import os
import signal
import socket
import subprocess
from pathlib import Path

import jsonschema
import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "scenarios" / "profiles"
PROFILES = {path.stem: json.loads(path.read_text())
            for path in sorted(FOLDER.glob("*.json"))}
SCHEMA_FILE = ROOT / "scenarios" / "schema" / "profile.schema.json"

# Replies of each provider and filter in the manual's data; of two that are the
# same to the letter one is kept (mailru, barracuda).
MANUAL = {
    "apple": 10, "att": 3, "barracuda": 13, "comcast": 10,
    "emailsecuritycloud": 5, "exchangeonline": 7, "fireeye": 1, "free": 6,
    "gmx": 4, "google": 18, "hey": 1, "hostpoint": 1, "improvmx": 7,
    "infomaniak": 2, "mailru": 2, "mimecast": 9, "orange": 5, "outlook": 15,
    "proofpoint": 16, "protonmail": 1, "qq": 8, "rackspace": 1, "rambler": 4,
    "trendmicro": 5, "webde": 10, "yahoo": 20, "yandex": 8, "zerospam": 2,
    "zoho": 10,
}
SENDER, RECIPIENT = "sender@example.net", "user@example.com"


def test_the_manual_is_covered():
    assert {name: len(PROFILES[name]["replies"]) for name in MANUAL} == MANUAL
    notice = (FOLDER / "LICENSE.smtp-field-manual").read_text()
    assert "Copyright (c) 2022 ActiveCampaign" in notice
    for name in MANUAL:
        assert "LICENSE.smtp-field-manual" in PROFILES[name]["case"]


def test_schema(bin_dir):
    printed = subprocess.run([bin_dir / "faultpost", "schema", "--profile"],
                             capture_output=True, text=True, check=True).stdout
    assert printed == SCHEMA_FILE.read_text()
    validator = jsonschema.Draft7Validator(json.loads(printed))
    for name, profile in PROFILES.items():
        assert not list(validator.iter_errors(profile)), name


def test_each_is_shown(bin_dir):
    """A scenario of the library takes each profile that has rules."""
    shown = " ".join(path.read_text()
                     for path in (ROOT / "scenarios").rglob("*.scenario.json"))
    for name, profile in PROFILES.items():
        if "rules" in profile:
            assert f'"profile": "{name}"' in shown, name


class Daemon:
    """A faultpost-mock that serves the hosts."""

    def __init__(self, bin_dir, folder, hosts):
        scenario = folder / "t.scenario.json"
        scenario.write_text(json.dumps({"title": "t", "hosts": hosts}))
        ready, ready_in = os.pipe()
        self.process = subprocess.Popen(
            [bin_dir / "faultpost-mock", "--profiles", FOLDER, "--port-file",
             folder / "ports", "--ready-fd", str(ready_in), "--strict",
             scenario],
            pass_fds=[ready_in], stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True)
        os.close(ready_in)
        with os.fdopen(ready) as pipe:
            assert pipe.readline() != "", self.process.communicate()[1]
        self.ports = {place["host"]: int(place["real"].rpartition(":")[2])
                      for place in json.loads((folder / "ports").read_text())}

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        stderr = self.process.communicate(timeout=60)[1]
        return self.process.returncode, stderr


@pytest.fixture
def start(bin_dir, tmp_path):
    running = []

    def run(hosts):
        running.append(Daemon(bin_dir, tmp_path, hosts))
        return running[-1]

    yield run
    for daemon in running:
        if daemon.process.poll() is None:
            daemon.process.kill()
            daemon.process.communicate()


STEPS = [("banner", None), ("ehlo", "EHLO client.example"),
         ("mail", "MAIL FROM:<{from}>"), ("rcpt", "RCPT TO:<{rcpt}>"),
         ("data", "DATA"), ("eod", "Subject: x\r\n\r\nhello\r\n."),
         ("idle", "")]


def reply_at(port, stage, names):
    """The lines that are answered at the stage; those before it are good."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as stream:
        reader = stream.makefile("r", encoding="ascii", newline="\r\n")
        for name, command in STEPS:
            if command:
                for key, value in names.items():
                    command = command.replace("{" + key + "}", value)
                stream.sendall(command.encode() + b"\r\n")
            lines = [reader.readline()]
            while lines[-1][3:4] == "-":
                lines.append(reader.readline())
            lines = [line.removesuffix("\r\n") for line in lines]
            if name == stage:
                return lines
            assert lines[-1][0] in "23", (name, lines)
    raise AssertionError(stage)


def wanted(reply, names):
    lines = reply["reply"]
    texts = []
    for line in [lines] if isinstance(lines, str) else lines:
        for key, value in {**names, "client": "127.0.0.1"}.items():
            line = line.replace("{" + key + "}", value)
        texts.append(line.replace("{{", "{"))
    return texts


REPLIES = [(profile, name, reply) for profile, text in PROFILES.items()
           for name, reply in text.get("replies", {}).items()]


def test_each_reply_comes_by_name(start):
    daemon = start({
        f"h{number}": {
            "address": f"10.9.{number // 200}.{number % 200 + 1}",
            "limits": {"idle_timeout": "50ms" if reply["on"] == "idle" else "1m"},
            "profile": {"name": profile, "reply": name}}
        for number, (profile, name, reply) in enumerate(REPLIES)})
    names = {"from": SENDER, "rcpt": RECIPIENT}
    for number, (profile, name, reply) in enumerate(REPLIES):
        got = reply_at(daemon.ports[f"h{number}"], reply["on"], names)
        assert got == wanted(reply, names), (profile, name)
    assert daemon.stop() == (0, "")


@pytest.mark.parametrize("form", ["{}@example.com", "who+{}@example.com"])
def test_each_reply_comes_by_trigger(start, form):
    daemon = start({
        f"h{number}": {"address": f"10.9.0.{number + 1}",
                       "profile": [{"name": profile, "weights": False}]}
        for number, profile in enumerate(PROFILES)})
    count = 0
    for number, profile in enumerate(PROFILES):
        port = daemon.ports[f"h{number}"]
        for name, reply in PROFILES[profile].get("replies", {}).items():
            names = {"from": SENDER, "rcpt": RECIPIENT}
            if reply["on"] in ("banner", "ehlo", "idle"):
                continue  # no address is known there
            names["from" if reply["on"] == "mail" else "rcpt"] = form.format(name)
            got = reply_at(port, reply["on"], names)
            assert got == wanted(reply, names), (profile, name)
            count += 1
    assert count > 190


def test_errors_of_a_profile(bin_dir, tmp_path):
    """The place of what is wrong is in the profile's own file; what does not
    exist is told at the scenario's word."""
    scenario = tmp_path / "deep" / "down" / "t.scenario.json"
    scenario.parent.mkdir(parents=True)
    (tmp_path / "profiles").mkdir()

    def check(profile, **files):
        scenario.write_text(json.dumps({"title": "t", "hosts": {
            "a": {"address": "10.1.1.1", "profile": profile}}}))
        for name, text in files.items():
            (tmp_path / "profiles" / f"{name}.json").write_text(text)
        ran = subprocess.run(
            [bin_dir / "faultpost", "run", "--check", "t.scenario.json"],
            cwd=scenario.parent, capture_output=True, text=True, check=False)
        return ran.returncode, ran.stderr

    assert check("mine", mine='{"title": "t",\n "rules": [{"on": "rctp", "drop": true}]}') == (
        2, "../../profiles/mine.json:2:19: /rules/0/on: \"rctp\" is none of "
        '"connect", "banner", "command", "ehlo", "helo", "starttls", "tls", '
        '"auth", "mail", "rcpt", "data", "body", "bdat", "eod", "rset", "noop", '
        '... (did you mean "rcpt"?)\n')
    code, error = check(["mine", "nowhere"],
                        mine='{"title": "t", "rules": [{"on": "mail", "drop": true}]}')
    assert code == 2
    assert error.startswith(
        't.scenario.json:1:75: /hosts/a/profile/1: there is no profile "nowhere"; '
        "expected a file profiles/nowhere.json beside the scenario, in a folder "
        "above it, or in ")
    assert check("a", a='{"title": "t", "profile": ["b"]}',
                 b='{"title": "t", "profile": "a"}') == (
        2, "../../profiles/b.json:1:27: /profile: profile a takes its rules from "
        "itself in the end\n")
    assert check("big", big=" " * (1 << 20) + "{}") [0] == 2
    assert check("mine") == (0, "")


def test_strict(bin_dir, start):
    """With --strict a rule that never acted is an exit code, too."""
    daemon = start({"mx": {"address": "10.1.1.1", "rules": [
        {"on": "rcpt", "to": "bob@example.com", "reply": "450 4.2.1 Busy"}]}})
    names = {"from": SENDER, "rcpt": "rob@example.com"}
    assert reply_at(daemon.ports["mx"], "rcpt", names) == ["250 2.1.5 Recipient ok"]
    daemon.process.send_signal(signal.SIGUSR1)
    told = daemon.process.stderr.readline()
    code, rest = daemon.stop()
    assert code == 1
    assert told == rest
    path, _, note = told.partition(": note: ")
    assert path.endswith("t.scenario.json:1:66")
    place, _, words = note.partition(" at 0:00:")
    assert place == ("this rule of host mx never acted (reply 450): "
                     "RCPT TO:<rob@example.com>")
    assert words[6:] == (': only "to" was not true, which wants '
                         "bob@example.com, and it was rob@example.com\n")
