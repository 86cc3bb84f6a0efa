# SPDX-License-Identifier: MIT
"""swaks, Postfix's smtp-source and Python's smtplib as clients of the relay."""
import os
import smtplib
import socket
import ssl
import subprocess

import pytest

from relay_peers import PATIENCE_S
from servers import unpack

DOMAIN = "exchange.example"


def routes(sink):
    return [f"{DOMAIN} 127.0.0.1:{sink.port}"]


def swaks(relay, *arguments):
    """Its exit code and the dialogue that it prints."""
    ip, port = relay.address()
    done = subprocess.run(
        ["swaks", "--server", ip, "--port", str(port), "--from",
         "a@b.example", "--to", f"u@{DOMAIN}", "--helo", "swaks.test",
         *arguments],
        capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    return done.returncode, done.stdout + done.stderr


# ---- swaks ----

def test_swaks(start, sink):
    relay = start(routes=routes(sink))
    code, said = swaks(relay, "--header", "Subject: of swaks")
    assert code == 0, said
    [message] = sink.await_messages(1)
    assert b"Subject: of swaks\r\n" in message
    assert message.startswith(b"Received: from swaks.test ([127.0.0.1])\r\n")


def test_swaks_pipelines(start, sink):
    relay = start(routes=routes(sink))
    code, said = swaks(relay, "--pipeline")
    assert code == 0, said
    assert len(sink.await_messages(1)) == 1


def test_swaks_is_refused(start):
    relay = start(relay_from=[], accept_for=["other.example"])
    code, said = swaks(relay)
    assert code == 24, said  # swaks: no recipient was accepted
    assert "550 5.7.1 relaying denied" in said


def test_swaks_says_xclient(start, sink):
    ip = "192.0.2.7"
    relay = start(routes=routes(sink), listen=None, relay_from=None,
                  listeners=[{"address": "127.0.0.1:0",
                              "relay_from": "192.0.2.0/24",
                              "xclient_from": "127.0.0.1"}])
    code, said = swaks(relay, "--xclient-addr", ip, "--xclient-name",
                       "client.example")
    assert code == 0, said
    log = relay.await_text("Message finished MID 1 done\n")
    assert (f"address {ip} reverse dns host client.example verified yes"
            in log)
    assert "RELAY SG RELAYLIST match 192.0.2.0/24" in log


# ---- TLS and AUTH ----

@pytest.fixture
def submission(start, sink):
    """A relay at which only users may send, over TLS."""
    made = subprocess.run(["openssl", "passwd", "-6", "-salt", "peers",
                           "secret"], capture_output=True, text=True,
                          check=True)
    return start(routes=routes(sink), listen=None, relay_from=None, listeners=[
        {"address": "127.0.0.1:0", "kind": "private",
         "tls": {"mode": "required"},
         "auth": {"users": {"joe": made.stdout.strip()}, "delay": "0s"}}])


def no_checks():
    """TLS with whoever it is: the relay made its certificate itself."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_swaks_authenticates(submission, sink, mechanism):
    code, said = swaks(submission, "--tls", "--auth", mechanism,
                       "--auth-user", "joe", "--auth-password", "secret")
    assert code == 0, said
    [message] = sink.await_messages(1)
    assert b"with ESMTPSA id 1;" in message


def test_swaks_has_the_wrong_password(submission):
    code, said = swaks(submission, "--tls", "--auth", "PLAIN",
                       "--auth-user", "joe", "--auth-password", "guess")
    assert code == 28, said  # swaks: AUTH failed
    assert "535 5.7.8" in said


def test_swaks_in_clear(submission):
    code, said = swaks(submission)
    assert code == 23, said  # swaks: MAIL was refused
    assert "530 5.7.0 Must issue a STARTTLS command first" in said


def test_smtplib_authenticates(submission, sink):
    with smtplib.SMTP(*submission.address()) as client:
        client.starttls(context=no_checks())
        client.login("joe", "secret")
        client.sendmail("a@b.example", [f"u@{DOMAIN}"],
                        b"Subject: x\r\n\r\n" + b"x" * 70 + b"\r\n")
    assert b"with ESMTPSA" in sink.await_messages(1)[0]
    log = submission.await_text("Message finished MID 1 done\n")
    assert "ICID 1 TLS success protocol TLSv1.3 cipher TLS_" in log


def test_certificate_of_a_file(start, sink, tmp_path):
    """The client checks it, and the name in it."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out",
         certificate, "-subj", "/CN=relay.test", "-addext",
         "subjectAltName=DNS:localhost", "-days", "2"],
        check=True, capture_output=True)
    relay = start(routes=routes(sink), listen=None, relay_from=None, listeners=[
        {"address": "127.0.0.1:0", "relay_from": "127.0.0.1",
         "tls": {"certificate": str(certificate), "key": str(key)}}])
    context = ssl.create_default_context(cafile=certificate)
    with smtplib.SMTP("localhost", relay.address()[1]) as client:
        client.starttls(context=context)
        client.sendmail("a@b.example", [f"u@{DOMAIN}"], b"Subject: x\r\n\r\n")
    assert b"with ESMTPS id" in sink.await_messages(1)[0]


# ---- smtp-source ----

def smtp_source(cache, relay, *options):
    root = unpack("postfix", cache)
    ip, port = relay.address()
    return subprocess.run(
        [root / "usr/sbin/smtp-source", *options, "-f", "a@b.example", "-t",
         f"u@{DOMAIN}", f"inet:{ip}:{port}"],
        env=dict(os.environ, LD_LIBRARY_PATH=root / "usr/lib/postfix",
                 MAIL_CONFIG=root / "etc/postfix"),
        capture_output=True, text=True, timeout=60, check=False)


def test_smtp_source_without_hello(start, peers_cache):
    done = smtp_source(peers_cache, start(), "-o")
    assert done.returncode == 1
    assert "sender rejected: 503 5.5.1 Send EHLO first" in done.stderr


@pytest.mark.parametrize("options", [
    ("-m", "50", "-s", "5", "-l", "2048"),
    ("-m", "5", "-r", "20"),             # recipients
    ("-m", "3", "-l", "3000000"),        # size
    ("-m", "20", "-d"),                  # one connection for all
], ids=lambda options: " ".join(options))
def test_smtp_source(start, sink, peers_cache, options):
    relay = start(routes=routes(sink))
    done = smtp_source(peers_cache, relay, *options)
    assert done.returncode == 0, done.stderr
    count = int(options[1])
    for _ in range(count):
        relay.await_text("Message finished MID ")
    log = relay.stop()[1]
    assert "Receiving Failed" not in log
    assert len(sink.await_messages(count)) == count


# ---- smtplib ----

def test_smtplib_8bit_and_big(start, sink):
    relay = start(routes=routes(sink))
    sink.answers["EHLO"] = "250-sink.test\r\n250 8BITMIME"
    body = "gr\u00fc\u00dfe\r\n".encode() * 400000
    with smtplib.SMTP(*relay.address()) as client:
        client.sendmail("a@b.example", [f"u@{DOMAIN}"],
                        b"Subject: big\r\n\r\n" + body, ["BODY=8BITMIME"])
        assert client.esmtp_features["size"] == "104857600"
    [message] = sink.await_messages(1)
    assert message.endswith(b"\r\n\r\n" + body)


def test_smtplib_utf8(start, sink):
    relay = start(routes=routes(sink))
    sink.answers["EHLO"] = "250-sink.test\r\n250-8BITMIME\r\n250 SMTPUTF8"
    with smtplib.SMTP(*relay.address()) as client:
        client.ehlo()
        client.sendmail("j\u00f6rg@b.example", [f"\u00fc@{DOMAIN}"],
                        b"Subject: x\r\n\r\n", ["SMTPUTF8", "BODY=8BITMIME"])
    [message] = sink.await_messages(1)
    assert b"with UTF8SMTP id 1;" in message


def test_smtplib_announces_too_much(start):
    relay = start(limits={"message_bytes": 10000})
    with smtplib.SMTP(*relay.address()) as client:
        with pytest.raises(smtplib.SMTPSenderRefused) as refused:
            client.sendmail("a@b.example", [f"u@{DOMAIN}"], b"x" * 10001)
    assert refused.value.smtp_code == 552


def test_smtplib_help_and_vrfy(start):
    relay = start()
    with smtplib.SMTP(*relay.address()) as client:
        assert client.help() == b"2.0.0 See RFC 5321"
        assert client.verify("u")[0] == 252
        assert client.noop()[0] == 250
        assert client.rset()[0] == 250


def test_whole_session_in_one_packet(start, sink):
    """PIPELINING as its RFC has it, and a client that goes at once."""
    relay = start(routes=routes(sink))
    message = (b"MAIL FROM:<a@b.example>\r\nRCPT TO:<u@exchange.example>\r\n"
               b"DATA\r\n")
    with socket.create_connection(relay.address()) as client:
        file = client.makefile("rb")
        assert file.readline().startswith(b"220 ")
        client.sendall(b"EHLO c\r\n")
        while file.readline()[3:4] == b"-":
            pass
        client.sendall(message)
        assert [file.readline()[:3] for _ in range(3)] == [
            b"250", b"250", b"354"]
        client.sendall(b"one\r\n.\r\n" + message)
        assert [file.readline()[:3] for _ in range(4)] == [
            b"250", b"250", b"250", b"354"]
        client.sendall(b"two\r\n.\r\nQUIT\r\n")
        assert [file.readline()[:3] for _ in range(2)] == [b"250", b"221"]
    assert len(sink.await_messages(2)) == 2
