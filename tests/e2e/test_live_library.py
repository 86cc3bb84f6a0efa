# SPDX-License-Identifier: MIT
"""The library in both modes: what a simulation says of a scenario is what comes
of it with real processes, over TCP.  What is tagged as slow is left to
`./dev bench modes`."""
from pathlib import Path

import pytest

import modes

LIBRARY = Path(__file__).resolve().parents[2] / "scenarios"
THEMES = sorted({path.relative_to(LIBRARY).parts[0]
                 for path in LIBRARY.rglob("*.scenario.json")})


@pytest.mark.timeout(900)
@pytest.mark.parametrize("theme", THEMES)
def test_same_in_both_modes(bin_dir, theme):
    """Each has a worker to itself, hence one process is enough."""
    differing, same, unable = modes.compare(
        bin_dir, "-k", "not (@slow or 100000)", f"scenarios/{theme}", jobs=1)
    assert not differing
    assert same + unable.total() > 0
    # Few need what only a simulation has.
    assert theme == "network" or same >= unable.total()


def judged(verdict="held", subject="expect[0] log"):
    return {"verdict": verdict,
            "expectations": [{"subject": subject, "verdict": verdict}]}


@pytest.mark.parametrize("other, wanted", [
    (judged(), None),
    (None, "has no verdict live"),
    (judged("failed"), "held in a simulation, failed live"),
    (judged(subject="expect[0] no_log"),
     "('expectations', 'expect[0] log', 'held') in a simulation, "
     "('expectations', 'expect[0] no_log', 'held') live"),
    ({"verdict": "held"}, "is judged otherwise live")])
def test_differences_are_seen(other, wanted):
    assert modes.difference(judged(), other) == wanted
