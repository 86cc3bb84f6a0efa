# SPDX-License-Identifier: MIT
"""The metrics that a relay serves."""
import http.client
import json

from prometheus_client.parser import text_string_to_metric_families

from relay_peers import PATIENCE_S, closed_port, send


def samples(text):
    """The page, read by Prometheus's own parser: {(name, labels): value}."""
    found = {}
    for family in text_string_to_metric_families(text):
        assert family.documentation
        for sample in family.samples:
            key = (sample.name, *sorted(sample.labels.items()))
            assert key not in found
            found[key] = sample.value
    return found


def scrape(place, path="/metrics", method="GET"):
    connection = http.client.HTTPConnection(place, timeout=PATIENCE_S)
    connection.request(method, path)
    response = connection.getresponse()
    return response, response.read().decode()


def test_metrics(start, ctl, tmp_path, sink):
    relay = start(metrics="127.0.0.1:0", routes=[
        f"a.example 127.0.0.1:{sink.port}",
        f"b.example 127.0.0.1:{closed_port()}"])
    place = [p["real"] for p in
             json.loads((tmp_path / "relay.ports").read_text())
             if p["host"] == "metrics"][0]
    send(relay, "a.example")
    relay.await_text("Message finished MID 1 done\n")
    send(relay, "b.example")
    relay.await_text("MID 2 to RID [0] pending till")
    response, page = scrape(place)
    assert response.status == 200
    assert response.headers["Content-Type"] == (
        "text/plain; version=0.0.4; charset=utf-8")
    found = samples(page)
    for name, value in [("messages_received_total", 2),
                        ("delivered_recipients_total", 1),
                        ("hosts_down", 1), ("deliveries_suspended", 0)]:
        assert found["faultpost_relay_" + name,] == value, name
    assert found["faultpost_relay_active_recipients",
                 ("state", "unattempted")] == 1
    # A relay has as many series as one that has seen no mail.
    relay.stop()
    (tmp_path / "queue.db").unlink()
    start()
    assert samples(ctl("metrics")).keys() == found.keys()


def test_dropped_messages(start, ctl, ask, sink):
    """Only what routes to /dev/null leave nobody of is a dropped message."""
    relay = start(routes=["null.example /dev/null", "void.example /dev/null",
                          "wait.example 127.0.0.1:%d" % closed_port(),
                          f"a.example 127.0.0.1:{sink.port}"])
    send(relay, "null.example")
    send(relay, "null.example", "void.example", "void.example")
    send(relay, "null.example", "a.example")
    relay.await_text("Message finished MID 3 done\n")
    send(relay, "wait.example", "null.example")
    relay.await_text("MID 4 to RID [0] pending till")
    ctl("removemessage", "4")
    counters = ask("status")["counters"]["lifetime"]
    assert counters["dropped_messages"] == 2
    assert counters["deleted_recipients"] == 7
    assert samples(ctl("metrics"))[
        "faultpost_relay_dropped_messages_total",] == 2


def test_metrics_only(start, tmp_path):
    start(metrics="127.0.0.1:0")
    place = json.loads(
        (tmp_path / "relay.ports").read_text())[1]["real"]
    assert scrape(place, "/")[0].status == 404
    assert scrape(place, method="POST")[0].status == 405
    response, page = scrape(place, method="HEAD")
    assert response.status == 200 and page == ""
    assert int(response.headers["Content-Length"]) > 0
