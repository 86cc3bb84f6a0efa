# SPDX-License-Identifier: MIT
"""What connections of the mock cost: figures.py has them in its table.

A process has no more connections than it may have open files, and only the
machine's owner can raise that bound: where it is below what is wanted, several
mocks have them together, each with a process of clients.
"""
from __future__ import annotations

import json
import os
import pathlib
import re
import resource
import socket
import subprocess
import sys
from collections.abc import Callable

# An address's ports for clients, below those that the kernel would look for.
FIRST_PORT, PER_ADDRESS = 11000, 20000
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


class Clients:
    """A process of so many clients of a port, which stay until close().

    Their numbers, from `first` on, are theirs alone.
    """

    def __init__(self, port: int, first: int, count: int) -> None:
        self.process = subprocess.Popen(
            [sys.executable, __file__, str(port), str(first), str(count)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def wait(self) -> None:
        """Until each has read its greeting."""
        if self.process.stdout.readline() != "connected\n":
            raise RuntimeError("the clients cannot connect")

    def close(self) -> None:
        """Ends them."""
        self.process.communicate()


def connect(port: int, number: int) -> socket.socket:
    """A client that has read its greeting."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    client.bind((f"127.0.0.{2 + number // PER_ADDRESS}",
                 FIRST_PORT + number % PER_ADDRESS))
    client.settimeout(GREETING_S)
    client.connect(("127.0.0.1", port))
    client.recv(100)
    return client


def be_clients(port: int, first: int, count: int) -> None:
    """The process of Clients."""
    clients = [connect(port, number) for number in range(first, first + count)]
    print("connected", flush=True)
    sys.stdin.read()
    for client in clients:
        client.close()


def raise_files() -> int:
    """As many open files as a process may have, here and in its children."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def measure(program: pathlib.Path, folder: pathlib.Path, wanted: int,
            say: Callable[[str], None]) -> tuple[int, float]:
    """Opens connections that then say nothing.

    Returns:
        how many mocks they took, and the bytes of each connection.
    """
    most = raise_files() - SPARE_FILES
    shares = [min(most, wanted - first) for first in range(0, wanted, most)]
    say(f"{wanted} connections to faultpost-mock, "
        f"{len(shares)} of it with up to {most} each")
    mocks = [Mock(program, folder) for _ in shares]
    crowds = []
    try:
        before = sum(mock.memory() for mock in mocks)
        for mock, first, share in zip(mocks, range(0, wanted, most), shares):
            crowds.append(Clients(mock.port, first, share))
        for crowd in crowds:
            crowd.wait()
        after = sum(mock.memory() for mock in mocks)
    finally:
        for crowd in crowds:
            crowd.close()
        for mock in mocks:
            mock.stop()
    return len(mocks), (after - before) / wanted


if __name__ == "__main__":
    be_clients(*map(int, sys.argv[1:]))
