# SPDX-License-Identifier: MIT
"""The harness as a command; a relay that runs, a host that it delivers to, and
an operator of it."""
import json
import os
import re
import subprocess

import pytest

from relay_peers import MOMENT, PATIENCE_S, Relay, Sink, config


@pytest.fixture(scope="session")
def faultpost(bin_dir, root):
    """Runs it at the root of the tree; returns (exit code, stdout, stderr)."""
    def run(*words, **options):
        done = subprocess.run([bin_dir / "faultpost", *words], cwd=root,
                              capture_output=True, text=True, timeout=60,
                              **options)
        return done.returncode, done.stdout, done.stderr
    return run


@pytest.fixture
def sink():
    server = Sink()
    yield server
    server.close()


@pytest.fixture
def start(bin_dir, tmp_path):
    running = []

    def run(**more):
        running.append(Relay(bin_dir / "faultpost-relay", tmp_path,
                             config(tmp_path, **more), dict(os.environ)))
        assert running[-1].is_ready
        return running[-1]

    yield run
    for relay in running:
        relay.destroy()


@pytest.fixture
def ctl(bin_dir, tmp_path):
    """Runs faultpost ctl; its text with every moment as MOMENT, or with
    `code` its error."""
    def run(*words, code=0, socket=tmp_path / "queue.db.control"):
        done = subprocess.run(
            [bin_dir / "faultpost", "ctl", "-s", socket, *words], text=True,
            timeout=PATIENCE_S, capture_output=True, check=False)
        assert done.returncode == code, done.stderr
        if code != 0:
            return done.stderr.replace(f"{tmp_path}/", "")
        assert done.stderr == ""
        return re.sub(MOMENT, "MOMENT", done.stdout)
    return run


@pytest.fixture
def ask(ctl):
    """The object that a command answers with --json."""
    return lambda *words: json.loads(ctl("--json", *words))
