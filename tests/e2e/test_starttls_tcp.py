# SPDX-License-Identifier: MIT
"""faultpost-mock's STARTTLS and AUTH over TCP, with Python's ssl and smtplib
as the client that has nothing of ours in it."""
import re
import smtplib
import ssl
import subprocess

import pytest

from relay_peers import Relay, config
from test_mock_tcp import Mock

SCENARIO = {
    "title": "STARTTLS of every kind",
    "hosts": {
        "good": {"address": "10.1.1.11", "tls": {"names": ["good.example"]},
                 "auth": [{"user": "relay", "password": "s3cret-word"}]},
        "expired": {"address": "10.1.1.12", "tls": {"certificate": "expired"}},
        "self": {"address": "10.1.1.13",
                 "tls": {"certificate": "self-signed"}},
        "cipher": {"address": "10.1.1.14", "tls": {}, "rules": [
            {"on": "tls", "starttls": "handshake-failure"}]},
        "clear": {"address": "10.1.1.15", "tls": {}, "rules": [
            {"on": "tls", "starttls": "plaintext"}]},
        "close": {"address": "10.1.1.16", "tls": {}, "rules": [
            {"on": "tls", "starttls": "close"}]},
        "later": {"address": "10.1.1.17", "tls": {}, "rules": [
            {"on": "starttls", "reply": "454 4.7.0 not now"}]},
        "none": {"address": "10.1.1.18"},
        "asks": {"address": "10.1.1.19",
                 "tls": {"client_certificate": "required"}},
    },
}


@pytest.fixture(name="mock")
def running_mock(bin_dir, tmp_path):
    mock = Mock(bin_dir / "faultpost-mock", tmp_path, SCENARIO,
                "--authority-file", tmp_path / "ca.pem")
    assert mock.is_ready
    yield mock
    if mock.process.poll() is None:
        mock.stop()


def connect(mock, host):
    client = smtplib.SMTP(*mock.address(host), timeout=20)
    client.ehlo()
    # What smtplib checks the certificate for.
    client._host = "good.example" if host == "good" else host
    return client


def trust(mock):
    return ssl.create_default_context(cafile=mock.folder / "ca.pem")


def told(mock):
    mock.stop()
    return (mock.folder / "transcript").read_text()


def test_mail_under_tls(mock):
    client = connect(mock, "good")
    assert client.has_extn("starttls") and not client.has_extn("auth")
    client.starttls(context=trust(mock))
    client.ehlo()
    assert not client.has_extn("starttls")
    client.sendmail("a@example.net", "b@example.com", "Subject: x\r\n\r\nhi\r\n")
    client.quit()
    text = told(mock)
    assert re.search(r'"event":"tls","note":"TLSv1.[23] ', text)
    assert '"event":"message"' in text and "violation" not in text


def test_auth(mock):
    for mechanism in ("PLAIN", "LOGIN"):
        client = connect(mock, "good")
        client.starttls(context=trust(mock))
        client.ehlo()
        client.user, client.password = "relay", "s3cret-word"
        handler = getattr(client, "auth_" + mechanism.lower())
        assert client.auth(mechanism, handler)[0] == 235
        client.quit()
    client = connect(mock, "good")
    client.starttls(context=trust(mock))
    with pytest.raises(smtplib.SMTPAuthenticationError):
        client.login("relay", "wrong-word")
    client.close()
    text = told(mock)
    # Neither as they are nor in base64.
    for secret in ("s3cret", "czNjcmV0", "MzY3JldC", "zM2NyZXQ", "wrong-word"):
        assert secret not in text
    assert "AUTH PLAIN ***" in text


@pytest.mark.parametrize("host, error, words", [
    ("expired", ssl.SSLCertVerificationError, "certificate has expired"),
    ("self", ssl.SSLCertVerificationError, "self-signed certificate"),
    ("cipher", ssl.SSLError, "HANDSHAKE_FAILURE"),
    ("clear", ssl.SSLError, "WRONG_VERSION_NUMBER"),
    ("close", OSError, ""),
    ("later", smtplib.SMTPResponseException, "454"),
    ("none", smtplib.SMTPNotSupportedError, "STARTTLS"),
])
def test_faults(mock, host, error, words):
    client = connect(mock, host)
    with pytest.raises(error, match=words):
        client.starttls(context=trust(mock))
    client.close()


# ---- the relay against it ----

def relay_to(mock, bin_dir, folder, host, name, **more):
    port = mock.address(host)[1]
    wanted = config(
        folder, routes=[f"example.com {name}:{port}"],
        dns={name: {"A": ["127.0.0.1"]}},
        destconfig=["[example.com]", "table_tls = require_verify"], **more)
    relay = Relay(bin_dir / "faultpost-relay", folder, wanted)
    assert relay.is_ready
    client = relay.connect()
    assert client.mail("Subject: x\r\n\r\nhi", "u@example.com").startswith(
        "250 ")
    return relay


def test_relay_verifies_by_file(mock, bin_dir, tmp_path):
    relay = relay_to(mock, bin_dir, tmp_path, "good", "good.example",
                     tls={"ca_file": str(tmp_path / "ca.pem")})
    log = relay.await_text("Message finished MID 1 done\n")
    relay.stop()
    assert "DCID 1 TLS success protocol TLSv1.3 cipher " in log
    assert " CN=good.example\n" in log


@pytest.mark.parametrize("host, name, more, words", [
    ("good", "good.example", {}, "unable to get local issuer certificate"),
    ("good", "other.example", {"tls": {"ca_file": "ca.pem"}},
     "hostname mismatch"),
    ("expired", "expired", {"tls": {"ca_file": "ca.pem"}},
     "certificate has expired"),
])
def test_relay_refuses(mock, bin_dir, tmp_path, host, name, more, words):
    """The first: the test authority is none of the system's."""
    if more:
        more = {"tls": {"ca_file": str(tmp_path / "ca.pem")}}
    relay = relay_to(mock, bin_dir, tmp_path, host, name, **more)
    log = relay.await_text(" pending till ")
    relay.stop()
    assert f"DCID 1 TLS failed: verify error: {words}\n" in log
    assert ("DCID 1 IP 127.0.0.1 TLS was required but could not be "
            "successfully negotiated\n") in log
    assert '"event":"message"' not in told(mock)


def test_relay_shows_its_own(mock, bin_dir, tmp_path):
    """The host takes no handshake without a client's certificate."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=relay.test",
         "-keyout", tmp_path / "own.key", "-out", tmp_path / "own.pem"],
        check=True, capture_output=True)
    own = {"certificate": str(tmp_path / "own.pem"),
           "key": str(tmp_path / "own.key")}
    port = mock.address("asks")[1]
    relay = Relay(bin_dir / "faultpost-relay", tmp_path, config(
        tmp_path, routes=[f"example.com [127.0.0.1]:{port}"],
        destconfig=[
            "[DEFAULT]", "ip_sort_pref = PREFER_V6",
            "max_host_concurrency = 500", "max_messages_per_connection = 50",
            "recipient_minutes = 60", "limit_type = host",
            "limit_apply = system", "table_tls = require",
            "bounce_validation = 0", "send_tls_req_alert = 0",
            "certificate = test"],
        tls={"certificates": {"test": own}}))
    assert relay.is_ready, relay.end()
    client = relay.connect()
    assert client.mail("Subject: x\r\n\r\nhi", "u@example.com").startswith(
        "250 ")
    relay.await_text("Message finished MID 1 done\n")
    relay.stop()
    text = told(mock)
    assert re.search(r'"event":"tls","note":"TLSv1.3 \S+ CN=relay.test"', text)
