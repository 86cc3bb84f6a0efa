# SPDX-License-Identifier: MIT
"""faultpost run --relay external: a relay that runs already, configured by
somebody else, with its log as a file that grows.  Here it is faultpost-relay,
whose log comes to the file by way of a shipper, as that of an appliance
does."""
import json
import os
import re
import signal
import socket
import subprocess
import threading

import pytest

from relay_peers import Client, PATIENCE_S, Relay, config

SCENARIO = {
    "title": "A full host", "case": "t",
    "routes": ["example.com exchange1.example.com/pri=0, [10.1.1.12]/pri=10"],
    "dns": {"exchange1.example.com": {"A": ["10.1.1.11"]}},
    "hosts": {
        "exchange1": {"address": "10.1.1.11", "rules": [
            {"on": "mail", "reply": "452 4.3.1 Mail system full"}]},
        "exchange2": {"address": "10.1.1.12"}},
    "inject": [{"count": 3, "every": "200ms", "from": "sender@example.net",
                "to": ["user{n}@example.com"]}],
    "expect": [
        {"delivered": {"exchange2": 3}},
        {"failover": {"from": "exchange1", "to": "exchange2"}},
        {"log": ["New SMTP DCID {a} interface 10.0.0.5 address 10.1.1.11 "
                 "port 25", "Delayed: DCID {a} MID {m} to RID 0 - {}",
                 "Message done DCID {b} MID {m} to RID [0]"]},
        {"log": "09:15:07 2014 Info: {}"}]}


class Shipper:
    """Writes what the relay says to a file, each line as `ship` makes it."""

    def __init__(self, relay, path, ship=lambda line: line):
        self.relay, self.path, self.ship = relay, path, ship
        path.write_text("Wed Jul  2 09:15:07 2014 Info: MID 1 of long ago\n")
        self.has_begun = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        for line in self.relay.process.stdout:
            shipped = self.ship(line.decode())
            with self.path.open("a") as file:
                file.write(shipped)
            # The last of what a relay says when it begins.
            if b"Time offset from UTC" in line:
                self.has_begun.set()


# Addresses that no other process of the tests has, so that a port which is free
# there stays so.
NET = f"127.{64 + (os.getpid() >> 8) % 128}.{os.getpid() % 256}"


def free_port(address, kind):
    with socket.socket(socket.AF_INET, kind) as server:
        server.bind((address, 0))
        return server.getsockname()[1]


class Lab:
    """A relay that others have, its log, and places for the hosts."""

    def __init__(self, bin_dir, folder, port):
        self.bin_dir, self.folder, self.port = bin_dir, folder, port
        self.log = folder / "mail.log"
        self.scenario = folder / "t.scenario.json"
        self.relays = []

    def write(self, **more):
        self.scenario.write_text(json.dumps({**SCENARIO, **more}))

    def words(self, at, *more):
        return [self.bin_dir / "faultpost", "run", "--live", "--relay",
                f"external:{at}", "--bind", f"*={NET}.11:{self.port}",
                *more, self.scenario]

    def routes(self):
        """Those that it asks for."""
        done = subprocess.run(self.words("127.0.0.1", "--print-routes"),
                              capture_output=True, text=True, check=True)
        assert done.stderr == ""
        return [line for line in done.stdout.splitlines() if line[0] != "#"]

    def start(self, routes, ship=lambda line: line, **more):
        relay = Relay(
            self.bin_dir / "faultpost-relay", self.folder,
            config(self.folder, routes=routes,
                   **{"delivery": {"idle_timeout": "50ms"}, **more}))
        assert relay.is_ready
        self.relays.append(relay)
        assert Shipper(relay, self.log, ship).has_begun.wait(PATIENCE_S)
        return relay

    def run(self, relay, *more):
        """(exit code, the scenario in JSON, standard error)"""
        at = ":".join(map(str, relay.address()))
        done = subprocess.run(
            self.words(at, "--relay-log", self.log, "--format", "json", *more),
            capture_output=True, text=True, timeout=PATIENCE_S,
            env={**os.environ, "TMPDIR": str(self.folder)}, check=False)
        [told] = json.loads(done.stdout)["scenarios"]
        return done.returncode, told, done.stderr


@pytest.fixture(name="lab")
def lab_fixture(bin_dir, tmp_path):
    made = Lab(bin_dir, tmp_path,
               free_port(f"{NET}.11", socket.SOCK_STREAM))
    made.write()
    yield made
    for relay in made.relays:
        relay.process.kill()
        relay.process.wait()


def verdicts(told):
    return [one["verdict"] for one in told["expectations"]]


def failed(told):
    return [one["subject"] for kind in ("expectations", "invariants",
                                        "endings")
            for one in told.get(kind, []) if one["verdict"] == "failed"]


def test_routes(lab):
    """Names are looked up where the relay cannot, and each host is where it
    listens."""
    port = lab.port
    assert lab.routes() == [
        f"example.com {NET}.11:{port}/pri=0, {NET}.12:{port}/pri=10",
        f"example.net {NET}.13:{port}/pri=0"]


def test_held(lab):
    """In words of the scenario; what has its clock is not judged."""
    code, told, err = lab.run(lab.start(lab.routes()))
    assert (code, told["verdict"], err) == (0, "held", ""), told
    assert verdicts(told) == ["held"] * 3 + ["not judged"]
    assert {one["verdict"] for one in told["invariants"]} == {"held"}


def test_waits(lab):
    """A message that waits in the relay's queue is waited for, though nobody
    is connected to anybody; what the relay has to be set to is printed."""
    settings = {"bounce": {"initial_wait": "1s"}}
    lab.write(routes=["example.com [10.1.1.11]"], dns={}, relay=settings,
              hosts={"exchange1": {"address": "10.1.1.11", "rules": [
                  {"on": "mail", "nth": 1, "reply": "452 4.3.1 Full"}]}},
              inject=[{"to": ["user@example.com"]}],
              expect=[{"delivered": {"exchange1": 1}}, {"requeue": ["1s"]}])
    told = subprocess.run(lab.words("127.0.0.1", "--print-routes"),
                          capture_output=True, text=True, check=True).stdout
    assert '# settings of its relay: {"bounce":{"initial_wait":"1s"}}' in told
    code, told, err = lab.run(lab.start(lab.routes(), **settings))
    assert (code, told["verdict"], err) == (0, "held", ""), told


def test_bounces_for_somebody_else(lab):
    """What the bounce profile's recipient is told is the run's mail."""
    settings = {"bounce": {"recipient": "bounces@ops.example"}}
    lab.write(routes=["example.com [10.1.1.11]", "ops.example [10.1.1.12]"],
              dns={}, relay=settings,
              hosts={"exchange1": {"address": "10.1.1.11", "rules": [
                  {"on": "rcpt", "reply": "550 5.1.1 Nobody"}]},
                     "exchange2": {"address": "10.1.1.12"}},
              inject=[{"from": "s@example.net", "to": ["user@example.com"]}],
              expect=[{"bounced": {"550": 1}}, {"delivered": {"exchange2": 1}},
                      {"received": "To: bounces@ops.example",
                       "host": "exchange2"}])
    code, told, err = lab.run(lab.start(lab.routes(), **settings))
    assert (code, told["verdict"], err) == (0, "held", ""), told


def test_log_comes_behind_the_end(lab):
    """What the log tells of the time before "until" is judged when it comes a
    little later; what happened behind that is not."""
    held_up = iter([1.2])

    def ship(line):
        threading.Event().wait(next(held_up, 0))
        return line

    lab.write(inject=[SCENARIO["inject"][0] | {"every": "10ms"}],
              expect=SCENARIO["expect"][:2], until="1s")
    code, told, _ = lab.run(lab.start(lab.routes(), ship))
    assert (code, told["verdict"]) == (0, "held"), told
    assert told["seconds_virtual"] == 1


def test_wrong_priorities(lab):
    """A relay that goes to the backup first is found out."""
    routes = [line.replace("pri=0,", "pri=20,") for line in lab.routes()]
    code, told, _ = lab.run(lab.start(routes), "--time-limit", "5s")
    assert code == 1
    assert "expect[1] failover" in failed(told)


def test_others(lab):
    """Mail of others passes by, from this machine and another; the clock is
    that of another zone, a syslog server has its own words, and the file is
    rotated."""
    seen = []

    def ship(line):
        line = re.sub(r"^(\w+ \w+ +\d+) (\d\d)(:\S+) (\d+) (\w+:)",
                      lambda m: f"{m[1][4:]} {int(m[2]) + 2:02}{m[3]} esa "
                                f"mail_logs: {m[5]}"
                      if int(m[2]) < 22 else m[0], line)
        seen.append(line)
        if len(seen) == 40:
            os.rename(lab.log, f"{lab.log}.1")
        return line

    lab.write(inject=[{**SCENARIO["inject"][0], "count": 6}],
              expect=[{"delivered": {"exchange2": 6}}])
    relay = lab.start(lab.routes() + ["others.example /dev/null"], ship)
    stop = threading.Event()

    def others():
        client = Client(relay.address())
        while not stop.wait(0.05):
            client.mail("x", "somebody@others.example")
        client.close()
    thread = threading.Thread(target=others)
    thread.start()
    try:
        code, told, err = lab.run(relay)
    finally:
        stop.set()
        thread.join()
    assert (code, told["verdict"]) == (0, "held"), (told, err)
    assert re.search(r"note: left out of the log: \d+ records that are not of "
                     r"this run \(messages: \d+, connections: 0\)", err)
    if " esa mail_logs: " in seen[0]:
        assert re.search(r"the log's clock is 2:00:0[01]\.\d+ ahead of|"
                         r"the log's clock is 1:59:59\.\d+ ahead of", err), err
    assert len(seen) > 40


def test_names(lab):
    """A relay that asks the scenario's DNS finds the hosts where they are."""
    lab.write(routes=[f"example.com exchange1.example.com:{lab.port}/pri=0, "
                      f"exchange2.example.com:{lab.port}/pri=10"],
              dns={"exchange1.example.com": {"A": ["10.1.1.11"]},
                   "exchange2.example.com": {"A": ["10.1.1.12"]}},
              hosts={name: {**host, "port": lab.port}
                     for name, host in SCENARIO["hosts"].items()},
              expect=SCENARIO["expect"][:2])
    at = f"{NET}.1:{free_port(f'{NET}.1', socket.SOCK_DGRAM)}"
    relay = lab.start(json.loads(lab.scenario.read_text())["routes"],
                      resolver={"servers": [at]})
    code, told, err = lab.run(relay, "--bind-dns", at)
    assert (code, told["verdict"]) == (0, "held"), (told, err)


def test_nothing_in_the_log(lab):
    """A log that is another's."""
    relay = lab.start(lab.routes(), lambda line: "")
    code, told, _ = lab.run(relay, "--time-limit", "1s")
    assert code == 1
    assert "bounds" in failed(told)


def test_behind_nat(lab):
    """The relay sees another client than this machine, which can be said; the
    end of a run that waits for its own address tells of that."""
    def ship(line):
        return line.replace(" address 127.0.0.1 reverse",
                            " address 198.51.100.7 reverse")

    relay = lab.start(lab.routes(), ship)
    code, told, _ = lab.run(relay, "--time-limit", "1s")
    [bounds] = [one for one in told["endings"] if one["subject"] == "bounds"]
    assert (code, "no message of the run from 127.0.0.1" in bounds["found"],
            "--client" in bounds["found"]) == (1, True, True), bounds
    assert "--time-limit 1s" in told["replay"]
    code, told, err = lab.run(relay, "--client", "198.51.100.7")
    assert (code, told["verdict"], err) == (0, "held", ""), told


def test_interrupted(lab):
    """SIGINT ends it, and nothing listens any more."""
    lab.write(inject=[{**SCENARIO["inject"][0], "every": "60s"}])
    relay = lab.start(lab.routes())
    at = ":".join(map(str, relay.address()))
    process = subprocess.Popen(
        lab.words(at, "--relay-log", lab.log), stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, start_new_session=True)
    while "Message finished" not in lab.log.read_text():
        assert process.poll() is None
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, err) == (3, "")
    assert "interrupted" in out
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((f"{NET}.12", lab.port))


LAB = ["--live", "--relay", "external:127.0.0.1:1"]
WRONG = {
    "no address": (["--live", "--relay", "external"],
                   "--relay external is wrong; expected the relay's IP "),
    "a name": (["--live", "--relay", "external:esa.example"],
               "--relay external:esa.example is wrong; expected the "),
    "no log": (LAB, "--relay external: expected --relay-log FILE with it"),
    "no such log": ([*LAB, "--relay-log", "none.log"],
                    "--relay-log none.log: No such file"),
    "a log that is a folder": ([*LAB, "--relay-log", "/"],
                               "--relay-log /: is no file; expected the "),
    "no host": ([*LAB, "--bind", "mx=127.0.0.1:1", "--print-routes"],
                "--bind mx: the scenario has no such host; expected one of "
                'its "hosts", as exchange1'),
    "no place": ([*LAB, "--bind", "exchange1=127.0.0.1:1", "--print-routes"],
                 "host exchange2 has 0 --bind; expected 1, one for each of "
                 "its addresses, as --bind exchange2=192.0.2.11:25"),
    "no sender": ([*LAB, "--bind", "exchange1=127.0.0.1:1", "--bind",
                   "exchange2=127.0.0.2:1", "--print-routes"],
                  "host sender, which takes what senders are told, has 0"),
    "one place twice": ([*LAB, "--bind", "a=127.0.0.1", "--bind",
                         "b=127.0.0.1:25"],
                        "--bind b=127.0.0.1:25: a is there already"),
    "no bind": ([*LAB, "--bind", "exchange1"],
                "--bind exchange1 is wrong; expected a host's name and"),
    "not ours": ([*LAB, "--relay-log", "/dev/null", "--bind",
                  "exchange1=192.0.2.1:2525"],
                 "--bind 192.0.2.1:2525: Cannot assign requested address; "
                 "expected an address of this machine"),
    "nobody there": ([*LAB, "--relay-log", "/dev/null"],
                     "--relay external:127.0.0.1:1: Connection refused"),
    "a clock": ([*LAB, "--time-scale", "2"], "--time-scale: expected none"),
    "many": ([*LAB, "-j", "2"], "-j 2: expected 1 with --relay external"),
    "without": (["--live", "--bind", "a=127.0.0.1"],
                "--bind: expected --relay external:ADDRESS with it"),
    "a client": ([*LAB, "--client", "host.example"],
                 "--client host.example is wrong; expected an IP address"),
    "a limit": ([*LAB, "--time-limit", "soon"],
                "--time-limit soon is wrong; expected a duration"),
}


@pytest.mark.parametrize("words, message", WRONG.values(), ids=WRONG)
def test_what_is_wrong(lab, words, message):
    done = subprocess.run(
        [lab.bin_dir / "faultpost", "run", *words, lab.scenario],
        capture_output=True, text=True, timeout=PATIENCE_S, cwd=lab.folder,
        check=False)
    assert message in done.stderr
    assert (done.returncode, done.stdout) == (2, "")


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes nobody")
def test_port_of_the_machine(lab):
    """A user who may not have port 25."""
    start = int(open("/proc/sys/net/ipv4/ip_unprivileged_port_start").read())
    if start <= 25:
        pytest.skip("anybody may have port 25 here")
    done = subprocess.run(
        ["setpriv", "--reuid", "65534", "--clear-groups", "--bounding-set",
         "-all", lab.bin_dir / "faultpost", "run", *LAB, "--relay-log",
         "/dev/null", "--bind", "exchange1=127.0.0.1:25",
         "scenarios/failover/117875.scenario.json"],
        capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert ("--bind 127.0.0.1:25: Permission denied; expected a port above "
            "1023, or root") in done.stderr


UNABLE = {
    "operates": ({"timeline": [{"at": "1s", "relay": "crash"}]},
                 "its timeline operates the relay"),
    "unreachable": ({"timeline": [{"at": "1s", "host": "exchange1",
                                   "state": "unreachable"}]},
                    "a host of it is unreachable, and ours is this machine"),
    "dialogue": ({"inject": [{"dialogue": [{"reply": "220"}]}]},
                 'its "inject" has a dialogue with a listener of ours'),
    "client": ({"inject": [{"client": "10.9.9.9", "to": "a@example.com"}]},
               'its "inject" comes from an address of its own'),
}


def test_what_cannot_be_run(lab):
    for more, reason in UNABLE.values():
        lab.write(**more)
        done = subprocess.run(
            lab.words("127.0.0.1:1", "--check", "--format", "json"),
            capture_output=True, text=True, check=False)
        [told] = json.loads(done.stdout)["scenarios"]
        assert (told["verdict"], told["reason"]) == ("not run", reason)
