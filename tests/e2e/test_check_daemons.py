# SPDX-License-Identifier: MIT
"""faultpost check on what our own daemons leave: faultpost-relay's log and
faultpost-mock's transcript, made over TCP."""
import hashlib
import json
import socket
import subprocess

import pytest

from relay_peers import Relay, config, own_address
from test_mock_tcp import Mock

# Whatever the two programs have waited for, the log tells it last.
LAST = "Message finished MID 3 done\n"


def free_port(address):
    """Hosts are told of by the addresses that the scenario has."""
    with socket.create_server((address, 0)) as server:
        return server.getsockname()[1]


def converse(bin_dir, folder, *options):
    """Three messages by way of a full host and one that is not; the scenario,
    and the folder of the log and the transcript."""
    hosts = {
        "full": {"address": own_address(1), "rules": [
            {"on": "banner", "reply": "431 4.3.1 Mail system full"}]},
        "good": {"address": own_address(2), "rules": [
            {"on": "rcpt", "match": "nobody", "reply": "550 5.1.1 no"}]}}
    for host in hosts.values():
        host["port"] = free_port(host["address"])
    routes = ["example.com " + ", ".join(
        f"{host['address']}:{host['port']}" for host in hosts.values())]
    scenario = {"title": "t", "hosts": hosts, "routes": routes,
                "relay": {"bounce": {"hard_bounces": False}}}
    mock = Mock(bin_dir / "faultpost-mock", folder, scenario, *options)
    assert mock.is_ready
    relay = Relay(bin_dir / "faultpost-relay", folder,
                  config(folder, routes=routes,
                         bounce={"hard_bounces": False}))
    try:
        client = relay.connect()
        for n, name in enumerate(("a", "nobody", "b"), 1):
            assert client.mail(f"Subject: {n}\r\n\r\n..{n}",
                               f"{name}@example.com").startswith("250 ")
        client.close()
        log = relay.await_text(LAST)
        code, rest, err = relay.stop()
        assert (code, err) == (0, "")
        mock.stop()
    finally:
        relay.destroy()
        mock.process.kill()
        mock.process.communicate()
    (folder / "mail.log").write_text(log + rest)
    return scenario, folder


@pytest.fixture(scope="module")
def talk(bin_dir, tmp_path_factory):
    return converse(bin_dir, tmp_path_factory.mktemp("daemons"))


@pytest.fixture(scope="module")
def cut_talk(bin_dir, tmp_path_factory):
    """The same, with a transcript that has the beginning of messages, and (for
    the mock keeps them) their digests."""
    return converse(bin_dir, tmp_path_factory.mktemp("cut"),
                    "--transcript-bytes", "20", "--admin", "0")


@pytest.fixture
def check(bin_dir, talk, tmp_path):
    def run(expect, transcript=None, *words, talk=talk):
        scenario, folder = talk
        path = tmp_path / "t.scenario.json"
        path.write_text(json.dumps({**scenario, "expect": expect}))
        if transcript is None:
            transcript = (folder / "transcript").read_text()
        (tmp_path / "talk").write_text(transcript)
        done = subprocess.run(
            [bin_dir / "faultpost", "check", path, "--log",
             folder / "mail.log", "--transcript", tmp_path / "talk", "--whole",
             "--format", "json", *words], capture_output=True, text=True)
        assert done.stderr == ""
        [told] = json.loads(done.stdout)["scenarios"]
        return done.returncode, told
    return run


EXPECT = [{"delivered": {"good": 2}}, {"bounced": {"550": 1}},
          {"received": ["Subject: 3", ".3"], "host": "good",
           "to": "b@example.com"},
          {"no_received": "Subject: 2"},
          {"failover": {"from": "full", "to": "good"}}]


def test_all_is_judged(check):
    code, told = check(EXPECT)
    assert code == 0, told
    assert {one["verdict"] for kind in ("expectations", "invariants")
            for one in told[kind]} == {"held"}
    assert len(told["invariants"]) == 9


def failed(told):
    return [one["subject"].split(" ")[-1]
            for kind in ("expectations", "invariants") for one in told[kind]
            if one["verdict"] == "failed"]


def test_what_was_received(check):
    _, told = check([{"received": "Subject: 2"}, {"no_received": "Subject: 1"}])
    assert failed(told) == ["received", "no_received"]


def body_of(number):
    return hashlib.sha256(f".{number}\r\n".encode()).hexdigest()


def test_what_was_received_in_part(check, cut_talk):
    """What is to be seen is judged, and by digests; of what is not nothing is
    said."""
    code, told = check([
        {"received": "Received: from"}, {"received": "Subject: 3"},
        {"no_received": "Received: from"}, {"no_received": "Subject: 3"},
        {"received": "Received: from", "body_sha256": body_of(3)},
        {"received": "Received: from", "body_sha256": body_of(4)}],
        talk=cut_talk)
    assert [one["verdict"] for one in told["expectations"]] == [
        "held", "not judged", "failed", "not judged", "held", "not judged"]
    assert code == 1
    assert {one["verdict"] for one in told["invariants"]} == {"held"}


def test_the_relay_is_known(check, talk):
    """By the log's word: a connection from elsewhere is no witness."""
    text = (talk[1] / "transcript").read_text()
    code, told = check([], text.replace('"client":"127.0.0.1:',
                                        '"client":"127.0.0.2:'))
    assert code == 1
    assert failed(told) == ["two-witnesses"]


def test_behind_the_last_line(check, talk):
    """Of a log from which nothing is missing, it is missing."""
    lines = (talk[1] / "transcript").read_text().splitlines()
    events = [json.loads(line) for line in lines]
    number = max(one["connection"] for one in events
                 if one["event"] == "message")
    more = []
    for one in events:
        if one["connection"] == number and one["event"] != "message":
            more.append({**one, "connection": 99,
                         "time": one["time"].replace("20", "21", 1)})
    text = "\n".join(lines + [json.dumps(one) for one in more]) + "\n"
    code, told = check([], text)
    assert code == 1
    assert failed(told) == ["two-witnesses"]
    [found] = [one["found"] for one in told["invariants"] if "found" in one and
               one["verdict"] == "failed"]
    assert "connection 99 of the transcript" in found
