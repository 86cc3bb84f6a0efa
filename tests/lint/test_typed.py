# SPDX-License-Identifier: MIT
"""The Python that others import is typed, and means it."""
import subprocess


def mypy(folder, *words):
    return subprocess.run(
        ["mypy", "--strict", "--no-incremental", "--python-executable",
         "/usr/bin/python3", *words], text=True, cwd=folder,
        capture_output=True, check=False)


def test_plugin(root):
    done = mypy(root / "harness/pytest_faultpost/src", "-p",
                "pytest_faultpost")
    assert done.returncode == 0, done.stdout


def test_conformance(root):
    done = mypy(root, "--scripts-are-modules",
                *sorted(str(path) for path in
                        (root / "harness/conformance").iterdir()))
    assert done.returncode == 0, done.stdout


def test_what_is_untyped_is_found(tmp_path):
    (tmp_path / "a.py").write_text("def f(x):\n    return x\n")
    done = mypy(tmp_path, "a.py")
    assert done.returncode == 1 and "missing a type annotation" in done.stdout
