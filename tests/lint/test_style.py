# SPDX-License-Identifier: MIT
"""How a file looks: opening, lengths, contracts, formatting."""
import subprocess

import pytest

import house


def test_opening(c_files):
    house.report(f for path, text in c_files.items()
                 for f in house.check_opening(path, text))


def test_lengths(c_files):
    house.report(f for path, text in c_files.items()
                 for f in house.check_lengths(path, text))


def test_contracts(c_files):
    house.report(f for path, text in c_files.items()
                 if path.endswith(".h") and not path.startswith("tests/")
                 for f in house.check_documented(path, text))


def format_check(paths, cwd):
    return subprocess.run(
        ["clang-format", "--style=file", "--dry-run", "-Werror", *paths],
        cwd=cwd, capture_output=True, text=True, check=False)


def test_formatted(root, c_files):
    done = format_check(c_files, root)
    house.report(line for line in done.stderr.splitlines() if "error:" in line)
    assert done.returncode == 0, done.stderr


def test_nothing_unfinished(root):
    paths = house.source_files(root, "*.c", "*.h", "*.py", "*.cmake", "*.md",
                               "*.json", "*.sh", "dev", ".ci/run")
    house.report(f for path in paths if not path.startswith("tests/lint/")
                 for f in house.check_unfinished(
                     path, (root / path).read_text()))


@pytest.mark.parametrize("text, finding", [
    ("", ":1: "),
    ("/* hello */\n", ":1: the first line"),
    ("/* SPDX-License-Identifier: MIT */\n#include <x.h>\n", ":2: no comment"),
])
def test_bad_opening_is_found(text, finding):
    findings = list(house.check_opening("a.c", text))
    assert len(findings) == 1 and finding in findings[0]


def function_of(lines):
    return "static int\nf(void)\n{\n" + "\tg();\n" * lines + "}\n"


def test_long_function_is_found():
    assert list(house.check_lengths("a.c", function_of(60))) == []
    assert list(house.check_lengths("a.c", function_of(61))) == [
        "a.c:3: a function of 61 lines; at most 60"]


def test_long_file_is_found():
    assert list(house.check_lengths("a.c", "\n" * 500)) == []
    assert len(list(house.check_lengths("a.c", "\n" * 501))) == 1


def test_missing_contract_is_found():
    bad = "#include <x.h>\n\nvoid a_fini(void);\nint a_get(struct a *a,\n    int b);\n"
    assert list(house.check_documented("a.h", bad)) == [
        "a.h:4: a_get() has no contract"]
    assert list(house.check_documented("a.h", "/* Gets. */\n" + bad)) != []
    good = bad.replace("int a_get", "/* Gets. */\nint a_get")
    assert list(house.check_documented("a.h", good)) == []


def test_bodies_and_macros_need_no_contract():
    text = "static inline int\nf(void)\n{\n\treturn g();\n}\n\n#define H(x) (x)\n"
    assert list(house.check_documented("a.h", text)) == []


@pytest.mark.parametrize("text", ["/* TO" + "DO: more */", "# FIX" + "ME\n"])
def test_unfinished_is_found(text):
    assert len(list(house.check_unfinished("a.c", text))) == 1


def test_bad_format_is_found(root, tmp_path):
    (tmp_path / ".clang-format").write_text(
        (root / ".clang-format").read_text())
    bad = tmp_path / "bad.c"
    bad.write_text("int f(void){return 1;}\n")
    assert format_check([bad.name], tmp_path).returncode != 0
    bad.write_text("int\nf(void)\n{\n\treturn 1;\n}\n")
    assert format_check([bad.name], tmp_path).returncode == 0
