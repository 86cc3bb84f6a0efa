# SPDX-License-Identifier: MIT
"""faultpost routes: tables checked, as a program and its files."""
import json
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

TABLE = """# faultpost: ignore-file R018
example.com: exchange1.example.com, exchange2.example.com/pri=2525
example.org: 10.1.1.1
bad: h:0
"""

# What SARIF 2.1.0 (OASIS) demands of the parts that are used, from its schema.
MESSAGE = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
SARIF = {
    "type": "object", "required": ["version", "runs"], "additionalProperties": False,
    "properties": {
        "$schema": {"type": "string", "format": "uri"}, "version": {"const": "2.1.0"},
        "runs": {"type": "array", "minItems": 1, "items": {
            "type": "object", "required": ["tool", "results"], "additionalProperties": False,
            "properties": {
                "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                "tool": {"type": "object", "required": ["driver"], "properties": {"driver": {
                    "type": "object", "required": ["name"], "additionalProperties": False,
                    "properties": {
                        "name": {"type": "string"}, "version": {"type": "string"},
                        "rules": {"type": "array", "uniqueItems": True, "items": {
                            "type": "object", "required": ["id"], "additionalProperties": False,
                            "properties": {
                                "id": {"type": "string"}, "name": {"type": "string"},
                                "shortDescription": MESSAGE, "fullDescription": MESSAGE,
                                "help": MESSAGE,
                                "defaultConfiguration": {"type": "object", "properties": {
                                    "level": {"enum": ["none", "note", "warning", "error"]}}},
                            }}},
                    }}}},
                "results": {"type": "array", "items": {
                    "type": "object", "required": ["message"], "additionalProperties": False,
                    "properties": {
                        "ruleId": {"type": "string"}, "ruleIndex": {"type": "integer", "minimum": -1},
                        "level": {"enum": ["none", "note", "warning", "error"]}, "message": MESSAGE,
                        "locations": {"type": "array", "items": {
                            "type": "object", "additionalProperties": False,
                            "properties": {"physicalLocation": {
                                "type": "object", "required": ["artifactLocation"],
                                "additionalProperties": False,
                                "properties": {
                                    "artifactLocation": {"type": "object", "properties": {
                                        "uri": {"type": "string", "pattern": r"^[\w%./~:-]+$"}}},
                                    "region": {"type": "object", "required": ["startLine"],
                                               "properties": {
                                        "startLine": {"type": "integer", "minimum": 1},
                                        "startColumn": {"type": "integer", "minimum": 1}}},
                                }}}}},
                        "suppressions": {"type": "array", "items": {
                            "type": "object", "required": ["kind"],
                            "properties": {"kind": {"enum": ["inSource", "external"]}}}},
                    }}},
            }}},
    }}


@pytest.fixture(name="check")
def check_fixture(faultpost, tmp_path):
    """Checks a table; (exit code, stdout, stderr), the folder left out."""
    def run(table, *words):
        (tmp_path / "my routes.txt").write_text(table)
        code, out, err = faultpost("routes", "check", *words, tmp_path / "my routes.txt")
        return code, out.replace(f"{tmp_path}/", ""), err.replace(f"{tmp_path}/", "")
    return run


def test_sarif_is_as_its_schema_demands(check):
    code, out, err = check(TABLE, "--format", "sarif")
    assert (code, err) == (2, "")
    log = json.loads(out)
    jsonschema.Draft7Validator(SARIF).validate(log)
    run = log["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert [r["ruleId"] for r in run["results"]] == ["R016", "R007", "R018", "R001"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    assert [bool(r.get("suppressions")) for r in run["results"]] == [False, False, True, False]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"].endswith("my%20routes.txt")
    assert place["region"] == {"startLine": 2, "startColumn": 37}


def test_exit_codes(check):
    assert check("example.com: 10.1.1.1, 10.1.1.2\n")[0] == 0
    assert check("example.com: 10.1.1.1\n")[0] == 1
    assert check("example.com\n")[0] == 2


def test_formats_tell_the_same(check):
    told = json.loads(check(TABLE, "--format", "json")[1])
    shown = [f for f in told["findings"] if not f["suppressed"]]
    human = check(TABLE)[1].splitlines()[:len(shown)]
    github = check(TABLE, "--format", "github")[1].splitlines()
    for finding, line, annotation in zip(shown, human, github, strict=True):
        assert line.endswith(f"{finding['line']}:{finding['column']}: {finding['severity']} "
                             f"{finding['rule']}: {finding['message']}")
        assert f"line={finding['line']},col={finding['column']}," in annotation
        assert annotation.endswith(f"::{finding['message']}")


def test_destination_controls(check, tmp_path):
    (tmp_path / "controls.ini").write_text("[exchange1.example.com]\ntable_tls = on\n")
    out = check(TABLE, "--destconfig", tmp_path / "controls.ini")[1]
    assert "controls.ini:1:2: warning R022: [exchange1.example.com] is a host" in out
    (tmp_path / "controls.ini").write_text("[example.com]\ntable_tsl = on\n")
    code, out, _ = check("example.com: 10.1.1.1, 10.1.1.2\n", "--destconfig", tmp_path / "controls.ini")
    assert code == 2
    assert 'controls.ini:2:1: error R001: there is no parameter "table_tsl"' in out


MASTER = """\
$ORIGIN example.com.
$TTL 1h
@   SOA ns1 hostmaster ( 1 ; serial
        3600 900 604800 86400 )
    MX  10 mx1
    MX  20 mx.elsewhere.test.
mx1 A   10.1.1.1
www CNAME mx1
"""


def test_a_name_servers_file(check, tmp_path):
    """What it knows is told; about names of other zones it knows nothing."""
    (tmp_path / "db").write_text(MASTER)
    table = ("# faultpost: ignore-file R018\n"
             "example.com: mx1.example.com, www.example.com, gone.example.com, mail.elsewhere.test\n"
             "a.example: example.com\nb.example: one.elsewhere.test\n")
    code, out, err = check(table, "--dns", f"zone:{tmp_path}/db")
    assert code == 1
    assert err == "db: note: left out, as no MX, A, AAAA or CNAME of a name: 1 record\n"
    assert [line.split(":", 1)[1] for line in out.splitlines()[:-1]] == [
        "2:31: warning R008: mx1.example.com and www.example.com are one address, 10.1.1.1; "
        "expected different hosts",
        "2:48: error R009: gone.example.com has no address (NXDOMAIN); expected a name that DNS knows",
        "3:12: warning R011: example.com has a line of its own (line 2), which does not hold here; "
        "expected the hosts themselves, if they are meant",
        "4:12: warning R007: one.elsewhere.test is the only host, unless DNS has several for it; "
        "expected an alternative for when it fails"]
    (tmp_path / "db").write_text(MASTER + "\nmx2 A 10.1.1.300\n\n")
    code, out, err = check(table, "--dns", f"zone:{tmp_path}/db")
    assert (code, out) == (2, "") and err.startswith("db:10:1: Syntax error")


def test_name_servers_are_asked(bin_dir, tmp_path):
    """Behind a name server of the test's own: aliases are told, and what they lead to."""
    (tmp_path / "r").write_text("# faultpost: ignore-file R018\n"
                                "a.example: alias.example, mx.example, gone.example\nh.example: 10.9.9.9, 10.9.9.8\n")
    cage = Path(__file__).with_name("routes_dns_cage.py")

    def run(zone, table="r"):
        return subprocess.run(
            ["unshare", "--user", "--map-root-user", "--net", "--mount", sys.executable, cage, zone,
             bin_dir / "faultpost", "routes", "check", "--dns", "live", table],
            cwd=tmp_path, capture_output=True, text=True, check=False)

    told = run(json.dumps({"alias.example CNAME": ["alias2.example."], "alias2.example CNAME": ["h.example."],
                           "h.example A": ["10.1.1.1"], "mx.example MX": ["5 h.example."]}))
    assert (told.returncode, told.stderr) == (1, "")
    assert [line.split(";")[0] for line in told.stdout.splitlines()[:-1]] == [
        "r:2:12: warning R011: alias.example leads to h.example, which has a line of its own (line 3) "
        "that does not hold here",
        "r:2:27: warning R008: alias.example and mx.example are one address, 10.1.1.1",
        "r:2:27: warning R011: mx.example leads to h.example, which has a line of its own (line 3) "
        "that does not hold here",
        "r:2:39: error R009: gone.example has no address (NXDOMAIN)"]
    (tmp_path / "r").write_text("".join(f"d{i}.example: h{i}.example\n" for i in range(100)))
    (tmp_path / "lossy").write_text("".join(
        f"d{i}.example: {'lost' if i < 70 else 'h'}{i}.example\n" for i in range(300)))
    told = run("{}", "lossy")
    assert (told.returncode, told.stderr) == (1, "")
    assert told.stdout.count("(NXDOMAIN)") == 230
    assert len([line for line in told.stdout.splitlines() if " lost" in line and "no answer" in line]) == 70
    told = run("-")
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr == ("--dns live: 64 questions in a row got no answer; expected name servers that "
                           "answer\n")


def test_live_asks_nobody_about_addresses(check):
    assert check("example.com: 10.1.1.1, 10.1.1.2\n", "--dns", "live")[0] == 0


@pytest.mark.parametrize("words, said", [
    (["--format", "xml"], '--format "xml" is no format; expected human, json, sarif or github'),
    (["--self", "my relay"], '--self "my relay": a domain name has letters, digits, hyphens and dots; '
                             'expected a name or an address'),
    (["--dns", "all"], '--dns "all": expected none, zone:FILE or live'),
    (["--dns", "zone:nothing"], "nothing: No such file or directory"),
    (["--destconfig", "nothing"], "nothing: No such file or directory"),
])
def test_wrong_options(check, words, said):
    code, out, err = check("", *words)
    assert (code, out) == (2, "") and said in err


def test_any_bytes(check, tmp_path, faultpost):
    (tmp_path / "noise").write_bytes(bytes(range(256)) * 40)
    for form in ["human", "json", "sarif", "github"]:
        code, out, err = faultpost("routes", "check", "--format", form, tmp_path / "noise")
        assert (code, err) == (2, "") and out
        assert not re.search("[\0-\x08\x0b-\x1f]", out)


def test_rules(faultpost):
    code, out, _ = faultpost("routes", "rule")
    assert code == 0
    names = dict(line.split()[:3:2] for line in out.splitlines())
    assert list(names) == [f"R{n:03}" for n in range(1, len(names) + 1)]
    for number, name in names.items():
        assert faultpost("routes", "rule", number) == faultpost("routes", "rule", name)
    assert faultpost("routes", "rule", "R999")[2] == (
        f'"R999" is no rule; expected R001 to R{len(names):03}\n')
