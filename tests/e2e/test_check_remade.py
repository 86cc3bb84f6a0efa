# SPDX-License-Identifier: MIT
"""faultpost check: messages that filters rewrite, and policies split."""
import json

import pytest

HOSTS = {"a": {"address": "10.1.1.42"}, "b": {"address": "10.1.1.43"}}
EQUAL = "example.com 10.1.1.42, 10.1.1.43"
ORDERED = "example.com 10.1.1.42/pri=0, 10.1.1.43/pri=10"
RECORD = "Mon Apr 17 19:{} 2023 Info: {}"


def came(mid, *rewritten, agent="add-footer filter 'Footer'", at="56:22"):
    """A message, and what filters make of it."""
    lines = [(at, f"Start MID {mid} ICID 5"),
             (at, f"MID {mid} ICID 5 From: <s@example.net>"),
             (at, f"MID {mid} ICID 5 RID 0 To: <u@example.com>"),
             (at, f"MID {mid} ready 200 bytes from <s@example.net>")]
    for name in rewritten:
        lines += [(at, f"MID {mid} rewritten to MID {name} by {agent}"),
                  (at, f"Message finished MID {mid} done")]
        mid = name
    return [*lines, (at, f"MID {mid} queued for delivery")]


def opened(at, dcid, host):
    return [(at, f"New SMTP DCID {dcid} interface 10.1.1.1 address "
                 f"{HOSTS[host]['address']} port 25")]


def started(at, dcid, mid):
    return [(at, f"Delivery start DCID {dcid} MID {mid} to RID [0]")]


def done(at, dcid, mid):
    return [(at, f"Message done DCID {dcid} MID {mid} to RID [0]")]


def taken(at, dcid, mid, host):
    """A message is delivered over a connection of its own."""
    return [*opened(at, dcid, host), *started(at, dcid, mid),
            *done(at, dcid, mid), (at, f"Message finished MID {mid} done"),
            (at, f"DCID {dcid} close")]


def full(at, dcid, mid, host):
    return [*opened(at, dcid, host), *started(at, dcid, mid),
            (at, f"Delayed: DCID {dcid} MID {mid} to RID 0 - 4.3.1 - full "
                 "('452', ['4.3.1 full']) []"), (at, f"DCID {dcid} close")]


def waits(at, mid, till):
    return [(at, f"MID {mid} to RID [0] pending till Mon Apr 17 19:{till} "
                 "2023")]


def bounced(at, dcid, mid, host, of):
    """And the sender is told."""
    return [*opened(at, dcid, host), *started(at, dcid, mid),
            (at, f"Bounced: DCID {dcid} MID {mid} to RID 0 - 5.1.0 - Unknown "
                 "address error ('550', ['5.1.1 nobody']) []"),
            (at, f"MID 8 generated for bounce of MID {of}"),
            (at, "Start MID 8 ICID 0"), (at, "MID 8 ICID 0 From: <>"),
            (at, "MID 8 ICID 0 RID 0 To: <s@example.net>"),
            (at, f"Message finished MID {mid} done"),
            (at, f"DCID {dcid} close")]


LATER = [("59:59", "New SMTP ICID 6 interface Data1 (10.1.1.1) address "
                   "192.0.2.7 reverse dns host unknown verified no")]
# The filter names those who shall have it instead.
REDIRECTED = [*came(6)[:-1], ("56:22", "Start MID 7 ICID 0"),
              ("56:22", "MID 7 ICID 0 From: <s@example.net>"),
              ("56:22", "MID 7 ICID 0 RID 0 To: <v@example.com>"),
              ("56:22", "MID 6 rewritten to MID 7 by alt-rcpt-to-filter "
                        "filter 'redirect'"),
              ("56:22", "Message finished MID 6 done"),
              ("56:22", "MID 7 queued for delivery")]


def check(faultpost, tmp_path, lines, *options, routes=EQUAL):
    """What is told, and the verdicts by their subject."""
    scenario, log = tmp_path / "s.scenario.json", tmp_path / "mail.log"
    scenario.write_text(json.dumps({
        "title": "t", "routes": [routes], "hosts": HOSTS,
        "expect": [{"delivered": 1}]}))
    log.write_text("\n".join(RECORD.format(*line) for line in lines) + "\n")
    code, out, _ = faultpost("check", "--format", "json", *options, scenario,
                             "--log", log)
    [told] = json.loads(out)["scenarios"]
    verdicts = {one["subject"].split(" ")[-1]: one["verdict"]
                for one in told["expectations"] + told["invariants"]}
    assert code == ("failed" in verdicts.values())
    return told["log"], verdicts


def failed(verdicts):
    return {name for name, verdict in verdicts.items() if verdict == "failed"}


@pytest.mark.parametrize("whole", [[], ["--whole"]])
@pytest.mark.parametrize("lines", [
    [*came(6, 7), *taken("56:22", 1, 7, "a")],
    [*came(6, 7, 8), *taken("56:22", 1, 8, "a")],
    [*came(6, 7), *full("56:22", 1, 7, "a"), *taken("56:22", 2, 7, "b")],
    [*came(6, 7), *full("56:22", 1, 7, "a"), *full("56:22", 2, 7, "b"),
     *waits("56:22", 7, "57:22"), *taken("57:22", 3, 7, "a")],
    [*REDIRECTED, *taken("56:22", 1, 7, "a")],
])
def test_held(faultpost, tmp_path, lines, whole):
    """It is one message, and is judged as that."""
    log, verdicts = check(faultpost, tmp_path, lines, *whole)
    assert not failed(verdicts)
    assert verdicts["delivered"] == verdicts["rotation"] == "held"
    assert log["gaps"] == []


@pytest.mark.parametrize("lines,what", [
    ([*came(6, 7), *LATER], {"back-off", "delivered"}),
    ([*came(6, 7), *opened("56:22", 1, "a"), *started("56:22", 1, 7),
      ("56:22", "Message finished MID 7 done")],
     {"conservation", "delivered"}),
    ([*came(6, 7), *taken("56:22", 1, 7, "a"), *taken("56:23", 2, 7, "b")],
     {"no-duplicate", "permanence"}),
    ([*came(6, 7), *taken("56:22", 1, 7, "a"), *taken("56:23", 2, 6, "b")],
     {"permanence"}),
    ([*came(6, 7), *full("56:22", 1, 7, "a"), *full("56:22", 2, 7, "b"),
      *waits("56:22", 7, "56:32"), *taken("56:32", 3, 7, "a")], {"back-off"}),
    ([*came(6, 7), *full("56:22", 1, 7, "a"), *waits("56:22", 7, "57:22"),
      *taken("57:22", 2, 7, "b")], {"back-off"}),
    ([*came(6, 7), *came(8), *taken("56:22", 1, 7, "a"),
      *taken("56:22", 2, 8, "a")], {"rotation", "delivered"}),
    ([*came(6, 7), *bounced("56:22", 1, 7, "a", 5)],
     {"conservation", "delivered"}),
])
def test_failed(faultpost, tmp_path, lines, what):
    """The relay does wrong with the message by its new name."""
    _, verdicts = check(faultpost, tmp_path, lines, "--whole")
    assert failed(verdicts) == what


def test_bounced(faultpost, tmp_path):
    """Its sender is the one of the message that came."""
    _, verdicts = check(faultpost, tmp_path,
                        [*came(6, 7), *bounced("56:22", 1, 7, "a", 7)])
    assert failed(verdicts) == {"delivered"}


def test_failover_order(faultpost, tmp_path):
    first = [*came(6, 7), *taken("56:22", 1, 7, "a")]
    second = [*came(6, 7), *taken("56:22", 1, 7, "b")]
    for lines, what in (first, set()), (second, {"priority"}):
        _, verdicts = check(faultpost, tmp_path, lines, routes=ORDERED)
        assert failed(verdicts) == what


SPLIT = [*came(6)[:-1], ("56:22", "Start MID 7 ICID 0"),
         ("56:22", "MID 6 was split creating MID 7 due to a per-recipient "
                   "policy Bob in the inbound table"),
         ("56:22", "MID 7 queued for delivery")]


@pytest.mark.parametrize("whole", [[], ["--whole"]])
@pytest.mark.parametrize("lines", [
    # Who gets it, or by which host, is not said.
    [*came(6, 7, agent="antispam"), *taken("56:22", 1, 7, "b")],
    [*came(6, 7, agent="alt-mailhost-filter"), *taken("56:22", 1, 7, "b")],
    [*came(6, 7, agent="alt-rcpt-to-filter"), *taken("56:22", 1, 7, "b")],
    SPLIT,
    # It was spoken of before.
    [*came(6)[:-1], ("56:22", "MID 7 queued for delivery"),
     ("56:22", "MID 6 rewritten to MID 7 by add-footer"),
     *taken("56:22", 1, 7, "a")],
    # It is in the queue by its old name.
    [*came(6), ("56:22", "MID 6 rewritten to MID 7 by add-footer"),
     *taken("56:22", 1, 7, "a"), *taken("56:22", 2, 6, "a")],
])
def test_not_judged(faultpost, tmp_path, lines, whole):
    """What the log does not tell nobody is accused of."""
    _, verdicts = check(faultpost, tmp_path, lines, *whole)
    assert not failed(verdicts)
    assert verdicts["delivered"] == "not judged"


@pytest.mark.parametrize("lines", [
    # The log begins in the midst of it.
    [("56:21", "Start MID 5 ICID 4"), *came(6, 7)[4:],
     *taken("56:22", 1, 7, "a")],
    # And goes on with its old name, before that is finished.
    [*came(6)[:-1], ("56:22", "MID 6 rewritten to MID 7 by add-footer"),
     ("56:22", "MID 6 queued for delivery"),
     ("56:22", "MID 7 queued for delivery"), *taken("56:22", 1, 7, "a"),
     *taken("56:22", 2, 6, "b")],
])
def test_nobody_is_accused(faultpost, tmp_path, lines):
    _, verdicts = check(faultpost, tmp_path, lines)
    assert not failed(verdicts) - {"delivered"}


@pytest.mark.parametrize("whole", [[], ["--whole"]])
@pytest.mark.parametrize("name", ["rewritten", "split"])
def test_appliance(faultpost, tmp_path, name, whole):
    """As the appliance has them."""
    lines = [line.split(" 2023 Info: ") for line in
             open(f"tests/e2e/data/{name}.log", encoding="utf-8")]
    lines = [(at.removeprefix("Mon Apr 17 19:"), text.rstrip("\n"))
             for at, text in lines]
    log, verdicts = check(faultpost, tmp_path, lines, *whole)
    assert not failed(verdicts)
    assert verdicts["delivered"] == ("held" if name == "rewritten"
                                     else "not judged")
    assert [gap["because"] for gap in log["gaps"]] == (
        [] if name == "rewritten"
        else ["a filter or policy makes a message of another"])
