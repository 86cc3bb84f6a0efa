# SPDX-License-Identifier: MIT
"""The published schema and the loader accept and reject the same scenarios.

Editors check by the schema, faultpost by its own tables.  Both must judge alike

- a scenario with every key of the language, in which each value in turn is
  every odd value, and each key is missing or misspelt;
- mutants of the library, by hypothesis: up to three things wrong at once.

What a schema cannot say is listed in BEYOND_SCHEMA, by the loader's message;
the other way round there is no exception.

Of a scenario with a matrix the loader reads the variants, and the schema sees
parameters in the place of values, about which it can say little.  So variants
are made here, too, and the schema must judge each like the loader; and where
the loader takes them all it must take the text with the parameters.
"""
import copy
import itertools
import json
import os
import re
import subprocess
from pathlib import Path

import jsonschema
import pytest
from hypothesis import HealthCheck, Phase, given, settings, strategies as st

from variants import variants

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = sorted((ROOT / "scenarios").rglob("*.scenario.json"))
PROFILES = ROOT / "scenarios" / "profiles"
SCHEMA_FILE = ROOT / "scenarios" / "schema" / "scenario.schema.json"
SCHEMA = json.loads(SCHEMA_FILE.read_text())
EVERY_KEY = json.loads((ROOT / "tests/e2e/data/every_key.json").read_text())
DOCUMENTS = [json.loads(path.read_text()) for path in LIBRARY]

# What refers to another part of the file, and grammars that no regular
# expression can hold.
BEYOND_SCHEMA = re.compile("|".join([
    r'^/(expect|network|timeline)/.*: there is no host "',
    r"^/expect/\d+/message: there is no message ",
    r"^/hosts/.*: \S+ is already an address of host ",
    r"^/hosts/.*: \S+ is the address of the host ",
    r"^/hosts/.*: not a PCRE2 pattern: ",
    r'^/hosts/.*/profile.*: there is no profile "',
    r"^/hosts/.*/profile/.*reply: profile \S+ has no reply ",
    r'^/hosts/.*: ".*" is no cipher that OpenSSL knows',
    r"^/inject/\d+/listener: there is no listener ",
    r"^/inject/\d+/client: this is ",
    r"^/inject/\d+/dialogue/\d+: lines follow",
    r"^/relay/listeners/\d+/relay_from: this is an open relay",
    r"^/relay: .* names the bounce profile ",
    r"^/routes/\d+: ",              # the grammar of a line; a domain twice
    r"^/relay/destconfig/\d+: ",    # likewise
    r"^/routes: the route of \S+ has the profile ",
    r"^\\u0000 is not allowed in a string",
    # Uses of parameters, and what the combinations come to.
    r": there is no parameter ",
    r": the parameter .* is never used",
    r": not all values of ",
    r"^/matrix/.*: another value is called ",
    r"^/matrix: more than ",
    r"^/matrix/exclude/.* has no such value",
    r"^/matrix/exclude: no combination is left",
    r": duplicate key ",
    r"^number out of range$",       # of a parameter; all others have bounds
]))

EXAMPLES = 60
BATCH = 40


def walk(value, path=()):
    """Each (path, value) of a document, the root included."""
    yield path, value
    if isinstance(value, dict):
        children = value.items()
    elif isinstance(value, list):
        children = enumerate(value)
    else:
        return
    for key, child in children:
        yield from walk(child, path + (key,))


def schema_keys():
    """Every key that the schema knows anywhere."""
    return sorted({key for path, value in walk(SCHEMA)
                   if path and path[-1] == "properties" and isinstance(value, dict)
                   for key in value})


def schema_bounds():
    """Every number that bounds something, and those beside it."""
    bounds = {value for path, value in walk(SCHEMA)
              if path and path[-1] in ("minimum", "maximum")}
    return sorted({near for n in bounds for near in (n - 1, n, n + 1)})


def values_by_key():
    """What stands behind each key somewhere in the library."""
    found = {}
    for document in [*DOCUMENTS, EVERY_KEY]:
        for path, value in walk(document):
            if path and isinstance(path[-1], str):
                texts = found.setdefault(path[-1], {})
                texts.setdefault(json.dumps(value), value)
    return {key: list(texts.values()) for key, texts in found.items()}


KEYS = schema_keys()
BOUNDS = schema_bounds()
VALUES = values_by_key()
ODD_VALUES = [
    None, True, False, 0, 1, -1, 1.0, 1.5, 65536, 2**31, 2**63 - 1, 2**63,
    1e30, "", " ", "x", "X" * 65, "X" * 256, "X" * 4001, "0", "1", "0s", "10s", "1.5s", "72h", "-1s",
    "10", "10S", "99999999999999999999h", "idle", "up", "refuse", "close",
    "host", "messages", "10.1.1.11", "10.1.1.256", "::1", "::1::", "10.0.0.0/8",
    "10.0.0.0/33", "example.com", "exa mple.com", ".example.com", "-a.example",
    "a@b", "@b", "a@", "a b@c", "452 ok", "452-ok", "999 ok", "652 no", "45",
    "452 {n}", "452 {x}", "452 {{", "452 }", "{a}", "{}", "{", "{{", "{a b}",
    "5.4.7", "5.4", "550", "250", "2014-07-02T09:15:07Z", "2014-02-30T00:00:00Z",
    "\u0000", "\u007f", "\u00e9", "\U0001f4e7", "x\n", "[", "(", "NXDOMAIN",
    "10 mx.example", "65536 mx.example", "MX", [], {}, [0], [""], ["x"],
    ["0s"], ["0s", "5s"], ["5s", "0s"], ["0s", "5s", "9s"], [[]], [{}],
    ["one", "one"], {"": 0}, {"x": 1}, {"after": 1}, {"after": -1},
    {"between": ["relay", "*"]},
]
SCRAPS = ["", " ", "0", "9", "-", ".", "@", "/", ":", "{", "}", "{}", "x", "\n",
          "\t", "\u0000", "\u00df", "s", "h", "A", "\\", "*"]


# ---- the two judges

VALIDATOR = jsonschema.Draft7Validator(SCHEMA)
# That of variants, which have no parameters any more.
STRICT = jsonschema.Draft7Validator(json.loads(json.dumps(SCHEMA).replace(
    json.dumps(SCHEMA["definitions"]["parameter"]["pattern"]), '"(?!)"')))
LABEL = re.compile(r"^\[.*?\] (?=/|\w)")


def load(bin_dir, folder, documents):
    """The loader's verdicts: None, or what it says is wrong."""
    paths = []
    for number, document in enumerate(documents):
        paths.append(folder / f"mutant{number}.json")
        paths[-1].write_text(json.dumps(document))
    ran = subprocess.run(
        [bin_dir / "faultpost", "run", "--check", "--profiles", PROFILES, *paths],
        capture_output=True, text=True, check=False)
    errors = {}
    for line in ran.stderr.splitlines():
        told = re.match(r"(.*?mutant\d+\.json)(?::\d+)*: (.*)", line)
        if told:
            errors.setdefault(told[1], told[2])
    assert ran.returncode == (2 if errors else 0), ran.stderr
    good = set(re.findall(r"^good ([^\s[]+)", ran.stdout, re.M))
    for path in map(str, paths):
        assert path in good or path in errors, ran.stderr
    return [errors.get(str(path)) for path in paths]


def has_parameters(document):
    return isinstance(document, dict) and "matrix" in document


def assert_agreement(bin_dir, folder, documents):
    for document, error in zip(documents, load(bin_dir, folder, documents)):
        wrong = next(VALIDATOR.iter_errors(document), None)
        label = error and LABEL.match(error)
        error = error and LABEL.sub("", error)
        if error is not None and BEYOND_SCHEMA.search(error):
            continue
        if wrong is None and (error is None or label) and has_parameters(document):
            wrong = next((wrong for variant in variants(document)
                          for wrong in STRICT.iter_errors(variant)), None)
        assert (error is None) == (wrong is None), (
            f"the loader: {error}; the schema: {wrong and wrong.message}\n"
            f"{json.dumps(document)}")


# ---- one thing wrong, everywhere

def keep_only(path):
    """EVERY_KEY with what the path needs and little beside it."""
    top = path[0]
    hosts = {name: {"address": host["address"], "port": host["port"]}
             for name, host in EVERY_KEY["hosts"].items()}
    small = {"title": "small", "hosts": hosts, "inject": [{"to": "a@b"}] * 9}
    for key in ("matrix", "case") if top in ("matrix", "case") else (top,):
        small[key] = copy.deepcopy(EVERY_KEY[key])
    new_path = [top]
    place = small[top]
    for step in path[1:]:
        if isinstance(place, list) and isinstance(place[step], dict):
            place[:] = [place[step]]
            step = 0
        new_path.append(step)
        place = place[step]
    return small, new_path


def with_value(small, path, value):
    document = copy.deepcopy(small)
    parent = document
    for step in path[:-1]:
        parent = parent[step]
    parent[path[-1]] = copy.deepcopy(value)
    return document


def without_value(small, path, instead):
    """The value is missing, or its key is another."""
    document = copy.deepcopy(small)
    parent = document
    for step in path[:-1]:
        parent = parent[step]
    value = parent.pop(path[-1])
    if instead is not None and isinstance(parent, dict):
        parent[instead] = value
    return document


def single_faults(path):
    """Documents with one thing wrong, or not, at the path."""
    small, place = keep_only(path)
    value = dict(walk(small))[tuple(place)]
    odd = list(ODD_VALUES)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        odd += BOUNDS
    for other in odd:
        yield with_value(small, place, other)
    key = str(place[-1])
    for instead in (None, key + "x", key.upper(), "", *KEYS[::7]):
        yield without_value(small, place, instead)


PLACES = [path for path, _ in walk(EVERY_KEY) if path]


def test_every_key_is_there():
    used = {step for path in PLACES for step in path if isinstance(step, str)}
    assert set(KEYS) <= used


# So many at a time, as the largest parts take long under sanitizers.
SHARD = 24
# Of what may stand at a place every thirty-second is tried, another at the next
# place, so that each value and each kind of place meet; with this variable
# set, all of it, which takes minutes.
STRIDE = 1 if os.environ.get("FAULTPOST_EVERY_VALUE") else 32


@pytest.mark.parametrize("begin", range(0, len(PLACES), SHARD))
def test_agree_on_each_value(bin_dir, tmp_path, begin):
    documents = [document
                 for number, path in enumerate(PLACES[begin:begin + SHARD])
                 for document in itertools.islice(
                     single_faults(path), number % STRIDE, None, STRIDE)]
    for begin in range(0, len(documents), 1000):
        assert_agreement(bin_dir, tmp_path, documents[begin:begin + 1000])


# ---- parameters, everywhere

def with_parameter(path, part):
    """EVERY_KEY with a parameter in the place of the value, or of its key."""
    small, place = keep_only(path)
    parent = small
    for step in place[:-1]:
        parent = parent[step]
    step = place[-1]
    matrix = small.setdefault("matrix", {})
    if part == "value":
        matrix["it"] = {"same": parent[step]}
        parent[step] = "${it}"
    elif isinstance(parent, dict):
        matrix["it"] = [step]
        items = list(parent.items())
        parent.clear()
        parent.update(("${it}" if key == step else key, value) for key, value in items)
    return small


def test_parameter_in_each_place(bin_dir, tmp_path):
    """What is right with a value is right with a parameter in its place."""
    places = [path for path in PLACES if path[0] not in ("matrix", "case", "$schema")]
    documents = [with_parameter(path, part) for path in places
                 for part in ("value", "key")
                 if len(path) > 1 or part == "value"]
    documents = [document for document in documents if "it" in document.get("matrix", {})]
    for document, error in zip(documents, load(bin_dir, tmp_path, documents)):
        wrong = next(VALIDATOR.iter_errors(document), None)
        assert error is None or BEYOND_SCHEMA.search(LABEL.sub("", error)), (
            error, json.dumps(document))
        assert wrong is None, (wrong.message, json.dumps(document))


# ---- several things wrong, anywhere

def text_mutants(text):
    """The text with something put in, taken out or replaced."""
    place = st.integers(0, len(text))

    def cut(begin, length, scrap):
        return text[:begin] + scrap + text[begin + length:]

    return st.one_of(
        st.builds(cut, place, st.integers(0, 3), st.sampled_from(SCRAPS)),
        st.sampled_from([text.upper(), text.swapcase(), text + text, text[1:]]))


def number_mutants(number):
    return st.sampled_from(
        [number + 1, number - 1, -number, number * 1000, number * 10**9,
         number + 0.5, float(number), str(number)] + BOUNDS)


def value_mutants(key, value):
    """Other values for the place behind `key`."""
    ways = [st.sampled_from(ODD_VALUES)]
    if VALUES.get(key):
        ways += [st.sampled_from(VALUES[key])] * 2
    if isinstance(value, str):
        ways += [text_mutants(value)] * 3
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        ways += [number_mutants(value)] * 3
    elif isinstance(value, list) and value:
        ways += [st.sampled_from(
            [value + value[:1], value[:-1], value[::-1], value[0], [value]])]
    return st.one_of(ways)


def add_key(draw, target):
    key = draw(st.sampled_from(KEYS))
    target[key] = copy.deepcopy(draw(value_mutants(key, target.get(key))))


def rename_key(draw, target):
    if not target:
        return
    old = draw(st.sampled_from(sorted(target)))
    new = draw(st.one_of(st.sampled_from(KEYS), text_mutants(old)))
    target[new] = target.pop(old)


def mutate_value(draw, parent, key):
    """Drops, replaces or perturbs what stands at parent[key]."""
    if draw(st.integers(0, 5)) == 0:
        del parent[key]
        return
    name = key if isinstance(key, str) else None
    parent[key] = copy.deepcopy(draw(value_mutants(name, parent[key])))


def mutate(draw, document):
    places = list(walk(document))
    path, value = places[draw(st.integers(0, len(places) - 1))]
    if isinstance(value, dict) and (not path or draw(st.booleans())):
        draw(st.sampled_from([add_key, rename_key]))(draw, value)
    elif path:
        parent = document
        for key in path[:-1]:
            parent = parent[key]
        mutate_value(draw, parent, path[-1])


@st.composite
def mutants(draw):
    """A scenario of the library with up to three things wrong."""
    document = copy.deepcopy(draw(st.sampled_from(DOCUMENTS)))
    for _ in range(draw(st.integers(1, 3))):
        mutate(draw, document)
    return document


# What fails is told whole; to make it smaller would take minutes.
@settings(max_examples=EXAMPLES, derandomize=True, database=None, deadline=None,
          phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(batch=st.lists(mutants(), min_size=BATCH // 4, max_size=BATCH))
def test_agree_on_mutants(bin_dir, tmp_path_factory, batch):
    assert_agreement(bin_dir, tmp_path_factory.getbasetemp(), batch)


# ---- the schema itself

def test_schema_is_the_committed_one(bin_dir):
    printed = subprocess.run(
        [bin_dir / "faultpost", "schema"], capture_output=True, text=True,
        check=True).stdout
    assert printed == SCHEMA_FILE.read_text(), (
        "run: faultpost schema > scenarios/schema/scenario.schema.json")


def test_schema_is_a_schema():
    jsonschema.Draft7Validator.check_schema(SCHEMA)


def test_library_names_the_schema_and_obeys_it():
    for path, document in zip(LIBRARY, DOCUMENTS):
        assert (path.parent / document["$schema"]).resolve() == SCHEMA_FILE
        assert [e.message for e in VALIDATOR.iter_errors(document)] == [], path
