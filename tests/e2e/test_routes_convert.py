# SPDX-License-Identifier: MIT
"""faultpost routes import and export; and any routes file that can be printed
parses back to the same table, by hypothesis."""
import ipaddress
import json
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

# Few strategies and much chance: processes are what a test costs, so that each
# example is a table of many lines.
chances = st.tuples(st.integers(0, 2**32), st.integers(0, 60))
quickly = settings(max_examples=8, deadline=None,
                   suppress_health_check=[HealthCheck.function_scoped_fixture])


def name(random):
    def label():
        inner = "".join(random.choices("abz09_-", k=random.randrange(6)))
        return random.choice("ab_9") + inner + random.choice("xyz0")
    return ".".join([label() for _ in range(random.randint(1, 3))] + ["ex"])


def destination(random):
    lookup = random.choice(["mx", "addresses", "none"])
    bits = random.choice([32, 128])
    kind = ipaddress.IPv4Address if bits == 32 else ipaddress.IPv6Address
    host = str(kind(random.getrandbits(bits))) if lookup == "none" else name(random)
    made = {"host": host, "priority": random.choice([0, 0, 10, 20, random.randrange(65536)]),
            "lookup": lookup}
    port = random.choice([0, 0, 25, random.randint(1, 65535)])
    return {**made, "port": port} if port else made


def table(random, lines):
    """The model: what export --to json prints."""
    domains = {random.choice(["", "."]) + name(random) for _ in range(lines)}
    domains = sorted(domains) + (["ALL"] if random.random() < .5 else [])
    random.shuffle(domains)
    routes = []
    for domain in domains:
        kind = random.choice(["hosts", "hosts", "hosts", "discard", "usedns"])
        if kind == "hosts" or (kind == "usedns" and domain == "ALL"):
            made = {"domain": domain, "destinations": [
                destination(random) for _ in range(random.randint(1, 5))]}
            profile = "".join(random.choices("aZ9._-", k=random.choice([0, 0, 5])))
            routes.append({**made, "auth": profile} if profile else made)
        else:
            routes.append({"domain": domain, kind: True})
    return routes


def one(dest, blank):
    """A destination as a person may write it."""
    text = dest["host"]
    if dest["lookup"] == "addresses" or ("port" in dest and ":" in text):
        text = f"[{text}]"
    if "port" in dest:
        text += f":{dest['port']}"
    if dest["priority"] or blank:
        text += f"/pri={dest['priority']}"
    return text.upper() if blank and dest["lookup"] != "none" and "pri=" not in text else text


def written(routes, random):
    """The table as text, laid out by chance."""
    lines = ["# made by chance"] if random.random() < .5 else []
    for route in routes:
        blank = random.choice(["", " ", "\t "])
        if "destinations" in route:
            value = f"{blank},{blank}".join(one(d, blank) for d in route["destinations"])
        else:
            value = "USEDNS" if "usedns" in route else "/dev/null"
        value += f" {blank}auth={route['auth']}" if "auth" in route else ""
        domain = route["domain"].upper() if random.random() < .3 else route["domain"]
        dot = "." if domain.upper() != "ALL" and random.random() < .3 else ""
        lines.append(f"{blank}{domain}{dot}{random.choice([': ', ' ', ' : '])}{value}"
                     + random.choice(["", "  # why", " #"]))
    return random.choice(["\n", "\r\n"]).join([*lines, ""])


@quickly
@given(chance=chances)
def test_what_is_printed_parses_back(faultpost, tmp_path, chance):
    random = Random(chance[0])
    routes = table(random, chance[1])
    (tmp_path / "r").write_text(written(routes, random), newline="")
    code, out, err = faultpost("routes", "export", "--to", "json", tmp_path / "r")
    assert (code, err) == (0, ""), (tmp_path / "r").read_text()
    assert json.loads(out)["routes"] == routes
    (tmp_path / "j").write_text(out)
    code, text, err = faultpost("routes", "import", "--from", "json", tmp_path / "j")
    assert (code, err) == (0, "")
    (tmp_path / "r").write_text(text)
    assert json.loads(faultpost("routes", "export", "--to", "json", tmp_path / "r")[1]) == json.loads(out)


@quickly
@given(chance=chances, form=st.sampled_from(["postfix", "exim", "sendmail", "exchange"]))
def test_what_has_no_note_reads_back(faultpost, tmp_path, chance, form):
    """Domains of which nothing is noted have their mail go the same way."""
    routes = table(Random(chance[0]), chance[1])
    (tmp_path / "j").write_text(json.dumps({"routes": routes}))
    (tmp_path / "r").write_text(faultpost("routes", "import", "--from", "json", tmp_path / "j")[1])
    code, out, notes = faultpost("routes", "export", "--to", form, tmp_path / "r")
    assert code == 0
    (tmp_path / "f").write_text(out, newline="")
    code, back, said = faultpost("routes", "import", "--from", form, tmp_path / "f")
    assert code == 0, said
    (tmp_path / "b").write_text(back)
    changes = json.loads(faultpost("routes", "diff", "--json", tmp_path / "r", tmp_path / "b")[1])
    noted = {line.split(": ")[2] for line in notes.splitlines()}
    changed = {c["domain"] for c in changes["changes"]}
    assert changed <= noted, (changed - noted, out)


def test_notes(faultpost, tmp_path):
    (tmp_path / "r").write_text("a.example: h, i\nb.example: /dev/null\n")
    code, out, err = faultpost("routes", "export", "--to", "postfix", tmp_path / "r")
    assert (code, out) == (0, "a.example\tsmtp:h, i\nb.example\tdiscard:\n")
    assert err == (f"{tmp_path}/r:1: note: a.example: equal hosts take no turns, Postfix tries them "
                   "in this order\n")
    assert faultpost("routes", "export", "--strict", "--to", "postfix", tmp_path / "r")[0] == 1


def test_utf16(faultpost, tmp_path):
    """As PowerShell writes it, of either order."""
    text = 'Name,AddressSpaces,SmartHosts\r\n"Zürich €😀",SMTP:a.example;1,[10.1.1.1]\r\n'
    for order in ("utf-16-le", "utf-16-be"):
        (tmp_path / "f").write_bytes(("\ufeff" + text + "x").encode(order)[:-1])
        code, out, err = faultpost("routes", "import", "--from", "exchange", tmp_path / "f")
        assert (code, out, err) == (0, "a.example: 10.1.1.1\n", "")


@pytest.mark.parametrize("words, said", [
    (["import", "r"], "expected --from"),
    (["export", "--to", "qmail", "r"], '"qmail" is no form; expected postfix'),
    (["import", "--from", "json"], "expected one FILE"),
    (["import", "--from", "json", "nothing"], "nothing: No such file or directory"),
])
def test_wrong_words(faultpost, words, said):
    code, out, err = faultpost("routes", *words)
    assert (code, out) == (2, "") and said in err


@pytest.mark.parametrize("form", ["postfix", "postfix-relay", "exim", "sendmail", "exchange", "json"])
def test_any_bytes(faultpost, tmp_path, form):
    """Bad input is refused with its place, or read in part with notes."""
    for seed in (bytes(range(256)), b"a: b\n" * 9, b'"\n,"', b"[" * 999, b"a smtp:[::1\n", b"\xff,\x00\n"):
        (tmp_path / "f").write_bytes(seed * 3)
        code, _, err = faultpost("routes", "import", "--from", form, tmp_path / "f", errors="replace")
        assert code in (0, 2) and (code == 0 or err)
