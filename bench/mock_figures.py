# SPDX-License-Identifier: MIT
"""What connections of the mock cost: figures.py has them in its table."""
from __future__ import annotations

import json
import os
import pathlib
import re
import resource
import socket
import subprocess
from collections.abc import Callable

# A client address has no more ports than that.
PER_ADDRESS = 20000
SPARE_FILES = 100
GREETING_S = 30


class Mock:
    """A faultpost-mock that serves one host without rules."""

    def __init__(self, program: pathlib.Path, folder: pathlib.Path) -> None:
        path = folder / "idle.json"
        ports = folder / "ports.json"
        path.write_text(json.dumps(
            {"hosts": {"mx": {"address": "10.1.1.11"}}}))
        ready, ready_in = os.pipe()
        self.process = subprocess.Popen(
            [program, "--ready-fd", str(ready_in), "--port-file", ports, path],
            pass_fds=[ready_in], stdout=subprocess.DEVNULL)
        os.close(ready_in)
        with os.fdopen(ready) as pipe:
            pipe.readline()
        self.port = int(json.loads(ports.read_text())[0]["real"].split(":")[1])

    def memory(self) -> int:
        """Bytes of it that are resident."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) * 1024

    def stop(self) -> None:
        """Ends it."""
        self.process.terminate()
        self.process.wait()


def connect(port: int, number: int) -> socket.socket:
    """A client that has read its greeting."""
    client = socket.socket()
    client.bind((f"127.0.0.{2 + number // PER_ADDRESS}", 0))
    client.settimeout(GREETING_S)
    client.connect(("127.0.0.1", port))
    client.recv(100)
    return client


def measure(program: pathlib.Path, folder: pathlib.Path, wanted: int,
            say: Callable[[str], None]) -> tuple[int, float]:
    """Opens connections that then say nothing.

    Returns:
        how many the machine allows, up to `wanted`, and the bytes of each.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    count = min(wanted, hard - SPARE_FILES)
    mock = Mock(program, folder)
    say(f"{count} connections to faultpost-mock")
    try:
        before = mock.memory()
        clients = [connect(mock.port, i) for i in range(count)]
        after = mock.memory()
        for client in clients:
            client.close()
    finally:
        mock.stop()
    return count, (after - before) / count
