# SPDX-License-Identifier: MIT
"""Where the programs are, and daemons that end with whoever started them."""
from __future__ import annotations

import os
import selectors
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import IO, Sequence

READY_S = 20.0  # a daemon that has not said "ready" by then has failed
END_S = 10.0    # one that has not ended so long after SIGTERM is killed


class ProgramMissing(Exception):
    """A program of faultpost is not to be found; the text says what to do."""


class DaemonFailed(Exception):
    """A daemon ended, or said nothing, where it should have been ready."""


class Programs:
    """Finds the programs: in `folder` if there is one, else in
    $FAULTPOST_BIN, else on PATH."""

    def __init__(self, folder: Path | None = None) -> None:
        named = os.environ.get("FAULTPOST_BIN")
        self.folder = folder or (Path(named) if named else None)

    def find(self, name: str) -> str:
        """The path of `name`; raises ProgramMissing."""
        if self.folder is not None:
            found = shutil.which(name, path=str(self.folder))
            place = f"in {self.folder}"
        else:
            found = shutil.which(name)
            place = "on PATH"
        if found is None:
            raise ProgramMissing(
                f"{name} is not {place}. Build it (./dev build in the source "
                "tree of faultpost) and say where it is: --faultpost-bin "
                "FOLDER, faultpost_bin in the ini file, or FAULTPOST_BIN in "
                "the environment; or install faultpost.")
        return found


class Daemon:
    """A program that runs until it is told to end.

    It ends with this process, too, however that ends: `setpriv` (util-linux)
    asks the kernel to see to it.
    """

    def __init__(self, program: str, folder: Path, arguments: Sequence[str],
                 ) -> None:
        """Starts it in `folder` and waits until it says that it is ready;
        raises DaemonFailed with what it said instead."""
        self.name = os.path.basename(program)
        self._stderr: IO[bytes] = open(folder / f"{self.name}.stderr", "w+b")
        ready, ready_in = os.pipe()
        guard = shutil.which("setpriv")
        words = [guard, "--pdeathsig", "KILL"] if guard else []
        try:
            self.process = subprocess.Popen(
                [*words, program, "--ready-fd", str(ready_in), *arguments],
                pass_fds=[ready_in], cwd=folder, stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=self._stderr)
        except OSError:
            os.close(ready)
            self._stderr.close()
            raise
        finally:
            os.close(ready_in)
        with os.fdopen(ready, "rb", buffering=0) as pipe:
            self._await_ready(pipe)

    def _await_ready(self, pipe: IO[bytes]) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_READ)
            is_told = bool(selector.select(READY_S))
        if is_told and pipe.read(1):
            return
        said = self.stderr()
        self.end()
        raise DaemonFailed(f"{self.name} did not begin: "
                           + (said or f"silence for {READY_S:g} s"))

    def stderr(self) -> str:
        """What it has said on standard error so far."""
        self._stderr.seek(0)
        return self._stderr.read().decode(errors="replace").strip()

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None

    def signal(self, number: int) -> None:
        """Sends it a signal (SIGHUP: it reads its configuration again)."""
        self.process.send_signal(number)

    def end(self) -> int:
        """Ends it in order; its exit code, negative: the signal that it died
        of.  A second time does nothing."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(END_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if not self._stderr.closed:
            self.said = self.stderr()
            self._stderr.close()
        return self.process.returncode


class Deadline:
    """So many seconds from now."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds; 0 when it is over."""
        return max(0.0, self._end - time.monotonic())
