# SPDX-License-Identifier: MIT
"""faultpost explain leaves nothing out, and tells only what can be run."""
import json
import subprocess

import pytest


@pytest.fixture(name="explain")
def explain_fixture(bin_dir, root):
    def run(*words):
        return subprocess.run(
            [bin_dir / "faultpost", "explain", "--profiles", "scenarios/profiles", *words],
            cwd=root, capture_output=True, text=True, timeout=60, check=False)
    return run


SAID_OTHERWISE = {("$schema",)}
STAGES = {"connect": "When it is connected to", "banner": "Instead of its greeting",
          "tls": "In the TLS handshake", "body": "Within the content",
          "eod": "At the end of the content", "command": "Within a command",
          "unknown": "At an unknown command", "idle": "When nothing is said"}


def leaves(value, path=()):
    if isinstance(value, dict):
        for key, child in value.items():
            yield from leaves(child, path + (key,))
    elif isinstance(value, list):
        for child in value:
            yield from leaves(child, path)
    else:
        yield path, value


def test_texts_stand_apart(explain, tmp_path):
    """Of several texts, those that hold commas or spaces stand in quotes."""
    path = tmp_path / "t.scenario.json"
    path.write_text(json.dumps({
        "title": "t", "hosts": {"a": {"address": "10.1.1.1"}},
        "expect": [{"log": ["[0,1]\"x\"", "DCID {d} close", "close"]}]}))
    assert ('in this order: "[0,1]\\"x\\"", "DCID {d} close" and close.'
            in explain(path).stdout)


def test_nothing_is_left_out(explain, root):
    """Each value of a scenario with every key is told behind what it belongs to."""
    document = json.loads((root / "tests/e2e/data/every_key.json").read_text())
    done = explain("tests/e2e/data/every_key.json")
    assert (done.returncode, done.stderr) == (0, "")
    for path, value in leaves(document):
        if path in SAID_OTHERWISE or value is True:
            continue
        text = value if isinstance(value, str) else json.dumps(value)
        if path[-1] == "on":
            text = STAGES.get(text, f"At {text.upper()}")
        assert (text or '""') in done.stdout, (path, value)


def test_each_key_makes_a_difference(explain, root, tmp_path):
    """Nor is anything that is true: without a key of a rule the page is another."""
    document = json.loads((root / "tests/e2e/data/every_key.json").read_text())
    whole = explain("tests/e2e/data/every_key.json").stdout
    for line in (rule for rule in document["hosts"]["one"]["rules"] if any(value is True for value in rule.values())):
        key = next(key for key, value in line.items() if value is True)
        line.pop(key)
        copy = tmp_path / "without.scenario.json"
        if set(line) & {"reply", "drop", "reset", "delay", "stall", "then", "set", "read",
                        "throttle", "throughout", "vanish", "tls_fault"}:
            copy.write_text(json.dumps(document))
            assert explain(copy).stdout != whole
        line[key] = True


def test_a_case(explain, root):
    name = "scenarios/failover/each-stage.scenario.json"
    done = explain(name)
    assert "- ${stage}: banner, mail, rcpt, data and eod.\n" in done.stdout
    done = explain(name + "[stage=eod,what=421]")
    assert 'At the end of the content: it answers "421 4.3.2 Service not available".\n' in done.stdout
    assert "${" not in done.stdout
    done = explain(name + "[stage=eod,what=999]")
    assert done.returncode == 2 and "it has no case [stage=eod,what=999]" in done.stderr
    assert (root / name).exists()


def test_what_cannot_be_run_is_not_told(explain):
    done = explain("tests/e2e/failing/empty.scenario.json")
    assert (done.returncode, done.stdout) == (2, "")
    assert "unknown key" in done.stderr
    assert explain().returncode == 2
    assert explain("nothing.json").stderr == "nothing.json: No such file or directory\n"
