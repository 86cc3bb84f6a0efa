#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Kills faultpost-relay under load, again and again, and looks for lost mail.

usage: kill_load.py [--rounds N] [--seed N] BIN

Parallel clients write down each message whose final dot was answered 250.  The
daemon is killed (SIGKILL) after a random number of such answers and a random
moment more, and started again on the same queue; at the end it may deliver
everything.  Each message that was acknowledged must have arrived, whole.
Prints "N kills, N acknowledged, N lost, N duplicates" and exits 1 when any was
lost or damaged.
"""
import argparse
import collections
import hashlib
import pathlib
import random
import re
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from relay_peers import PATIENCE_S, Client, Relay, Sink, config  # noqa: E402

CLIENTS = 6
ACKNOWLEDGED_MAX = 60  # in a round before the kill
DELAY_MAX_S = 0.02     # behind them: a kill comes at no special moment
ID = re.compile(rb"^Subject: (m\d+-\d+-\d+)\r$", re.M)


def body_of(name, size):
    """A content that can be told from any other."""
    line = f"{name} ".ljust(60, "x") + "\r\n"
    return f"Subject: {name}\r\n\r\n" + line * (size // len(line) + 1)


def digest_of(content):
    return hashlib.sha256(content).digest()


class Account(Sink):
    """Knows of each message how often it arrived, and its contents' digests."""

    def __init__(self):
        self.counts = collections.Counter()
        self.digests = {}
        super().__init__()

    def keep(self, message):
        name = ID.search(message)[1].decode()
        content = message.split(b"\r\n\r\n", 1)[1]
        with self.arrived:
            self.counts[name] += 1
            self.digests.setdefault(name, set()).add(digest_of(content))
            self.arrived.notify_all()


class Load:
    """The clients of one life of the daemon."""

    def __init__(self, address, turn, seed):
        self.address = address
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
        client.ask(f"MAIL FROM:<{name}@b.example>")
        for n in range(rng.randint(1, 3)):
            client.ask(f"RCPT TO:<u{n}@exchange.example>")
        client.ask("DATA")
        if not client.ask(text + ".").startswith("250 "):
            return False
        with self.more:
            self.acknowledged[name] = digest_of(
                text.split("\r\n\r\n", 1)[1].encode())
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


def start(program, folder, sink):
    relay = Relay(program, folder, config(
        folder, routes=[f"exchange.example 127.0.0.1:{sink.port}"],
        log=str(folder / "mail.log"), destconfig=["[exchange.example]", "max_host_concurrency = 4",
                    "limit_type = host", "limit_apply = system"],
        bounce={"initial_wait": "1s", "max_wait": "1s"}))
    assert relay.is_ready, relay.end()
    return relay


def kill_once(program, folder, sink, turn, seed):
    """One life of the daemon; what it acknowledged."""
    rng = random.Random(f"{seed}/{turn}")
    relay = start(program, folder, sink)
    load = Load(relay.address(), turn, seed)
    load.await_count(rng.randint(0, ACKNOWLEDGED_MAX))
    time.sleep(rng.uniform(0, DELAY_MAX_S))
    assert relay.process.poll() is None, relay.end()
    relay.process.kill()
    relay.process.communicate()
    load.join()
    return load.acknowledged


def run(program, folder, rounds, seed):
    """(kills, acknowledged, lost, damaged, duplicates)"""
    sink = Account()
    acknowledged = {}
    for turn in range(rounds):
        acknowledged.update(kill_once(program, folder, sink, turn, seed))
    relay = start(program, folder, sink)
    with sink.arrived:
        sink.arrived.wait_for(
            lambda: acknowledged.keys() <= sink.counts.keys(), PATIENCE_S)
    relay.stop()
    sink.close()
    lost = acknowledged.keys() - sink.counts.keys()
    damaged = [name for name, digest in acknowledged.items()
               if name not in lost and sink.digests[name] != {digest}]
    return (rounds, len(acknowledged), len(lost), len(damaged),
            sum(sink.counts.values()) - len(sink.counts))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int,
                        default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("bin", type=pathlib.Path)
    options = parser.parse_args()
    print(f"seed {options.seed}", file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        kills, acknowledged, lost, damaged, duplicates = run(
            options.bin / "faultpost-relay", pathlib.Path(folder),
            options.rounds, options.seed)
    print(f"{kills} kills, {acknowledged} acknowledged, {lost} lost, "
          f"{duplicates} duplicates")
    if damaged:
        print(f"{damaged} of them came damaged", file=sys.stderr)
    return 1 if lost or damaged else 0


if __name__ == "__main__":
    sys.exit(main())
