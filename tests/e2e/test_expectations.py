# SPDX-License-Identifier: MIT
"""Expectations that hypothesis makes, many in one scenario: schema and loader
take them alike, each gets a verdict, and none holds together with what it is
the contrary of."""
import json
import subprocess

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

HOSTS = ["a", "b", "c"]
BASE = {
    "title": "One host is full, one refuses, one takes what is left",
    "routes": ["example.com [10.1.1.1]/pri=0, [10.1.1.2]/pri=0, "
               "[10.1.1.3]/pri=10", "null.example /dev/null"],
    "hosts": {
        "a": {"address": "10.1.1.1", "rules": [
            {"on": "rcpt", "first": 3, "reply": "452 4.3.1 Full"}]},
        "b": {"address": "10.1.1.2", "rules": [
            {"on": "rcpt", "match": "u3@", "reply": "550 5.1.1 No"}]},
        "c": {"address": "10.1.1.3"}},
    "relay": {"bounce": {"hard_bounces": False}},
    "inject": [{"count": 5, "every": "2s", "to": "u{n}@example.com"},
               {"to": "u@null.example"}],
}

counts = st.integers(0, 7)
hosts = st.sampled_from(HOSTS)
some_hosts = st.lists(hosts, min_size=1, max_size=4)
spans = st.sampled_from(["1ms", "1s", "2s", "59s", "1m", "3m", "2h", "40d"])
# Pieces of patterns, of which some are in the log, and some are grammar.
pieces = st.lists(st.sampled_from(
    ["MID {m}", "DCID {d}", "{}", "{m}", "RID [0]", "Message done", "Bounced: ",
     "close", "(", "\\", "[", "\u00e9", " ", "New SMTP DCID", "Subject: ",
     "message 1", "to RID"]), min_size=1, max_size=4).map("".join)
patterns = st.lists(pieces, min_size=1, max_size=3)


def one(key, value, **more):
    """An object with the key, and some of the others."""
    return st.fixed_dictionaries({key: value}, optional=more)


expectations = st.one_of(
    one("delivered", counts | st.dictionaries(hosts, counts, min_size=1)),
    one("bounced", counts | st.dictionaries(
        st.sampled_from(["550", "452", "5.4.7", "554"]), counts, min_size=1)),
    one("dropped", counts), one("queued", counts),
    one("attempts", some_hosts, message=st.integers(1, 6)),
    one("attempts", some_hosts, domain=st.just("example.com")),
    one("fair", st.lists(hosts, min_size=2, max_size=3, unique=True),
        by=st.sampled_from(["connections", "messages"]), tolerance=counts),
    one("failover", st.fixed_dictionaries(
        {"from": hosts}, optional={"to": hosts, "count": counts,
                                   "within": spans})),
    one("requeue", st.lists(spans, min_size=1, max_size=3),
        message=st.integers(1, 6), tolerance=spans),
    one("within", spans),
    one("log", patterns), one("no_log", patterns),
    one("host_status", st.dictionaries(
        hosts, st.sampled_from(["up", "down", "unknown"]), min_size=1),
        at=spans),
    one("received", patterns, host=hosts, to=st.just("u1@example.com")),
    one("no_received", patterns, host=hosts),
)


def contrary(expectation):
    """Another that must not hold beside it; None: there is none."""
    for key in ("delivered", "bounced", "dropped", "queued"):
        if isinstance(expectation.get(key), int):
            return {**expectation, key: expectation[key] + 1}
    for key, other in (("log", "no_log"), ("received", "no_received")):
        if len(expectation.get(key, [])) == 1:
            rest = {k: v for k, v in expectation.items() if k != key}
            return {**rest, other: expectation[key]}
    if "host_status" in expectation:
        turned = {host: "down" if state == "up" else "up"
                  for host, state in expectation["host_status"].items()}
        return {**expectation, "host_status": turned}
    if "attempts" in expectation:
        return {**expectation, "attempts": [*expectation["attempts"], "a"]}
    if "requeue" in expectation:
        return {**expectation, "requeue": [*expectation["requeue"], "300d"]}
    return None


@pytest.fixture(scope="module")
def schema(bin_dir):
    text = subprocess.run([bin_dir / "faultpost", "schema"], check=True,
                          capture_output=True, text=True).stdout
    return jsonschema.Draft7Validator(json.loads(text))


@pytest.fixture(scope="module")
def run(bin_dir, tmp_path_factory):
    """Exit code, the scenario's JSON or None, and standard error."""
    path = tmp_path_factory.mktemp("expectations") / "t.scenario.json"

    def judge(*words, **document):
        path.write_text(json.dumps({**BASE, **document}))
        done = subprocess.run([bin_dir / "faultpost", "run", *words, path],
                              capture_output=True, text=True, timeout=60)
        told = None
        if done.returncode in (0, 1):
            [told] = json.loads(done.stdout)["scenarios"]
        return done.returncode, told, done.stderr
    return judge


@settings(max_examples=25, deadline=None, database=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture,
                                 HealthCheck.too_slow])
@given(st.lists(expectations, min_size=20, max_size=30))
def test_each_has_a_verdict(run, schema, made):
    """Many at once, and behind them what they are the contrary of."""
    pairs = [(i, contrary(e)) for i, e in enumerate(made)]
    pairs = [(i, other) for i, other in pairs if other is not None]
    expect = made + [other for _, other in pairs]
    document = {**BASE, "expect": expect}
    code, told, err = run("--format", "json", expect=expect)
    assert schema.is_valid(document) == (code in (0, 1)), err
    if code not in (0, 1):
        return
    verdicts = [one["verdict"] for one in told["expectations"]]
    assert len(verdicts) == len(expect)
    assert set(verdicts) <= {"held", "failed"}
    assert {one["verdict"] for one in told["invariants"]} == {"held"}
    assert code == ("failed" in verdicts)
    for n, (i, other) in enumerate(pairs):
        both = verdicts[i], verdicts[len(made) + n]
        assert both != ("held", "held"), (made[i], other)


def test_what_holds_and_what_does_not(run):
    """Of the strategies' own kind: that the contrary can tell them apart."""
    expect = [{"delivered": 4}, {"bounced": 1}, {"dropped": 1}, {"queued": 0},
              {"log": ["Message done DCID {d}"]},
              {"host_status": {"a": "up", "b": "up"}},
              {"received": ["Subject: message 1"]}]
    _, told, _ = run("--format", "json",
                     expect=expect + [contrary(e) for e in expect])
    verdicts = [one["verdict"] for one in told["expectations"]]
    assert verdicts == ["held"] * len(expect) + ["failed"] * len(expect)
