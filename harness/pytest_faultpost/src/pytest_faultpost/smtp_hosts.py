# SPDX-License-Identifier: MIT
"""Scripted SMTP hosts for tests of one's own sender.

A host without rules is a well-behaved server.  A rule says when it departs
from that; it is given in Python and takes effect with the next command:

    smtp_host.on("rcpt").reply("452 4.3.1 full").times(2)

The hosts live in one faultpost-mock, and all of it goes through its admin API.
"""
from __future__ import annotations

import json
import random
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .programs import Daemon, DaemonFailed, Programs

API_S = 20.0        # an answer of the API that does not wait
START_TRIES = 5     # with other addresses each
HOSTS_MAX = 250     # of one network of loopback addresses

Json = dict[str, Any]


class RuleRefused(ValueError):
    """A rule that the mock does not understand; the text says what is wrong
    with it and where."""


class WaitTimeout(AssertionError):
    """What was waited for did not come in time."""


@dataclass(frozen=True)
class Message:
    """A message that a host accepted."""

    host: str               # its name
    sender: str             # of MAIL; "" is the null path
    recipients: list[str]
    content: bytes          # as received, without the dots of SMTP
    size: int               # bytes, also of what was too large to be kept
    digest: str             # SHA-256 of the content, in hexadecimal
    raw: Json               # all that the admin API tells of it

    @property
    def headers(self) -> list[tuple[str, str]]:
        """Its header fields in their order, unfolded."""
        return [(name, value) for name, value in self.raw["headers"]]

    def header(self, name: str) -> str | None:
        """The first field of that name, in capitals or not."""
        for key, value in self.headers:
            if key.lower() == name.lower():
                return value
        return None


class Api:
    """The admin API of a mock that runs at `address`."""

    def __init__(self, address: str) -> None:
        self._base = f"http://{address}"
        # A proxy of the environment's knows nothing of our loopback.
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}))

    def call(self, method: str, path: str, body: Json | None = None,
             timeout: float = API_S) -> Any:
        """The answer, decoded; raises HTTPError."""
        request = urllib.request.Request(self._base + path, method=method)
        if body is not None:
            request.add_header("Content-Type", "application/json")
            request.data = json.dumps(body).encode()
        with self._opener.open(request, timeout=timeout) as answer:
            return json.load(answer)

    def content(self, number: int) -> bytes:
        """A message's content."""
        with self._opener.open(
                f"{self._base}/v1/messages/{number}/content",
                timeout=API_S) as answer:
            data: bytes = answer.read()
            return data


class Rule:
    """A rule of a host, as it is being said: each method adds to it and gives
    it back.  It holds from the moment that it says what to do, and what is
    added later replaces it, its counts beginning anew."""

    def __init__(self, host: SmtpHost, stage: str) -> None:
        self._host = host
        self._rule: Json = {"on": stage}
        self._id: int | None = None

    # ---- when ----

    def match(self, pattern: str) -> Rule:
        """Only where the command's argument matches (PCRE2)."""
        return self.having(match=pattern)

    def sender(self, glob: str) -> Rule:
        """Only for mail from such an address: `*@example.com`."""
        return self.having(**{"from": glob})

    def recipient(self, glob: str) -> Rule:
        """Only for mail to such an address."""
        return self.having(to=glob)

    def times(self, count: int) -> Rule:
        """At most so often, then never again."""
        return self.having(times=count)

    def nth(self, number: int) -> Rule:
        """Only the nth time, from 1."""
        return self.having(nth=number)

    def every(self, number: int) -> Rule:
        """Each nth time."""
        return self.having(every=number)

    def first(self, count: int) -> Rule:
        """Only the first so many times."""
        return self.having(first=count)

    def per(self, unit: str) -> Rule:
        """What is counted by: host, connection, message, recipient, sender."""
        return self.having(per=unit)

    def optional(self) -> Rule:
        """It need not act; any other that never did fails the test."""
        return self.having(optional=True)

    # ---- what ----

    def reply(self, *lines: str) -> Rule:
        """Answers with these lines: `"452 4.3.1 full"`."""
        return self.having(reply=lines[0] if len(lines) == 1 else list(lines))

    def delay(self, duration: str) -> Rule:
        """Answers later: `"250ms"`, `"10s"`."""
        return self.having(delay=duration)

    def stall(self) -> Rule:
        """Says nothing any more."""
        return self.having(stall=True)

    def drop(self) -> Rule:
        """Closes the connection (FIN)."""
        return self.having(drop=True)

    def reset(self) -> Rule:
        """Resets the connection (RST)."""
        return self.having(reset=True)

    def raw(self, data: str) -> Rule:
        r"""Sends these bytes instead: `"250 ok\\n"`, escapes as in C."""
        return self.having(raw=data)

    def then_close(self) -> Rule:
        """Closes the connection behind the reply."""
        return self.having(then="close")

    def having(self, **keys: Any) -> Rule:
        """Any key of the rule language, `on` excepted; raises RuleRefused."""
        __tracebackhide__ = True
        wanted = {**self._rule, **keys}
        if self._id is not None:
            self._send("PUT", f"/v1/rules/{self._id}", wanted)
        elif set(wanted) & ACTIONS:
            self._id = self._send("POST", "/v1/rules", wanted)["id"]
        self._rule = wanted
        return self

    def _send(self, method: str, path: str, rule: Json) -> Json:
        __tracebackhide__ = True
        body = ({"host": self._host.name, "rule": rule} if method == "POST"
                else rule)
        try:
            answer: Json = self._host.hosts.api.call(method, path, body)
        except urllib.error.HTTPError as error:
            if error.code != 422:
                raise
            problem = json.load(error)
            raise RuleRefused("; ".join(
                f"{e['pointer']}: {e['detail']}"
                for e in problem["errors"])) from None
        return answer

    # ---- what came of it ----

    @property
    def acted(self) -> int:
        """How often it has acted."""
        return int(self._state()["acted"])

    def remove(self) -> None:
        """Takes it away; its host is again as it was without it."""
        if self._id is not None:
            self._host.hosts.api.call("DELETE", f"/v1/rules/{self._id}")
            self._id = None

    def _state(self) -> Json:
        if self._id is None:
            raise ValueError(f"on({self._rule['on']!r}) says not yet what to "
                             "do; expected reply(), drop(), ...")
        state: Json = self._host.hosts.api.call(
            "GET", f"/v1/rules/{self._id}")
        return state


# The keys that say what a rule does; one of them makes it a rule.
ACTIONS = frozenset({
    "reply", "raw", "garbage", "delay", "stall", "drop", "reset", "vanish",
    "then", "read", "linger", "throughout", "throttle", "set", "tls_fault",
    "starttls"})


class SmtpHost:
    """A host of a mock."""

    def __init__(self, hosts: SmtpHosts, name: str, address: str,
                 port: int) -> None:
        self.hosts = hosts
        self.name = name
        self.address = address  # IPv4, of the loopback
        self.port = port

    def __repr__(self) -> str:
        return f"<SmtpHost {self.name} at {self.address}:{self.port}>"

    def on(self, stage: str) -> Rule:
        """A rule for a stage: connect, banner, ehlo, mail, rcpt, data, eod
        ... (docs/scenario.md has them all)."""
        return Rule(self, stage)

    def refuse(self) -> None:
        """Refuses connections from now on."""
        self._state("refuse")

    def silence(self) -> None:
        """Answers nobody who calls from now on."""
        self._state("silent")

    def up(self) -> None:
        """Takes connections again, at the same port."""
        self._state("up")

    def _state(self, state: str) -> None:
        self.hosts.api.call("PATCH", f"/v1/hosts/{self.name}",
                            {"state": state})

    @property
    def messages(self) -> list[Message]:
        """What it has accepted, the oldest first."""
        return self.hosts.messages_of(self.name)

    @property
    def connections(self) -> int:
        """How many it has taken."""
        return int(self.hosts.api.call(
            "GET", f"/v1/hosts/{self.name}")["connections"])

    def wait(self, messages: int = 1, timeout: float = 10.0) -> list[Message]:
        """Blocks until it has accepted so many, counted from its start; gives
        them all.  Raises WaitTimeout after `timeout` seconds."""
        __tracebackhide__ = True
        self.hosts.wait(messages, timeout, self.name)
        return self.messages


class SmtpHosts(Mapping[str, SmtpHost]):
    """Hosts by their names, in a process of their own.

    All listen on one port, each at an address of its own, so that a sender
    that asks DNS (`dns_server`) for addresses finds them.
    """

    def __init__(self, programs: Programs, folder: Path,
                 hosts: Mapping[str, Json], dns: Json | None = None) -> None:
        """`hosts` are as in a scenario, without their addresses; `dns` is a
        scenario's zone, to which each host's name and address is added.
        Raises ProgramMissing, DaemonFailed, and ValueError for hosts that
        are none."""
        if not 0 < len(hosts) <= HOSTS_MAX:
            raise ValueError(f"{len(hosts)} hosts; expected 1 to {HOSTS_MAX}")
        self._hosts: dict[str, SmtpHost] = {}
        program = programs.find("faultpost-mock")
        for left in reversed(range(START_TRIES)):
            try:
                self._start(program, folder, hosts, dns or {})
                break
            except DaemonFailed as error:
                if left == 0 or "in use" not in str(error):
                    raise

    def _start(self, program: str, folder: Path, hosts: Mapping[str, Json],
               dns: Json) -> None:
        # Below the ports that the kernel gives to those who ask for any.
        chance = random.SystemRandom()
        net = f"127.{chance.randint(1, 254)}.{chance.randint(0, 254)}"
        port = chance.randint(10_000, 30_000)
        addresses = {name: f"{net}.{i}" for i, name in enumerate(hosts, 1)}
        scenario = {
            "title": "hosts of a test",
            "dns": {**{name: {"A": [address]}
                       for name, address in addresses.items()}, **dns},
            "hosts": {name: {**host, "address": addresses[name]}
                      for name, host in hosts.items()}}
        path = folder / "hosts.scenario.json"
        path.write_text(json.dumps(scenario, indent=1))
        maps = [f"--map={a}:25={a}:{port}" for a in addresses.values()]
        self.daemon = Daemon(program, folder, [
            "--admin", "0", "--dns", "0", "--port-file", "hosts.ports",
            "--transcript", "hosts.transcript", *maps, path.name])
        places = json.loads((folder / "hosts.ports").read_text())
        services = {p.get("service"): p["real"] for p in places}
        self.transcript_path = folder / "hosts.transcript"
        self.api = Api(services["admin"])
        self.dns_server: str = services["dns"]  # ADDRESS:PORT, UDP and TCP
        self.port = port
        self._hosts = {name: SmtpHost(self, name, address, port)
                       for name, address in addresses.items()}

    def __getitem__(self, name: str) -> SmtpHost:
        return self._hosts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._hosts)

    def __len__(self) -> int:
        return len(self._hosts)

    @property
    def messages(self) -> list[Message]:
        """What all of them have accepted, the oldest first."""
        return self.messages_of(None)

    def messages_of(self, host: str | None) -> list[Message]:
        """Those of one host, or (None) of all."""
        found: list[Message] = []
        more, after = True, 0
        while more:
            query = f"?after={after}" + (f"&host={host}" if host else "")
            page = self.api.call("GET", f"/v1/messages{query}")
            found += [self._message(m) for m in page["messages"]]
            more = page["more"]
            after = page["messages"][-1]["number"] if page["messages"] else after
        return found

    def _message(self, raw: Json) -> Message:
        return Message(host=raw["host"], sender=raw["from"],
                       recipients=list(raw["to"]),
                       content=self.api.content(raw["number"]),
                       size=raw["size"], digest=raw["sha256"], raw=raw)

    def wait(self, messages: int = 1, timeout: float = 10.0,
             host: str | None = None) -> None:
        """Blocks until so many messages have been accepted, of all or of one
        host; raises WaitTimeout after `timeout` seconds."""
        __tracebackhide__ = True
        query = f"messages={messages}&timeout={int(timeout * 1000)}ms"
        if host is not None:
            query += f"&host={host}"
        try:
            self.api.call("GET", f"/v1/wait?{query}", timeout=timeout + API_S)
        except urllib.error.HTTPError as error:
            if error.code != 504:
                raise
            had = len(self.messages_of(host))
            raise WaitTimeout(
                f"{host or 'the hosts'} had {had} messages after "
                f"{timeout:g} s; expected {messages}") from None

    def rules_that_never_acted(self) -> list[str]:
        """A line for each, with why; those that are optional excepted."""
        rules = self.api.call("GET", "/v1/rules")["rules"]
        return [f"{r['host']}: on {r['on']}: {r['action']}: never acted"
                + (f": {r['why']}" if r.get("why") else "")
                for r in rules
                if r["acted"] == 0 and not r["rule"].get("optional")]

    def end(self) -> None:
        """Ends the process."""
        self.daemon.end()
