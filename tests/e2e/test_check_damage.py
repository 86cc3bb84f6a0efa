# SPDX-License-Identifier: MIT
"""faultpost check on logs that something happened to: judged as far as it
goes, what was skipped is counted and named, and nobody is accused of what the
damage did.  All are altered logs of one real run."""
import datetime
import json
import random
import re
import subprocess

import pytest

SCENARIO = "tests/e2e/data/check.scenario.json"
SEEDS = 5
NUMBER = re.compile(rb"\b(MID|ICID|DCID)(:? )(\d+)")
STAMP = re.compile(rb"\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}")
LONG_AGO = re.compile(rb"^\w{3} (\w{3} [ \d]\d \d\d:\d\d:\d\d) \d{4} ")


@pytest.fixture(scope="module")
def real(bin_dir, root, tmp_path_factory):
    """The lines of the log, and the transcript, of a run."""
    folder = tmp_path_factory.mktemp("real")
    log, transcript = folder / "mail.log", folder / "transcript.jsonl"
    subprocess.run([bin_dir / "faultpost", "run", "--log", log,
                    "--transcript", transcript, SCENARIO], cwd=root,
                   check=True, capture_output=True, timeout=60)
    return log.read_bytes().splitlines(), transcript


@pytest.fixture(scope="module")
def check(bin_dir, root, tmp_path_factory):
    """Judges lines; gives (exit code, JSON of the log, page)."""
    log = tmp_path_factory.mktemp("damaged") / "mail.log"

    def run(lines, *words, wants_page=True):
        log.write_bytes(b"\n".join(lines) + b"\n")
        command = [bin_dir / "faultpost", "check", SCENARIO, "--log", log,
                   *words]
        done = subprocess.run([*command, "--format", "json"], cwd=root,
                              capture_output=True, timeout=60)
        assert done.returncode in (0, 1, 2), done.stderr
        if done.returncode == 2:
            return 2, None, done.stderr.decode()
        page = ""
        if wants_page:
            page = subprocess.run(command, cwd=root, capture_output=True,
                                  timeout=60).stdout.decode()
        [scenario] = json.loads(done.stdout)["scenarios"]
        return done.returncode, scenario, page
    return run


def moved(line, seconds):
    def move(match):
        then = datetime.datetime.strptime(match[0].decode(),
                                          "%a %b %d %H:%M:%S %Y")
        then += datetime.timedelta(seconds=seconds)
        return then.strftime("%a %b %e %H:%M:%S %Y").encode()
    return STAMP.sub(move, line)


def renumbered(lines, number_of):
    def renumber(match):
        number = int(match[3])
        if number != 0:
            number = number_of(match[1], number)
        return match[1] + match[2] + str(number).encode()
    return [NUMBER.sub(renumber, line) for line in lines]


def from_syslog(lines, host):
    return [LONG_AGO.sub(rb"\1 " + host + b" mail_logs: ", line)
            for line in lines]


def merged(r, one, other):
    """By their moments, one line of either at a time."""
    both = [(stamp_of(line), r.random(), which, i, line)
            for which, lines in enumerate((one, other))
            for i, line in enumerate(lines)]
    queues, result = [list(one), list(other)], []
    for _, _, which, _, _ in sorted(both, key=lambda x: x[:2]):
        result.append(queues[which].pop(0))
    return result


def stamp_of(line):
    return re.search(rb"\w{3} [ \d]\d \d\d:\d\d:\d\d", line)[0]


# ---- what may happen to a log ----

def hole(r, lines):
    at = r.randrange(30, 250)
    return lines[:at] + lines[at + r.randrange(60, 150):]


def hole_near_the_end(r, lines):
    """In it a message begins: numbers are all that tells of a hole."""
    starts = [i for i, line in enumerate(lines) if b"Start MID" in line]
    start = r.choice(starts[-6:])
    at = r.randrange(start - 10, start + 1)
    return lines[:at] + lines[r.randrange(start + 1, len(lines) - 2):]


def empty_line(r, lines):
    """In the place of a record."""
    at = r.randrange(5, len(lines) - 2)
    return lines[:at] + [b""] + lines[at + 1:]


def cut_port(r, lines):
    """"port 25" loses its end."""
    lines = list(lines)
    at = r.choice([i for i, line in enumerate(lines)
                   if b"New SMTP DCID" in line])
    lines[at] = lines[at][:-r.choice([1, 2, 3, 8])]
    return lines


def half_lines(r, lines):
    lines = list(lines)
    for _ in range(5):
        i = r.randrange(20, len(lines) - 20)
        words = lines[i].split(b" ")
        # Up to the text, or some words of it.
        lines[i] = b" ".join(words[:r.choice([3, 7, 8])])
    return lines


def garbage(r, lines):
    at = r.randrange(20, len(lines) - 20)
    bytes_ = [r.randbytes(100).replace(b"\n", b"") + b"\x01"
              for _ in range(3)]
    return lines[:at] + bytes_ + lines[at:]


def overwritten(r, lines):
    text = bytearray(b"\n".join(lines))
    at = r.randrange(len(text) - 3000)
    text[at:at + 2000] = r.randbytes(2000)
    return bytes(text).split(b"\n")


def clock_back(r, lines):
    at = r.randrange(20, len(lines) - 20)
    seconds = r.choice([30, 3600, 40 * 86400])
    return lines[:at] + [moved(line, -seconds) for line in lines[at:]]


def clock_ahead(r, lines):
    at = r.randrange(1, len(lines) - 20)
    seconds = r.choice([30, 3600, 40 * 86400])
    return lines[:at] + [moved(line, seconds) for line in lines[at:]]


def wrapped(r, lines):
    top = 2 ** 32 - 1
    first = {name: top - r.randrange(1, 20)
             for name in (b"MID", b"ICID", b"DCID")}
    return renumbered(lines, lambda name, n: (n + first[name] - 1) % top + 1)


def begun_anew(r, lines):
    """As if somebody had reset the counters."""
    at = next(i for i, line in enumerate(lines) if b"Start MID 13 " in line)
    return lines[:at] + renumbered(lines[at:],
                                   lambda name, n: max(n - 12, 1))


def folded(r, lines):
    result = []
    for line in lines:
        words = line.split(b" ")
        if len(words) > 12 and r.random() < 0.3:
            at = r.randrange(9, len(words))
            result += [b" ".join(words[:at]),
                       b"    " + b" ".join(words[at:])]
        else:
            result.append(line)
    return result


def forum_breaks(r, lines):
    return [part for line in folded(r, lines)
            for part in ([line.strip() + b"\r", b""] if r.random() < 0.2
                         else [line.strip()])]


def left_out(r, lines):
    at = r.randrange(30, 250)
    return lines[:at] + [b"[...]"] + lines[at + r.randrange(1, 100):]


def another_appliance(r, lines):
    return merged(r, from_syslog(lines, b"esa1"), from_syslog(
        renumbered(lines, lambda name, n: n + 777), b"esa2"))


DAMAGES = [
    (hole, r"lines seem to be missing between lines \d+ and \d+"),
    (hole_near_the_end, r"lines seem to be missing between lines \d+ and \d+"),
    (empty_line, r"  1 line among records is empty \(line \d+\)"),
    (cut_port, r"1 record is damaged \(line \d+\)"),
    (half_lines, r"damaged \(|no records? \("),
    (garbage, r"no records? \(|damaged \("),
    (overwritten, r"no records? \(|damaged \(|seem to be missing"),
    (clock_back, r"the clock went back 1 time \(line \d+\)"),
    (clock_ahead, None),
    (wrapped, r"numbers begin anew \d times \(first: line \d+\)"),
    (begun_anew, r"numbers begin anew \d times? \("),
    (folded, None),
    (forum_breaks, None),
    (left_out, r"no record \(line \d+\)"),
    (another_appliance, r"466 records of another appliance, esa\d \(first"),
]


@pytest.mark.parametrize("damage, named", DAMAGES,
                         ids=[damage.__name__ for damage, _ in DAMAGES])
def test_damage(check, real, damage, named):
    lines, transcript = real
    for seed in range(SEEDS):
        # By turns with and without the second witness.
        altered = damage(random.Random(f"{damage.__name__} {seed}"), lines)
        with_transcript = (["--transcript", transcript]
                           if seed % 2 and damage is not wrapped else [])
        code, scenario, page = check(altered, *with_transcript,
                                     wants_page=seed < 2)
        failed = [i for i in scenario["invariants"] + scenario["expectations"]
                  if i["verdict"] == "failed"]
        assert (code, failed) == (0, []), seed
        if named is not None and seed < 2:
            assert re.search(named, page), (seed, page)


def test_gaps_are_named(check, real):
    """JSON says where, and why, and what was not judged for it."""
    lines, _ = real
    at = next(i for i, line in enumerate(lines) if b"Start MID 8 " in line)
    code, scenario, page = check(lines[:at] + lines[at + 60:])
    gap = next(g for g in scenario["log"]["gaps"] if g["to"] > at)
    assert code == 0
    assert gap["from"] <= at < gap["to"]
    assert gap["because"] == "lines are missing, as numbers jump"
    # What stands between the last number and the next one is not judged.
    assert scenario["log"]["not_judged"]["count"] > 0
    assert "not judged (" in page
    verdicts = {e["subject"]: (e["verdict"], e.get("lacking"))
                for e in scenario["expectations"]}
    missing = ("not judged", "the log is not whole")
    assert verdicts["expect[0] delivered"] == missing
    assert verdicts["expect[2] log"] == ("held", None)
    assert verdicts["expect[3] no_log"] == missing
    assert (f"lines seem to be missing between lines {gap['from']} and "
            f"{gap['to']}") in page


def test_behind_a_gap_it_goes_on(check, real):
    """What goes wrong long behind the damage is found."""
    lines, _ = real
    twice = next(i for i, line in enumerate(lines)
                 if b"Message done DCID 30 " in line)
    lines = lines[:40] + [b"garbage \x01"] + lines[40:twice + 2] + \
        [lines[twice]] + lines[twice + 2:]
    code, scenario, _ = check(lines)
    failed = [i["subject"] for i in scenario["invariants"]
              if i["verdict"] == "failed"]
    assert (code, failed) == (1, ["invariant no-duplicate"])


def test_several_appliances(check, real):
    """Without a name nobody can tell them apart."""
    lines, _ = real
    other = renumbered(lines, lambda name, n: n + 777)
    code, _, err = check(merged(random.Random("mixed"), lines, other))
    assert code == 2
    assert "as in the logs of several appliances; expected that of one" in err


def test_whole(check, real):
    """A log of which nothing is missing is held to what it lacks."""
    lines, _ = real
    at = next(i for i, line in enumerate(lines)
              if b"MID 8 queued for delivery" in line)
    code, scenario, _ = check(lines[:at] + lines[at + 1:], "--whole")
    failed = [i["subject"] for i in scenario["invariants"]
              if i["verdict"] == "failed"]
    assert code == 1
    assert "invariant conservation" in failed
