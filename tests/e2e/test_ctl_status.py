# SPDX-License-Identifier: MIT
"""faultpost ctl: the pages that look at a relay, as the appliance prints them,
and the counters behind them."""
import re

from relay_peers import MOMENT, closed_port, send


# A connection that is idle stays for as long as one looks.
STAYS = {"delivery": {"idle_timeout": "1h"}}
HOSTSTATUS = """\
Host mail status for: '{domain}'
Status as of:         MOMENT UTC
Host up/down:         {state}
Counters:
  Queue
    Soft Bounced Events                0
  Completion
    Completed Recipients               {done}
      Hard Bounced Recipients          0
        DNS Hard Bounces               0
        5XX Hard Bounces               0
        Filter Hard Bounces            0
        Expired Hard Bounces           0
        Other Hard Bounces             0
      Delivered Recipients             {done}
      Deleted Recipients               0
Gauges:
  Queue
    Active Recipients                  {waiting}
      Unattempted Recipients           {waiting}
      Attempted Recipients             0
  Connections
    Current Outbound Connections       {connections}
    Pending Outbound Connections       0
"""


def gateway(domain, state, activity, recipients):
    return f"""\
Virtual gateway information:
============================================================
{domain} (127.0.0.1):
    Host up/down:       {state}
    Last Activity       {activity}
    Recipients          {recipients}
"""


def test_hoststatus_up(start, ctl, ask, sink):
    relay = start(routes=[f"mail.example 127.0.0.1:{sink.port}"], **STAYS)
    send(relay, "mail.example")
    relay.await_text("Message finished MID 1 done\n")
    assert ctl("hoststatus", "MAIL.example") == HOSTSTATUS.format(
        domain="mail.example", state="up", done=1, waiting=0,
        connections=1) + f"""\
Oldest Message        No Messages
Last Activity         MOMENT UTC
Ordered IP addresses: (expiring at MOMENT UTC)
    Preference   IPs
    0            127.0.0.1:{sink.port}
SMTP Routes:
    Preference   Hostname
    0            127.0.0.1:{sink.port}
""" + gateway("mail.example", "up", "MOMENT", 0)
    status = ask("hoststatus", "mail.example")
    assert (status["state"], status["next_retry"]) == ("up", None)
    assert status["counters"]["delivered_recipients"] == 1


def test_hoststatus_unknown(start, ctl):
    start()
    assert ctl("hoststatus", "nobody.example") == HOSTSTATUS.format(
        domain="nobody.example", state="unknown", done=0, waiting=0,
        connections=0) + """\
Oldest Message        No Messages
Last Activity         Never
""" + gateway("nobody.example", "unknown", "Never", 0)


def test_hoststatus_mx(start, ctl, ask, sink):
    """The MX records behind the addresses, with what is left of their time."""
    relay = start(
        delivery={"port": sink.port},
        dns={"mail.example": {"MX": ["20 b.example", "10 a.example"],
                              "ttl": "1h"},
             "a.example": {"A": ["127.0.0.1"]},
             "b.example": {"A": ["127.0.0.2"]}},
        routes=["by.example mail.example/pri=5", "to.example [mail.example]"])
    for domain in "mail.example", "by.example":
        send(relay, domain)
        relay.await_text("Message finished MID")
        text = ctl("hoststatus", domain)
        assert re.search(r"""
MX Records:
    Preference   TTL       Hostname
    10           (1h0m0s|5\dm\d+s)    a\.example
    20           (1h0m0s|5\dm\d+s)    b\.example
""", text), text
        records = ask("hoststatus", domain)["mx_records"]
        assert [(r["preference"], r["hostname"]) for r in records] == [
            (10, "a.example"), (20, "b.example")]
        assert 3000 < records[0]["ttl_seconds"] <= 3600
    status = ask("hoststatus", "by.example")
    assert status["smtp_routes"] == [{"preference": 5, "host": "mail.example"}]
    assert status["virtual_gateways"] == [{
        "interface": "127.0.0.1", "state": "up", "recipients": 0,
        "last_activity": status["last_activity"]}]
    assert "    5            mail.example\n" in ctl("hoststatus", "by.example")
    # Brackets: no MX is asked for, whatever the cache has.
    assert ask("hoststatus", "to.example")["mx_records"] == []
    for domain, shown in ("mail.example", [10, 20]), ("by.example", [5, 5]):
        addresses = ask("hoststatus", domain)["addresses"]
        assert [a["preference"] for a in addresses] == shown


def test_hoststatus_down(start, ctl, ask):
    port = closed_port()
    relay = start(routes=[f"mail.example 127.0.0.1:{port}"])
    send(relay, "mail.example")
    relay.await_text("pending till")
    text = ctl("hoststatus", "mail.example")
    assert text.startswith(HOSTSTATUS.format(
        domain="mail.example", state="down", done=0, waiting=1,
        connections=0))
    assert re.fullmatch(rf"""Oldest Message        \d+ secs?
Last Activity         MOMENT UTC
Ordered IP addresses: \(expiring at MOMENT UTC\)
    Preference   IPs
    0            127\.0\.0\.1:{port}
SMTP Routes:
    Preference   Hostname
    0            127\.0\.0\.1:{port}
Addresses that are down:
    127\.0\.0\.1:{port}  next probe MOMENT UTC
   Last Error:
    ----------
    \[Errno 61\] Connection refused
    \(127\.0\.0\.1:{port}, connect\)
    \(at MOMENT\)
    ----------
Next Retry            MOMENT UTC
""" + re.escape(gateway("mail.example", "down", "MOMENT", 1)), text[text.index("Oldest"):])
    status = ask("hoststatus", "mail.example")
    assert status["last_error"] == {
        "text": "[Errno 61] Connection refused",
        "at": status["last_error"]["at"],
        "address": f"127.0.0.1:{port}", "stage": "connect"}
    assert status["next_retry"] > status["as_of"]


def test_where_it_failed(start, ctl, ask, sink):
    """Of an error, who gave it and when in the dialogue: a bare 4.4.0 with an
    errno tells neither."""
    relay = start(routes=[f"a.example 127.0.0.1:{sink.port}"])
    sink.answers["RCPT"] = "451 4.7.1 greylisted"
    send(relay, "a.example")
    relay.await_text("pending till")
    error = ask("hoststatus", "a.example")["last_error"]
    assert (error["address"], error["stage"]) == (
        f"127.0.0.1:{sink.port}", "rcpt")
    sink.answers = {"MAIL": "drop"}
    ctl("delivernow", "all")
    relay.await_text("4.4.0 - Other network problem")
    relay.await_text("pending till")
    error = ask("hoststatus", "a.example")["last_error"]
    assert (error["text"], error["stage"]) == ("EOF", "mail")
    # What no host said is nobody's.
    ctl("smtproutes", "delete", "a.example")
    ctl("smtproutes", "new", "a.example", "nowhere.example")
    ctl("delivernow", "all")
    relay.await_text("Message finished MID 1 done")
    error = ask("hoststatus", "a.example")["last_error"]
    assert error["text"].startswith("DNS Hard Error") and "stage" not in error


def test_tophosts(start, ctl, ask, sink):
    relay = start(routes=[f"a.example 127.0.0.1:{sink.port}",
                          f"b.example 127.0.0.1:{closed_port()}"], **STAYS)
    send(relay, "a.example", "a.example", "a.example")
    relay.await_text("Message finished MID 1 done\n")
    send(relay, "b.example", mails=2)
    relay.await_text(*(f"MID {mid} to RID [0] pending till" for mid in (2, 3)))
    assert ctl("tophosts") == """\
Status as of: MOMENT UTC
Hosts marked with '*' were down as of the last delivery attempt.
                            Active  Conn.   Deliv.   Soft     Hard
#  Recipient Host           Recip.  Out     Recip.   Bounced  Bounced
1* b.example                2       0       0        0        0
2  a.example                0       1       3        0        0
"""
    for order in ("active_rcpts", "soft_bounced", "hard_bounced_rcpts",
                  "conn_out", "deliv_rcpts"):
        first = ask("tophosts", order)["hosts"][0]["domain"]
        assert first == ("b.example" if order == "active_rcpts" else
                         "a.example"), order
    assert ctl("tophosts", "colour", code=2) == (
        "faultpost ctl: colour is no order; expected active_rcpts, conn_out, "
        "deliv_rcpts, soft_bounced or hard_bounced_rcpts\n")


def test_status(start, ctl, ask, sink):
    relay = start(routes=[f"a.example 127.0.0.1:{sink.port}"], **STAYS)
    send(relay, "a.example", "a.example")
    relay.await_text("Message finished MID 1 done\n")
    text = ctl("status", "detail")
    uptime = re.search(r"\((\d+s)\)", text)[1]
    load = re.findall(r"Utilization +(\d+)%", text)
    assert len(load) == 3 and all(int(one) <= 100 for one in load)
    text = re.sub(r" +\d+%", " N%", text)
    assert text == f"""\
Status as of:                 MOMENT UTC
Up since:                     MOMENT UTC ({uptime})
Last counter reset:           Never
System status:                Online
Oldest Message:               No Messages
Counters:                              Reset        Uptime      Lifetime
  Receiving
    Messages Received                      1             1             1
    Recipients Received                    2             2             2
    Gen. Bounce Recipients                 0             0             0
  Rejection
    Rejected Recipients                    0             0             0
    Dropped Messages                       0             0             0
  Queue
    Soft Bounced Events                    0             0             0
  Completion
    Completed Recipients                   2             2             2
      Hard Bounced Recipients              0             0             0
        DNS Hard Bounces                   0             0             0
        5XX Hard Bounces                   0             0             0
        Expired Hard Bounces               0             0             0
        Filter Hard Bounces                0             0             0
        Other Hard Bounces                 0             0             0
      Delivered Recipients                 2             2             2
      Deleted Recipients                   0             0             0
Current IDs
  Message ID (MID)                         1
  Injection Conn. ID (ICID)                1
  Delivery Conn. ID (DCID)                 1
Rates (Events Per Hour):            1-Minute     5-Minutes    15-Minutes
  Receiving
    Messages Received                     60            12             4
    Recipients Received                  120            24             8
  Queue
    Soft Bounced Events                    0             0             0
  Completion
    Completed Recipients                 120            24             8
      Hard Bounced Recipients              0             0             0
      Delivered Recipients               120            24             8
Gauges:                              Current
  System
    RAM Utilization N%
    CPU Utilization N%
    Disk I/O Utilization N%
  Connections
    Current Inbound Conn.                  0
    Current Outbound Conn.                 1
  Queue
    Active Recipients                      0
      Unattempted Recipients               0
      Attempted Recipients                 0
    Destinations In Memory                 1
"""
    assert ctl("status").splitlines()[5:11] == [
        line for line in text.splitlines()[5:12] if "Gen." not in line]
    assert ask("status")["counters"]["uptime"]["messages_received"] == 1


def test_counters_live_on(start, ctl, ask, sink):
    """Lifetime counters are the queue's, uptime's are the process's."""
    relay = start(routes=[f"a.example 127.0.0.1:{sink.port}"])
    send(relay, "a.example", mails=3)
    relay.await_text(*(f"Message finished MID {mid} done\n"
                       for mid in (1, 2, 3)))
    assert ctl("resetcounters") == "Counters reset.\n"
    send(relay, "a.example")
    relay.await_text("Message finished MID 4 done\n")
    relay.stop()
    relay = start(routes=[f"a.example 127.0.0.1:{sink.port}"])
    send(relay, "a.example")
    relay.await_text("Message finished MID 5 done\n")
    counters = ask("status")["counters"]
    assert [counters[column]["delivered_recipients"] for column in
            ("reset", "uptime", "lifetime")] == [2, 1, 5]
