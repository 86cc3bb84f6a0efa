# SPDX-License-Identifier: MIT
"""What the lint tests share: the floors and the C files of the tree."""
import pytest

import house


@pytest.fixture(scope="session")
def floors(root):
    return house.Floors((root / "cmake" / "floors.cmake").read_text())


@pytest.fixture(scope="session")
def c_files(root):
    """Every C file of the tree as {path: text}."""
    paths = house.source_files(root, "*.c", "*.h")
    return {path: (root / path).read_text() for path in paths}
