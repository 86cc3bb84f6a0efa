#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs every test of one build and says how many held.

usage: run.py PRESET [PYTEST ARGUMENT...]

First the unit tests (one cmocka program each, through CTest), then pytest over
tests/.  The last line is "N passed, N failed", where a case of a cmocka table
and a pytest item count one each; a program that died counts one failure.
"""
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SANITIZERS = {
    "ASAN_OPTIONS": "detect_leaks=1:strict_string_checks=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
}
CMOCKA_RAN = re.compile(r"^\[==========\] (\d+) test\(s\) run\.", re.M)
CMOCKA_FAILED = re.compile(r"^\[  FAILED  \] (\d+) test\(s\)", re.M)


def count_cmocka(output, failed):
    """(passed, failed) of one test program from what it printed."""
    ran = sum(int(n) for n in CMOCKA_RAN.findall(output))
    bad = sum(int(n) for n in CMOCKA_FAILED.findall(output))
    if ran == 0:
        return (0, 1) if failed else (1, 0)
    if failed and bad == 0:
        bad = 1
    return max(ran - bad, 0), bad


def count_junit(path, count):
    """Sums count(testcase) over a JUnit file; (0, 1) when there is none."""
    try:
        cases = ElementTree.parse(path).getroot().iter("testcase")
        counts = [count(case) for case in cases]
    except (OSError, ElementTree.ParseError):
        return 0, 1
    return tuple(map(sum, zip(*counts))) if counts else (0, 1)


def ctest_case(case):
    failed = case.get("status") != "run" or case.find("failure") is not None
    return count_cmocka(case.findtext("system-out") or "", failed)


def pytest_case(case):
    if case.find("failure") is not None or case.find("error") is not None:
        return 0, 1
    return (0, 0) if case.find("skipped") is not None else (1, 0)


def main(preset, arguments):
    env = dict(os.environ, FAULTPOST_BUILD=str(ROOT / "build" / preset))
    for name, value in SANITIZERS.items():
        env.setdefault(name, value)
    jobs = os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as folder:
        unit, whole = Path(folder, "unit.xml"), Path(folder, "pytest.xml")
        ctest = subprocess.run(
            ["ctest", "--test-dir", env["FAULTPOST_BUILD"], "-j", str(jobs),
             "--output-on-failure", "--no-tests=error", "--timeout", "180",
             "--test-output-size-passed", "1000000",
             "--output-junit", str(unit)], env=env, cwd=ROOT, check=False)
        # One more than there are processors: in a third of the time live runs
        # and browsers wait.
        pytest = subprocess.run(
            ["/usr/bin/python3", "-m", "pytest", "-q", "-n", str(jobs + 1),
             "--durations", "25", "--junit-xml", str(whole), "tests", *arguments],
            env=env, cwd=ROOT, check=False)
        counts = [count_junit(unit, ctest_case), count_junit(whole, pytest_case)]
    passed, failed = map(sum, zip(*counts))
    if (ctest.returncode or pytest.returncode) and failed == 0:
        failed = 1
    print(f"unit tests: {sum(counts[0])}, pytest: {sum(counts[1])}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2:]))
