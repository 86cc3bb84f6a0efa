# SPDX-License-Identifier: MIT
"""Mail that was acknowledged survives kill -9 (bench/kill.sh does it longer)."""
import os
import random

import kill_load

ROUNDS = int(os.environ.get("FAULTPOST_KILLS", "20"))


def test_kill(bin_dir, tmp_path, record_property):
    seed = int(os.environ.get("FAULTPOST_KILL_SEED",
                              random.SystemRandom().randrange(1 << 32)))
    record_property("seed", seed)
    print(f"seed {seed}")
    kills, acknowledged, lost, damaged, _ = kill_load.run(
        bin_dir / "faultpost-relay", tmp_path, ROUNDS, seed)
    assert kills == ROUNDS
    assert acknowledged > 0
    assert (lost, damaged) == (0, 0)
