# SPDX-License-Identifier: MIT
"""A mail log that is being written, as events that a test waits for.

`faultpost log parse --follow` reads it, so that there is one parser of logs;
what it prints is taken as it comes, and nothing here sleeps or polls.
"""
from __future__ import annotations

import json
import os
import selectors
import shutil
import subprocess
from pathlib import Path
from typing import Any

from .programs import Deadline, Programs

# A record: `event` (the name of its form), `time`, `line`, and its fields.
Event = dict[str, Any]

SHOWN_MAX = 12  # of the log's last records in a failure


class EventMissing(AssertionError):
    """No record came that was waited for; the text has the last that did."""


class MailLog:
    """The records of a log, from its beginning on.  The file need not be
    there yet."""

    def __init__(self, programs: Programs, path: Path) -> None:
        self.path = path
        self._programs = programs
        self._process: subprocess.Popen[bytes] | None = None
        self._events: list[Event] = []
        self._rest = b""

    def follow(self, path: Path) -> None:
        """Reads another log instead, that of a relay which is no fixture."""
        self.end()
        self.path = path
        self._events, self._rest = [], b""

    @property
    def events(self) -> list[Event]:
        """All records so far that have been read without waiting."""
        while self._read(0.0):
            pass
        return list(self._events)

    def wait(self, event: str, timeout: float = 10.0, count: int = 1,
             **fields: Any) -> Event:
        """Blocks until `count` records of that form have come whose fields
        have these values; gives the last of them.  Raises EventMissing after
        `timeout` seconds.

            mail_log.wait("message_done", mid=1)
        """
        __tracebackhide__ = True
        deadline = Deadline(timeout)
        seen = found = 0
        while True:
            while seen < len(self._events):
                record = self._events[seen]
                seen += 1
                found += _fits(record, event, fields)
                if found == count:
                    return record
            if not self._read(deadline.left()) and not deadline.left():
                raise EventMissing(self._missing(event, fields, found, count,
                                                 timeout))

    def matching(self, event: str, **fields: Any) -> list[Event]:
        """The records so far of that form whose fields have these values."""
        return [e for e in self.events if _fits(e, event, fields)]

    def end(self) -> None:
        """Stops reading."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _missing(self, event: str, fields: Event, found: int, count: int,
                 timeout: float) -> str:
        wanted = " ".join([event, *(f"{k}={v!r}" for k, v in fields.items())])
        last = "".join(f"\n  {json.dumps(e)}"
                       for e in self._events[-SHOWN_MAX:])
        return (f"{found} of {count} records {wanted} after {timeout:g} s in "
                f"{self.path}; the last of {len(self._events)}:"
                + (last or " none"))

    def _start(self) -> subprocess.Popen[bytes]:
        guard = shutil.which("setpriv")
        words = [guard, "--pdeathsig", "KILL"] if guard else []
        return subprocess.Popen(
            [*words, self._programs.find("faultpost"), "log", "parse",
             "--follow", str(self.path)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)

    def _read(self, timeout: float) -> bool:
        """Takes what the reader has printed, waiting for it so many seconds;
        False when nothing came."""
        if self._process is None:
            self._process = self._start()
        assert self._process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            if not selector.select(timeout):
                return False
        data = os.read(self._process.stdout.fileno(), 65536)
        if not data:
            raise EventMissing(f"{self.path} cannot be followed any more")
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._events += [json.loads(line) for line in lines]
        return True


def _fits(record: Event, event: str, fields: Event) -> bool:
    return record["event"] == event and all(
        record.get(key) == value for key, value in fields.items())
