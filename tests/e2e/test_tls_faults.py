# SPDX-License-Identifier: MIT
"""Each fault of TLS, on the wire: the records that come, read by hand, and what
Python's ssl makes of them.

As in test_wire_faults.py one faultpost-mock has a host for each page, and a
page's dialogue or the function here that is named like it is its self-test.
"""
import contextlib
import itertools
import socket
import ssl
import subprocess

import fault_pages
import pytest
from fault_pages import Client
from test_wire_faults import Hosts

pytestmark = pytest.mark.filterwarnings(
    "ignore:ssl.TLSVersion.TLSv1:DeprecationWarning")
PAGES = fault_pages.pages("TLS")
OBSERVERS = {}
CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, DATA = 20, 21, 22, 23
SERVER_HELLO, CERTIFICATE = 2, 11
FATAL, WARNING = 2, 1


def observes(function):
    """The function is the self-test of the page that is named like it."""
    OBSERVERS[function.__name__.replace("_", "-")] = function
    return function


@pytest.fixture(scope="module")
def hosts(bin_dir, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    running = Hosts(bin_dir, folder, fault_pages.scenario(PAGES),
                    "--authority-file", folder / "ca.pem")
    running.authority = folder / "ca.pem"
    yield running
    if running.process.poll() is None:
        running.process.kill()
        running.process.communicate()


def lax_context(**settings):
    """One that talks to anybody."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    for name, value in settings.items():
        setattr(context, name, value)
    return context


TLS_1_2 = {"maximum_version": ssl.TLSVersion.TLSv1_2}


class Guest:
    """A client that has said STARTTLS (or not, for a port that needs none),
    and keeps each record that comes: (type, version, content)."""

    def __init__(self, hosts, name, context=None, starttls=True):
        self.name = name
        self.raw = Client(hosts.address(name))
        self.context = context or lax_context()
        self.records = []
        self.waiting = b""  # the beginning of a record
        if starttls:
            self.say_starttls()
        self.into, self.out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = self.context.wrap_bio(self.into, self.out,
                                         server_hostname=name)

    def say_starttls(self):
        self.lines("220 ")
        self.raw.socket.sendall(b"EHLO client.example\r\n")
        self.offer = self.lines("250 ")
        self.raw.socket.sendall(b"STARTTLS\r\n")
        assert self.lines("220 ")

    def lines(self, last):
        """The lines of a reply in clear, which nothing comes behind."""
        got = b""
        while not got.rpartition(b"\n")[0].rpartition(b"\n")[2].startswith(
                last.encode()):
            got += self.raw.socket.recv(1)
        return got.decode().splitlines()

    def take(self):
        """What has come, to the records and to ssl; False at the end."""
        got = self.raw.socket.recv(65536)
        self.waiting += got
        while len(self.waiting) >= 5:
            size = int.from_bytes(self.waiting[3:5], "big")
            if len(self.waiting) < 5 + size:
                break
            self.records.append((self.waiting[0], self.waiting[1:3],
                                 self.waiting[5:5 + size]))
            self.waiting = self.waiting[5 + size:]
        self.into.write(got)
        if got == b"":
            self.into.write_eof()
        return got != b""

    def step(self, function):
        """Calls a function of ssl until it has what it wants."""
        while True:
            try:
                return function()
            except ssl.SSLWantReadError:
                self.send()
                self.take()
            finally:
                self.send()

    def send(self):
        if out := self.out.read():
            with contextlib.suppress(OSError):
                self.raw.socket.sendall(out)

    def handshake(self):
        self.step(self.tls.do_handshake)

    def talk(self, command, last="250 "):
        """A command under TLS, and the lines of its reply."""
        self.tls.write(command.encode() + b"\r\n")
        return self.hear(last)

    def hear(self, last):
        got = ""
        while not got.rpartition("\n")[0].rpartition("\n")[2].startswith(last):
            got += self.step(lambda: self.tls.read(1)).decode()
        return got.splitlines()

    def messages(self):
        """[(type, body)] of the handshake that are in clear: what comes
        behind ChangeCipherSpec is not (of TLS 1.2, the Finished), and may
        begin with any byte."""
        clear = itertools.takewhile(
            lambda record: record[0] != CHANGE_CIPHER_SPEC, self.records)
        rest = b"".join(content for kind, _, content in clear
                        if kind == HANDSHAKE)
        found = []
        while len(rest) >= 4:
            size = int.from_bytes(rest[1:4], "big")
            found.append((rest[0], rest[4:4 + size]))
            rest = rest[4 + size:]
        return found

    def certificates(self):
        """The chain that was shown (TLS 1.2, where it is in clear), as DER."""
        body = dict(self.messages())[CERTIFICATE]
        rest, chain = body[3:], []
        while rest:
            size = int.from_bytes(rest[:3], "big")
            chain.append(rest[3:3 + size])
            rest = rest[3 + size:]
        return chain


@contextlib.contextmanager
def guest_of(hosts, name, *args, **more):
    guest = Guest(hosts, name, *args, **more)
    with contextlib.closing(guest.raw):
        yield guest


# ---- certificates ----

def fields_of(der):
    """What openssl(1) reads in a certificate."""
    return subprocess.run(
        ["openssl", "x509", "-inform", "DER", "-noout", "-text"],
        input=der, capture_output=True, check=True).stdout.decode()


def is_over(der, seconds=0):
    """Whether it has expired so many seconds from now."""
    return subprocess.run(
        ["openssl", "x509", "-inform", "DER", "-noout", "-checkend",
         str(seconds)], input=der, capture_output=True,
        check=False).returncode == 1


def shown(hosts, name):
    """The chain that the host shows, from the bytes of its handshake."""
    with guest_of(hosts, name, lax_context(**TLS_1_2)) as guest:
        guest.handshake()
        return guest.certificates()


def verdict(hosts, name):
    """What a client that trusts the test authority finds wrong with it."""
    context = ssl.create_default_context(cafile=hosts.authority)
    with guest_of(hosts, name, context) as guest, \
            pytest.raises(ssl.SSLCertVerificationError) as caught:
        guest.handshake()
    return caught.value.verify_message


def check_certificate(hosts, name, what):
    """Its text, when it is the only one; `what` is said of it."""
    chain = shown(hosts, name)
    assert len(chain) == 1
    assert what in verdict(hosts, name)
    return chain[0], fields_of(chain[0])


ISSUER = "Issuer: CN = faultpost test authority"


@observes
def certificate_expired(hosts):
    der, text = check_certificate(hosts, "certificate-expired", "has expired")
    assert is_over(der) and ISSUER in text
    assert "DNS:certificate-expired" in text


@observes
def certificate_not_yet_valid(hosts):
    der, text = check_certificate(
        hosts, "certificate-not-yet-valid", "is not yet valid")
    assert not is_over(der, 3600 * 24 * 365 * 5) and ISSUER in text


@observes
def certificate_wrong_name(hosts):
    _, text = check_certificate(
        hosts, "certificate-wrong-name", "Hostname mismatch")
    assert "DNS:wrong-name.invalid" in text
    assert "DNS:certificate-wrong-name" not in text


@observes
def certificate_self_signed(hosts):
    _, text = check_certificate(
        hosts, "certificate-self-signed", "self-signed certificate")
    assert "Issuer: CN = certificate-self-signed\n" in text
    assert "Subject: CN = certificate-self-signed\n" in text


@observes
def certificate_unknown_authority(hosts):
    _, text = check_certificate(hosts, "certificate-unknown-authority",
                                "unable to get local issuer certificate")
    assert "Issuer: CN = faultpost unknown authority" in text


@observes
def certificate_missing_intermediate(hosts):
    _, text = check_certificate(hosts, "certificate-missing-intermediate",
                                "unable to get local issuer certificate")
    assert "Issuer: CN = faultpost intermediate authority" in text


@observes
def certificate_weak_key(hosts):
    name = "certificate-weak-key"
    (der,) = shown(hosts, name)
    assert "Public-Key: (1024 bit)" in fields_of(der)
    context = ssl.create_default_context(cafile=hosts.authority)
    with guest_of(hosts, name, context) as guest, \
            pytest.raises(ssl.SSLError, match="key too (weak|small)"):
        guest.handshake()


# ---- versions and ciphers ----

def hello_of(guest):
    """Version and cipher of the ServerHello: its bytes, and for TLS 1.3 the
    extension supported_versions (RFC 8446, 4.1.3 and 4.2.1)."""
    body = dict(guest.messages())[SERVER_HELLO]
    version, body = body[:2], body[34:]
    body = body[1 + body[0]:]
    cipher, rest = body[:2], body[5:]
    while rest:
        size = int.from_bytes(rest[2:4], "big")
        if rest[:2] == b"\x00\x2b":
            version = rest[4:4 + size]
        rest = rest[4 + size:]
    return version, cipher


def alert_in_clear(guest):
    """Level and description of the alert that the handshake ends with."""
    with pytest.raises(ssl.SSLError):
        guest.handshake()
    kind, _, content = guest.records[-1]
    assert kind == ALERT
    return tuple(content)


@observes
def tls_version(hosts):
    with guest_of(hosts, "tls-version") as guest:
        guest.handshake()
        assert hello_of(guest)[0] == b"\x03\x02"  # TLS 1.1
        assert guest.talk("EHLO x")
    with guest_of(hosts, "tls-version", lax_context(
            minimum_version=ssl.TLSVersion.TLSv1_2)) as guest:
        assert alert_in_clear(guest) == (FATAL, 70)


@observes
def tls_ciphers(hosts):
    with guest_of(hosts, "tls-ciphers") as guest:
        guest.handshake()
        assert hello_of(guest) == (b"\x03\x04", b"\x13\x01")
    with guest_of(hosts, "tls-ciphers", lax_context(**TLS_1_2)) as guest:
        guest.handshake()
        assert hello_of(guest) == (b"\x03\x03", b"\xc0\x23")


@observes
def tls_no_shared_cipher(hosts):
    with guest_of(hosts, "tls-no-shared-cipher") as guest:
        assert alert_in_clear(guest) == (FATAL, 40)


@observes
def tls_protocol_too_old(hosts):
    context = lax_context(minimum_version=ssl.TLSVersion.TLSv1_2)
    with guest_of(hosts, "tls-protocol-too-old", context) as guest:
        assert alert_in_clear(guest) == (FATAL, 70)


@observes
def tls_implicit(hosts):
    """Silent to whoever waits; a greeting for whoever begins with TLS."""
    name = "tls-implicit"
    with contextlib.closing(Client(hosts.address(name))) as client:
        assert client.is_silent(0.05)
    with guest_of(hosts, name, starttls=False) as guest:
        guest.handshake()
        assert guest.records[0][0] == HANDSHAKE
        assert guest.hear("220 ") == ["220 tls-implicit ESMTP"]
        assert not any("STARTTLS" in line for line in guest.talk("EHLO x"))


# ---- STARTTLS ----

@observes
def starttls_not_offered(hosts):
    with guest_of(hosts, "starttls-not-offered") as guest:
        assert not any("STARTTLS" in line for line in guest.offer)
        guest.handshake()
        assert guest.talk("EHLO x")


@observes
def starttls_gullible(hosts):
    """What is said in clear behind STARTTLS is answered under TLS."""
    with guest_of(hosts, "starttls-gullible", starttls=False) as guest:
        guest.lines("220 ")
        guest.raw.socket.sendall(b"EHLO x\r\n")
        guest.lines("250 ")
        guest.raw.socket.sendall(b"STARTTLS\r\nNOOP\r\n")
        guest.lines("220 ")
        guest.handshake()
        assert guest.hear("250 ") == ["250 2.0.0 Ok"]


# ---- in the midst of it ----

def end_of(guest, function):
    """How it ends: what ssl says, and then what the kernel does."""
    try:
        guest.step(function)
    except ssl.SSLError as error:
        return error.reason or type(error).__name__
    except ConnectionResetError:
        return "(RST)"
    raise AssertionError("no end")


@observes
def tls_alert(hosts):
    """Behind the ServerHello, so that it is sealed: two bytes, the type and
    the tag; then a FIN."""
    with guest_of(hosts, "tls-alert") as guest:
        assert end_of(guest, guest.tls.do_handshake) == \
            "TLSV1_ALERT_ACCESS_DENIED"
        kinds = [(kind, len(content)) for kind, _, content in guest.records]
        assert kinds[0][0] == HANDSHAKE
        assert kinds[1:] == [(DATA, 2 + 1 + 16)]
        assert guest.raw.ending() == "(FIN)"
    with guest_of(hosts, "tls-alert", lax_context(**TLS_1_2)) as guest:
        assert alert_in_clear(guest) == (FATAL, 49)


@observes
def tls_warning(hosts):
    """Goes before the ServerHello, and the handshake goes on."""
    with guest_of(hosts, "tls-warning", lax_context(**TLS_1_2)) as guest:
        guest.handshake()
        assert guest.records[0] == (ALERT, b"\x03\x03", bytes([WARNING, 112]))
        assert guest.records[1][0] == HANDSHAKE
        assert guest.talk("EHLO x")


@observes
def tls_garbage(hosts):
    with guest_of(hosts, "tls-garbage") as guest:
        assert end_of(guest, guest.tls.do_handshake) == "WRONG_VERSION_NUMBER"
        assert guest.waiting.startswith(b"\xff\xff\xff\xff\xffthis is not TLS")


@observes
def tls_truncated(hosts):
    """Three bytes of the reply, and a FIN that no close_notify goes before."""
    with guest_of(hosts, "tls-truncated") as guest:
        guest.handshake()
        guest.talk("EHLO x")
        before = len(guest.records)
        guest.tls.write(b"NOOP\r\n")
        assert guest.step(lambda: guest.tls.read(100)) == b"250"
        assert guest.raw.ending() == "(FIN)"
        assert [(kind, len(content)) for kind, _, content in
                guest.records[before:]] == [(DATA, 3 + 1 + 16)]


@observes
def tls_reset(hosts):
    with guest_of(hosts, "tls-reset") as guest:
        assert end_of(guest, guest.tls.do_handshake) == "(RST)"
    with guest_of(hosts, "tls-reset", lax_context(**TLS_1_2)) as guest:
        assert end_of(guest, guest.tls.do_handshake) == "(RST)"


@observes
def tls_stall(hosts):
    """The ServerHello, and then nothing."""
    with guest_of(hosts, "tls-stall") as guest:
        with pytest.raises(ssl.SSLWantReadError):
            guest.tls.do_handshake()
        guest.send()
        while not guest.records:
            guest.take()
        assert [kind for kind, _, _ in guest.records] == [HANDSHAKE]
        assert guest.raw.is_silent(0.05)


@observes
def tls_key_update(hosts):
    """A record of its own (its type, three bytes of length, one of content),
    and what comes behind it is under other keys."""
    with guest_of(hosts, "tls-key-update") as guest:
        guest.handshake()
        guest.talk("EHLO x")
        before = len(guest.records)
        assert guest.talk("NOOP") == ["250 2.0.0 Ok"]
        assert [len(content) for _, _, content in guest.records[before:]] == [
            5 + 1 + 16, len("250 2.0.0 Ok\r\n") + 1 + 16]
        assert guest.talk("NOOP") == ["250 2.0.0 Ok"]


# ---- all of them ----

def check(hosts, page):
    if not page.dialogue:
        OBSERVERS[page.name](hosts)
        return
    with contextlib.closing(Client(hosts.address(page.name))) as client:
        client.play(page.dialogue)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_fault(hosts, page):
    check(hosts, page)


def test_each_rule_has_acted(hosts):
    """Behind the tests above, in the same process."""
    for page in PAGES:
        check(hosts, page)
    assert hosts.stop() == ""


def test_each_page_has_one_self_test():
    with_dialogue = {page.name for page in PAGES if page.dialogue}
    assert with_dialogue | set(OBSERVERS) == {page.name for page in PAGES}
    assert not with_dialogue & set(OBSERVERS)
