# SPDX-License-Identifier: MIT
"""Mail that was acknowledged survives kill -9 while one of two hosts fails, and
nothing is sent again in vain (./dev bench kill does it longer)."""
import os
import random

import kill_load

ROUNDS = int(os.environ.get("FAULTPOST_KILLS", "20"))


def test_kill(bin_dir, tmp_path, record_property):
    seed = int(os.environ.get("FAULTPOST_KILL_SEED",
                              random.SystemRandom().randrange(1 << 32)))
    record_property("seed", seed)
    print(f"seed {seed}")
    result = kill_load.run(
        bin_dir / "faultpost-relay", tmp_path, ROUNDS, seed)
    assert result.kills == ROUNDS
    assert result.acknowledged > 0
    # The failing host has failed in each of its ways.
    assert result.unanswered > 0
    assert result.held, result
