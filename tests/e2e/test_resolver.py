# SPDX-License-Identifier: MIT
"""The relay's resolver against a second DNS of the test's own: what each kind
of answer makes of the mail."""
import json
import signal
import socket
import threading

import dnslib
import pytest

from relay_peers import Relay, config


def bound_pair():
    """A UDP socket and a TCP listener of one port, which nobody else has."""
    while True:
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind(("127.0.0.1", 0))
        try:
            return udp, socket.create_server(udp.getsockname())
        except OSError:
            udp.close()


class Dns:
    """A name server on loopback, UDP and TCP.  `zone` maps (name, type) to a
    function that makes the reply's bytes (None: none) of the request, or to a
    list of lines of a zone file; `asked` is what came, in order."""

    def __init__(self, zone):
        self.zone = zone
        self.asked = []
        self.udp, self.tcp = bound_pair()
        self.port = self.udp.getsockname()[1]
        for serve in (self.serve_udp, self.serve_tcp):
            threading.Thread(target=serve, daemon=True).start()

    def serve_udp(self):
        while True:
            try:
                data, peer = self.udp.recvfrom(65536)
            except OSError:
                return
            for reply in self.replies(data, "udp"):
                try:
                    self.udp.sendto(reply, peer)
                except OSError:
                    return

    def serve_tcp(self):
        while True:
            try:
                stream, _ = self.tcp.accept()
            except OSError:
                return
            with stream, stream.makefile("rb") as file:
                while head := file.read(2):
                    data = file.read(int.from_bytes(head, "big"))
                    for reply in self.replies(data, "tcp"):
                        stream.sendall(len(reply).to_bytes(2, "big") + reply)

    def replies(self, data, over):
        request = dnslib.DNSRecord.parse(data)
        name = str(request.q.qname).rstrip(".").lower()
        kind = dnslib.QTYPE[request.q.qtype]
        self.asked.append((name, kind, over))
        entry = self.zone.get((name, kind), self.zone.get(name, []))
        if callable(entry):
            made = entry(request, over)
            return made if isinstance(made, list) else [made] if made else []
        return [answer(request, entry)]

    def close(self):
        self.udp.close()
        self.tcp.close()


def answer(request, lines=(), rcode="NOERROR", soa=True):
    """A reply with these records, and without any a SOA for ten minutes."""
    reply = request.reply()
    reply.header.rcode = getattr(dnslib.RCODE, rcode)
    for line in lines:
        reply.add_answer(*dnslib.RR.fromZone(line))
    if not lines and soa:
        reply.add_auth(*dnslib.RR.fromZone(
            "example. 600 IN SOA ns.example. a.example. 1 2 3 4 600"))
    return reply.pack()


def coded(rcode):
    return lambda request, over: answer(request, rcode=rcode)


def cut(lines):
    """Truncated over UDP, whole over TCP."""
    def reply(request, over):
        if over == "tcp":
            return answer(request, lines)
        short = request.reply()
        short.header.tc = 1
        return short.pack()
    return reply


def garbage(request, over):
    """The right head and question, and nonsense behind them."""
    head = bytearray(answer(request, ["x.example. 60 IN A 127.0.0.1"]))
    return bytes(head[:len(request.q.pack(dnslib.DNSBuffer()) or b"") + 30])


def spoofed(lines, wrong):
    """First replies with another id that lead elsewhere, then the right one."""
    def reply(request, over):
        forged = dnslib.DNSRecord.parse(answer(request, wrong))
        forged.header.id ^= 1
        return [forged.pack(), answer(request, lines)]
    return reply


SHORT = {"timeout": "300ms"}  # where no answer is what is asked for


@pytest.fixture(scope="session")
def program(bin_dir):
    return bin_dir / "faultpost-relay"


@pytest.fixture
def start(program, tmp_path, sink):
    running = []

    def run(zone, resolver=None, **more):
        dns = Dns(zone)
        relay = Relay(program, tmp_path, config(tmp_path, **{
            "delivery": {"port": sink.port},
            "resolver": {"servers": f"127.0.0.1:{dns.port}",
                         "timeout": "20s", "tries": 1, **(resolver or {})},
            **more}))
        running.append((relay, dns))
        return relay, dns

    yield run
    for relay, dns in running:
        relay.destroy()
        dns.close()


def send(relay, *recipients):
    client = relay.connect()
    assert client.mail("hi", *recipients).startswith("250 ")
    client.close()


A = ["mx.example. 60 IN A 127.0.0.1"]
MX = ["d.example. 60 IN MX 10 mx.example."]


@pytest.mark.parametrize("zone", [
    pytest.param({("d.example", "MX"): MX, ("mx.example", "A"): A}, id="MX"),
    pytest.param({("d.example", "A"): ["d.example. 9 IN A 127.0.0.1"]},
                 id="no MX: the domain's address"),
    pytest.param({("d.example", "MX"): [
        "d.example. 60 IN CNAME e.example.",
        "e.example. 60 IN CNAME f.example.",
        "f.example. 60 IN MX 5 mx.example."], ("mx.example", "A"): A},
                 id="aliases"),
    pytest.param({("d.example", "MX"): MX, ("mx.example", "A"): [
        "MX.Example. 60 IN CNAME h.example.", "h.example. 60 IN A 127.0.0.1"]},
                 id="an MX that is an alias"),
    pytest.param({("d.example", "MX"): MX, ("mx.example", "A"): [
        "other.example. 60 IN A 127.9.9.9", *A]},
                 id="records of others beside it"),
    pytest.param({("d.example", "MX"): cut(MX), ("mx.example", "A"): cut(A)},
                 id="truncated: TCP"),
    pytest.param({("d.example", "MX"): spoofed(MX, [
        "d.example. 60 IN MX 1 evil.example."]), ("mx.example", "A"): A,
        ("evil.example", "A"): ["evil.example. 9 IN A 127.9.9.9"]},
                 id="a wrong id is ignored"),
    pytest.param({("d.example", "MX"): [
        "d.example. 60 IN MX 10 nowhere.example.",
        "d.example. 60 IN MX 20 192.0.2.1.", *MX[:0],
        "d.example. 60 IN MX 30 mx.example."], ("mx.example", "A"): A,
        "nowhere.example": coded("NXDOMAIN")},
                 id="MX that lead nowhere, and a literal"),
    pytest.param({("d.example", "MX"): MX, ("mx.example", "A"): A,
                  ("mx.example", "AAAA"): coded("SERVFAIL")},
                 id="one family fails"),
])
def test_delivered(start, sink, zone):
    relay, _ = start(zone)
    send(relay, "u@d.example")
    sink.await_messages(1)
    log = relay.await_text("Message finished MID 1 done")
    assert "address 127.0.0.1 port" in log


HARD = "Bounced: DCID 0 MID 1 to RID 0 - 5.1.2 - Bad destination host " \
       "('000', ['DNS Hard Error looking up "


@pytest.mark.parametrize("zone, said", [
    pytest.param({"d.example": coded("NXDOMAIN")},
                 HARD + "d.example (MX):  NXDomain']) []", id="NXDOMAIN"),
    pytest.param({}, HARD + "d.example (A):  domain has no A record']) []",
                 id="NODATA"),
    pytest.param({("d.example", "MX"): ["d.example. 9 IN MX 10 192.0.2.1."]},
                 HARD + "192.0.2.1 (A):  NXDomain']) []", id="literal MX"),
    pytest.param({("d.example", "MX"): ["d.example. 9 IN MX 0 ."]},
                 "Bounced: DCID 0 MID 1 to RID 0 - 5.1.10 - Recipient address "
                 "has null MX ('000', ['DNS Hard Error looking up d.example "
                 "(MX):  domain accepts no mail']) []", id="null MX"),
    pytest.param({("d.example", "MX"): lambda request, over: answer(
        request, ["d.example. 9 IN CNAME gone.example."], "NXDOMAIN")},
                 HARD + "d.example (MX):  NXDomain']) []",
                 id="an alias of nothing"),
])
def test_bounced(start, zone, said):
    relay, _ = start(zone)
    send(relay, "u@d.example")
    assert said in relay.await_text("Message finished MID 1 done")


LOOP = ["d.example. 9 IN CNAME e.example.", "e.example. 9 IN CNAME d.example."]


@pytest.mark.parametrize("reply, error", [
    pytest.param(coded("SERVFAIL"), "ServFail", id="SERVFAIL"),
    pytest.param(coded("REFUSED"), "Refused", id="REFUSED"),
    pytest.param(coded("NOTIMP"), "ServFail", id="NOTIMP"),
    pytest.param(coded("FORMERR"), "ServFail", id="FORMERR"),
    pytest.param(lambda request, over: None, "Timeout", id="silence"),
    pytest.param(lambda request, over: b"", "Timeout", id="nothing"),
    pytest.param(lambda request, over: b"\xff" * 40, "Timeout", id="noise"),
    pytest.param(garbage, "ServFail", id="garbage behind the question"),
    pytest.param(LOOP, "CNAME loop", id="aliases of each other"),
    pytest.param(["d.example. 9 IN CNAME e.example."], "ServFail",
                 id="an alias and no word about its target"),
    pytest.param(lambda request, over: referral(request), "ServFail",
                 id="a referral"),
    pytest.param(lambda request, over: other_id(request), "Timeout",
                 id="only a wrong id"),
])
def test_requeued(start, reply, error):
    relay, dns = start({("d.example", "MX"): reply},
                       SHORT if error == "Timeout" else {})
    send(relay, "u@d.example")
    log = relay.await_text(" pending till ")
    assert f"DNS Temporary Failure d.example MX - {error}\n" in log
    assert "Bounced" not in log
    assert ("d.example", "MX", "udp") in dns.asked


def referral(request):
    reply = request.reply()
    reply.add_auth(*dnslib.RR.fromZone("example. 60 IN NS ns.example."))
    return reply.pack()


def other_id(request):
    forged = dnslib.DNSRecord.parse(answer(request, MX))
    forged.header.id ^= 1
    return forged.pack()


def test_the_error_names_the_server(start):
    relay, _ = start({("d.example", "MX"): coded("SERVFAIL")},
                     bounce={"max_retries": 0})
    send(relay, "u@d.example")
    assert "5.4.7 - Delivery expired (message too old) ('000', ['DNS Soft " \
        "Error looking up d.example (MX) while asking 127.0.0.1. Error was: " \
        "ServFail']) []" in relay.await_text("Message finished MID 1 done")


def test_nobody_listens(start):
    """A name server that is not there is a soft error at once or in time."""
    relay, dns = start({}, SHORT)
    dns.close()
    send(relay, "u@d.example")
    relay.await_text("DNS Temporary Failure d.example MX - Timeout\n")


def test_the_second_server_answers(start, sink):
    relay, dns = start({("d.example", "MX"): MX, ("mx.example", "A"): A},
                       {"tries": 2, "timeout": "5s"})
    failing = Dns({"d.example": coded("SERVFAIL"),
                   "mx.example": coded("REFUSED")})
    try:
        wanted = json.loads(relay.path.read_text())
        wanted["resolver"]["servers"] = [f"127.0.0.1:{failing.port}",
                                         f"127.0.0.1:{dns.port}"]
        relay.write(wanted)
        relay.signal(signal.SIGHUP)
        send(relay, "u@d.example")
        sink.await_messages(1)
        assert failing.asked and dns.asked
    finally:
        failing.close()


def test_answers_are_kept(start, sink):
    """Two messages, two domains on one host: each question is asked once."""
    relay, dns = start({
        ("d.example", "MX"): MX, ("mx.example", "A"): A,
        ("e.example", "MX"): ["e.example. 60 IN MX 10 mx.example."]})
    for number, domain in enumerate(("d", "d", "e"), 1):
        send(relay, f"u@{domain}.example")
        sink.await_messages(number)
    assert [(name, kind) for name, kind, _ in dns.asked] == [
        ("d.example", "MX"), ("mx.example", "A"), ("mx.example", "AAAA"),
        ("e.example", "MX")]


def test_the_zone_comes_first(start, sink):
    """What "dns" has is not asked for; the rest is."""
    relay, dns = start(
        {("mx.example", "A"): A},
        dns={"d.example": {"MX": ["10 mx.example"]}})
    send(relay, "u@d.example")
    sink.await_messages(1)
    assert {name for name, _, _ in dns.asked} == {"mx.example"}


def test_without_a_resolver_nobody_is_asked(start):
    """Nothing leaves the machine unless it was told to."""
    relay, dns = start({("d.example", "MX"): MX, ("mx.example", "A"): A})
    wanted = json.loads(relay.path.read_text())
    del wanted["resolver"]
    relay.write(wanted)
    relay.signal(signal.SIGHUP)
    send(relay, "u@d.example")
    assert "d.example (MX):  NXDomain" in relay.await_text(
        "Message finished MID 1 done")
    assert dns.asked == []


def test_sighup_asks_again(start, sink):
    """A reload forgets what was answered."""
    gone = "DNS Hard Error looking up d.example (MX):  NXDomain"
    zone = {"d.example": coded("NXDOMAIN")}
    relay, _ = start(zone)
    send(relay, "u@d.example")
    relay.await_text(gone)
    zone.clear()
    zone.update({("d.example", "MX"): MX, ("mx.example", "A"): A})
    send(relay, "u@d.example")
    relay.await_text(gone)
    relay.signal(signal.SIGHUP)
    send(relay, "u@d.example")
    sink.await_messages(1)


def test_ends_with_a_question_open(start):
    """SIGTERM does not wait for a name server."""
    relay, _ = start({("d.example", "MX"): lambda request, over: None},
                     {"timeout": "1h"}, drain_timeout="0s")
    send(relay, "u@d.example")
    relay.await_text("queued for delivery")
    code, _, stderr = relay.stop()
    assert (code, stderr) == (0, "")


@pytest.mark.parametrize("resolver, said", [
    ({"servers": "ns.example"}, '/resolver/servers: "ns.example" is no '
     'address; expected one such as "192.0.2.53" or "[::1]:5353"'),
    ({"tries": 0}, "/resolver/tries"),
    ({"timeout": "0s"}, "/resolver/timeout"),
    ({"server": "127.0.0.1"}, 'unknown key "server" (did you mean "servers"?)'),
])
def test_bad_config(program, tmp_path, resolver, said):
    relay = Relay(program, tmp_path, config(tmp_path, resolver=resolver))
    code, _, stderr = relay.end()
    assert code == 2
    assert said in stderr
