# SPDX-License-Identifier: MIT
"""A message of 100 MB costs the relay less than 2 MB of memory, coming in and
going out, whether the next hop is quick or slow, and its log on disk stays
bounded."""
import socket
import threading

from relay_peers import Relay, config

CONTENT_BYTES = 100_000_000
LIMIT_KB = 2048
WAL_BYTES_MAX = 40_000_000
LINE = b"x" * 998 + b"\r\n"


class SlowSink(threading.Thread):
    """Takes one message over one connection, in small reads; holds the answer
    to the final dot back until `gate` is set."""

    def __init__(self, pause_at):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.pause_at = pause_at
        self.paused = threading.Event()
        self.gate = threading.Event()
        self.content_bytes = 0
        self.start()

    def run(self):
        connection, _ = self.listener.accept()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        connection.sendall(b"220 sink ESMTP\r\n")
        with connection.makefile("rb") as lines:
            for line in lines:
                if line[:4].upper() == b"QUIT":
                    break
                if line[:4].upper() != b"DATA":
                    connection.sendall(b"250 ok\r\n")
                    continue
                connection.sendall(b"354 go on\r\n")
                self.take(lines)
                connection.sendall(b"250 ok\r\n")
        connection.close()

    def take(self, lines):
        for line in lines:
            if line == b".\r\n":
                break
            self.content_bytes += len(line)
            if self.content_bytes >= self.pause_at and not self.paused.is_set():
                self.paused.set()
                self.gate.wait()


class Meter(threading.Thread):
    """The greatest resident memory of a process, in KiB, since reset()."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid = pid
        self.peak = 0
        self.is_over = threading.Event()
        self.start()

    def look(self):
        """Anonymous memory and shared memory; the pages of files that are
        mapped, the program's own among them, are the system's."""
        with open(f"/proc/{self.pid}/status", encoding="ascii") as status:
            fields = dict(line.split(":", 1) for line in status)
        return sum(int(fields[name].split()[0])
                   for name in ("RssAnon", "RssShmem"))

    def run(self):
        try:
            while not self.is_over.wait(0.005):
                self.peak = max(self.peak, self.look())
        except (OSError, KeyError):
            pass

    def reset(self):
        self.peak = self.look()
        return self.peak


def send_large(client):
    client.begin("user@exchange.example")
    client.send(b"Subject: large\r\n\r\n")
    block = LINE * 100
    for _ in range(CONTENT_BYTES // len(block)):
        client.send(block)
    return client.ask(".")


def limit_of(program):
    """What is allowed of memory, in KiB.  A sanitizer keeps what is freed, so
    that nothing can be said there; all else is tested."""
    is_sanitized = b"__asan_init" in program.read_bytes()
    return CONTENT_BYTES if is_sanitized else LIMIT_KB


def test_large_message(bin_dir, tmp_path):
    limit = limit_of(bin_dir / "faultpost-relay")
    sink = SlowSink(pause_at=CONTENT_BYTES // 2)
    relay = Relay(bin_dir / "faultpost-relay", tmp_path, config(
        tmp_path, routes=[f"exchange.example 127.0.0.1:{sink.port}"],
        log=str(tmp_path / "mail.log")))
    assert relay.is_ready, relay.end()
    meter = Meter(relay.process.pid)
    try:
        client = relay.connect()
        client.socket.settimeout(120)
        before = meter.reset()
        assert send_large(client).startswith("250 ")
        assert meter.peak - before < limit, f"in: {meter.peak - before} KiB"
        assert (tmp_path / "queue.db-wal").stat().st_size < WAL_BYTES_MAX
        assert sink.paused.wait(120)
        assert meter.peak - before < limit, (
            f"out, the host being slow: {meter.peak - before} KiB")
        sink.gate.set()
        sink.join(120)
        client.close()
        assert sink.content_bytes >= CONTENT_BYTES
        assert meter.peak - before < limit, f"out: {meter.peak - before} KiB"
        print(f"{meter.peak - before} KiB")
    finally:
        meter.is_over.set()
        relay.destroy()
