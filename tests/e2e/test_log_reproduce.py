# SPDX-License-Identifier: MIT
"""faultpost log reproduce: a log as a scenario, run and compared with it."""
import json
import re

import pytest

TAC = "tests/e2e/data/117875.log"


def reproduce(faultpost, *words, **options):
    """(exit code, events in both, in the log alone, in the run alone, all that
    is printed, errors)"""
    code, out, err = faultpost("log", "reproduce", *words, **options)
    sums = [int(re.search(pattern, out, re.M)[1]) if out else None
            for pattern in (r"^= (\d+) of", r"^- (\d+) are", r"^\+ (\d+) are")]
    return code, *sums, out, err


def test_117875(faultpost, tmp_path):
    """The document's three lines, of which two are folded by the page."""
    made = tmp_path / "case.scenario.json"
    code, same, missing, more, out, _ = reproduce(
        faultpost, "--keep-names", "-o", made, TAC)
    assert (code, same, missing, more) == (0, 3, 0, 0)
    assert [line.split("=")[1].strip() for line in out.splitlines()
            if "  = " in line] == [
        "connection to 10.1.1.11 port 25",
        "10.1.1.11 port 25 answered 431 'exchange1.example.com ESMTP / Mail "
        "system full'",
        "connection to 10.1.1.12 port 25"]
    case = json.loads(made.read_text())
    assert any("1 message is assumed" in note for note in case["notes"])
    assert any("same priority" in note for note in case["notes"])
    # What was assumed is marked where it stands.
    [rule] = case["hosts"]["host1"]["rules"]
    assert [note for note in rule["notes"] if "the greeting is assumed" in note]
    assert "does not speak of it" in case["hosts"]["host2"]["notes"][0]
    assert "The message is assumed" in case["inject"][0]["notes"][0]
    code, out, err = faultpost("run", made)
    assert (code, err) == (0, "")
    assert out.startswith("ok ")
    # The scenario is no longer the log's when the host has room.
    case["hosts"]["host1"].pop("rules")
    made.write_text(json.dumps(case))
    assert faultpost("run", made)[0] == 1


def test_the_same_each_time_and_without_names(faultpost, tmp_path):
    made = [tmp_path / "1.scenario.json", tmp_path / "2.scenario.json"]
    out = [faultpost("log", "reproduce", "-o", path, TAC)[1].replace(
        str(path), "") for path in made]
    assert out[0] == out[1]
    assert made[0].read_text() == made[1].read_text()
    assert not re.search(r"exchange1|(?<!com\.)example\.com(?!\.)",
                         made[0].read_text())


def test_routes_with_names(faultpost, tmp_path):
    """The names get the addresses that the log shows, or one of nobody."""
    routes, made = tmp_path / "routes", tmp_path / "case.scenario.json"
    routes.write_text("example.com exchange1.example.com/pri=0, "
                      "exchange2.example.com/pri=10, "
                      "exchange3.example.com/pri=20\n")
    code, same, *_ = reproduce(faultpost, "--keep-names", "--routes", routes,
                               "-o", made, TAC)
    assert (code, same) == (0, 3)
    case = json.loads(made.read_text())
    assert case["routes"] == [routes.read_text().strip()]
    assert case["dns"] == {
        "exchange1.example.com": {"A": ["10.1.1.11"]},
        "exchange2.example.com": {"A": ["10.1.1.12"]},
        "exchange3.example.com": {"A": ["198.18.254.1"]}}
    # With pseudonyms it is the same case.
    assert reproduce(faultpost, "--routes", routes, TAC)[:4] == (0, 3, 0, 0)


@pytest.fixture(scope="module")
def log_of(faultpost, tmp_path_factory):
    def run(scenario):
        log = tmp_path_factory.mktemp("log") / "mail.log"
        assert faultpost("run", "--log", log,
                         f"scenarios/{scenario}.scenario.json")[0] == 0
        return log
    return run


@pytest.mark.parametrize("scenario", [
    "tac/118410-backend-down", "tac/12561426-errno-54",
    "tac/117875-next-host-by-itself", "failover/multi-recipient",
    "requeue/greylisting", "requeue/all-full-recover", "failover/refuse",
    "failover/silent", "failover/5xx-never", "bounce/dsn-hard",
    "tac/118287-initial-and-maximum-wait",
    # TLS
    "tls/require-handshake-failure", "tls/on-verify-next", "tls/fallback-clear",
    "tls/require-not-offered", "tls/on-silent-in-handshake",
    "tls/require-refused-454", "tls/on-refused-454",
    # what a host was given, and how it hung
    "demand/no-hang-on-nonsense", "demand/too-many-recipients-452",
    "failover/stall-commands", "bounce/null-sender",
    # settings
    "bounce/profile-max-retries", "bounce/profile-max-time",
    "requeue/growth-constant", "failover/5xx-greeting-bounce",
    "protocol/50-per-connection", "tac/118548-fifty-on-a-connection",
    # DNS
    "dns/servfail-log", "dns/timeout-log", "dns/recovers", "dns/aaaa-only",
    # delay warnings, mail that nobody has, mail that never came
    "bounce/warning", "bounce/warning-interval", "bounce/warning-not-reset",
    "routes/dev-null", "receiving/starttls", "client/aborted",
    # an extra round is none of the schedule's
    "providers/google-by-trigger",
    # restarts, and an operator's delivernow
    "durability/crash-in-mid-message", "durability/expired-while-down",
    "durability/crash-forgets-what-is-down", "tac/215929-queued-for-delivery"])
def test_a_run_reproduces_itself(faultpost, log_of, scenario):
    """Every event of the log of a run, from the log alone."""
    code, same, missing, more, out, _ = reproduce(faultpost, log_of(scenario))
    assert (code, missing, more) == (0, 0, 0), out
    assert same > 3


@pytest.mark.parametrize("scenario, cause", [
    ("durability/crash-behind-the-dot", "restart"),
    ("operating/suspend-cuts", "operator"),
    ("operating/bounce-sender", "ended-without-a-host"),
    ("bounce/bounce-alternate", "own-mail"),
    ("demand/relay-host-without-dns", "no-attempt"),
    ("demand/refused-by-the-name-server", "look-up"),
    ("requeue/failover-on-none", "host-left"),
    ("rules/recovering", "schedule"),
    ("client/replies-ahead", "no-smtp"),
    ("client/split-with-refusals", "part-of-the-recipients"),
    ("demand/retry-has-all-recipients", "stage"),
    ("tls/implicit-port", "reach"),
    ("destination/recipients-period", "order"),
    ("failover/drop-banner", "setting"),
    ("operating/redirect", "follows")])
def test_why_it_differs_is_told_at_the_place(faultpost, log_of, tmp_path,
                                             scenario, cause):
    """In the report and in the scenario: which message or whose connections,
    when, the line of the log, and what about that it does not tell."""
    log, made = log_of(scenario), tmp_path / "case.scenario.json"
    code, _, missing, more, out, _ = reproduce(
        faultpost, "--rows", "100000", "-o", made, log)
    assert code == 1
    notes = json.loads(made.read_text())["notes"]
    assert [f"  - {note}" for note in notes] == [
        line for line in out.splitlines() if line.startswith("  - ")]
    places = [re.match(
        r"(\d+:\d\d:\d\d)(, MID \d+|, connections for \S+)?"
        rf"( \({re.escape(str(log))}:(\d+)\))?: \"(.*)\" is in the "
        r"(log|run) only, ([a-z-]+): \w.*\.$", note) for note in notes]
    places = [place for place in places if place]
    assert cause in [place[7] for place in places]
    sums = {m[1]: int(m[2]) for note in notes
            if (m := re.match(r"Differences, (\S+): (\d+) ", note))}
    assert set(sums) == {place[7] for place in places}
    for place in places:
        # Such a row is in the table, of the log's or of the run's alone.
        mark = "-" if place[6] == "log" else "+"
        assert f" {mark} {place[5]}\n" in out
        assert (place[3] is not None) == (mark == "-")
    assert sum(sums.values()) <= missing + more


def test_a_restart_is_made_where_it_brings_the_log_nearer(faultpost, log_of,
                                                          tmp_path):
    made = tmp_path / "case.scenario.json"
    log = log_of("durability/crash-forgets-what-is-down")
    assert reproduce(faultpost, "-o", made, log)[0] == 0
    case = json.loads(made.read_text())
    assert [s["relay"] for s in case["timeline"] if "relay" in s] == ["crash"]
    assert any("a log file begins" in note and "it was, and was down" in note
               for note in case["notes"])
    # Where another file only goes on with the same mail it is not.
    log, more = log_of("failover/117875"), tmp_path / "two-files.log"
    lines = log.read_text().splitlines(keepends=True)
    half = len(lines) // 2
    more.write_text("".join([*lines[:half], f"{lines[half][:24]} Info: "
                             "Begin Logfile\n", *lines[half:]]))
    made.unlink()
    assert reproduce(faultpost, "-o", made, more)[0] == 0
    case = json.loads(made.read_text())
    assert not any("relay" in s for s in case.get("timeline", []))
    assert any("a log file begins" in note and "here it is not" in note
               for note in case["notes"])


@pytest.mark.parametrize("change", [
    # The relay left out the host that was next.
    lambda log: re.sub(
        r"(Mail system full.*\n)((?:.*\n)*?)(.*New SMTP DCID .* address )"
        r"10\.1\.1\.12", r"\1\2\g<3>10.1.1.13", log, count=1),
    # It waited although another host had room.
    lambda log: log.replace(
        "Delivery start DCID 2 MID 1", "MID 1 to RID [0] pending till Wed Jul "
        " 2 09:16:07 2014 [Default]\nWed Jul  2 09:15:07 2014 Info: Delivery "
        "start DCID 2 MID 1")])
def test_what_a_relay_would_not_do_is_told(faultpost, log_of, tmp_path, change):
    log = log_of("failover/117875")
    odd = tmp_path / "odd.log"
    odd.write_text(change(log.read_text()))
    assert odd.read_text() != log.read_text()
    routes = tmp_path / "routes"
    routes.write_text("example.com 10.1.1.11/pri=0, 10.1.1.12/pri=0\n")
    assert reproduce(faultpost, "--routes", routes, log)[0] == 0
    code, _, missing, _, out, _ = reproduce(faultpost, "--routes", routes, odd)
    assert code == 1
    assert missing > 0
    assert "  - " in out


def test_what_is_wrong(faultpost, tmp_path):
    made = tmp_path / "case.scenario.json"
    made.write_text("mine")
    code, out, err = faultpost("log", "reproduce", "-o", made, TAC)
    assert (code, out, err) == (2, "", f"{made}: File exists\n")
    assert made.read_text() == "mine"
    empty = tmp_path / "empty.log"
    empty.write_text("Wed Jul  2 09:15:07 2014 Info: Begin Logfile\n")
    assert faultpost("log", "reproduce", empty) == (
        2, "", f"{empty}: no delivery in it; expected connections to hosts\n")
