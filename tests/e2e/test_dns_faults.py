# SPDX-License-Identifier: MIT
"""The name server of faultpost-mock, and each fault of DNS on the wire: asked
by dnslib over UDP and TCP, and by the relay's resolver, which is c-ares."""
import contextlib
import random
import socket
import struct
import time

import dnslib
import fault_pages
import pytest
from relay_peers import PATIENCE_S, Relay, config
from test_wire_faults import Hosts

PAGES = fault_pages.pages("DNS")
OBSERVERS = {}
SHORT_S = 0.1  # how long is waited for what must not come

SCENARIO = {
    "title": "Names of all kinds",
    "hosts": {"mx": {"address": "127.0.0.1"}},
    "dns": {
        "mx.example": {"A": ["127.0.0.1"]},
        "good.example": {"MX": ["10 mx.example", "20 other.example"]},
        "cut.example": {"MX": ["10 mx.example"], "truncate": True},
        "lossy.example": {"MX": ["10 mx.example"], "drop": 1},
        "late.example": {"MX": ["10 mx.example"], "delay": "20ms"},
        "alias.example": {"CNAME": "good.example"},
        "gone.example": "NXDOMAIN",
        "empty.example": {},
        "broken.example": "SERVFAIL",
        "closed.example": "REFUSED",
        "silent.example": "TIMEOUT",
        "a.loop": {"CNAME": "b.loop"},
        "b.loop": {"CNAME": "a.loop"},
        "null.example": {"MX": ["0 ."]},
        "big.example": {"MX": [f"{n} mx{n}.big.example" for n in range(100)]},
        "slow.example": {"A": ["10.1.1.1"], "delay": "150ms"},
    },
}


def observes(function):
    """The function is the self-test of the page that is named like it."""
    OBSERVERS[function.__name__.replace("_", "-")] = function
    return function


class NameServer(Hosts):
    """A faultpost-mock that serves its zone, too."""

    def __init__(self, bin_dir, folder, scenario):
        super().__init__(bin_dir, folder, scenario, "--dns", "127.0.0.1:0",
                         "--base-port", "0")
        self.dns = self.address("dns")

    def ask(self, name, kind="A", **more):
        """The answer over UDP; None when none comes."""
        return self.send(question(name, kind, **more))

    def send(self, query, patience=PATIENCE_S):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.settimeout(patience)
            udp.connect(self.dns)
            udp.send(query)
            try:
                reply = udp.recv(65535)
            except socket.timeout:
                return None
        return checked(query, reply)

    def is_silent(self, name, kind="A"):
        return self.send(question(name, kind), SHORT_S) is None

    @contextlib.contextmanager
    def stream(self):
        with socket.create_connection(self.dns, PATIENCE_S) as made, \
                made.makefile("rb") as file:
            yield made, file

    def ask_tcp(self, name, kind="A", **more):
        with self.stream() as (stream, file):
            query = question(name, kind, **more)
            stream.sendall(framed(query))
            return checked(query, message(file))


def question(name, kind="A", edns=None):
    record = dnslib.DNSRecord.question(name, kind)
    if edns is not None:
        record.add_ar(dnslib.EDNS0(udp_len=edns))
    return record.pack()


def framed(query):
    return struct.pack("!H", len(query)) + query


def message(file):
    (size,) = struct.unpack("!H", file.read(2))
    return file.read(size)


def checked(query, reply):
    """Parsed; it is an answer to that query."""
    answer = dnslib.DNSRecord.parse(reply)
    assert reply[:2] == query[:2] and answer.header.qr == 1
    return answer


def code(answer):
    return dnslib.RCODE[answer.header.rcode]


def data(answer):
    """[(name, type, TTL, data)] of the answer's records; names in data may
    have letters of the question's, which they point at."""
    return [(str(rr.rname), dnslib.QTYPE[rr.rtype], rr.ttl,
             str(rr.rdata).lower())
            for rr in answer.rr]


def negative_ttl(answer):
    """TTL and MINIMUM of the one SOA, whose zone is the root (RFC 2308, 3)."""
    (soa,) = answer.auth
    assert dnslib.QTYPE[soa.rtype] == "SOA" and str(soa.rname) == "."
    return soa.ttl, soa.rdata.times[4]


@pytest.fixture(name="server", scope="module")
def name_server(bin_dir, tmp_path_factory):
    made = dict(SCENARIO, dns=dict(SCENARIO["dns"]))
    for page in PAGES:
        made["dns"].update(page.rule["dns"])
    running = NameServer(bin_dir, tmp_path_factory.mktemp("dns"), made)
    yield running
    assert running.stop() == ""


# ---- the pages ----

@observes
def dns_nxdomain(server):
    answer = server.ask("dns-nxdomain.example")
    assert code(answer) == "NXDOMAIN" and data(answer) == []
    assert negative_ttl(answer) == (300, 300)


@observes
def dns_nodata(server):
    answer = server.ask("dns-nodata.example", "MX")
    assert code(answer) == "NOERROR" and data(answer) == []
    assert negative_ttl(answer) == (60, 60)


@observes
def dns_servfail(server):
    answer = server.ask("dns-servfail.example")
    assert code(answer) == "SERVFAIL" and data(answer) + answer.auth == []


@observes
def dns_refused(server):
    answer = server.ask("dns-refused.example")
    assert code(answer) == "REFUSED" and data(answer) + answer.auth == []


@observes
def dns_timeout(server):
    assert server.is_silent("dns-timeout.example")
    with server.stream() as (stream, _):
        stream.sendall(framed(question("dns-timeout.example")))
        stream.settimeout(SHORT_S)
        with pytest.raises(socket.timeout):
            stream.recv(1)


@observes
def dns_delay(server):
    since = time.monotonic()
    assert data(server.ask("dns-delay.example"))
    assert time.monotonic() - since >= 0.1


@observes
def dns_drop(server):
    """Of each type apart, and of questions over UDP only."""
    name = "dns-drop.example"
    for kind in ("A", "AAAA"):
        for _ in range(2):
            assert server.is_silent(name, kind)
            assert server.ask_tcp(name, kind)
        assert server.ask(name, kind)


@observes
def dns_truncate(server):
    answer = server.ask("dns-truncate.example")
    assert code(answer) == "NOERROR" and answer.header.tc == 1
    assert data(answer) == []
    answer = server.ask_tcp("dns-truncate.example")
    assert answer.header.tc == 0
    assert data(answer) == [
        ("dns-truncate.example.", "A", 300, "10.1.1.11")]


@observes
def dns_short_ttl(server):
    assert data(server.ask("dns-short-ttl.example")) == [
        ("dns-short-ttl.example.", "A", 1, "10.1.1.11")]


@observes
def dns_loop(server):
    assert data(server.ask("dns-loop.example")) == [
        ("dns-loop.example.", "CNAME", 300, "b.dns-loop.example."),
        ("b.dns-loop.example.", "CNAME", 300, "dns-loop.example.")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_fault(server, page):
    OBSERVERS[page.name](server)


def test_each_page_has_one_self_test():
    assert set(OBSERVERS) == {page.name for page in PAGES}


# ---- what every answer is like ----

@pytest.mark.parametrize("name, kind, want", [
    ("good.example", "MX", [
        ("good.example.", "MX", 300, "10 mx.example."),
        ("good.example.", "MX", 300, "20 other.example.")]),
    ("GOOD.Example", "MX", [
        ("GOOD.Example.", "MX", 300, "10 mx.example."),
        ("GOOD.Example.", "MX", 300, "20 other.example.")]),
    ("alias.example", "MX", [
        ("alias.example.", "CNAME", 300, "good.example."),
        ("good.example.", "MX", 300, "10 mx.example."),
        ("good.example.", "MX", 300, "20 other.example.")]),
    ("null.example", "MX", [("null.example.", "MX", 300, "0 .")]),
    ("good.example", "TXT", []),
    ("example", "A", []),
])
def test_records(server, name, kind, want):
    for ask in (server.ask, server.ask_tcp):
        answer = ask(name, kind)
        assert code(answer) == "NOERROR" and answer.header.aa == 1
        assert answer.header.ra == 1 and answer.header.rd == 1
        assert data(answer) == want
        assert want or negative_ttl(answer)


@pytest.mark.parametrize("kind", ["AXFR", "IXFR", "ANY"])
def test_refused_whatever_the_zone_says(server, kind):
    assert code(server.ask("good.example", kind)) == "REFUSED"
    assert code(server.ask_tcp("good.example", kind)) == "REFUSED"


def test_edns(server):
    answer = server.ask("good.example", "MX", edns=1400)
    (opt,) = answer.ar
    assert dnslib.QTYPE[opt.rtype] == "OPT" and opt.edns_len == 1232
    assert server.ask("good.example", "MX").ar == []


def test_long_answers(server):
    """Cut over UDP, without EDNS at 512 bytes and with it where the client
    says; whole over TCP."""
    assert server.ask("big.example", "MX").header.tc == 1
    assert server.ask("big.example", "MX", edns=1200).header.tc == 1
    for answer in (server.ask("big.example", "MX", edns=4096),
                   server.ask_tcp("big.example", "MX")):
        assert answer.header.tc == 0
        assert [row[3] for row in data(answer)] == [
            f"{n} mx{n}.big.example." for n in range(100)]


@pytest.mark.parametrize("names, size", [
    (["slow.example", "good.example", "gone.example"], 1000),
    (["good.example", "gone.example", "slow.example"], 7)],
                         ids=["at once", "in pieces"])
def test_many_questions_on_a_connection(server, names, size):
    """The slow one's answer comes last; in pieces it is asked last, as they
    may take their time."""
    sent = b"".join(framed(question(name)) for name in names)
    with server.stream() as (stream, file):
        for at in range(0, len(sent), size):
            stream.sendall(sent[at:at + size])
        stream.shutdown(socket.SHUT_WR)
        got = [str(dnslib.DNSRecord.parse(message(file)).q.qname)
               for _ in names]
        assert got == ["good.example.", "gone.example.", "slow.example."]
        assert file.read() == b""


def test_odd_queries(server):
    """It answers what it can, and is there afterwards."""
    chance = random.Random(1)
    good = question("good.example", "MX", edns=1400)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.connect(server.dns)
        for _ in range(2000):
            odd = bytearray(good)
            for _ in range(chance.randint(1, 8)):
                odd[chance.randrange(len(odd))] = chance.randrange(256)
            udp.send(bytes(odd[:chance.randint(0, len(odd))]))
        udp.send(b"")
    with server.stream() as (stream, file):
        stream.sendall(framed(b"") + framed(b"\0" * 11) + framed(good))
        assert checked(good, message(file))
    short = server.send(good[:20])
    assert code(short) == "FORMERR"
    assert code(server.ask("good.example", "MX")) == "NOERROR"


def test_addresses_that_others_can_reach(bin_dir, tmp_path):
    with pytest.raises(AssertionError, match="can be reached from elsewhere"):
        Hosts(bin_dir, tmp_path, SCENARIO, "--dns", "0.0.0.0:0")
    with pytest.raises(AssertionError, match="--dns x is wrong"):
        Hosts(bin_dir, tmp_path, SCENARIO, "--dns", "x")


def test_address_in_use(server, bin_dir, tmp_path):
    at = "{}:{}".format(*server.dns)
    with pytest.raises(AssertionError, match="--dns: cannot listen on " + at):
        Hosts(bin_dir, tmp_path, SCENARIO, "--dns", at)


# ---- c-ares, in the relay ----

SOFT = "DNS Temporary Failure {}.example MX - {}\n"
DONE = "MID {} RID [0] Response '2.0.0 Ok: queued as mx-"
OUTCOMES = {
    "good": DONE, "cut": DONE, "lossy": DONE, "late": DONE, "alias": DONE,
    "gone": "DNS Hard Error looking up gone.example (MX):  NXDomain",
    "empty": "looking up empty.example (A):  domain has no A record",
    "null": "looking up null.example (MX):  domain accepts no mail",
    "broken": SOFT.format("broken", "ServFail"),
    "closed": SOFT.format("closed", "Refused"),
    "silent": SOFT.format("silent", "Timeout"),
}


def test_through_the_relay(server, bin_dir, tmp_path):
    """What c-ares makes of each answer, in the words of the log."""
    relay = Relay(bin_dir / "faultpost-relay", tmp_path, config(tmp_path, **{
        "delivery": {"port": server.address("mx")[1]},
        "resolver": {"servers": "{}:{}".format(*server.dns),
                     "timeout": "700ms", "tries": 3}}))
    try:
        for number, (name, words) in enumerate(OUTCOMES.items(), 1):
            client = relay.connect()
            assert client.mail("hi", f"u@{name}.example").startswith("250 ")
            client.close()
            relay.await_text(words.format(number))
        client = relay.connect()
        assert client.mail("hi", "u@a.loop").startswith("250 ")
        client.close()
        relay.await_text("DNS Temporary Failure a.loop MX - CNAME loop\n")
    finally:
        relay.destroy()
