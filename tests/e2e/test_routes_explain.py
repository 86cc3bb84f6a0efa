# SPDX-License-Identifier: MIT
"""What faultpost routes explain tells is what the relay does: the same mail, in a
scenario that faultpost new makes, is run, and its log read by itself."""
import itertools
import json
import re
from datetime import datetime

import pytest

HOSTS = ["mx1, mx2, mx3", "mx1, mx2/pri=10", "mx1", "mx1/pri=10, mx2, mx3:2525/pri=5",
         "10.9.0.1, mx1, [fd00::1]/pri=3", "10.9.0.1, 10.9.0.2"]
FAULTS = [[], ["mx1=452@rcpt"], ["mx1=silent"], ["mx1=refuse", "mx2=431"],
          ["mx1=550"], ["mx1=unreachable", "mx2=unreachable", "mx3=unreachable"],
          ["mx1=stall@eod", "mx2=drop@eod", "mx3=reset"], ["10.9.0.1=421"]]


@pytest.fixture(name="explain")
def explain_fixture(faultpost, tmp_path):
    def run(table, *words):
        (tmp_path / "routes.txt").write_text(table)
        code, out, err = faultpost("routes", "explain", "--json", tmp_path / "routes.txt", *words)
        assert (code, err) == (0, ""), err
        return [json.loads(line) for line in out.splitlines()]
    return run


def faults_of(hosts, faults):
    return [word for f in faults if re.search(rf"(^|[ \[]){f.split('=')[0]}\b", hosts)
            for word in ("--fail", f)]


def course_of_log(faultpost, folder, hosts, faults, number):
    """Of the message that is told of: [[(address, port, what became of it), ...], ...]: attempts by rounds, and the waits."""
    path = folder / "one.scenario.json"
    code, _, err = faultpost("new", "--force", "--domain", "d.example", "--hosts", hosts,
                             *faults, path)
    assert code == 0, err
    document = json.loads(path.read_text())
    document["inject"][0].update(count=number, every="10s")
    document["expect"] = []
    document.pop("until", None)
    if "[fd00" in hosts:
        document["relay"] = {"interface_v6": "fd00::ffff"}
    names = {h["address"]: n for n, h in document["hosts"].items()}
    path.write_text(json.dumps(document))
    faultpost("run", "--log", folder / "mail.log", path)
    events = [json.loads(line) for line in
              faultpost("log", "parse", folder / "mail.log")[1].splitlines()]
    return read_events(events, names, number)


def read_events(events, names, number):
    start = mid = None
    rounds, waits, by_dcid = [[]], [], {}
    for e in events:
        at = datetime.fromisoformat(e["time"].replace("Z", "+00:00"))
        kind = e["event"]
        if kind == "start_mid" and mid is None:
            number -= 1
            if number == 0:
                mid, start = e["mid"], at
        if mid is None:
            continue
        if kind == "dcid_new" and e["address"] in names:
            by_dcid[e["dcid"]] = [names[e["address"]], None]
            rounds[-1].append(by_dcid[e["dcid"]])
        elif kind == "connection_error" and e["address"] in names:
            if e["dcid"] in by_dcid:
                by_dcid[e["dcid"]][1] = "failed"
            else:
                rounds[-1].append([names[e["address"]], "failed"])
        elif e.get("mid") != mid:
            continue
        elif kind in ("delayed", "message_done", "bounced"):
            what = {"delayed": "refused", "message_done": "taken", "bounced": "bounced"}[kind]
            by_dcid.get(e["dcid"], [None, None])[1] = what
            if kind != "delayed":
                seconds = (at - start).total_seconds()
                return rounds, waits, ("delivered" if what == "taken" else "bounced"), seconds
        elif kind == "pending":
            till = datetime.fromisoformat(e["till"].replace("Z", "+00:00"))
            waits.append((till - start).total_seconds())
            rounds.append([])
    raise AssertionError("the message has no end")


def test_what_is_told_is_what_happens(explain, faultpost, tmp_path):
    for hosts, faults in itertools.product(HOSTS, FAULTS):
        words = faults_of(hosts, faults)
        if faults and not words:  # none of them is there
            continue
        told, = explain(f"d.example {hosts}\n", "user@d.example", *words)
        rounds = [[[a["host"].replace(":", "-"), a["result"]] for a in r["attempts"] if "host" in a]
                  for r in told["rounds"]]
        waits = [r["waits_until"] for r in told["rounds"] if "waits_until" in r]
        outcome = told["outcome"]
        assert (rounds, waits, outcome["result"], outcome["seconds"]) == \
            course_of_log(faultpost, tmp_path, hosts, words, told["message"]), (hosts, words)
        if words and told["message"] > 1:  # the first that comes to one that fails
            assert told["rounds"][0]["attempts"][0]["result"] != "taken"


ZONE = {
    "mx.example": {"MX": ["20 b.example", "10 a.example"]},
    "a.example": {"A": ["10.0.0.1", "10.0.0.2"], "AAAA": ["fd00::1"]},
    "b.example": {"A": ["10.0.0.3"]},
    "gone.example": "NXDOMAIN",
    "mute.example": "SERVFAIL",
    "d.example": {"MX": ["5 b.example"]},
}


def test_candidates_are_tried_in_the_order_that_is_told(explain, tmp_path):
    """With every host down, the order of tries is the order of candidates."""
    (tmp_path / "zone.json").write_text(json.dumps(ZONE))
    faults = [w for a in ["10.0.0.1", "10.0.0.2", "10.0.0.3", "fd00::1", "10.0.0.9"]
              for w in ("--fail", f"{a}=refuse")]
    told, = explain("d.example: mx.example/pri=5, 10.0.0.9/pri=7, 10.0.0.3:26/pri=5, gone.example\n",
                    "d.example", "--dns", f"zone:{tmp_path}/zone.json", *faults)
    order = [(c["address"], c["port"]) for c in told["candidates"]]
    # The rank of an MX record is below the priority; IPv6 is preferred.
    assert order == [("10.0.0.3", 26), ("fd00::1", 25), ("10.0.0.1", 25), ("10.0.0.2", 25),
                     ("10.0.0.3", 25), ("10.0.0.9", 25)]
    tried = [a["candidate"] for a in told["rounds"][0]["attempts"]]
    assert tried == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("table, address, dns, result", [
    ("x.example h\n", "d.example", False, "unknown"),
    ("d.example USEDNS\nALL h\n", "d.example", False, "unknown"),
    ("x.example h\n", "d.example", True, "delivered"),
    ("d.example USEDNS\nALL h\n", "user@D.example.", True, "delivered"),
    ("d.example /dev/null\n", "d.example", False, "discarded"),
    ("ALL gone.example\n", "d.example", True, "bounced"),
    ("ALL mute.example\n", "d.example", True, "bounced"),
    ("ALL gone.example, 10.0.0.5\n", "d.example", True, "delivered"),
    ("", "nowhere.example", True, "bounced"),
])
def test_outcomes(explain, tmp_path, table, address, dns, result):
    (tmp_path / "zone.json").write_text(json.dumps(ZONE))
    words = ["--dns", f"zone:{tmp_path}/zone.json"] if dns else []
    told, = explain(table, address, *words)
    assert told["outcome"]["result"] == result


def test_why(explain):
    table = "a.b.example h\n.b.example i\n.example j\nALL k\n"
    told = explain(table, "a.b.example", "x.b.example", "x.example", "x.test")
    assert [t["why"] for t in told] == [
        "the line names the domain itself; it wins over .b.example (line 2) and .example (line 3) "
        "and ALL (line 4)",
        "no line names the domain itself, and no longer partial name fits it; it wins over "
        ".example (line 3) and ALL (line 4)",
        "no line names the domain itself, and no longer partial name fits it; it wins over "
        "ALL (line 4)",
        "no line names the domain, or a part"]


def test_the_page(faultpost, tmp_path):
    (tmp_path / "r").write_text("d.example mx1, mx2/pri=10\nALL out\n")
    code, out, _ = faultpost("routes", "explain", tmp_path / "r", "user@d.example",
                             "--fail", "mx1=452@rcpt", "--fail", "mx2=silent")
    assert code == 0
    assert out.replace(str(tmp_path), "T") == """\
user@d.example
  line        d.example: mx1, mx2/pri=10  (T/r:1)
  why         the line names the domain itself; it wins over ALL (line 2)
  candidates  1. mx1:25, priority 0: answers 452 at rcpt
              2. mx2:25, priority 10: is in the state "silent"
  round 1      0:00:00  mx1: does not take it now: 452 4.3.1 Mail system full
               0:00:30  mx2: fails: timeout
               0:00:30  no candidate is left: the message waits
  rounds 2 to 77 go the same way, at 0:01:31 0:04:01 0:08:31 0:17:01 0:33:31 ... 71:41:02
  round 78    72:41:31  it bounces: 5.4.7 Delivery expired (message too old): 452 4.3.1 Mail system full
  outcome     bounces at 72:41:31: 5.4.7 Delivery expired (message too old): 452 4.3.1 Mail system full
  picture     mx1  4 4 4 4 4 4 4 4 4 4 4 4 4 4 4 4 4 4 4 4 4 4 4 4 4 4 4 4 4 4 ...
              mx2  x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x ...
              A column is a round: x fails, 4 not now, v takes it, 5 bounces it, . not tried.
"""


@pytest.mark.parametrize("fault, failing", [
    ("mx1:25=452", "mx1:25"), ("[mx2]:2525=452", "mx2:2525"), ("mx2=452", "mx2:2525"),
    ("[fd00::1]=452", "fd00::1:25"), ("[fd00:0::1]:25=452", "fd00::1:25"), ("10.0.0.9=452", "10.0.0.9:25"),
])
def test_a_host_may_be_named_as_the_table_has_it(explain, fault, failing):
    told, = explain("d.example: mx1, [mx2]:2525, fd00::1/pri=5, 10.0.0.9\n", "<user@d.example>", "--fail", fault)
    assert [f"{c['host']}:{c['port']}" for c in told["candidates"] if "fault" in c] == [failing]


def test_the_turn_of_one_that_fails(faultpost, tmp_path):
    """Whoever asks what happens while a host fails is told of a message that comes to it."""
    (tmp_path / "r").write_text("d.example mx1, mx2, fd00::3\n")
    code, out, _ = faultpost("routes", "explain", tmp_path / "r", '"a@b"@d.example', "--fail", "mx2=452@rcpt")
    assert code == 0
    assert "is how message 3 fares, the first that comes to one that fails.\n" in out
    assert "mx2: does not take it now: 452 4.3.1 Mail system full\n" in out
    assert "fd00::3: takes it\n" in out and "picture     mx1      .\n" in out


@pytest.mark.parametrize("words, said", [
    (["d.example", "--fail", "mx1:26=452"], "--fail mx1:26: no mail that this is about goes there"),
    (["d.example", "--fail", "mx3=452"],
     "--fail mx3: no mail that this is about goes there (did you mean mx1?)\n"),
    (["d.example", "--fail", "mx1=bad"], '--fail "bad" is no fault'),
    (["user@"], '"user@" is no address'),
    ([], "expected a FILE and one or more ADDRESS"),
])
def test_wrong_words(faultpost, tmp_path, words, said):
    (tmp_path / "r").write_text("d.example mx1\n")
    code, out, err = faultpost("routes", "explain", tmp_path / "r", *words)
    assert (code, out) == (2, "") and said in err


def test_all_errors_of_a_table_are_told(faultpost, tmp_path):
    (tmp_path / "r").write_text("d.example mx1:0\nb\n")
    code, _, err = faultpost("routes", "explain", tmp_path / "r", "d.example")
    assert code == 2 and err.count("\n") == 2


def test_diff(faultpost, tmp_path):
    (tmp_path / "old").write_text("d.example mx1, mx2/pri=10\nALL out\n")
    (tmp_path / "new").write_text("ALL out\nd.example mx1, mx2\n")
    code, out, _ = faultpost("routes", "diff", tmp_path / "old", tmp_path / "new")
    assert (code, out) == (1, """\
d.example
  - mx2 is tried earlier, at place 1 instead of 2
  - at place 1: mx1 and mx2 in turns, and was mx1
    was: first mx1, then mx2 (line 1)
    now: first mx1 and mx2 in turns (line 2)
1 line is for mail that goes otherwise.
""")
    code, out, _ = faultpost("routes", "diff", "--json", tmp_path / "old", tmp_path / "new")
    assert code == 1 and json.loads(out)["changes"][0]["domain"] == "d.example"
    assert faultpost("routes", "diff", tmp_path / "old", tmp_path / "old") == (
        0, "Mail goes as before.\n", "")
    (tmp_path / "new").write_text("ALL\n")
    assert faultpost("routes", "diff", tmp_path / "old", tmp_path / "new")[0] == 2


def test_a_zone_tells_of_its_own_names_only(faultpost, tmp_path):
    """Hosts of other zones are hosts by their names, as without DNS."""
    (tmp_path / "db").write_text("$ORIGIN in.example.\n@ SOA a b 1 2 3 4 5\n MX 5 mx\nmx A 10.0.0.1\n"
                                 "far CNAME mx.out.example.\n")
    (tmp_path / "r").write_text("d.example in.example, out.example/pri=5, far.in.example/pri=7\n")

    def explain(*words):
        code, out, err = faultpost("routes", "explain", "--json", "--dns", f"zone:{tmp_path}/db",
                                   tmp_path / "r", *words)
        assert code == 0 and err.count("note: left out") == 1
        return [json.loads(line) for line in out.splitlines()]

    told, = explain("d.example", "--fail", "10.0.0.1=refuse")
    assert [(c["host"], c.get("address")) for c in told["candidates"]] == [
        ("mx.in.example", "10.0.0.1"), ("out.example", None), ("far.in.example", None)]
    assert [a["host"] for a in told["rounds"][0]["attempts"]] == ["mx.in.example", "out.example"]
    assert [t["outcome"]["result"] for t in explain("in.example", "out.example")] == ["delivered", "unknown"]


@pytest.mark.parametrize("words", [
    ["diff", "-", "-"], ["check", "--destconfig", "-", "-"]])
def test_standard_input_is_one_file(faultpost, words):
    """What is read of it a second time is no empty table."""
    code, out, err = faultpost("routes", *words, input="example.com: 10.1.1.1\n")
    assert (code, out, err) == (
        2, "", "-: standard input has been read already; expected - once\n")
