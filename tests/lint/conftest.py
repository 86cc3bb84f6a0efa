# SPDX-License-Identifier: MIT
"""What the lint tests share: the floors and the C files of the tree."""
from pathlib import Path

import pytest

import house

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="session")
def floors(root):
    return house.Floors((root / "cmake" / "floors.cmake").read_text())


def pytest_generate_tests(metafunc):
    """One test for each C file, so that a finding names its file."""
    if "c_path" in metafunc.fixturenames:
        metafunc.parametrize("c_path", house.tracked(ROOT, "*.c", "*.h"))


@pytest.fixture
def c_text(root, c_path):
    return (root / c_path).read_text()
