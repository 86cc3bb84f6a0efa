# SPDX-License-Identifier: MIT
"""What every pytest here may ask for: the tree and the programs under test."""
import os
from pathlib import Path

import hypothesis
import pytest

# What passes passes again: the same examples each time.  Others, for a search
# by hand, with --hypothesis-profile=default.
hypothesis.settings.register_profile("same", derandomize=True)
hypothesis.settings.load_profile("same")

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def root():
    """The root of the source tree."""
    return ROOT


@pytest.fixture(scope="session")
def build_dir():
    """The build under test: $FAULTPOST_BUILD (./dev test sets it), or dev."""
    return Path(os.environ.get("FAULTPOST_BUILD", ROOT / "build" / "dev"))


@pytest.fixture(scope="session")
def bin_dir(build_dir):
    """The folder of faultpost, faultpost-mock and faultpost-relay."""
    return build_dir / "bin"
