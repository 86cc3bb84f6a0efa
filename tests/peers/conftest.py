# SPDX-License-Identifier: MIT
"""Foreign servers and clients of a relay under test."""
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))

# pylint: disable=wrong-import-position
from relay_peers import Relay, Sink, config  # noqa: E402
from servers import SERVERS  # noqa: E402


@pytest.fixture(scope="session")
def peers_cache(root):
    """Where packages are unpacked, once for all builds."""
    cache = root / "build" / "peers"
    cache.mkdir(parents=True, exist_ok=True)
    return cache


@pytest.fixture(params=sorted(SERVERS))
def server(request, peers_cache, tmp_path_factory):
    """Each foreign server in turn."""
    running = SERVERS[request.param](
        peers_cache, tmp_path_factory.mktemp(request.param))
    yield running
    running.close()


@pytest.fixture
def sink():
    """A server that takes everything, at the end of the relay."""
    running = Sink()
    yield running
    running.close()


@pytest.fixture
def start(bin_dir, tmp_path):
    """Starts a relay: start(key=value of its configuration...)."""
    running = []

    def run(**more):
        running.append(Relay(bin_dir / "faultpost-relay", tmp_path,
                             config(tmp_path, **more)))
        assert running[-1].is_ready
        return running[-1]

    yield run
    for relay in running:
        relay.destroy()
