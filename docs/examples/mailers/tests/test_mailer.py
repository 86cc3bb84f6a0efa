# SPDX-License-Identifier: MIT
"""mailer.py against hosts that fail."""
import mailer
import pytest

MESSAGE = b"Subject: Report\r\n\r\nAll is well.\r\n"


def send(hosts, to=("bob@example.com",), **more):
    """Sends it to the hosts in their order; a pause takes no time."""
    return mailer.send([(h.address, h.port) for h in hosts], "anna@example.net",
                       list(to), MESSAGE, pause=lambda seconds: None, **more)


def test_delivers(smtp_host):
    assert send([smtp_host]).accepted == ["bob@example.com"]
    [message] = smtp_host.messages
    assert message.recipients == ["bob@example.com"]
    assert message.header("Subject") == "Report"


def test_full_twice_then_taken(smtp_host):
    """452 is for now: the third try is taken, and nothing is sent twice."""
    full = smtp_host.on("rcpt").reply("452 4.3.1 Mail system full").times(2)
    assert send([smtp_host], tries=3).accepted == ["bob@example.com"]
    assert full.acted == 2
    assert len(smtp_host.messages) == 1


@pytest.mark.parametrize("stage, reply", [
    ("banner", "431 4.3.1 Mail system full"),
    ("mail", "452 4.3.1 Full"),
    ("data", "451 4.3.0 Later"),
    ("eod", "452 4.3.1 Full"),
])
def test_next_host(smtp_hosts, stage, reply):
    """Document 117875's rule, for a sender that has a list of hosts."""
    hosts = smtp_hosts("mx1", "mx2")
    hosts["mx1"].on(stage).reply(reply)
    assert send(hosts.values(), tries=1).accepted == ["bob@example.com"]
    assert [m.host for m in hosts.messages] == ["mx2"]


def test_host_that_is_down(smtp_hosts):
    hosts = smtp_hosts("mx1", "mx2")
    hosts["mx1"].refuse()
    assert send(hosts.values(), tries=1).accepted == ["bob@example.com"]


def test_one_recipient_refused_for_good(smtp_host):
    """The others have it once, and nobody asks about that one again."""
    no = smtp_host.on("rcpt").recipient("carl@*").reply("550 5.1.1 Who?")
    result = send([smtp_host], ["bob@example.com", "carl@example.com"])
    assert result.accepted == ["bob@example.com"]
    assert result.refused == {"carl@example.com": "550 5.1.1 Who?"}
    assert no.acted == 1


def test_connection_lost_in_the_middle(smtp_hosts):
    hosts = smtp_hosts("mx1", "mx2")
    hosts["mx1"].on("data").reset()
    assert send(hosts.values(), tries=1).accepted == ["bob@example.com"]
    assert [m.host for m in hosts.messages] == ["mx2"]


def test_behind_a_relay(smtp_hosts, relay, mail_log):
    """The relay takes it at once, and finds the host that works."""
    hosts = smtp_hosts("mx1", "mx2")
    hosts["mx1"].on("banner").reply("431 4.3.1 Mail system full")
    station = relay(hosts, "example.com mx1/pri=0, mx2/pri=10")
    assert send([station]).accepted == ["bob@example.com"]
    done = mail_log.wait("message_done", mid=1)
    assert [e["address"] for e in mail_log.matching("dcid_new")] == [
        hosts["mx1"].address, hosts["mx2"].address]
    assert done["rids"] == [0]
    assert station.ctl("hoststatus", "example.com")
