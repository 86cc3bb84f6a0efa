# SPDX-License-Identifier: MIT
"""faultpost log stats, why and anonymize."""
import collections
import json
import re
import subprocess

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

EXCERPT = "tests/e2e/data/excerpt.log"
STAMP = "Wed Jul  2 09:15:07 2014 Info: "


def events(faultpost, *words, **options):
    code, out, _ = faultpost("log", "parse", *words, **options)
    assert code == 0
    return [json.loads(line) for line in out.splitlines()]


def log_of(faultpost, folder, *scenarios):
    log = folder / "mail.log"
    assert faultpost("run", "--log", log, *scenarios)[0] == 0
    return log


# ---- stats ----

@pytest.fixture(scope="module")
def fair_log(faultpost, tmp_path_factory):
    """Many runs, one behind the other: numbers begin anew in each."""
    return log_of(faultpost, tmp_path_factory.mktemp("stats"),
                  "scenarios/fairness", "scenarios/tac")


def test_each_host_is_counted(faultpost, fair_log):
    """As a script counts that reads the records one by one."""
    told = json.loads(faultpost("log", "stats", "--json", fair_log)[1])
    attempts, failed, done = (collections.Counter() for _ in range(3))
    answers, host_of = collections.Counter(), {}
    for e in events(faultpost, fair_log):
        if e["event"] == "dcid_close":
            host_of.pop(e["dcid"], None)
        elif e["event"] in ("dcid_new", "connection_error"):
            host = f"{e['address']}:{e['port']}"
            if "[" in host or host.count(":") > 1:
                host = f"[{e['address']}]:{e['port']}"
            if e["event"] == "dcid_new" or e["dcid"] not in host_of:
                attempts[host] += 1
            host_of[e["dcid"]] = host
            if e["event"] == "connection_error":
                failed[host] += 1
                if re.match(r"[45]\d\d-", e["details"]):
                    answers[host, e["details"][0]] += 1
                del host_of[e["dcid"]]
        elif e["event"] == "message_done":
            done[host_of[e["dcid"]]] += 1
        elif e["event"] in ("delayed", "bounced") and e["dcid"] and e["code"]:
            answers[host_of[e["dcid"]], str(e["code"])[0]] += 1
    assert len(told["hosts"]) >= 4
    for host in told["hosts"]:
        name = host["host"]
        assert host["attempts"] == attempts.pop(name)
        assert sum(host["failed"].values()) == failed[name]
        assert host["messages"] == done[name]
        assert host["codes_4xx"] == answers[name, "4"], name
        assert host["codes_5xx"] == answers[name, "5"], name
    assert not attempts


def test_domains_and_shares(faultpost, tmp_path):
    """What the judge says of fairness, from the log alone."""
    log = log_of(faultpost, tmp_path,
                 "scenarios/fairness/two-hosts-1000.scenario.json")
    routes = tmp_path / "routes"
    routes.write_text("example.com 10.1.1.11/pri=0, 10.1.1.12/pri=0\n")
    told = json.loads(faultpost(
        "log", "stats", "--json", "--routes", routes, log)[1])
    domain, = [d for d in told["domains"] if d["domain"] == "example.com"]
    assert (domain["recipients"], domain["delivered"], domain["queued"]) == (
        1000, 1000, 0)
    assert [s["messages"] for s in domain["shares"]] == [500, 500]
    assert [(s["priority"], s["part"], s["jain"])
            for s in domain["shares"]] == [(0, 0.5, 1.0)] * 2


def test_shares_without_routes(faultpost, tmp_path):
    """Equal hosts share by connections; who is asked only behind failures of a
    host that is asked again and again is apart; and the page says how it knows."""
    log = log_of(faultpost, tmp_path,
                 "scenarios/fairness/three-hosts-one-full.scenario.json")
    shares = json.loads(faultpost("log", "stats", "--json", log)[1])[
        "domains"][0]["shares"]
    assert len(shares) == 3
    assert [s["is_backup"] for s in shares] == [False] * 3
    assert all(s["connections_jain"] > 0.99 > s["jain"] for s in shares)
    assert sum(s["connections_part"] for s in shares) == pytest.approx(1)

    def connection(number, at, host, end):
        return (f"{at} New SMTP DCID {number} interface 10.0.0.5 address "
                f"10.1.1.{host} port 25\n{at} Delivery start DCID {number} MID "
                f"{number} to RID [0]\n{at} {end}\n{at} DCID {number} close\n")
    text = "".join(
        f"{STAMP}MID {n} ICID 1 RID 0 To: <u@x.example>\n"
        f"{STAMP}MID {n} queued for delivery\n" for n in (1, 2, 3, 4))
    for n, host in ((1, 1), (2, 1), (3, 1), (4, 2)):
        at = f"Wed Jul  2 09:1{6 + n if n < 4 else 9}:00 2014 Info:"
        text += connection(n, at, host, (
            f"Delayed: DCID {n} MID {n} to RID 0 - 4.3.1 - full ('452', "
            "['full']) []" if n == 3 else f"Message done DCID {n} MID {n} to RID [0]"))
    shares = json.loads(faultpost(
        "log", "stats", "--json", "-", input=text)[1])["domains"][0]["shares"]
    assert [(s["is_backup"], s["connections"], s["connections_part"], s["part"])
            for s in shares] == [(False, 3, 1.0, 1.0), (True, 1, 1.0, 1.0)]
    page = faultpost("log", "stats", "-", input=text)[1]
    assert "100.0 % of those behind failures, Jain's index 1.000, 1.000" in page
    assert "100.0 % of those asked first, Jain's index 1.000, 1.000" in page
    assert "Priorities are not in a log; --routes FILE has them." in page
    assert "of those" not in faultpost("log", "stats", log)[1]  # hosts take turns


def test_page_of_figures(faultpost, tmp_path):
    log = log_of(
        faultpost, tmp_path,
        "scenarios/tac/117875-next-host-by-itself.scenario.json")
    code, out, err = faultpost("log", "stats", "--top", "1", log)
    assert (code, err) == (0, "")
    assert out.splitlines()[3].split() == [
        "10.1.1.11:25", "3", "3", "0", "3", "0", "-"]
    assert out.splitlines()[4].split() == [
        "3", "x", "431", "4.3.1", "Mail", "system", "full"]
    assert "  and 2 more" in out


# ---- timeline, follow ----

def test_figures_of_nothing(faultpost):
    """There is no moment to tell, and 1970 is none."""
    assert faultpost("log", "stats", "-", input="") == (0, "no record\n", "")
    assert faultpost("log", "timeline", "-", input="") == (0, "no record\n", "")
    told = json.loads(faultpost("log", "stats", "--json", "-", input="")[1])
    assert (told["from"], told["to"]) == (None, None)


def test_the_rows_have_all(faultpost, tmp_path):
    """Sums are those of the records; and the host is down as long as it was."""
    log = log_of(faultpost, tmp_path,
                 "scenarios/tac/118410-backend-down.scenario.json")
    told = json.loads(faultpost("log", "timeline", "--json", log)[1])
    records = events(faultpost, log)
    assert 1 < len(told["rows"]) <= 60
    for key, event in (("received", "mid_queued"), ("retries", "pending"),
                       ("failed", "connection_error")):
        assert sum(row[key] for row in told["rows"]) == sum(
            e["event"] == event for e in records), key
    done = [e for e in records if e["event"] == "message_done"]
    assert sum(row["delivered"] for row in told["rows"]) == sum(
        len(e["rids"]) for e in done)
    errors = [e for e in records if e["event"] == "connection_error"]
    assert {f["failure"] for f in told["failing"]} == {"refused", "silent"}
    assert sum(f["failures"] for f in told["failing"]) == len(errors)
    assert {f["from"] for f in told["failing"]} <= {e["time"] for e in errors}
    assert all(f["until"] > f["last"] for f in told["failing"])


def test_follow_tells_what_goes_wrong(bin_dir, tmp_path):
    log = tmp_path / "mail.log"
    log.write_text("".join(f"{STAMP}{text}\n" for text in (
        "New SMTP DCID 5 interface 10.0.0.5 address 10.1.1.11 port 25",
        "Delivery start DCID 5 MID 9 to RID [0]",
        "Delayed: DCID 5 MID 9 to RID 0 - 4.3.1 - Mail system full ('452', "
        "['4.3.1 full']) []")))
    process = subprocess.Popen([bin_dir / "faultpost", "log", "follow", log],
                               stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == (
            "2014-07-02 09:15:07  MID 9  10.1.1.11 port 25 (DCID 5) put off "
            "RID 0: 452 '4.3.1 full' (4.3.1 - Mail system full)\n")
        with open(log, "a", encoding="utf-8") as file:
            file.write(f"{STAMP}DCID 5 close\n{STAMP}MID 9 to RID [0] pending "
                       "till Wed Jul  2 09:16:07 2014\n")
        assert process.stdout.readline() == (
            "2014-07-02 09:15:07  MID 9  RID 0 waits until "
            "2014-07-02T09:16:07, for 0:01:00\n")
        process.terminate()
        assert process.wait(timeout=20) == 0
    finally:
        process.kill()
        process.communicate()


# ---- why ----

def test_why(faultpost):
    code, out, _ = faultpost("log", "why", "9001", EXCERPT)
    told = " ".join(out.split())
    assert code == 0
    assert max(map(len, out.splitlines())) <= 78
    assert "(Cisco 117875, 118287)" in told
    assert "delivered to 10.1.1.12 port 25 after 0:01:00." in told
    assert told.endswith("relieve those that are full.")


@pytest.mark.parametrize("scenario, name", [
    ("tac/118410-backend-gone", "expired-while-down"),
    ("tac/118601-possible-delivery", "possible-delivery"),
    ("dns/nxdomain-log", "dns-hard-error"),
    ("tac/12561426-errno-54", "connection-lost"),
    ("tac/117875-next-host-by-itself", "next-host"),
    ("tls/require-not-offered", "tls-required")])
def test_why_of_known_cases(faultpost, tmp_path, scenario, name):
    log = log_of(faultpost, tmp_path, f"scenarios/{scenario}.scenario.json")
    code, out, _ = faultpost("log", "why", "--json", "1", log)
    assert (code, json.loads(out.splitlines()[0])["name"]) == (0, name)


def test_why_names_each_host(faultpost, tmp_path):
    """Two hosts took it, and one that put it off is told in its words."""
    log = log_of(faultpost, tmp_path,
                 "scenarios/failover/priority-recipients.scenario.json")
    told = " ".join(faultpost("log", "why", "1", log)[1].split())
    assert "2 of 3 recipients delivered, the last to 10.1.1.12 port 25" in told
    assert "Put off 1 time by 10.1.1.11 port 25: 452 '4.2.2 Mailbox full'." in told
    assert "550 '5.1.1 No such user' from 10.1.1.11 port 25." in told


def test_why_of_two_appliances(faultpost, tmp_path):
    """Both have the MID; each paragraph says whose it is."""
    log = log_of(faultpost, tmp_path,
                 "scenarios/failover/117875.scenario.json")
    both = tmp_path / "both"
    both.write_text("".join(
        f"Jul  2 09:15:07 {name} mail_logs: {line.split(' ', 6)[6]}"
        for line in log.read_text().splitlines(keepends=True)
        for name in ("esa1", "esa2")))
    out = faultpost("log", "why", "1", both)[1]
    assert [line.split(" from")[0] for line in out.splitlines()
            if line.startswith("MID 1 ")] == ["MID 1 of esa1", "MID 1 of esa2"]


def test_why_of_nothing(faultpost):
    code, out, err = faultpost("log", "why", "77", EXCERPT)
    assert (code, out) == (1, "")
    assert err.startswith("faultpost log why: nothing about 77\n")
    assert faultpost("log", "why", "example.com", EXCERPT) == (
        2, "", 'faultpost log why: expected a MID or "DCID n"; see faultpost '
        "log why --help\n")


# ---- anonymize ----

def pseudonyms(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def renamed(text, names):
    """The scenario with the names of its anonymized log."""
    rows = sorted((r for r in names if "." in r["name"] or "@" in r["name"]),
                  key=lambda r: -len(r["name"]))
    known = {r["name"].lower(): r["pseudonym"] for r in rows}
    pattern = "|".join(re.escape(r["name"]) for r in rows)
    return re.sub(rf"(?<![\w-])(?:{pattern})(?![\w@-]|\.\w)",
                  lambda m: known[m[0].lower()], text, flags=re.I)


def verdicts(out):
    said = json.loads(out)["scenarios"][0]
    return said["verdict"], [
        [(j["verdict"], str(j.get("place")).split(":")[1:]) for j in said[kind]]
        for kind in ("expectations", "invariants")]


@pytest.mark.parametrize("scenario", [
    "failover/117875", "failover/multi-recipient", "bounce/dsn-hard",
    "requeue/greylisting", "fairness/two-domains", "routes/most-specific",
    "tac/118410-backend-gone", "dns/servfail-log"])
def test_an_anonymized_log_is_judged_the_same(faultpost, root, tmp_path,
                                              scenario):
    path = root / "scenarios" / f"{scenario}.scenario.json"
    log = log_of(faultpost, tmp_path, path)
    code, out, err = faultpost(
        "log", "anonymize", "--map", tmp_path / "map", log)
    assert (code, err) == (0, "")
    assert "example.com" not in re.sub(r"\.com\.example", "", out)
    (tmp_path / "shared.log").write_text(out)
    (tmp_path / "shared.scenario.json").write_text(
        renamed(path.read_text(), pseudonyms(tmp_path / "map")))

    def judged(plan, text):
        return verdicts(faultpost(
            "check", "--format", "json", "--log", text, plan)[1])
    assert judged(tmp_path / "shared.scenario.json",
                  tmp_path / "shared.log") == judged(path, log)


def test_a_code_is_no_name(faultpost):
    """Of a message whose Message-ID begins with 431."""
    text = (f"{STAMP}MID 1 Message-ID '<431@one.example>'\n"
            f"{STAMP}Connection Error: DCID 2 domain: one.example IP: 10.1.1.1 "
            "port: 25 details: 431-'ask 431 at one.example' interface: "
            "10.0.0.5 reason: unexpected SMTP response\n")
    shared = faultpost("log", "anonymize", "-", input=text)[1]
    assert "details: 431-'ask user1 at d1.example.example' interface" in shared


def test_a_map_is_not_written_over(faultpost, tmp_path):
    (tmp_path / "map").write_text("")
    assert faultpost("log", "anonymize", "--map", tmp_path / "map", EXCERPT) == (
        2, "", f"{tmp_path}/map: File exists; expected a new file\n")
    # And of a log that cannot be read there is none.
    assert faultpost("log", "anonymize", "--map", tmp_path / "new", tmp_path)[0] == 2
    assert not (tmp_path / "new").exists()


def test_a_map_on_a_full_disk(bin_dir, tmp_path):
    """It is no fault of the log's."""
    done = subprocess.run(
        ["sh", "-c", "trap '' XFSZ; ulimit -f 0; exec \"$@\"", "sh",
         bin_dir / "faultpost", "log", "anonymize", "--map", tmp_path / "map",
         EXCERPT], capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert done.stderr.endswith(f"{tmp_path}/map: it could not be written\n")
    assert "Message done" in done.stdout


word = st.text("abcdefghkmnopqrstuvwxyz", min_size=4, max_size=9).map(
    lambda w: "q" + w)
domain = st.builds("{}.{}".format, word, st.sampled_from(["com", "de", "qnet"]))
mailbox = st.builds("{}@{}".format, word, domain)


@settings(max_examples=40, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(people=st.lists(mailbox, min_size=2, max_size=4, unique=True),
       subject=word, host=domain,
       ip=st.ip_addresses(v=4).filter(lambda a: a.is_global))
def test_names_go_and_all_else_stays(faultpost, people, subject, host, ip):
    sender, *recipients = people
    lines = [f"New SMTP ICID 4 interface Data1 (10.0.0.5) address {ip} reverse "
             f"dns host {host} verified yes", "Start MID 9 ICID 4",
             f"MID 9 ICID 4 From: <{sender}>"]
    lines += [f"MID 9 ICID 4 RID {n} To: <{to}>"
              for n, to in enumerate(recipients)]
    lines += [f"MID 9 Subject '{subject} for you'",
              f"MID 9 attachment '{subject}.pdf' from {ip}",
              "MID 9 queued for delivery",
              f"New SMTP DCID 5 interface 10.0.0.5 address {ip} port 25",
              f"Delayed: DCID 5 MID 9 to RID 0 - 4.1.0 - Unknown address error "
              f"('451', ['4.7.1 <{recipients[0]}> by {host}']) [('Subject', "
              f"'{subject}')]",
              f"Message done DCID 5 MID 9 to RID [0] [('from', '{sender}')]",
              f"MID 9 RID [0] Response '2.0.0 ok {host} {sender}'"]
    text = "".join(f"{STAMP}{line}\n" for line in lines)
    shared = faultpost("log", "anonymize", "-", input=text)[1]
    for name in [*people, subject, host, str(ip)] + [
            p.split("@")[0] for p in people]:
        assert not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", shared), name
    before = events(faultpost, "-", input=text)
    after = events(faultpost, "-", input=shared)
    kept = ("event", "time", "line", "mid", "rid", "dcid", "icid", "code",
            "port", "rids", "enhanced")
    assert [{k: e.get(k) for k in kept} for e in before] == [
        {k: e.get(k) for k in kept} for e in after]
    # One name, one pseudonym.
    names = collections.defaultdict(set)
    for b, a in zip(before, after):
        for key in ("from", "to", "address"):
            if key in b:
                names[b[key]].add(a[key])
    assert all(len(v) == 1 for v in names.values())
    assert len(set.union(*names.values())) == len(names)
