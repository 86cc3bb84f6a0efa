# SPDX-License-Identifier: MIT
"""The published schema and the loader accept and reject the same scenarios.

Editors check by the schema, faultpost by its own tables: mutants of the
library's scenarios, a hundred kinds of wrong, must be judged alike by both.
What a schema cannot say is listed in BEYOND_SCHEMA, by the loader's message;
the other way round there is no exception.
"""
import copy
import json
import re
import subprocess

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from jsonschema.validators import extend

from conftest import ROOT

LIBRARY = sorted((ROOT / "scenarios").rglob("*.scenario.json"))
SCHEMA_FILE = ROOT / "scenarios" / "schema" / "scenario.schema.json"
SCHEMA = json.loads(SCHEMA_FILE.read_text())

# What refers to another part of the file, and grammars that no regular
# expression can hold.
BEYOND_SCHEMA = re.compile("|".join([
    r'^/(expect|network|timeline)/.*: there is no host "',
    r"^/expect/\d+/message: there is no message ",
    r"^/hosts/.*: \S+ is already an address of host ",
    r"^/routes/\d+: ",              # the grammar of a line; a domain twice
    r"^/hosts/.*: not a PCRE2 pattern: ",
    r"^\\u0000 is not allowed in a string",
]))

EXAMPLES = 100
BATCH = 40


def load_documents():
    return [json.loads(path.read_text()) for path in LIBRARY]


DOCUMENTS = load_documents()


def walk(value, path=()):
    """Each (pointer, value) of a document, the root included."""
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
    keys = set()
    for path, value in walk(SCHEMA):
        if path and path[-1] == "properties":
            keys.update(value)
    return sorted(keys)


def values_by_key():
    """What stands behind each key somewhere in the library."""
    found = {}
    for document in DOCUMENTS:
        for path, value in walk(document):
            if path and isinstance(path[-1], str):
                texts = found.setdefault(path[-1], {})
                texts.setdefault(json.dumps(value), value)
    return {key: list(texts.values()) for key, texts in found.items()}


KEYS = schema_keys()
VALUES = values_by_key()
ODD_VALUES = [
    None, True, False, 0, 1, -1, 1.0, 1.5, 65536, 2**31, 2**63 - 1, 2**63,
    1e30, "", " ", "x", "X" * 300, "0", "1", "0s", "10s", "1.5s", "72h", "-1s",
    "10", "10S", "99999999999999999999h", "idle", "up", "refuse", "close",
    "host", "messages", "10.1.1.11", "10.1.1.256", "::1", "::1::", "10.0.0.0/8",
    "10.0.0.0/33", "example.com", "exa mple.com", ".example.com", "-a.example",
    "a@b", "@b", "a@", "a b@c", "452 ok", "452-ok", "999 ok", "45", "452 {n}",
    "452 {x}", "452 {{", "452 }", "{a}", "{}", "{", "{{", "{a b}", "5.4.7",
    "5.4", "550", "250", "2014-07-02T09:15:07Z", "2014-02-30T00:00:00Z",
    "\u0000", "\u007f", "\u00e9", "\U0001f4e7", "x\n", "[", "(", "NXDOMAIN",
    "10 mx.example", "65536 mx.example", "MX", [], {}, [0], [""], ["x"],
    ["0s"], ["0s", "5s"], ["5s", "0s"], ["0s", "5s", "9s"], [[]], [{}],
    {"": 0}, {"x": 1}, {"after": 1}, {"after": -1}, {"between": ["x", "*"]},
]
SCRAPS = ["", " ", "0", "9", "-", ".", "@", "/", ":", "{", "}", "{}", "x", "\n",
          "\t", "\u0000", "\u00df", "s", "h", "A", "\\", "*"]


def text_mutants(text):
    """The text with something put in, taken out or replaced."""
    place = st.integers(0, len(text))

    def cut(first, second, scrap):
        low, high = min(first, second), max(first, second)
        return text[:low] + scrap + text[min(high, low + 3):]

    return st.one_of(
        st.builds(cut, place, place, st.sampled_from(SCRAPS)),
        st.sampled_from([text.upper(), text.swapcase(), text + text, text[1:]]))


def number_mutants(number):
    return st.sampled_from(
        [number + 1, number - 1, -number, number * 1000, number * 10**9,
         number + 0.5, float(number), str(number)])


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


def mutate_object(draw, target):
    draw(st.sampled_from([add_key, rename_key]))(draw, target)


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
        mutate_object(draw, value)
    elif path:
        parent = document
        for key in path[:-1]:
            parent = parent[key]
        mutate_value(draw, parent, path[-1])


@st.composite
def mutants(draw):
    """A scenario of the library with one or two things wrong, or not."""
    document = copy.deepcopy(draw(st.sampled_from(DOCUMENTS)))
    for _ in range(draw(st.integers(1, 2))):
        mutate(draw, document)
    return document


def match_pattern(validator, pattern, instance, schema):
    """As in ECMA 262, where `$` is the end and not before a last newline."""
    del validator, schema
    if isinstance(instance, str) and not re.search(
            re.sub(r"\$$", r"\\Z", pattern), instance):
        yield jsonschema.ValidationError(f"{instance!r} not like {pattern!r}")


VALIDATOR = extend(jsonschema.Draft7Validator, {"pattern": match_pattern})(SCHEMA)


def check(bin_dir, folder, documents):
    """The loader's verdicts: None, or what it says is wrong."""
    paths = []
    for number, document in enumerate(documents):
        paths.append(folder / f"mutant{number}.json")
        paths[-1].write_text(json.dumps(document))
    ran = subprocess.run(
        [bin_dir / "faultpost", "run", "--check", *paths],
        capture_output=True, text=True, check=False)
    errors = {}
    for line in ran.stderr.splitlines():
        told = re.match(r"(.*?mutant\d+\.json)(?::\d+)*: (.*)", line)
        if told:
            errors.setdefault(told[1], told[2])
    assert ran.returncode == (2 if errors else 0), ran.stderr
    good = set(re.findall(r"^good (\S+)", ran.stdout, re.M))
    for path in map(str, paths):
        assert (path in good) != (path in errors), ran.stderr
    return [errors.get(str(path)) for path in paths]


def test_schema_is_the_committed_one(bin_dir):
    printed = subprocess.run(
        [bin_dir / "faultpost", "schema"], capture_output=True, text=True,
        check=True).stdout
    assert printed == SCHEMA_FILE.read_text(), (
        "run: faultpost schema > scenarios/schema/scenario.schema.json")


def test_schema_is_a_schema():
    jsonschema.Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.parent.name
                         + "/" + path.name.split(".")[0])
def test_library_names_the_schema_and_obeys_it(path):
    document = json.loads(path.read_text())
    named = path.parent / document["$schema"]
    assert named.resolve() == SCHEMA_FILE
    assert [e.message for e in VALIDATOR.iter_errors(document)] == []


@settings(max_examples=EXAMPLES, derandomize=True, database=None, deadline=None,
          suppress_health_check=list(HealthCheck))
@given(batch=st.lists(mutants(), min_size=BATCH // 4, max_size=BATCH))
def test_loader_and_schema_agree(bin_dir, tmp_path_factory, batch):
    folder = tmp_path_factory.getbasetemp()
    for document, error in zip(batch, check(bin_dir, folder, batch)):
        wrong = [e.message for e in VALIDATOR.iter_errors(document)]
        if error is not None and not wrong:
            assert BEYOND_SCHEMA.search(error), (error, json.dumps(document))
        else:
            assert (error is None) == (not wrong), (
                error, wrong, json.dumps(document))
