# SPDX-License-Identifier: MIT
"""SIGHUP: another scenario while the mock is at work; and as many hosts as
there may be in one process."""
import contextlib
import json
import os
import signal
import smtplib
import socket
from pathlib import Path

import pytest

from mock_api import Api, admin_address, start_mock


def host(number, *rules, **more):
    return {"address": f"10.1.1.{number}", "rules": list(rules), **more}


VRFY = {"on": "vrfy", "reply": "252 2.0.0 the first"}
SECOND = {"on": "vrfy", "reply": "252 2.0.0 the second"}


class Reloaded:
    """A mock whose scenario changes."""

    def __init__(self, program, folder, hosts):
        self.mock = start_mock(program, folder, {"title": "t", "hosts": hosts},
                               "--format", "json", "--profiles", folder)
        self.api = Api(admin_address(self.mock))
        self.told = []

    def write(self, text):
        (self.mock.folder / "t.scenario.json").write_text(text)
        self.mock.process.send_signal(signal.SIGHUP)
        while True:
            self.told.append(json.loads(self.mock.process.stderr.readline()))
            if self.told[-1]["event"] in ("reloaded", "error"):
                break
        self.mock.places = json.loads(
            (self.mock.folder / "ports.json").read_text())
        return self.told[-1]

    def hosts(self, hosts):
        said = self.write(json.dumps({"title": "t", "hosts": hosts}))
        assert said["event"] == "reloaded", said
        return tuple(said[k] for k in ("added", "removed", "changed", "same"))

    @contextlib.contextmanager
    def client(self, name):
        with smtplib.SMTP(*self.mock.address(name), timeout=20) as client:
            yield client


@pytest.fixture(scope="module", name="program")
def mock_program(bin_dir):
    return bin_dir / "faultpost-mock"


@pytest.fixture
def start(program, tmp_path):
    running = []

    def run(hosts):
        running.append(Reloaded(program, tmp_path, hosts))
        return running[-1]

    yield run
    for one in running:
        code, stderr = one.mock.stop()
        assert code == 0, stderr


def test_hosts_come_go_and_change(start):
    mock = start({"same": host(11, VRFY), "other": host(12, VRFY),
                  "gone": host(13)})
    places = {name: mock.mock.address(name) for name in
              ("same", "other", "gone")}
    with mock.client("same") as same, mock.client("other") as other, \
            mock.client("gone") as gone:
        assert same.verify("x") == (252, b"2.0.0 the first")
        assert other.verify("x") == (252, b"2.0.0 the first")
        assert mock.hosts({"fresh": host(14, SECOND), "same": host(11, VRFY),
                           "other": host(12, SECOND)}) == (1, 1, 1, 1)
        # Who was connected goes on with what was then, and no longer.
        assert same.verify("x") == (252, b"2.0.0 the first")
        assert other.verify("x") == (252, b"2.0.0 the first")
        assert gone.noop()[0] == 250
        with mock.client("other") as again:
            assert again.verify("x") == (252, b"2.0.0 the second")
    for name in ("same", "other"):
        assert mock.mock.address(name) == places[name]
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(places["gone"], timeout=20)
    with mock.client("fresh") as fresh:
        assert fresh.verify("x") == (252, b"2.0.0 the second")
    hosts = mock.api.get("/v1/hosts")["hosts"]
    assert [(h["name"], h["connections"], h["acted"]) for h in hosts] == [
        ("fresh", 1, 1), ("same", 1, 2), ("other", 1, 1)]
    rules = {r["host"]: r["rule"]["reply"]
             for r in mock.api.get("/v1/rules")["rules"]}
    assert rules == {"fresh": "252 2.0.0 the second",
                     "same": "252 2.0.0 the first",
                     "other": "252 2.0.0 the second"}


@pytest.mark.parametrize("text, place", [
    ("{", (1, 2)),
    ('{"hosts": {"mx": {"address": "10.1.1.11", "rulse": []}}}', (1, 43)),
    ('{"hosts": {"mx": {"address": "10.1.1.11", "state": "unreachable"}}}',
     (1, 52)),
])
def test_mistake_changes_nothing(start, text, place):
    mock = start({"mx": host(11, VRFY)})
    with mock.client("mx") as client:
        client.verify("x")
        before = mock.api.get("/v1/hosts"), mock.api.get("/v1/rules")
        said = mock.write(text)
        assert said["event"] == "error"
        assert (said["line"], said["column"]) == place
        assert (mock.api.get("/v1/hosts"), mock.api.get("/v1/rules")) == before
        assert client.verify("x") == (252, b"2.0.0 the first")
    with mock.client("mx") as client:
        assert client.verify("x") == (252, b"2.0.0 the first")


def test_address_that_cannot_be_had_changes_nothing(start):
    """Nor does an address that could be, before it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.2", 0))
        taken.listen()
        port = taken.getsockname()[1]
        mock = start({"mx": host(11, VRFY)})
        said = mock.write(json.dumps({"title": "t", "hosts": {
            "fresh": host(12), "mx": host(11, SECOND),
            "taken": {"address": "127.0.0.2", "port": port}}}))
        assert said["event"] == "error" and "taken" in said["message"]
        assert [h["name"] for h in mock.api.get("/v1/hosts")["hosts"]] == ["mx"]
        with mock.client("mx") as client:
            assert client.verify("x") == (252, b"2.0.0 the first")


def test_addresses_change_hands(start):
    """The listeners stay: a client that connects all the time is never
    refused."""
    mock = start({"a": host(11, VRFY), "b": host(12, SECOND)})
    places = mock.mock.address("a"), mock.mock.address("b")
    for turn in range(40):
        one, two = host(11 + turn % 2, VRFY), host(12 - turn % 2, SECOND)
        mock.hosts({"a": one, "b": two})
        found = mock.mock.address("a"), mock.mock.address("b")
        assert found == (places if turn % 2 == 0 else places[::-1])
        with mock.client("a") as client:
            assert client.verify("x") == (252, b"2.0.0 the first")


def test_refusing_and_api_rules(start):
    """What the API changed at a host stays until the file changes the host."""
    mock = start({"mx": host(11, VRFY), "my": host(12)})
    mock.api.get("/v1/rules", 201, "POST", {"host": "my", "rule": SECOND})
    mock.api.get("/v1/hosts/mx", 200, "PATCH", {"state": "refuse"})
    assert mock.hosts({"mx": host(11, VRFY), "my": host(12)}) == (0, 0, 0, 2)
    assert mock.api.get("/v1/hosts/mx")["state"] == "refuse"
    with mock.client("my") as client:
        assert client.verify("x") == (252, b"2.0.0 the second")
    assert mock.hosts({"mx": host(11, SECOND), "my": host(12, VRFY)}) == (
        0, 0, 2, 0)
    assert mock.api.get("/v1/hosts/mx")["state"] == "up"
    with mock.client("my") as client:
        assert client.verify("x") == (252, b"2.0.0 the first")
    mock.hosts({"mx": host(11, state="silent"), "my": host(12, VRFY)})
    assert mock.api.get("/v1/hosts/mx")["state"] == "silent"
    with pytest.raises(socket.timeout):
        socket.create_connection(mock.mock.address("mx"), timeout=0.2)
    mock.hosts({"mx": host(11), "my": host(12, VRFY)})
    with mock.client("mx") as client:
        client.noop()
    mock.hosts({"mx": host(11, state="refuse"), "my": host(12, tls={})})
    assert mock.api.get("/v1/hosts/mx")["state"] == "refuse"
    with mock.client("my") as client:
        client.ehlo("c")
        assert client.has_extn("starttls")


def test_profile_that_changes(start, tmp_path):
    profile = tmp_path / "kind.json"
    profile.write_text(json.dumps({"title": "t", "rules": [VRFY]}))
    hosts = {"mx": host(11, profile="kind"), "my": host(12)}
    mock = start(hosts)
    assert mock.hosts(hosts) == (0, 0, 0, 2)
    profile.write_text(json.dumps({"title": "t", "rules": [SECOND]}))
    assert mock.hosts(hosts) == (0, 0, 1, 1)
    with mock.client("mx") as client:
        assert client.verify("x") == (252, b"2.0.0 the second")
    (rule,) = mock.api.get("/v1/rules?host=mx")["rules"]
    assert rule["rule"] is None and rule["action"] == "reply 252"


def cpu_seconds(pid):
    """How long it has worked, however long that took."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_five_thousand_hosts(program, tmp_path, build_dir):
    """One process: quick to start, and small."""
    cache = (build_dir / "CMakeCache.txt").read_text()
    is_plain = "FAULTPOST_SANITIZE:STRING=\n" in cache
    count = 5000 if is_plain else 1500
    hosts = {f"h{i}": {"address": f"127.{1 + i // 250}.{1 + i % 250}.1",
                       "rules": [VRFY]} for i in range(count)}
    scenario = {"title": "t", "hosts": hosts}
    with open(tmp_path / "said", "w", encoding="utf-8") as said:
        mock = start_mock(program, tmp_path, scenario, "--base-port", "0",
                          output=said)
    took = cpu_seconds(mock.process.pid)
    status = Path(f"/proc/{mock.process.pid}/status").read_text()
    kilobytes = int(status.split("VmRSS:")[1].split()[0])
    api = Api(admin_address(mock))
    for name in ("h0", "h777", f"h{count - 1}"):
        assert mock.address(name)[0] == hosts[name]["address"]
        with smtplib.SMTP(*mock.address(name), timeout=20) as client:
            assert client.verify("x") == (252, b"2.0.0 the first")
    assert len(api.get("/v1/hosts")["hosts"]) == count
    assert mock.stop()[0] == 0
    print(f"{count} hosts: {took:.2f} s of work, {kilobytes} kB")
    if is_plain:
        assert took < 10
        assert kilobytes < 100_000
