# SPDX-License-Identifier: MIT
"""The two modes of a run compared: the same cases in virtual time and live,
verdict by verdict.

usage: modes.py BIN [-j N] FILE|FOLDER...

Tells what differs, a line each, and how many cases were compared and how many
cannot be run live; ends with 1 when anything differs.
"""
import collections
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
JUDGED = ("expectations", "invariants", "endings")


def run(bin_dir, *words, jobs=2):
    """The cases of a run, by file and variant."""
    done = subprocess.run(
        [bin_dir / "faultpost", "run", "--profiles", "scenarios/profiles", "-j",
         str(jobs), "--format", "json", *words], cwd=ROOT, text=True,
        stdout=subprocess.PIPE, check=False)
    return {(case["file"], case.get("variant")): case
            for case in json.loads(done.stdout)["scenarios"]}


def judgements(case):
    """What was judged of it, in its order, and how."""
    return [(kind, one["subject"], one["verdict"])
            for kind in JUDGED for one in case.get(kind, [])]


def difference(simulated, live):
    """In words; None: there is none."""
    if live is None:
        return "has no verdict live"
    if simulated["verdict"] != live["verdict"]:
        return f"{simulated['verdict']} in a simulation, {live['verdict']} live"
    for one, other in zip(judgements(simulated), judgements(live)):
        if one != other:
            return f"{one} in a simulation, {other} live"
    if len(judgements(simulated)) != len(judgements(live)):
        return "is judged otherwise live"
    return None


def compare(bin_dir, *words, jobs=2):
    """(what differs by name, how many are the same, how many cannot be run
    live by the reason)."""
    simulated = run(bin_dir, *words, jobs=jobs)
    live = run(bin_dir, "--live", *words, jobs=jobs)
    differing, same, unable = {}, 0, collections.Counter()
    for name, case in simulated.items():
        other = live.get(name)
        if other is not None and other["verdict"] == "not run":
            unable[other["reason"]] += 1
            continue
        what = difference(case, other)
        if what is None:
            same += 1
        else:
            differing["".join([name[0], f"[{name[1]}]" if name[1] else ""])] = what
    return differing, same, unable


def main(words):
    jobs = 2
    if words[1:2] == ["-j"]:
        jobs = int(words[2])
        del words[1:3]
    if len(words) < 2:
        sys.exit(__doc__)
    differing, same, unable = compare(Path(words[0]).resolve(), *words[1:],
                                      jobs=jobs)
    for name, what in differing.items():
        print(f"{name}: {what}")
    for reason, count in unable.most_common():
        print(f"not run live, {count}: {reason}")
    print(f"{same} cases the same in both modes, {len(differing)} differ, "
          f"{unable.total()} cannot be run live")
    return 1 if differing or same == 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
