# SPDX-License-Identifier: MIT
"""faultpost log show, and what all commands of `log` read: rotated, compressed,
dirty and mixed logs."""
import gzip
import json

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

EXCERPT = "tests/e2e/data/excerpt.log"
SEED = "scenarios/failover/117875.scenario.json"
STAMP = "Wed Jul  2 09:15:07 2014 Info: "


@pytest.fixture(scope="module")
def seed(faultpost, tmp_path_factory):
    """The log of the seed scenario."""
    log = tmp_path_factory.mktemp("seed") / "mail.log"
    assert faultpost("run", "--log", log, SEED)[0] == 0
    return log


def stories(faultpost, *words, **options):
    code, out, _ = faultpost("log", "show", "--json", *words, **options)
    assert code in (0, 1)
    return [json.loads(line) for line in out.splitlines()]


def test_page(faultpost):
    """The excerpt of docs/check.md."""
    code, out, err = faultpost("log", "show", "9001", EXCERPT)
    assert code == 0
    assert out.splitlines()[8:10] == [
        "             09:15:07           10.1.1.11 port 25 (DCID 299) answered "
        "431 '4.3.1 Mail system full'",
        "             09:15:07           RID 0 waits until 2014-07-02T09:16:07,"
        " for 0:01:00"]
    assert out.splitlines()[-1] == (
        "  verdict: delivered to 10.1.1.12 port 25 after 0:01:00. 1 connection "
        "failed, 10.1.1.11 port 25 answered 431 '4.3.1 Mail system full'. "
        "1 round ended in waiting.")
    assert "1 line is no record" in err


def test_each_message_of_a_run(faultpost, seed):
    """What the log says of each is what became of it."""
    told = stories(faultpost, "example.com", seed)
    assert [s["mid"] for s in told] == list(range(1, 11))
    for story in told:
        assert [r["fate"] for r in story["recipients"]] == ["delivered"]
        assert story["recipients"][0]["host"] == "10.1.1.12 port 25"
        assert story["steps"][-1]["event"] == "message_finished"
    failed = [s for s in told
              if any(e["event"] == "connection_error" for e in s["steps"])]
    assert [s["mid"] for s in failed] == [1]


@pytest.mark.parametrize("what, count", [
    ("1", 1), ("DCID 1", 1), ("user@example.com", 10), ("10.1.1.12", 10),
    ("10.1.1.11", 1), ("sender@example.net", 10), ("nobody@example.com", 0)])
def test_what_is_asked(faultpost, seed, what, count):
    assert len(stories(faultpost, what, seed)) == count


REWRITTEN = "tests/e2e/data/rewritten.log"
SPLIT = "tests/e2e/data/split.log"


@pytest.mark.parametrize("what", ["6", "7", "mary@example.com", "10.1.1.42"])
def test_message_that_a_filter_rewrites(faultpost, what):
    """One story, whatever MID it is asked by, with what scanners said."""
    [story] = stories(faultpost, what, REWRITTEN)
    assert (story["mid"], story["now"]) == (6, 7)
    assert story["from"] == "sender@mail.example.net"
    assert [(r["to"], r["fate"]) for r in story["recipients"]] == [
        ("mary@example.com", "delivered")]
    words = [step["words"] for step in story["steps"]]
    assert words[-1] == "finished" and len(words) == 29
    for told in ("MID 6 antivirus negative", "MID 6 ends with that",
                 "rewritten as MID 7 by add-footer, filter 'Footer Stamping'",
                 "sender group UNKNOWNLIST accepts it: sbrs[-1.0:10.0], "
                 "SBRS 3.5", "MID 7 Outbreak Filters: verdict negative"):
        assert told in words
    assert story["verdict"].startswith(
        "delivered to 10.1.1.43 port 25 after 0:01:07. Put off 1 time")


def test_what_a_rewritten_message_comes_to(faultpost):
    """It is counted once, and comes back as one message."""
    code, out, _ = faultpost("log", "stats", "--json", REWRITTEN)
    [domain] = json.loads(out)["domains"]
    assert code == 0 and (domain["recipients"], domain["delivered"]) == (1, 1)
    out = faultpost("log", "reproduce", REWRITTEN)[1]
    assert "messages: 1, hosts: 2" in out
    assert "+ 0 are in the run alone" in out
    assert "were made of others" not in out
    out = faultpost("log", "why", "7", REWRITTEN)[1]
    assert out.startswith("MID 6, at last MID 7, from "
                          "<sender@mail.example.net> to <mary@example.com>,")


def test_message_that_is_split(faultpost):
    """What is split off has a story, which comes with the other's."""
    for what, mids in {"6": [6, 7], "8": [6], "7": [7],
                       "bob@example.com": [6, 7]}.items():
        told = stories(faultpost, what, SPLIT)
        assert [story["mid"] for story in told] == mids
    whole, part = stories(faultpost, "6", SPLIT)
    assert [r["to"] for r in whole["recipients"]] == [
        "mary2@example.com", "bob@example.com"]
    assert whole["verdict"].endswith(
        "RID 1 <bob@example.com> went on with what was split off, or nothing "
        "is said of its end.")
    assert part["verdict"].startswith("delivered to 10.1.1.43 port 25")
    _, out, _ = faultpost("log", "stats", "--json", SPLIT)
    [domain] = json.loads(out)["domains"]
    assert domain["recipients"] == 2


def test_message_of_many_recipients(faultpost):
    """Of each kind of end the first is told, and how many there are; of the
    first recipient the log does not say who it is."""
    text = "".join(STAMP + line + "\n" for line in (
        "Start MID 3 ICID 0", "MID 3 ICID 0 From: <>",
        "MID 3 to RID [0] pending till Wed Jul  2 09:15:07 2014",
        *(f"MID 3 ICID 0 RID {n} To: <u{n}@a.example>" for n in range(1, 6)),
        "MID 3 queued for delivery", "Deleted: MID 3 to [5]",
        *(f"Bounced: DCID 7 MID 3 to RID {n} - 5.1.0 - Unknown address error "
          "('550', ['5.1.1 who?']) []" for n in (2, 3)),
        "Message done DCID 7 MID 3 to RID [0]"))
    code, out, _ = faultpost("log", "show", "3", "-", input=text)
    first, second, *_, last = out.splitlines()
    assert code == 0
    assert first == "MID 3  from <> to <u1@a.example>, <u2@a.example> " \
        "and 3 more"
    assert second.endswith("the appliance made the message itself")
    assert last == (
        "  verdict: 1 of 6 recipients delivered within a second. "
        "RID 2 <u2@a.example> bounced: 5.1.0 - Unknown address error, "
        "550 '5.1.1 who?'. In all 2 bounced. 1 deleted. "
        "RID 1 <u1@a.example> was in the queue when the log ends. "
        "In all 2 were open. 1 round ended in waiting.")


def test_limit(faultpost, seed):
    code, out, err = faultpost(
        "log", "show", "--json", "--limit", "3", "example.com", seed)
    assert (code, len(out.splitlines())) == (0, 3)
    assert err == "faultpost log show: 7 more stories; see --limit\n"


def test_nothing_is_found(faultpost, seed):
    assert faultpost("log", "show", "777", seed) == (
        1, "", "faultpost log show: nothing about 777\n")


def test_rotation(faultpost, seed, tmp_path):
    """In whatever order the files are named, compressed or not."""
    lines = seed.read_bytes().splitlines(keepends=True)
    third = len(lines) // 3
    oldest = tmp_path / "mail.log.2.gz"
    oldest.write_bytes(gzip.compress(b"".join(lines[:third])))
    (tmp_path / "mail.log.1").write_bytes(b"".join(lines[third:2 * third]))
    (tmp_path / "mail.log").write_bytes(b"".join(lines[2 * third:]))
    files = [tmp_path / "mail.log", tmp_path / "mail.log.1", oldest]
    whole = [e["event"] for s in stories(faultpost, "example.com", seed)
             for e in s["steps"]]
    for order in (files, files[::-1], [files[1], files[2], files[0]]):
        assert [e["event"] for s in stories(faultpost, "example.com", *order)
                for e in s["steps"]] == whole
    assert stories(faultpost, "example.com", "-",
                   input=seed.read_text())[0]["steps"][0]["file"] == "-"


def test_a_compressed_file_that_is_cut(faultpost, seed, tmp_path):
    packed = tmp_path / "mail.log.gz"
    whole = gzip.compress(seed.read_bytes())
    packed.write_bytes(whole[:len(whole) // 2])
    code, out, err = faultpost("log", "show", "1", packed)
    assert code == 0
    assert out.startswith("MID 1")
    assert err.startswith(f"{packed}: unexpected end of file\n")
    assert "1 file could not be read to its end" in err


def test_mixed_appliances(faultpost, tmp_path):
    """Their MIDs are the same, and their messages are not."""
    log = tmp_path / "mail.log"
    line = "Jul  2 09:15:07 {0} mail_logs: Info: {1}\n"
    log.write_text("".join(
        line.format(name, text) for text in (
            "Start MID 5 ICID 1", "MID 5 ICID 1 From: <a@{0}.example>",
            "MID 5 queued for delivery")
        for name in ("esa1", "esa2")).replace("{0}", "x"))
    told = stories(faultpost, "5", log)
    assert [(s["appliance"], len(s["steps"])) for s in told] == [
        ("esa1", 3), ("esa2", 3)]
    assert len(stories(faultpost, "--appliance", "esa2", "5", log)) == 1


@pytest.mark.parametrize("words, error", [
    ([], "expected WHAT and a FILE"),
    (["1"], "expected WHAT and a FILE"),
])
def test_wrong_use(faultpost, words, error):
    assert faultpost("log", "show", *words) == (
        2, "", f"faultpost log show: {error}; see faultpost log show --help\n")


def test_wrong_words(faultpost, seed):
    code, out, err = faultpost("log", "show", "a/b", seed)
    assert (code, out) == (2, "")
    assert err.startswith('faultpost log show: "a/b" is neither a MID')
    code, out, err = faultpost("log", "show", "1.-2", seed)
    assert (code, out) == (2, "")
    assert err.startswith('faultpost log show: "1.-2" is neither a MID')
    assert faultpost("log", "shwo", "1", seed) == (
        2, "", "faultpost log: unknown command shwo (did you mean show?); see "
        "faultpost log --help\n")


# ---- any damage at all ----

CLEAN = [STAMP + text for text in (
    "New SMTP ICID 4 interface Data1 (10.0.0.5) address 192.0.2.7 reverse dns "
    "host unknown verified no", "Start MID 9 ICID 4",
    "MID 9 ICID 4 From: <sender@example.net>",
    "MID 9 ICID 4 RID 0 To: <user@example.com>",
    "MID 9 Subject 'it is'", "MID 9 ready 1024 bytes from <sender@example.net>",
    "MID 9 queued for delivery", "DCID 5 TLS success protocol TLSv1.3 cipher X",
    "Delivery start DCID 5 MID 9 to RID [0]",
    "Delayed: DCID 5 MID 9 to RID 0 - 4.1.0 - Unknown address error ('451', "
    "['4.7.1 later']) []", "Message done DCID 5 MID 9 to RID [0]",
    "MID 9 RID [0] Response '2.0.0 ok'", "Message finished MID 9 done")]

damage = st.one_of(
    st.tuples(st.just("cut"), st.integers(1, 150)),
    st.tuples(st.just("head"), st.integers(1, 57)),
    st.tuples(st.just("fold"), st.integers(0, 150)),
    st.tuples(st.just("weld"), st.integers(1, 150)),
    st.tuples(st.just("prose"), st.text(
        "abc <>:[]'", min_size=1, max_size=40)),
    st.tuples(st.just("blank"), st.just(0)))


def damaged(lines, damages):
    """The log, and how many of its records may not be seen any more."""
    text, lost = "", 0
    for number, line in enumerate(lines):
        kind, how = damages.get(number, ("", 0))
        if kind == "cut":
            text, lost = text + line[:how] + "\n", lost + 2
        elif kind == "head":
            text, lost = text + line[how:] + "\n", lost + 2
        elif kind == "fold":
            text, lost = text + line[:how] + "\n" + line[how:] + "\n", lost + 2
        elif kind == "weld":
            text, lost = text + line[:how], lost + 3
        elif kind == "prose":
            text += line + "\n\n" + how + "\n"
        elif kind == "blank":
            text += line + "\n\n"
        else:
            text += line + "\n"
    return text, lost


def is_seen(line, kind, how):
    """Whether the damage by itself shows: a record that is cut may be a shorter
    one that is whole, and a blank line or a moment alone is nothing."""
    return ((kind == "weld" and how > len(STAMP) - len("Info: "))
            or (kind == "head" and how < len(line))
            or (kind == "fold" and 0 < how < len(line))
            or (kind == "prose" and how.strip() != ""))


@settings(max_examples=60, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(damages={9: ("weld", 120)})
@example(damages={0: ("fold", 0), 4: ("cut", 44)})
@given(damages=st.dictionaries(st.integers(0, len(CLEAN) - 1), damage,
                               max_size=4))
def test_no_damage_is_fatal_and_none_is_silent(faultpost, damages):
    """Each record that was not touched is seen as it was; and where records
    were joined, split or welded, that is counted."""
    clean = [json.loads(line) for line in faultpost(
        "log", "parse", "-", input="\n".join(CLEAN))[1].splitlines()]
    text, lost = damaged(CLEAN, damages)
    code, out, err = faultpost("log", "parse", "-", input=text)
    assert code == 0
    seen = [json.loads(line) for line in out.splitlines()]

    def bare(events):
        return [{k: v for k, v in e.items() if k != "line"} for e in events]
    known = [e for e in bare(seen) if e["event"] != "unknown"]
    same = [e for e in known if e in bare(clean)]
    assert len(same) >= len(CLEAN) - lost
    if (any(is_seen(CLEAN[number], *how) for number, how in damages.items())
            and bare(seen) != bare(clean)):
        assert err != ""
