# SPDX-License-Identifier: MIT
"""faultpost-relay as a process: what a test's sender hands its mail to."""
from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .programs import Daemon, Programs
from .smtp_hosts import SmtpHost

CONTROL_S = 20.0


class ControlFailed(Exception):
    """The relay refused an operator's command; the text says why."""


class Relay:
    """A relay on a free port of 127.0.0.1, which relays for 127.0.0.0/8."""

    def __init__(self, programs: Programs, folder: Path, log: Path,
                 hosts: Mapping[str, SmtpHost], routes: Sequence[str],
                 config: Mapping[str, Any] | None = None) -> None:
        """`routes` are lines of the SMTP routes table, in which the name of a
        host of `hosts` stands for its address and port; `config` is more of
        docs/relay-config.md.  Raises ProgramMissing and DaemonFailed."""
        self._programs = programs
        self._folder = folder
        self.log_path = log
        self.config: dict[str, Any] = {
            "hostname": "relay.test", "listen": "127.0.0.1:0",
            "relay_from": "127.0.0.0/8", "interface": "127.0.0.1",
            "queue": "queue.db", "control": "control", "log": str(log),
            "routes": [route_with_addresses(r, hosts) for r in routes],
            **(config or {})}
        self._start()

    def _start(self) -> None:
        (self._folder / "relay.json").write_text(
            json.dumps(self.config, indent=1))
        self.daemon = Daemon(
            self._programs.find("faultpost-relay"), self._folder,
            ["-c", "relay.json", "--port-file", "relay.ports"])
        places = json.loads((self._folder / "relay.ports").read_text())
        real = next(p["real"] for p in places if p["host"] == "relay")
        address, port = real.rsplit(":", 1)
        self.address: str = address
        self.port = int(port)

    def ctl(self, *words: str) -> Any:
        """The answer to an operator's command, as `faultpost ctl --json`
        prints it: `relay.ctl("hoststatus", "example.com")`.  Raises
        ControlFailed."""
        done = subprocess.run(
            [self._programs.find("faultpost"), "ctl", "--json", "--socket",
             str(self._folder / "control"), *words], text=True,
            capture_output=True, timeout=CONTROL_S, check=False)
        if done.returncode != 0:
            raise ControlFailed(done.stderr.strip())
        return json.loads(done.stdout)

    def restart(self) -> None:
        """Ends it in order and starts it again, with its queue; its port may
        be another then."""
        self.end()
        self._start()

    def end(self) -> int:
        """Ends it in order; its exit code."""
        return self.daemon.end()


def route_with_addresses(route: str, hosts: Mapping[str, SmtpHost]) -> str:
    """The route with each destination that names a host of ours replaced by
    where that listens: `example.com mx1/pri=0, mx2/pri=10`."""
    domain, _, rest = route.partition(" ")

    def place(match: re.Match[str]) -> str:
        host = hosts.get(match[0])
        return f"{host.address}:{host.port}" if host else match[0]

    return f"{domain} " + re.sub(r"(?<![\w.\-\[=])[\w.\-]+(?![\w.\-\]=])",
                                 place, rest)
