# SPDX-License-Identifier: MIT
"""Reports as those read them for whom they are: JUnit's XML by the schema that
Jenkins publishes, TAP 14, and the workflow commands of GitHub Actions."""
import re
import xml.etree.ElementTree as ET

import yaml

# Elements, their attributes (True: required) and what they hold, of the schema
# that Jenkins publishes (jenkins-junit.xsd); `file` is GitLab's.
JUNIT = {
    "testsuites": ({"name": False, "time": False, "tests": False,
                    "failures": False, "disabled": False, "errors": False,
                    "skipped": False}, {"testsuite"}),
    "testsuite": ({"name": True, "tests": True, "failures": False,
                   "errors": False, "time": False, "disabled": False,
                   "skipped": False, "timestamp": False, "hostname": False,
                   "id": False, "package": False},
                  {"properties", "testcase", "system-out", "system-err"}),
    "testcase": ({"name": True, "classname": True, "time": False,
                  "assertions": False, "status": False, "file": False},
                 {"skipped", "error", "failure", "system-out", "system-err"}),
    "failure": ({"type": False, "message": False}, set()),
    "error": ({"type": False, "message": False}, set()),
    "skipped": ({"message": False}, set()),
    "system-out": ({}, set()),
}


def check_junit(element):
    attributes, children = JUNIT[element.tag]
    assert set(element.attrib) <= set(attributes), element.attrib
    assert {a for a, must in attributes.items() if must} <= set(element.attrib)
    assert {child.tag for child in element} <= children
    for name in "tests", "failures", "errors", "skipped":
        if name in element.attrib:
            assert re.fullmatch(r"\d+", element.get(name))
    if "time" in element.attrib:
        assert re.fullmatch(r"\d+\.\d+", element.get("time"))
    for child in element:
        check_junit(child)


def junit_of(text):
    top = ET.fromstring(text)
    check_junit(top)
    assert top.tag == "testsuites"
    (suite,) = top
    cases = list(suite)
    for element in top, suite:
        assert {name: int(element.get(name)) for name in
                ("tests", "failures", "errors", "skipped")} == {
            "tests": len(cases),
            "failures": sum(c.find("failure") is not None for c in cases),
            "errors": sum(c.find("error") is not None for c in cases),
            "skipped": sum(c.find("skipped") is not None for c in cases)}
    return cases


def tap_of(text):
    """The plan, [(ok, number, description, directive, block)] and the last line
    of a TAP 14 document."""
    lines = text.splitlines()
    assert lines[0] == "TAP version 14"
    count = int(re.fullmatch(r"1\.\.(\d+)", lines[1]).group(1))
    points, block = [], None
    for line in lines[2:]:
        if block is not None and line != "  ...":
            assert line.startswith("  ") or line == ""
            block.append(line[2:])
        elif line == "  ...":
            points[-1][4] = yaml.safe_load("\n".join(block))
            block = None
        elif line == "  ---":
            block = []
        elif not line.startswith(("Bail out!", "# ")):
            point = re.fullmatch(
                r"(not )?ok (\d+) - ((?:[^#\\]|\\[#\\])*?)(?: # (.+))?", line)
            assert point, line
            points.append([point[1] is None, int(point[2]),
                           re.sub(r"\\(.)", r"\1", point[3]), point[4], None])
    assert block is None
    assert [point[1] for point in points] == list(range(1, len(points) + 1))
    return count, points, lines[-1]


def unescaped(text):
    return (text.replace("%0A", "\n").replace("%0D", "\r").replace("%3A", ":")
            .replace("%2C", ",").replace("%25", "%"))


def annotations_of(text):
    """[(command, properties, message)] as the runner reads them."""
    found = []
    for line in text.splitlines():
        command = re.fullmatch(r"::(\w+) (.*?)::(.*)", line)
        assert command, line
        properties = dict(part.split("=", 1) for part in command[2].split(","))
        found.append((command[1],
                      {k: unescaped(v) for k, v in properties.items()},
                      unescaped(command[3])))
    return found
