# SPDX-License-Identifier: MIT
"""faultpost-relay as a process, and whom it meets: a sink, clients."""
import json
import os
import selectors
import signal
import socket
import socketserver
import subprocess
import threading
import time

MOMENT = r"\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}"
PATIENCE_S = 60  # of what comes: a machine may have much else to do


def config(folder, **more):
    """A configuration for a daemon of its own folder; what is None is not in
    it."""
    wanted = {"hostname": "relay.test", "listen": "127.0.0.1:0",
              "queue": str(folder / "queue.db"), "relay_from": "127.0.0.0/8",
              "interface": "127.0.0.1", **more}
    return {key: value for key, value in wanted.items() if value is not None}


class Relay:
    """A running faultpost-relay; its log is its standard output unless the
    configuration says otherwise."""

    def __init__(self, program, folder, wanted, env=None):
        self.folder = folder
        self.path = folder / "relay.json"
        self.write(wanted)
        ready, ready_in = os.pipe()
        self.process = subprocess.Popen(
            [program, "-c", self.path, "--ready-fd", str(ready_in),
             "--port-file", folder / "relay.ports"],
            pass_fds=[ready_in], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=env)
        os.close(ready_in)
        self.lines = {"stdout": b"", "stderr": b""}
        with os.fdopen(ready) as pipe:
            self.is_ready = pipe.readline() == "ready\n"

    def write(self, wanted):
        self.path.write_text(
            wanted if isinstance(wanted, str) else json.dumps(wanted))

    def address(self, index=0):
        places = json.loads((self.folder / "relay.ports").read_text())
        ip, port = places[index]["real"].rsplit(":", 1)
        return ip, int(port)

    def connect(self, index=0):
        return Client(self.address(index))

    def await_text(self, *texts, stream="stdout"):
        """Blocks until the stream has said each of `texts`, in whatever order:
        two connections end when they like. Returns what came up to the last
        of them, which is then forgotten."""
        pipe = getattr(self.process, stream)
        wanted = [text.encode() for text in texts]
        end = time.monotonic() + PATIENCE_S
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_READ)
            while missing := [text for text in wanted
                              if text not in self.lines[stream]]:
                if not selector.select(end - time.monotonic()):
                    raise TimeoutError(f"no {missing} in "
                                       f"{self.lines[stream].decode()}")
                got = os.read(pipe.fileno(), 65536)
                if not got:
                    raise EOFError(f"no {missing} in "
                                   f"{self.lines[stream].decode()}")
                self.lines[stream] += got
        at = max(self.lines[stream].index(text) + len(text)
                 for text in wanted)
        before, self.lines[stream] = (
            self.lines[stream][:at].decode(), self.lines[stream][at:])
        return before

    def signal(self, number):
        self.process.send_signal(number)

    def end(self):
        """Waits for its end; (exit code, the rest of stdout, of stderr)."""
        out, err = self.process.communicate(timeout=PATIENCE_S)
        return (self.process.returncode,
                (self.lines["stdout"] + out).decode(),
                (self.lines["stderr"] + err).decode())

    def stop(self):
        self.signal(signal.SIGTERM)
        return self.end()

    def destroy(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


class Client:
    """An SMTP client that says what it is told, byte by byte if need be."""

    def __init__(self, address):
        self.socket = socket.create_connection(address, timeout=PATIENCE_S)
        self.file = self.socket.makefile("rb")
        self.greeting = self.reply()

    def reply(self):
        """The next reply's lines; "" at the end of the connection."""
        lines = []
        while line := self.file.readline():
            lines.append(line.decode().rstrip("\r\n"))
            if line[3:4] != b"-":
                break
        return "\n".join(lines)

    def send(self, data):
        self.socket.sendall(data)

    def ask(self, line):
        self.send(line.encode() + b"\r\n")
        return self.reply()

    def begin(self, *recipients):
        """A transaction up to DATA's 354."""
        self.ask("EHLO client.test")
        self.ask("MAIL FROM:<a@b.example>")
        for recipient in recipients:
            assert self.ask(f"RCPT TO:<{recipient}>").startswith("250 ")
        assert self.ask("DATA").startswith("354 ")

    def mail(self, body, *recipients):
        self.begin(*recipients)
        return self.ask(body + "\r\n.")

    def close(self):
        self.file.close()
        self.socket.close()


class Sink(socketserver.ThreadingTCPServer):
    """An SMTP server that takes everything, and keeps it: `messages`.  While
    `gate` is not set it holds the answers to the final dots back."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64
    session = None  # SinkSession, unless a subclass has its own

    def __init__(self):
        super().__init__(("127.0.0.1", 0), self.session or SinkSession)
        self.messages = []
        # By command: what is said instead of 250; "drop" hangs up.
        self.answers = {}
        self.arrived = threading.Condition()
        self.gate = threading.Event()
        self.gate.set()
        self.dots = threading.Semaphore(0)
        # The interval is how late it may notice that it is shut down.
        threading.Thread(target=self.serve_forever, args=(0.02,),
                         daemon=True).start()

    @property
    def port(self):
        return self.server_address[1]

    def keep(self, message):
        with self.arrived:
            self.messages.append(message)
            self.arrived.notify_all()

    def await_messages(self, count):
        with self.arrived:
            assert self.arrived.wait_for(
                lambda: len(self.messages) >= count, PATIENCE_S)
        return self.messages

    def close(self):
        self.gate.set()
        self.shutdown()
        self.server_close()


class SinkSession(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text + b"\r\n")

    def handle(self):
        try:
            self.talk()
        except OSError:
            pass

    def talk(self):
        self.say(b"220 sink.test ESMTP")
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                if not self.take():
                    return
            elif verb == b"QUIT":
                self.say(b"221 bye")
                return
            else:
                answer = self.command(verb, line)
                if answer == b"drop":
                    return
                self.say(answer)

    def command(self, verb, line):
        """The answer to a command that neither sends nor ends anything."""
        wanted = self.server.answers.get(verb.decode("latin-1"))
        return wanted.encode() if wanted else b"250 ok"

    def take(self):
        """Content; false when that was the end of the connection."""
        self.say(b"354 go on")
        message = bytearray()
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return False
            message += line[1:] if line.startswith(b".") else line
        self.server.dots.release()
        self.server.gate.wait(PATIENCE_S)
        self.server.keep(bytes(message))
        self.say(b"250 2.0.0 kept")
        return True


HELD = []  # their ports are nobody else's


def closed_port():
    """A port of 127.0.0.1 that nobody listens on, nor will: it is held."""
    HELD.append(socket.socket())
    HELD[-1].bind(("127.0.0.1", 0))
    return HELD[-1].getsockname()[1]


def own_address(number):
    """An address of the loopback that only this process has, one for each
    number of 0..3: whoever tests beside it cannot take its ports."""
    pid = os.getpid()
    return (f"127.{64 | pid >> 14 & 63}.{pid >> 6 & 255}."
            f"{pid << 2 & 255 | number}")


def send(relay, *domains, mails=1):
    client = relay.connect()
    for _ in range(mails):
        client.mail("Subject: x\r\n\r\nx", *[f"u@{d}" for d in domains])
    client.ask("QUIT")
