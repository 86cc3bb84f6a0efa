# SPDX-License-Identifier: MIT
"""The demo: its story, its empty diff, and a diff that is not empty."""
import importlib.util
import os
import re
import signal
import socket
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

SIM = """\
Wed Jul  2 09:15:07 2014 Info: New SMTP ICID 1 interface Management (10.0.0.5) address 10.0.0.1 reverse dns host unknown verified no
Wed Jul  2 09:15:07 2014 Info: Start MID 1 ICID 1
Wed Jul  2 09:15:07 2014 Info: MID 1 ready 1141 bytes from <sender@example.net>
Wed Jul  2 09:15:07 2014 Info: New SMTP DCID 1 interface 10.0.0.5 address 10.1.1.11 port 25
Wed Jul  2 09:15:07 2014 Info: Connection Error: DCID 1 domain: example.com IP: 10.1.1.11 port: 25 details: 431-'4.3.1 Mail system full' interface: 10.0.0.5 reason: unexpected SMTP response
Wed Jul  2 09:15:12 2014 Info: DCID 1 close
"""
REAL = """\
Tue Nov 24 03:41:11 2026 Info: Begin Logfile
Tue Nov 24 03:41:11 2026 Info: New SMTP ICID 7 interface Management (127.0.0.5) address 127.0.0.1 reverse dns host unknown verified no
Tue Nov 24 03:41:11 2026 Info: Start MID 1001 ICID 7
Tue Nov 24 03:41:11 2026 Info: MID 1001 ready 998 bytes from <sender@example.net>
Tue Nov 24 03:41:11 2026 Info: New SMTP DCID 3 interface 127.0.0.5 address 127.1.1.11 port 36503
Tue Nov 24 03:41:11 2026 Info: Connection Error: DCID 3 domain: example.com IP: 127.1.1.11 port: 36503 details: 431-'4.3.1 Mail system full' interface: 127.0.0.5 reason: unexpected SMTP response
Tue Nov 24 03:41:16 2026 Info: DCID 3 close
Tue Nov 24 03:41:16 2026 Info: End Logfile
"""
PLACES = """\
[{"host": "exchange1", "address": "10.1.1.11:25", "real": "127.1.1.11:36503"},
 {"host": "exchange2", "address": "10.1.1.12:25", "real": "127.1.1.12:35393"}]
"""


def run_demo(bin_dir, **more):
    return subprocess.run(
        ["sh", ROOT / "demo" / "demo.sh"], text=True, check=False, timeout=90,
        env=dict(os.environ, FAULTPOST_BIN=str(bin_dir)),
        stdin=subprocess.DEVNULL, capture_output=True, **more)


@pytest.fixture
def wrong_bin(tmp_path, bin_dir):
    """The programs, with a relay that takes the routes the wrong way round."""
    for name in ("faultpost", "faultpost-mock"):
        (tmp_path / name).symlink_to(bin_dir / name)
    relay = tmp_path / "faultpost-relay"
    relay.write_text(
        "#!/bin/sh\n"
        r"""sed -i -E 's/"example.com (.*), (.*)"/"example.com \2, \1"/' "$2" """
        f'\nexec "{bin_dir}/faultpost-relay" "$@"\n')
    relay.chmod(0o755)
    return tmp_path


def test_demo(bin_dir):
    done = run_demo(bin_dir)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("Empty diff: 51 lines, the same in both.\n")
    assert "\033" not in done.stdout
    marked = [line for line in done.stdout.splitlines()
              if line.startswith("> ")]
    assert len(marked) == 2 * (3 + 4)
    assert sum("details: 431-'4.3.1 Mail system full'" in line
               for line in marked) == 2
    assert "1 scenario, held" in done.stdout


def test_wrong_relay(wrong_bin):
    done = run_demo(wrong_bin)
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stdout.endswith("The logs differ.\n")
    diff = done.stdout.split("\n--- sim.log\n")[1]
    assert re.search(r"^-TIME Info: Connection Error: DCID D1 ", diff, re.M)
    assert re.search(r"^ TIME Info: MID M1 queued for delivery$", diff, re.M)


def test_relay_that_does_not_start(wrong_bin):
    (wrong_bin / "faultpost-relay").write_text("#!/bin/sh\nexit 3\n")
    done = run_demo(wrong_bin)
    assert done.returncode == 3
    assert "faultpost-relay did not start" in done.stderr


def test_nothing_built(tmp_path):
    done = run_demo(tmp_path)
    assert done.returncode == 3
    assert done.stderr == (
        f"demo: no {tmp_path}/faultpost; ./dev build makes it\n")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stopped_in_between(bin_dir, tmp_path, number):
    """Its processes and its files go with it."""
    demo = subprocess.Popen(
        ["sh", ROOT / "demo" / "demo.sh"], text=True, stdout=subprocess.PIPE,
        # A shell cannot trap what was ignored when it began, as SIGINT is in
        # whatever another shell runs in the background.
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),
        env=dict(os.environ, FAULTPOST_BIN=str(bin_dir), TMPDIR=str(tmp_path)))
    with demo:
        for line in demo.stdout:
            place = re.match(r"exchange1 +10\.1\.1\.11:25 +(.*):(\d+)$", line)
            if place:
                break
        demo.send_signal(number)
        demo.stdout.read()
    assert demo.returncode == 128 + number
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((place[1], int(place[2])), 10)


# ---- the mask ----

@pytest.fixture(scope="module")
def sockets():
    spec = importlib.util.spec_from_file_location(
        "sockets", ROOT / "demo" / "sockets.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def masked(sockets, tmp_path, capsys):
    """Masks a log, with the places if it is a real one."""
    places = tmp_path / "places.json"
    places.write_text(PLACES)

    def mask(text, is_real):
        log = tmp_path / "log"
        log.write_text(text)
        sockets.mask(str(log), *([str(places)] if is_real else []))
        return capsys.readouterr().out
    return mask


def test_mask_hides_what_must_differ(masked):
    assert masked(SIM, False) == masked(REAL, True)
    assert masked(SIM, False).splitlines()[3] == (
        "TIME Info: New SMTP DCID D1 interface 10.0.0.5 "
        "address 10.1.1.11 port 25")


@pytest.mark.parametrize("old, new", [
    ("431-", "432-"),
    ("address 127.1.1.11 port 36503", "address 127.1.1.12 port 35393"),
    ("port 36503", "port 36504"),
    ("DCID 3 close", "DCID 4 close"),
    ("MID 1001 ready", "MID 1002 ready"),
    ("127.0.0.5 reason", "127.0.0.1 reason"),
    ("Info: DCID", "Warning: DCID"),
    ("example.com IP", "example.org IP"),
    ("interface Management", "interface Data"),
])
def test_mask_hides_nothing_else(masked, old, new):
    assert old in REAL
    assert masked(SIM, False) != masked(REAL.replace(old, new), True)
