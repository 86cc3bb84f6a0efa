#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Kills faultpost-relay under load, again and again, and looks for lost mail.

usage: kill_load.py [--rounds N] [--seed N] BIN

Parallel clients write down each message whose final dot was answered 250.  It
goes on to two hosts of the same priority, one of which fails: it answers 452 to
MAIL, RCPT or the final dot, hangs up in the content, or takes the message and
hangs up without a word.  The daemon is killed (SIGKILL) after a random number
of answers and a random moment more, and started again on the same queue; at
the end it may deliver everything.  Each message that was acknowledged must have
arrived, whole, for each of its recipients; and a recipient is delivered again
only when the host gave no answer to the final dot, or when the daemon was
killed before the end was on disk, which is in WINDOW_S (docs/delivery.md, 23)
and, as a machine may leave it no time to work, before it has acknowledged
WINDOW_MAX messages more.
Prints "N kills, N acknowledged, N lost, N sent again in vain" with what else
was seen, and exits 1 when anything was lost, damaged or sent again though that
it had been delivered was on disk.
"""
import argparse
import collections
import dataclasses
import hashlib
import math
import pathlib
import random
import re
import shutil
import sqlite3
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from relay_peers import (PATIENCE_S, Client, Relay, Sink,  # noqa: E402
                         SinkSession, config)

CLIENTS = 6
ACKNOWLEDGED_MAX = 60  # in a round before the kill
DELAY_MAX_S = 0.02     # behind them: a kill comes at no special moment
WINDOW_S = 2.0
WINDOW_MAX = 2 * CLIENTS
ID = re.compile(rb"^Subject: (m\d+-\d+-\d+)\r$", re.M)
# What the failing host does to a transaction, and how often.
FAULTS = ["mail", "rcpt", "dot", "content", "silent"] + [None] * 3


def body_of(name, size):
    """A content that can be told from any other."""
    line = f"{name} ".ljust(60, "x") + "\r\n"
    return f"Subject: {name}\r\n\r\n" + line * (size // len(line) + 1)


def digest_of(content):
    return hashlib.sha256(content).digest()


@dataclasses.dataclass
class Arrival:
    """One recipient of a message that a host has taken."""
    life: int         # of the daemon that sent it
    answered: bool    # it is told 250
    at: float         # when it had been
    acknowledged: int # by the daemon up to then


class Account:
    """What both hosts have taken: (message, recipient) to its arrivals, and the
    contents' digests."""

    def __init__(self):
        self.life = 0
        self.acknowledged = 0  # so many of whatever life
        self.arrived = threading.Condition()
        self.arrivals = collections.defaultdict(list)
        self.digests = collections.defaultdict(set)

    def keep(self, life, message, recipients):
        """The arrivals, not answered yet."""
        name = ID.search(message)[1].decode()
        content = message.split(b"\r\n\r\n", 1)[1]
        new = [Arrival(life, False, math.inf, 0) for _ in recipients]
        with self.arrived:
            for recipient, arrival in zip(recipients, new):
                self.arrivals[name, recipient].append(arrival)
            self.digests[name].add(digest_of(content))
            self.arrived.notify_all()
        return new


class Session(SinkSession):
    """A host's side of a connection, with the host's faults."""

    def talk(self):
        self.life = self.server.account.life
        self.recipients = []
        self.fault = None
        super().talk()

    def command(self, verb, line):
        if verb == b"MAIL":
            self.recipients = []
            self.fault = self.server.next_fault()
            if self.fault == "mail":
                return b"452 4.3.1 full"
        if verb == b"RCPT":
            # One of several at most, so that the others go on.
            if self.fault == "rcpt":
                self.fault = None
                return b"452 4.2.2 mailbox full"
            self.recipients.append(line[line.index(b"<") + 1:
                                        line.index(b">")].decode())
        return b"250 ok"

    def take(self):
        if not self.recipients:
            self.say(b"554 no valid recipients")
            return True
        self.say(b"354 go on")
        message = bytearray()
        while (line := self.rfile.readline()) != b".\r\n":
            if not line or (self.fault == "content" and len(message) > 50):
                return False
            message += line[1:] if line.startswith(b".") else line
        if self.fault == "dot":
            self.say(b"452 4.3.1 full")
            return True
        new = self.server.account.keep(
            self.life, bytes(message), self.recipients)
        if self.fault == "silent":
            return False
        for arrival in new:
            arrival.answered = True
        self.say(b"250 2.0.0 kept")
        for arrival in new:
            arrival.acknowledged = self.server.account.acknowledged
            arrival.at = time.monotonic()
        return True


class Host(Sink):
    """A next hop; `faults` are what it chooses from."""

    session = Session

    def __init__(self, account, seed, faults):
        self.account = account
        self.rng = random.Random(seed)
        self.faults = faults
        super().__init__()

    def next_fault(self):
        return self.rng.choice(self.faults)


class Load:
    """The clients of one life of the daemon."""

    def __init__(self, address, turn, seed, account):
        self.address = address
        self.account = account
        self.turn = turn
        self.acknowledged = {}
        self.more = threading.Condition()
        self.threads = [
            threading.Thread(target=self.run, args=[n, f"{seed}/{turn}/{n}"])
            for n in range(CLIENTS)]
        for thread in self.threads:
            thread.start()

    def run(self, number, seed):
        """Sends until the daemon is gone."""
        rng = random.Random(seed)
        try:
            client = Client(self.address)
            client.ask("EHLO client.test")
            count = 0
            while self.send(client, f"m{self.turn}-{number}-{count}", rng):
                count += 1
            client.close()
        except OSError:
            pass

    def send(self, client, name, rng):
        size = rng.choice([100, 1000, 10000, 200000])
        text = body_of(name, size)
        recipients = [f"u{n}@exchange.example"
                      for n in range(rng.randint(1, 3))]
        client.ask(f"MAIL FROM:<{name}@b.example>")
        for recipient in recipients:
            client.ask(f"RCPT TO:<{recipient}>")
        client.ask("DATA")
        if not client.ask(text + ".").startswith("250 "):
            return False
        with self.more:
            self.acknowledged[name] = (recipients, digest_of(
                text.split("\r\n\r\n", 1)[1].encode()))
            self.account.acknowledged += 1
            self.more.notify_all()
        return True

    def await_count(self, count):
        with self.more:
            assert self.more.wait_for(
                lambda: len(self.acknowledged) >= count, PATIENCE_S), (
                    "the daemon accepts no mail")

    def join(self):
        for thread in self.threads:
            thread.join()


def start(program, folder, hosts):
    relay = Relay(program, folder, config(
        folder, routes=["exchange.example " + ", ".join(
            f"127.0.0.1:{host.port}" for host in hosts)],
        log=str(folder / "mail.log"),
        destconfig=["[exchange.example]", "max_host_concurrency = 4",
                    "limit_type = host", "limit_apply = system"],
        bounce={"initial_wait": "1s", "max_wait": "1s"}))
    assert relay.is_ready, relay.end()
    return relay


def waiting(folder):
    """Who is in the queue on disk, by message and recipient."""
    with tempfile.TemporaryDirectory() as copy:
        # Reading it would make good what the daemon has to.
        for name in ["queue.db", "queue.db-wal"]:
            shutil.copy(folder / name, copy)
        db = sqlite3.connect(pathlib.Path(copy) / "queue.db")
        rows = db.execute("SELECT sender, address FROM message"
                          " JOIN recipient USING(mid)").fetchall()
        db.close()
    return {(sender.split("@")[0], address) for sender, address in rows}


@dataclasses.dataclass
class Death:
    at: float
    acknowledged: int
    waiting: set


@dataclasses.dataclass
class Result:
    kills: int
    acknowledged: int
    lost: int
    damaged: int
    again: int          # though its end was on disk, or should have been
    unanswered: int     # copies that follow from an answer that never came
    unrecorded: int     # copies of what a kill kept from being recorded
    window_s: float     # the longest that it took before such a kill

    @property
    def held(self):
        return self.lost == self.damaged == self.again == 0


def kill_once(program, folder, hosts, turn, seed, account):
    """One life of the daemon: what it acknowledged, and how it died."""
    rng = random.Random(f"{seed}/{turn}")
    relay = start(program, folder, hosts)
    load = Load(relay.address(), turn, seed, account)
    load.await_count(rng.randint(0, ACKNOWLEDGED_MAX))
    time.sleep(rng.uniform(0, DELAY_MAX_S))
    assert relay.process.poll() is None, relay.end()
    relay.process.kill()
    at, acknowledged = time.monotonic(), account.acknowledged
    relay.process.communicate()
    load.join()
    return load.acknowledged, Death(at, acknowledged, waiting(folder))


def is_late(before, death):
    """Whether its end should have been on disk when the daemon died."""
    return (death.at - before.at > WINDOW_S and
            death.acknowledged - before.acknowledged > WINDOW_MAX)


def judge_copies(account, deaths, result):
    """Each copy behind one that was answered has a kill to excuse it."""
    for pair, arrivals in account.arrivals.items():
        # As they were sent: of two lives the hosts may hear in either order.
        arrivals = sorted(arrivals, key=lambda arrival: arrival.life)
        for before, copy in zip(arrivals, arrivals[1:]):
            if not before.answered:
                result.unanswered += 1
                continue
            death = (deaths[before.life]
                     if before.life < copy.life else None)
            if (death is None or pair not in death.waiting or
                    is_late(before, death)):
                result.again += 1
                print(f"{pair}: delivered again; {before}, {copy}",
                      file=sys.stderr)
                continue
            result.unrecorded += 1
            result.window_s = max(result.window_s, death.at - before.at)


def run(program, folder, rounds, seed):
    account = Account()
    hosts = [Host(account, seed, [None]), Host(account, seed, FAULTS)]
    acknowledged, deaths = {}, []
    for turn in range(rounds):
        account.life = turn
        new, death = kill_once(program, folder, hosts, turn, seed, account)
        acknowledged.update(new)
        deaths.append(death)
    account.life = rounds
    wanted = {(name, recipient) for name, (recipients, _) in
              acknowledged.items() for recipient in recipients}
    relay = start(program, folder, hosts)
    with account.arrived:
        account.arrived.wait_for(
            lambda: wanted <= account.arrivals.keys(), PATIENCE_S)
    relay.stop()
    for host in hosts:
        host.close()
    result = Result(
        rounds, len(acknowledged), len(wanted - account.arrivals.keys()),
        sum(not account.digests[name] <= {digest}
            for name, (_, digest) in acknowledged.items()), 0, 0, 0, 0.0)
    judge_copies(account, deaths, result)
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int,
                        default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("bin", type=pathlib.Path)
    options = parser.parse_args()
    print(f"seed {options.seed}", file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        result = run(options.bin / "faultpost-relay", pathlib.Path(folder),
                     options.rounds, options.seed)
    print(f"{result.kills} kills, {result.acknowledged} acknowledged, "
          f"{result.lost} lost, {result.damaged} damaged, {result.again} sent "
          f"again in vain ({result.unanswered} copies for want of an answer, "
          f"{result.unrecorded} by a kill within "
          f"{result.window_s * 1000:.0f} ms)")
    return 0 if result.held else 1


if __name__ == "__main__":
    sys.exit(main())
