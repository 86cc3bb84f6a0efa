# SPDX-License-Identifier: MIT
"""faultpost run --live --relay: relays that are not ours, judged by what judges
ours.  What they do as the appliance does holds, what they do otherwise is told,
and what they cannot be asked is skipped by name."""
import json
import os
import subprocess
from pathlib import Path

import pytest
from servers import unpack

PATIENCE_S = 120
CAST = {"routes": ["example.com [10.1.1.1]/pri=0, [10.1.1.2]/pri=10"],
        "hosts": {"mx1": {"address": "10.1.1.1"},
                  "mx2": {"address": "10.1.1.2"}}}
ONE = {"count": 1, "from": "s@example.net", "to": ["a@example.com"]}


def refusing(stage, reply, **more):
    """The cast, with a better host that answers so at that stage."""
    hosts = {"mx1": {"address": "10.1.1.1", "rules": [
        {"on": stage, "reply": reply, **more}]}, "mx2": CAST["hosts"]["mx2"]}
    return {**CAST, "hosts": hosts}


# name: (scenario, the subjects that fail); expectations that are the
# appliance's alone are not judged.
POSTFIX = {
    "takes the next host": ({
        **refusing("mail", "452 4.3.1 Full"), "inject": [ONE],
        "expect": [{"delivered": {"mx2": 1}}, {"attempts": ["mx1", "mx2"]},
                   {"failover": {"from": "mx1", "to": "mx2"}},
                   {"log": ["Message done"]}, {"host_status": {"mx1": "up"}}],
    }, []),
    "a host that is down": ({
        **CAST, "hosts": {"mx1": {"address": "10.1.1.1", "state": "refuse"},
                          "mx2": {"address": "10.1.1.2"}},
        "inject": [ONE],
        "expect": [{"delivered": {"mx2": 1}}, {"attempts": ["mx1", "mx2"]}],
    }, []),
    "a recipient that nobody knows": ({
        **refusing("rcpt", "550 5.1.1 No such user", to="b@*"),
        "inject": [{**ONE, "to": ["a@example.com", "b@example.com"]}],
        "expect": [{"delivered": {"mx1": 1}}, {"bounced": {"550": 1}}],
    }, []),
    # Hours pass in seconds, and mail that is too old goes back.
    "a schedule, and its end": ({
        **refusing("mail", "451 4.3.0 Later"),
        "routes": ["example.com [10.1.1.1]"],
        "hosts": {"mx1": refusing("mail", "451 4.3.0 Later")["hosts"]["mx1"]},
        "relay": {"bounce": {"initial_wait": "10m", "max_wait": "1h",
                             "max_time": "3h"}},
        "inject": [ONE],
        "expect": [{"bounced": {"5.4.7": 1}}, {"requeue": ["10m", "20m"]}],
    }, ["expect[1] requeue", "invariant back-off"]),
}


EXIM = {
    title: POSTFIX[title] for title in (
        "takes the next host", "a host that is down",
        "a recipient that nobody knows")
}
# Its waits double as ours do; it tries once more when they are over.  Each try
# is a new process, and a second on this machine 20 of the run's clock: waits are
# such that a minute here is less than a step of theirs.
EXIM["a schedule, and its end"] = ({
    **POSTFIX["a schedule, and its end"][0],
    "relay": {"bounce": {"initial_wait": "50m", "max_wait": "5h",
                         "max_time": "15h"}},
    "expect": [{"bounced": {"5.4.7": 1}},
               {"requeue": ["50m", "150m", "350m", "650m"],
                "tolerance": "20m"}],
}, ["invariant back-off"])
# What waits for a host goes over the connection that brought the first.
EXIM["several on one connection"] = ({
    "routes": ["example.com [10.1.1.1]"],
    "hosts": {"mx1": {"address": "10.1.1.1", "state": "refuse"}},
    "timeline": [{"at": "25m", "host": "mx1", "state": "up"}],
    "relay": {"bounce": {"initial_wait": "50m"}},
    "inject": [{**ONE, "count": 2}],
    "waive": {"back-off": "one message after the other takes its time",
              "rotation": "the second may ask a host that the first found down"},
    "expect": [{"delivered": {"mx1": 2}}, {"requeue": ["50m"], "tolerance": "20m"}],
}, [])
# Of equal hosts it takes the first, and a 4xx sends it nowhere else.
OPENSMTPD = {
    "takes the next host": ({
        **refusing("banner", "431 4.3.1 Full"), "inject": [ONE],
        "expect": [{"delivered": {"mx2": 1}}, {"attempts": ["mx1", "mx2"]},
                   {"failover": {"from": "mx1", "to": "mx2"}},
                   {"log": ["Message done"]}, {"host_status": {"mx1": "up"}}],
    }, []),
    "stays with the host that said 4xx": ({
        **refusing("mail", "452 4.3.1 Full", times=1), "inject": [ONE],
        "expect": [{"delivered": {"mx1": 1}},
                   {"requeue": ["400s"], "tolerance": "300s"}],
    }, ["invariant back-off"]),
    "a host that is down": POSTFIX["a host that is down"],
    "a recipient that nobody knows":
        POSTFIX["a recipient that nobody knows"],
    # Its waits are 400 seconds by the square of the attempt's number.
    "a schedule, and its end": ({
        **refusing("mail", "451 4.3.0 Later"),
        "routes": ["example.com [10.1.1.1]"],
        "hosts": {"mx1": refusing("mail", "451 4.3.0 Later")["hosts"]["mx1"]},
        "relay": {"bounce": {"max_time": "50m"}},
        "inject": [ONE],
        "expect": [{"bounced": {"5.4.7": 1}},
                   {"attempts": ["mx1", "mx1", "mx1"]}],
    }, ["invariant back-off"]),
    "thrown away": ({
        **CAST, "routes": ["example.com /dev/null"], "inject": [ONE],
        "expect": [{"delivered": 0}],
    }, []),
}
# Its packages, and what it does.
RELAYS = {"postfix": (["postfix"], POSTFIX),
          "exim": (["exim4-daemon-light", "libidn12"], EXIM),
          "opensmtpd": (["opensmtpd"], OPENSMTPD)}


@pytest.fixture(name="run", scope="module")
def run_fixture(bin_dir, peers_cache, tmp_path_factory):
    """Runs scenarios with a relay; their results by title."""
    folder = tmp_path_factory.mktemp("relays")

    def run(relay, packages, scenarios, *words):
        root = unpack(packages[0], peers_cache, *packages[1:])
        own = folder / relay
        own.mkdir()
        for number, scenario in enumerate(scenarios):
            (own / f"{number}.scenario.json").write_text(json.dumps(scenario))
        done = subprocess.run(
            [bin_dir / "faultpost", "run", "--live", "--relay",
             f"{relay}:{root}", "-j", "2", "--format", "json", *words,
             own], capture_output=True, text=True, check=False,
            timeout=PATIENCE_S, env={**os.environ, "TMPDIR": str(folder)})
        assert done.returncode in (0, 1), done.stderr
        return {one["title"]: one
                for one in json.loads(done.stdout)["scenarios"]}
    return run


def subjects(result, verdict):
    return [finding["subject"] for kind in ("expectations", "invariants", "endings")
            for finding in result.get(kind, [])
            if finding["verdict"] == verdict]


@pytest.mark.skipif(os.geteuid() != 0, reason="they need users")
@pytest.mark.parametrize("relay", RELAYS)
def test_relay(run, relay):
    packages, scenarios = RELAYS[relay]
    found = run(relay, packages, [
        {"title": title, **scenario}
        for title, (scenario, _) in scenarios.items()])
    for title, (_, failing) in scenarios.items():
        assert subjects(found[title], "failed") == failing, found[title]
    assert subjects(found["takes the next host"], "not judged") == [
        "expect[3] log", "expect[4] host_status"]


@pytest.mark.skipif(os.geteuid() != 0, reason="Postfix needs users")
def test_conformance(bin_dir, root, peers_cache, tmp_path):
    """A row that all hold, and one in which they differ, with the evidence;
    faultpost-conformance is found beside faultpost."""
    postfix = unpack("postfix", peers_cache)
    done = subprocess.run(
        [bin_dir / "faultpost", "conformance", "-j", "2", "--relay",
         "faultpost", "--relay", f"postfix:{postfix}", "--library",
         root / "scenarios", "bounce/bounce-routed",
         "requeue/priority-full"], capture_output=True, text=True,
        check=False, timeout=PATIENCE_S, cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    head, _, *lines = done.stdout.splitlines()
    assert ", Postfix 3." in head
    assert lines[0] == "| behaviour | faultpost | postfix |"
    rows = {line.split("`")[1]: line.split(" | ") for line in lines[2:4]}
    assert rows["bounce/bounce-routed"][1:] == ["held", "held |"]
    assert rows["requeue/priority-full"][1:] == ["held", "differs (1) |"]
    assert lines[5].startswith("1. postfix, `requeue/priority-full`, differs. ")
    assert "By the manual: postconf(5) minimal_backoff_time" in lines[5]


def test_conformance_counts(bin_dir, tmp_path):
    """Of a library, by theme: what held, differs, is not asked and took too
    long, and what it differs by; each result is recorded as it comes, and no
    file is left of any."""
    library, kept = tmp_path / "library", tmp_path / "kept"
    kept.mkdir()
    for case, change in (
            ("one/held", {}),
            ("one/differs", {"expect": [{"delivered": {"mx2": 1}}]}),
            ("two/network", {"network": [{"latency": "1s"}]})):
        path = library / f"{case}.scenario.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({
            "title": case, **CAST, "inject": [ONE],
            "expect": [{"delivered": {"mx1": 1}}], **change}))

    def counts(*words):
        done = subprocess.run(
            [bin_dir / "faultpost", "conformance", "--counts", "--relay",
             "faultpost", "--library", library, *words], capture_output=True,
            text=True, check=False, timeout=PATIENCE_S,
            env={**os.environ, "TMPDIR": str(kept)})
        assert done.returncode == 0, done.stderr
        assert not list(kept.iterdir())
        return done.stdout.splitlines()[2:], done.stderr

    lines, progress = counts("--record", tmp_path / "record")
    assert lines == [
        "| theme | faultpost |", "|---|---|", "| one | 1 / 1 / 0 |",
        "| two | 0 / 0 / 1 |", "| all | 1 / 1 / 1 |", "",
        "| differs by | faultpost |", "|---|---|", "| expect delivered | 1 |"]
    assert "2/2 faultpost " in progress
    recorded = [json.loads(line) for line in
                (tmp_path / "record").read_text().splitlines() if line]
    assert sorted((Path(one["name"]).name, one["verdict"])
                  for one in recorded) == [
        ("differs.scenario.json", "failed"), ("held.scenario.json", "held")]
    # What is recorded is not run again; half a line is none.
    with open(tmp_path / "record", "r+", encoding="utf8") as record:
        record.truncate(len(record.readline() + record.readline()) + 20)
    again, progress = counts("--record", tmp_path / "record")
    assert again == lines
    assert "1/1 faultpost " in progress
    # Who ends it ends what it runs.
    (library / "one" / "long.scenario.json").write_text(json.dumps({
        **CAST, "title": "long", "inject": [{**ONE, "count": 10**6}]}))
    with subprocess.Popen(
            [bin_dir / "faultpost-conformance", "--counts", "--relay",
             "faultpost", "--library", library, "--record",
             tmp_path / "record"], stdout=subprocess.DEVNULL,
            env={**os.environ, "TMPDIR": str(kept)}) as running:
        while not list(kept.iterdir()):
            assert running.poll() is None
        running.terminate()
        assert running.wait(PATIENCE_S) == 3
    assert not list(kept.iterdir())
    (library / "one" / "long.scenario.json").unlink()
    # Nothing is over so soon.
    lines, progress = counts("--case-limit", "0.001")
    assert lines[2] == "| one | 0 / 0 / 0 (2 without a verdict) |"
    assert "faultpost out of time " in progress
