# SPDX-License-Identifier: MIT
"""The admin API of faultpost-mock: each path and answer is held against the
OpenAPI document, and what it says against what an SMTP client sees."""
import contextlib
import hashlib
import http.client
import json
import mailbox
import smtplib
import socket
import ssl
import subprocess

import jsonschema
import pytest

from mock_api import Api, admin_address, start_mock

SCENARIO = {
    "title": "t", "hosts": {
        "mx": {"address": "10.1.1.11", "rules": [
            {"on": "rcpt", "to": "bob@*", "reply": "550 5.1.1 no bob"},
            {"on": "vrfy", "reply": "252 2.0.0 perhaps"},
            {"on": "noop", "in": "odd", "reply": "250 2.0.0 odd"}]},
        "safe": {"address": "10.1.1.12", "tls": {}},
    },
}
BODY = b"\xc3\xa9\xff\x00 and a dot\r\n.\x80\r\n"
CONTENT = b"Subject: caf\xe9\r\n  au lait\r\nno header\r\n\r\n" + BODY


@pytest.fixture(scope="module", name="mock")
def running_mock(bin_dir, tmp_path_factory):
    mock = start_mock(bin_dir / "faultpost-mock",
                      tmp_path_factory.mktemp("mock"), SCENARIO)
    yield mock
    code, stderr = mock.stop()
    assert code == 0, stderr


@pytest.fixture(scope="module")
def whole(mock):
    return Api(admin_address(mock))


@pytest.fixture
def api(whole):
    whole.get("/v1/reset", method="POST")
    return whole


@pytest.fixture
def smtp(mock):
    with smtplib.SMTP(*mock.address("mx"), timeout=20) as client:
        client.ehlo("client.example")
        yield client


def send(client, sender="a@b.example", content=CONTENT,
         to=("c@d.example",)):
    """Sends the bytes as they are (smtplib would change line ends)."""
    assert client.mail(sender)[0] == 250
    for recipient in to:
        assert client.rcpt(recipient)[0] == 250
    assert client.docmd("DATA")[0] == 354
    client.send(content.replace(b"\r\n.", b"\r\n..") + b".\r\n")
    return client.getreply()


# ---- the document ----

def test_document(whole):
    """It is OpenAPI 3.1 as far as we use it, and its schemas are schemas."""
    document = whole.document
    assert document["openapi"].startswith("3.1.")
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    ids = [operation["operationId"] for item in document["paths"].values()
           for method, operation in item.items() if method != "parameters"]
    assert len(ids) == len(set(ids))
    jsonschema.Draft7Validator.check_schema(whole.rule_schema)


def test_every_operation(mock, api, smtp):
    """A tour through all that is documented."""
    api.seen.clear()
    for path in ("/openapi.json", "/rule.schema.json", "/v1/state",
                 "/v1/hosts", "/v1/hosts/mx", "/v1/rules", "/v1/messages",
                 "/v1/connections"):
        api.get(path)
    for path in ("/", "/livez", "/readyz", "/metrics"):
        assert api.ask("GET", path)[0] == 200
        assert api.ask("HEAD", path)[2] == b""
    rule = api.get("/v1/rules", 201, "POST",
                   {"host": "mx", "rule": {"on": "rset", "delay": "1ms"}})
    at = f"/v1/rules/{rule['id']}"
    assert api.get(at) == rule
    api.get(at, 200, "PUT", {"on": "rset", "reply": "250 2.0.0 well"})
    assert smtp.docmd("RSET")[1] == b"2.0.0 well"
    assert api.get(at)["acted"] == 1
    api.get(at, 200, "PATCH", {"enabled": False})
    assert smtp.docmd("RSET")[1] != b"2.0.0 well"
    assert api.get(at, 200, "DELETE")["id"] == rule["id"]
    api.get(at, 404)
    api.get("/v1/state", 200, "PATCH", {"rule_state": "odd"})
    api.get("/v1/hosts/mx", 200, "PATCH", {"rule_state": "odd"})
    assert smtp.noop() == (250, b"2.0.0 odd")
    assert send(smtp)[0] == 250
    number = api.get("/v1/messages")["messages"][0]["number"]
    connection = api.get(f"/v1/messages/{number}")["connection"]
    api.get(f"/v1/connections/{connection}")
    assert api.ask("GET", f"/v1/messages/{number}/content")[0] == 200
    api.get(f"/v1/messages/{number}", 200, "DELETE")
    api.get("/v1/messages", 200, "DELETE")
    api.get("/v1/wait?messages=1&timeout=5s&host=mx")
    with Events(api) as events:
        smtp.noop()
        api.validate(events.next(), {"$ref": "#/components/schemas/Event"})
    api.seen.add(("GET", "/v1/events"))
    api.get("/v1/reset", 200, "POST")
    assert api.operations() - api.seen == set()


# ---- messages ----

def test_message(api, smtp):
    assert send(smtp, to=["c@d.example", "e@d.example"])[0] == 250
    assert smtp.mail("sm\u00f6r@b.example",
                     ["SMTPUTF8"])[0] == 250
    smtp.rset()
    answer = api.get("/v1/messages")
    (m,) = answer["messages"]
    assert (m["host"], m["from"], m["to"], m["tls"]) == (
        "mx", "a@b.example", ["c@d.example", "e@d.example"], None)
    assert m["size"] == m["kept"] == len(CONTENT)
    assert m["sha256"] == hashlib.sha256(CONTENT).hexdigest()
    assert m["body_sha256"] == hashlib.sha256(BODY).hexdigest()
    assert m["headers"] == [["Subject", "caf\xe9  au lait"], ["", "no header"]]
    assert m["encoding"] == "latin1"
    _, headers, content = api.ask("GET", f"/v1/messages/{m['number']}/content")
    assert content == CONTENT
    assert headers["Content-Disposition"] == "attachment"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_utf8_envelope(api, mock):
    with mock.connect() as s:
        stream = s.makefile("rwb")
        for line in ("EHLO c", "MAIL FROM:<sm\u00f6r@b.example> SMTPUTF8",
                     "RCPT TO:<\u00e5sa@d.example>", "DATA",
                     "Subject: \u2603\r\n\r\nx\r\n.", "QUIT"):
            stream.write(line.encode() + b"\r\n")
        stream.flush()
        assert stream.read().endswith(b"\r\n")
    (m,) = api.get("/v1/messages")["messages"]
    assert (m["from"], m["to"]) == ("sm\u00f6r@b.example",
                                    ["\u00e5sa@d.example"])
    assert m["headers"] == [["Subject", "\u2603"]]
    assert "encoding" not in m


def test_tls_of_message(api, mock):
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with smtplib.SMTP(*mock.address("safe"), timeout=20) as client:
        client.starttls(context=context)
        client.ehlo("client.example")
        assert send(client)[0] == 250
        protocol = client.sock.version()
    (m,) = api.get("/v1/messages?host=safe")["messages"]
    assert m["tls"]["protocol"] == protocol
    assert m["tls"]["cipher"] and m["tls"]["client_name"] == ""
    (c,) = api.get("/v1/connections?host=safe")["connections"]
    assert c["tls"] and c["messages"] == 1


def test_pages_of_messages_and_removing(api, smtp):
    for i in range(5):
        assert send(smtp, f"a{i}@b.example")[0] == 250
    first = api.get("/v1/messages?limit=2")
    numbers = [m["number"] for m in first["messages"]]
    assert len(numbers) == 2 and first["more"]
    rest = api.get(f"/v1/messages?after={numbers[-1]}")
    assert [m["from"] for m in rest["messages"]] == [
        f"a{i}@b.example" for i in (2, 3, 4)] and not rest["more"]
    gone = api.get(f"/v1/messages/{numbers[0]}", 200, "DELETE")
    assert gone["from"] == "a0@b.example"
    assert api.get("/v1/messages?host=safe", 200, "DELETE")["messages"] == []
    assert len(api.get("/v1/messages", 200, "DELETE")["messages"]) == 4
    assert api.get("/v1/messages")["messages"] == []
    api.get(f"/v1/messages/{numbers[1]}", 404)


# ---- rules ----

def test_rules_act_from_the_next_command(api, smtp):
    """On a connection that stands, between two commands of a transaction."""
    bob = api.get("/v1/rules?host=mx")["rules"][0]
    assert smtp.mail("a@b.example")[0] == 250
    assert smtp.rcpt("bob@d.example")[0] == 550
    assert api.get(f"/v1/rules/{bob['id']}")["acted"] == 1
    api.get(f"/v1/rules/{bob['id']}", 200, "PATCH", {"enabled": False})
    assert smtp.rcpt("bob@d.example")[0] == 250
    rule = api.get("/v1/rules", 201, "POST", {
        "host": "mx", "before": bob["id"],
        "rule": {"on": "rcpt", "per": "connection", "nth": 2,
                 "reply": "452 4.3.1 {rcpt} {n}"}})
    assert (rule["index"], rule["origin"], rule["acted"]) == (0, "api", 0)
    assert smtp.rcpt("c@d.example")[0] == 250
    assert smtp.rcpt("c@d.example") == (452, b"4.3.1 c@d.example 2")
    order = [r["id"] for r in api.get("/v1/rules?host=mx")["rules"]]
    assert order[:2] == [rule["id"], bob["id"]]
    api.get(f"/v1/rules/{rule['id']}", 200, "PUT",
            {"on": "data", "reply": "451 4.3.0 not now"})
    assert smtp.docmd("DATA") == (451, b"4.3.0 not now")
    api.get("/v1/reset", 200, "POST")
    assert smtp.docmd("DATA")[0] == 354
    smtp.send(b"x\r\n.\r\n")
    assert smtp.getreply()[0] == 250
    assert [r["origin"] for r in api.get("/v1/rules?host=mx")["rules"]] == [
        "scenario"] * 3


@pytest.mark.parametrize("body, status, pointer", [
    ({"host": "mx", "rule": {"on": "rcpt"}}, 422, "/rule"),
    ({"host": "mx", "rule": {"on": "rcpt", "reply": "99 x"}}, 422,
     "/rule/reply"),
    ({"host": "mx", "rule": {"on": "rcpt", "replly": "550 x"}}, 422, "/rule"),
    ({"host": "mx", "rule": {"on": "rctp", "reply": "550 x"}}, 422,
     "/rule/on"),
    ({"host": "mx", "before": 999999, "rule": {"on": "rset", "delay": "1s"}},
     422, "/before"),
    ({"host": "mx"}, 422, ""),
    ([], 422, ""),
    (b'{"host": "mx", "host": "mx"}', 400, ""),
    (b"{", 400, ""),
    (b"", 400, ""),
    (b"\xff\xfe", 400, ""),
])
def test_wrong_rule(api, body, status, pointer):
    before = api.get("/v1/rules")
    problem = api.get("/v1/rules", status, "POST", body)
    (error,) = problem["errors"]
    assert error["pointer"] == pointer and error["line"] >= 1
    assert error["detail"]
    assert api.get("/v1/rules") == before


def test_wrong_host_and_rule(api):
    rule = {"on": "rset", "delay": "1s"}
    api.get("/v1/rules", 404, "POST", {"host": "no", "rule": rule})
    api.get("/v1/rules?host=no", 404)
    api.get("/v1/rules/0", 404)
    api.get("/v1/rules/x", 404)
    api.get("/v1/rules/99999999999999999999", 404)
    api.get("/v1/rules/999999", 404, "PUT", rule)
    api.get("/v1/hosts/no", 404, "PATCH", {"state": "up"})
    api.get("/v1/hosts/mx", 422, "PATCH", {})
    api.get("/v1/hosts/mx", 422, "PATCH", {"state": "unreachable"})
    first = api.get("/v1/rules")["rules"][0]["id"]
    problem = api.get(f"/v1/rules/{first}", 422, "PUT", {"on": "rset"})
    assert problem["errors"][0]["pointer"] == ""


# ---- hosts ----

def test_host_refuses_and_listens_again(api, mock):
    assert api.get("/v1/hosts/safe")["state"] == "up"
    place = mock.address("safe")
    host = api.get("/v1/hosts/safe", 200, "PATCH", {"state": "refuse"})
    assert host["state"] == "refuse"
    assert host["addresses"][0]["real"] is None
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(place, timeout=20)
    host = api.get("/v1/hosts/safe", 200, "PATCH", {"state": "up"})
    ip, port = host["addresses"][0]["real"].rsplit(":", 1)
    socket.create_connection((ip, int(port)), timeout=20).close()


def test_hosts_and_rules_of_some(api, mock):
    """Parts of names, and a limit that those with connections come before."""
    whole = api.get("/v1/hosts")
    assert [h["name"] for h in whole["hosts"]] == ["mx", "safe"]
    assert whole["found"] == 2
    for query, names, found in (
            ("with=A", ["safe"], 1), ("with=x", ["mx"], 1), ("with=", [
                "mx", "safe"], 2), ("with=no", [], 0), ("limit=0", [], 2),
            ("limit=2&with=m", ["mx"], 1), ("limit=2", ["mx", "safe"], 2)):
        answer = api.get("/v1/hosts?" + query)
        assert [h["name"] for h in answer["hosts"]] == names, query
        assert answer["found"] == found, query
        rules = api.get("/v1/rules?" + query)["rules"]
        assert {r["host"] for r in rules} == set(names) & {"mx"}, query
    with smtplib.SMTP(*mock.address("safe"), timeout=20):
        (host,) = api.get("/v1/hosts?limit=1")["hosts"]
        assert host["name"] == "safe"
        assert api.get("/v1/rules?limit=1")["rules"] == []
    api.get("/v1/hosts?limit=x", 400)
    api.get("/v1/rules?host=no&limit=1", 404)


def test_near_miss(api, smtp):
    """Of a rule that almost acted: which of its conditions was not true."""
    def rule():
        return api.get("/v1/rules?host=mx")["rules"][0]
    assert "near" not in rule() and "no client came" in rule()["why"]
    smtp.mail("a@b.example")
    smtp.rcpt("carol@d.example")
    near = rule()["near"]
    assert rule()["why"].endswith(near["detail"])
    assert near.pop("at").startswith("0:0")
    assert near == {
        "condition": "to", "command": "RCPT TO:<carol@d.example>",
        "detail": "wants bob@*, and it was carol@d.example"}
    smtp.rcpt("bob@d.example")
    assert "near" not in rule() and "why" not in rule()


# ---- connections, events, waiting ----

class Events:
    """A reader of /v1/events."""

    def __init__(self, api, path="/v1/events"):
        self.connection = api.connect()
        self.connection.request("GET", path)
        self.answer = self.connection.getresponse()

    def __enter__(self):
        assert self.answer.status == 200
        assert self.answer.headers["Content-Type"] == "text/event-stream"
        assert self.answer.readline() == b": listening\n"
        return self

    def __exit__(self, *_):
        self.connection.close()
        self.answer.close()

    def next(self):
        while True:
            line = self.answer.readline()
            assert line, "the stream has ended"
            if line.startswith(b"data: "):
                return json.loads(line[6:])


def test_events(api, mock):
    with Events(api, "/v1/events?host=mx") as events, \
            smtplib.SMTP(*mock.address("safe"), timeout=20) as other:
        other.noop()
        with smtplib.SMTP(*mock.address("mx"), timeout=20) as client:
            client.ehlo("client.example")
            send(client)
        seen = []
        while not seen or seen[-1]["event"] != "close":
            seen.append(events.next())
    kinds = [e["event"] for e in seen]
    assert kinds[0] == "open" and kinds.count("message") == 1
    assert {e["host"] for e in seen} == {"mx"}
    whole = api.get(f"/v1/connections/{seen[0]['connection']}")
    assert whole["events"] == seen
    assert (whole["state"], whole["messages"]) == ("closed", 1)
    sent = "".join(e["bytes"] for e in seen if e["event"] == "in")
    assert whole["bytes_in"] == len(sent)


@pytest.mark.parametrize("action, kind, state", [
    ({"vanish": True}, "gone", "gone"), ({"reset": True}, "reset", "reset"),
    ({"drop": True}, "close", "closed"),
    ({"then": "half-close"}, "half-close", "closed")])
def test_each_end(api, mock, action, kind, state):
    """How the host ends a connection, in the words of the document."""
    api.get("/v1/rules", 201, "POST", {"host": "mx", "rule": {
        "on": "rset", **action}})
    with Events(api, "/v1/events?host=mx") as events, mock.connect() as s:
        s.sendall(b"RSET\r\n")
        seen = []
        while not seen or seen[-1]["event"] != kind:
            seen.append(events.next())
            api.validate(seen[-1], {"$ref": "#/components/schemas/Event"})
        if kind == "half-close":
            while s.recv(1000):
                pass
            s.close()
            while seen[-1]["event"] != "close":
                seen.append(events.next())
    (c,) = [c for c in api.get("/v1/connections?host=mx")["connections"]
            if c["number"] == seen[0]["connection"]]
    assert c["state"] == state
    api.get(f"/v1/connections/{c['number']}")


def test_slow_reader_is_cut(api, mock, smtp):
    """More waits for it than anyone would keep: it is gone, nobody else is."""
    with socket.socket() as slow, Events(api) as fast:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.settimeout(20)
        slow.connect(admin_address(mock))
        slow.sendall(b"GET /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert slow.recv(15) == b"HTTP/1.1 200 OK"
        # A NUL is six bytes of JSON: 20 MB of them.
        for _ in range(8):
            send(smtp, content=b"Subject: x\r\n\r\n" +
                 (b"\0" * 900 + b"\r\n") * 450)
            while fast.next()["event"] != "message":
                pass
        # What the kernel holds comes, and then no end of a chunked body.
        got = b""
        with contextlib.suppress(ConnectionResetError):
            while chunk := slow.recv(1 << 20):
                got = got[-10:] + chunk
        assert not got.endswith(b"0\r\n\r\n")
        assert api.get("/v1/state")["messages"] == 8


def test_readers_are_bounded(api):
    readers = [Events(api) for _ in range(16)]
    try:
        for reader in readers:
            reader.__enter__()
        api.get("/v1/events", 503)
    finally:
        for reader in readers:
            reader.__exit__()


def test_wait(api, smtp):
    waiting = api.connect()
    waiting.request("GET", "/v1/wait?messages=2&timeout=20s")
    send(smtp)
    problem = api.get("/v1/wait?messages=2&timeout=20ms", 504)
    assert "1 of 2 messages" in problem["detail"]
    send(smtp)
    answer = waiting.getresponse()
    assert answer.status == 200
    assert json.loads(answer.read())["messages"] == 2
    waiting.close()
    assert api.get("/v1/wait?messages=2")["waited"] == "0s"
    api.get("/v1/wait?connections=1&host=safe&timeout=1ms", 504)
    for wrong in ("", "?messages=x", "?messages=1&timeout=11m",
                  "?messages=1&timeout=0s", "?messages=1&timeout=5",
                  "?messages=-1", "?mesages=1"):
        api.get("/v1/wait" + wrong, 400)
    api.get("/v1/wait?messages=1&host=no", 404)


def test_what_is_told_is_in_the_transcript(api, mock, smtp):
    """Lines are gathered for some milliseconds, but no answer comes before
    those that it stands on."""
    begun = sum(e["event"] == "message" for e in mock.transcript())
    for i in range(1, 11):
        assert send(smtp)[0] == 250
        api.get(f"/v1/wait?messages={i}&timeout=20s")
        assert sum(e["event"] == "message"
                   for e in mock.transcript()) == begun + i


def test_waiters_are_bounded_and_may_leave(api, smtp):
    """All of them are there until one message ends their wait."""
    waiting = [api.connect() for _ in range(64)]
    for one in waiting:
        one.request("GET", "/v1/wait?messages=1&timeout=10m")
    while api.ask("GET", "/v1/wait?messages=1&timeout=1ms")[0] != 503:
        pass
    for one in waiting[:32]:
        one.close()
    api.get("/v1/wait?messages=1&timeout=1ms", 504)
    send(smtp)
    for one in waiting[32:]:
        assert one.getresponse().status == 200
        one.close()


def test_crowd_that_leaves(start):
    """More clients than it takes: when they are gone it answers as before."""
    address = admin_address(start())
    with contextlib.ExitStack() as crowd:
        for _ in range(150):
            client = crowd.enter_context(
                socket.create_connection(address, timeout=20))
            client.sendall(b"GET /v1/hosts HTTP/1.1\r\nX: a")
    assert Api(address).ask("GET", "/livez")[0] == 200


# ---- who may ask ----

def test_methods_and_paths(api):
    status, headers, _ = api.ask("PUT", "/v1/messages", {})
    assert status == 405
    assert headers["Allow"] == "GET, HEAD, DELETE"
    for path in ("/v1", "/v1/", "/v1/hosts/", "/v1/hosts/mx/", "//",
                 "/v1/messages/1/content/x", "/v1/%68osts/.."):
        assert api.ask("GET", path)[0] == 404
    assert api.ask("GET", "/v1/hosts?x")[0] == 400
    assert api.ask("GET", "/v1/hosts?" + "x=1&" * 20)[0] == 400
    assert api.ask("GET", "/v1/messages?limit=1001")[0] == 400


@pytest.mark.parametrize("headers, status", [
    ({"Host": "rebind.example"}, 403),
    ({"Origin": "http://evil.example"}, 403),
    ({"Sec-Fetch-Site": "cross-site"}, 403),
    ({"Content-Type": "text/plain"}, 415),
    ({"Content-Type": "application/jsonx"}, 415),
    ({"Content-Type": "application/json; charset=utf-8"}, 201),
])
def test_pages_of_others_change_nothing(api, headers, status):
    before = len(api.get("/v1/rules")["rules"])
    rule = {"host": "mx", "rule": {"on": "rset", "delay": "1s"}}
    assert api.ask("POST", "/v1/rules", rule, headers)[0] == status
    assert len(api.get("/v1/rules")["rules"]) == before + (status == 201)


def test_bodies_are_bounded(api, mock):
    with socket.create_connection(admin_address(mock), timeout=20) as s:
        s.sendall(b"POST /v1/rules HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                  b"Content-Length: 1048577\r\n\r\n")
        assert s.recv(12) == b"HTTP/1.1 413"
    assert api.ask("POST", "/v1/rules", b" " * (1 << 20))[0] == 400
    with socket.create_connection(admin_address(mock), timeout=20) as s:
        s.sendall(b"POST /v1/rules HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                  b"Transfer-Encoding: chunked\r\n\r\n5\r\n")
        assert s.recv(12) == b"HTTP/1.1 411"
    with socket.create_connection(admin_address(mock), timeout=20) as s:
        s.sendall(b"GET /v1/state HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                  b"Host: 127.0.0.1\r\n\r\n")
        assert s.recv(12) == b"HTTP/1.1 400"


def test_answers_are_for_nobody_else(api):
    _, headers, _ = api.ask("GET", "/v1/state")
    assert "Access-Control-Allow-Origin" not in headers
    assert headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in headers["Content-Security-Policy"]


# ---- how it is started, and ends ----

@pytest.fixture
def start(bin_dir, tmp_path):
    running = []

    def run(*options):
        running.append(start_mock(bin_dir / "faultpost-mock", tmp_path,
                                  SCENARIO, *options))
        return running[-1]

    yield run
    for mock in running:
        if mock.process.poll() is None:
            mock.stop()


def test_ends_while_others_wait(start):
    """Neither readers nor those who wait hold it back."""
    mock = start()
    api = Api(admin_address(mock))
    waiting = api.connect()
    waiting.request("GET", "/v1/wait?messages=1&timeout=10m")
    with Events(api) as events:
        api.get("/v1/state")
        assert mock.stop()[0] == 0
        with pytest.raises(http.client.IncompleteRead):
            events.answer.read()
    with pytest.raises(http.client.RemoteDisconnected):
        waiting.getresponse()


def test_oldest_go_first_and_that_is_said(start):
    mock = start("--keep", "2,100000")
    api = Api(admin_address(mock))
    with smtplib.SMTP(*mock.address("mx"), timeout=20) as client:
        client.ehlo("c")
        for i in range(4):
            assert send(client, f"a{i}@b.example")[0] == 250
        answer = api.get("/v1/messages")
        assert [m["number"] for m in answer["messages"]] == [3, 4]
        assert answer["evicted"] == 2
        state = api.get("/v1/state")["capture"]
        assert (state["accepted"], state["kept"], state["count_max"],
                state["bytes_max"]) == (4, 2, 2, 100000)
        # More bytes than there may be: it is digested, and not kept.
        big = b"Subject: x\r\n\r\n" + b"y" * 100000 + b"\r\n"
        assert send(client, content=big)[0] == 250
        assert api.get("/v1/messages")["messages"] == []
        assert "evicted_total 5" in api.ask("GET", "/metrics")[2].decode()
    code, stderr = mock.stop()
    assert code == 0
    assert stderr.count("the oldest go") == 1


def test_large_content_is_kept_in_part(start):
    api = Api(admin_address(mock := start("--transcript-bytes", "999")))
    content = b"Subject: x\r\n\r\n" + (b"y" * 70 + b"\r\n") * 20000
    with smtplib.SMTP(*mock.address("mx"), timeout=20) as client:
        client.ehlo("c")
        assert send(client, content=content)[0] == 250
    (m,) = api.get("/v1/messages")["messages"]
    assert (m["size"], m["kept"]) == (len(content), 1 << 20)
    assert m["sha256"] == hashlib.sha256(content).hexdigest()
    assert api.ask("GET", "/v1/messages/1/content")[2] == content[:1 << 20]
    # Its connection shows the beginning.
    connection = api.get("/v1/connections/1")
    cut = [e["cut"] for e in connection["events"] if "cut" in e]
    assert sum(cut) == len(content) - 999
    told = sum(len(e["bytes"]) for e in connection["events"]
               if e["event"] == "in")
    assert connection["bytes_in"] == told + sum(cut)
    (message,) = [e for e in connection["events"] if e["event"] == "message"]
    assert message["body_sha256"] == m["body_sha256"]


def test_maildir(start, tmp_path):
    """Any reader of maildirs has it; the bytes are those that were sent."""
    folder = tmp_path / "mail"
    mock = start("--maildir", folder)
    with smtplib.SMTP(*mock.address("mx"), timeout=20) as client:
        client.ehlo("c")
        for i in range(3):
            assert send(client, f"a{i}@b.example",
                        to=["c@d.example", "e@d.example"])[0] == 250
    assert mock.stop()[0] == 0
    assert list((folder / "tmp").iterdir()) == []
    files = list((folder / "new").iterdir())
    assert len(files) == 3 and all(f.stat().st_mode & 0o777 == 0o600
                                   for f in files)
    assert all(f.read_bytes().endswith(b"\r\n" + CONTENT) for f in files)
    found = list(mailbox.Maildir(folder, create=False))
    assert sorted(m["Return-Path"] for m in found) == [
        f"<a{i}@b.example>" for i in range(3)]
    assert found[0].get_all("Delivered-To") == ["c@d.example", "e@d.example"]
    assert found[0]["X-Faultpost-Host"].startswith("mx 10.1.1.11:25 from 127.")


def test_maildir_that_fails_ends_the_mock(start, tmp_path):
    folder = tmp_path / "mail"
    mock = start("--maildir", folder, "--format", "json")
    (folder / "tmp").rmdir()
    with smtplib.SMTP(*mock.address("mx"), timeout=20) as client:
        client.ehlo("c")
        with contextlib.suppress(smtplib.SMTPServerDisconnected):
            send(client)
    _, stderr = mock.process.communicate(timeout=20)
    assert mock.process.returncode == 3
    errors = [json.loads(line) for line in stderr.splitlines()
              if '"error"' in line]
    assert [e["file"] for e in errors] == [str(folder)]
    assert list((folder / "new").iterdir()) == []


def test_token(start, tmp_path):
    """Nothing that tells anything is told without it."""
    (tmp_path / "token").write_text("open-sesame\n")
    mock = start("--token-file", tmp_path / "token")
    api = Api(admin_address(mock))
    for method, path in sorted(api.operations()):
        plain = path.replace("{host}", "mx").replace("{number}", "1").replace(
            "{rule}", "1")
        body = {} if method in ("POST", "PUT", "PATCH") else None
        status, headers, _ = api.ask(method, plain, body)
        if path in ("/", "/livez", "/readyz", "/openapi.json",
                    "/rule.schema.json"):
            assert status == 200
        else:
            assert status == 401
            assert headers["WWW-Authenticate"] == "Bearer"
    assert api.ask("GET", "/v1/state",
                   headers={"Authorization": "Bearer open-sesamE"})[0] == 401
    api.token = "open-sesame"
    api.get("/v1/state")
    assert api.ask("GET", "/v1/state", headers={"Host": "mock.example"}
                   )[0] == 200


@pytest.mark.parametrize("options, error", [
    (["--admin", "0.0.0.0:0"], "can be reached from elsewhere"),
    (["--admin", "[::]:0"], "can be reached from elsewhere"),
    (["--admin", "nowhere"], "expected a port"),
    (["--admin", "65536"], "expected a port"),
    (["--admin", "0", "--token-file", "/dev/null"], "this is no token"),
    (["--admin", "0", "--token-file", "/nonexistent"], "/nonexistent"),
    (["--token-file", "/dev/null"], "needs --admin"),
    (["--keep", "0"], "expected a number"),
    (["--keep", "1,x"], "expected a number"),
    (["--format", "xml"], "expected \"human\" or \"json\""),
])
def test_wrong_options(bin_dir, tmp_path, options, error):
    path = tmp_path / "t.scenario.json"
    path.write_text(json.dumps(SCENARIO))
    done = subprocess.run([bin_dir / "faultpost-mock", *options, path],
                          capture_output=True, text=True, timeout=20,
                          check=False)
    assert done.returncode == 2
    assert error in done.stderr


def test_format_json(start):
    """All that it says is a line of JSON."""
    mock = start("--format", "json")
    code, stderr = mock.stop()
    assert code == 0
    said = [json.loads(line) for line in stderr.splitlines()]
    assert all(set(s) >= {"time", "event", "message"} for s in said)
    places = [s for s in said if s["event"] == "place"]
    assert [(p["host"], p["real"]) for p in places] == [
        (p["host"], p["real"]) for p in mock.places]
    unused = [s for s in said if s["event"] == "unused-rule"]
    assert len(unused) == 3 and all(u["host"] == "mx" for u in unused)


def test_base_port_0_is_free_ports(bin_dir, tmp_path):
    mock = start_mock(bin_dir / "faultpost-mock", tmp_path, {
        "title": "t", "hosts": {"a": {"address": "127.0.0.1"},
                                "b": {"address": "127.0.0.2"}}},
                      "--base-port", "0")
    try:
        ports = {mock.address(name) for name in "ab"}
        assert {ip for ip, _ in ports} == {"127.0.0.1", "127.0.0.2"}
        assert all(port > 1023 for _, port in ports)
    finally:
        mock.stop()
