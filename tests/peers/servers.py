# SPDX-License-Identifier: MIT
"""Foreign SMTP servers, each a private instance: unpacked below build/, on a
port of the loopback, with a configuration and a spool of its own, in mount and
process namespaces that end with it.  Nothing is installed, for these packages
conflict with each other."""
import fcntl
import itertools
import os
import random
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

PATIENCE_S = 60
DOMAIN = "exchange.example"
# Of whom each server gets to know, beside those of the machine.
USERS = """\
postfix:x:6001:6001::/nonexistent:/usr/sbin/nologin
Debian-exim:x:6002:6002::/nonexistent:/usr/sbin/nologin
opensmtpd:x:6003:6003::/nonexistent:/usr/sbin/nologin
opensmtpq:x:6004:6004::/nonexistent:/usr/sbin/nologin
keeper:x:6005:6005::/nonexistent:/bin/sh
"""
GROUPS = """\
postfix:x:6001:
postdrop:x:6006:
Debian-exim:x:6002:
opensmtpd:x:6003:
opensmtpq:x:6004:
keeper:x:6005:
"""


def unpack(package, cache, *more):
    """The folder that has the package's files, and those of what it lacks;
    downloads them once."""
    into = cache / "+".join([package, *more])
    # One at a time: two of apt-get get in each other's way.
    with open(cache / "lock", "w", encoding="utf8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (into / "usr").is_dir():
            download(package, into, *more)
    return into


def download(package, into, *more):
    """Fills the folder, which is there once it is whole."""
    fresh = into.with_name(f"{into.name}.fresh")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    fetch = ["apt-get", "download", "-qq", package, *more]
    if subprocess.run(fetch, cwd=fresh, capture_output=True,
                      check=False).returncode != 0:
        # Perhaps the lists are missing or old.
        subprocess.run(["apt-get", "update", "-qq"], check=True,
                       capture_output=True)
        subprocess.run(fetch, cwd=fresh, check=True, capture_output=True)
    for archive in fresh.glob("*.deb"):
        subprocess.run(["dpkg", "-x", archive, fresh], check=True)
    fresh.rename(into)


# Each worker has a thousand of its own, below those that the system gives to
# clients, and tries one after the other: what a test has chosen is taken by
# nobody until its server has it.
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
PORTS = itertools.cycle(random.sample(
    range(12000 + WORKER % 20 * 1000, 13000 + WORKER % 20 * 1000), 1000))


def free_port():
    """A port that nobody has, nor any other test beside this one."""
    for port in PORTS:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


class Server:
    """One instance.  `defer@` gets a 4xx at RCPT, `deny@` a 5xx, and all else
    at DOMAIN ends up in `mail`."""
    libraries = []  # packages of those that the machine may lack

    def __init__(self, cache, folder):
        # Where the packages are in the server's own mounts: whoever it becomes
        # may go there, wherever the checkout is.
        seen = folder / "peers"
        seen.mkdir()
        self.files = unpack(self.package, cache)
        self.root = seen / self.package
        self.library_path = "\n".join(
            str(seen / path.relative_to(cache)) for name in self.libraries
            for path in (unpack(name, cache) / "usr/lib").glob("*-linux-*"))
        self.folder = folder
        self.mail = folder / "mail"
        self.port = free_port()
        shutil.copytree("/etc", folder / "etc", symlinks=True,
                        ignore_dangling_symlinks=True)
        for name, own in (("passwd", USERS), ("group", GROUPS)):
            with open(folder / "etc" / name, "a", encoding="utf8") as file:
                file.write(own)
        # Whoever the server becomes must get to its spool.
        for part in [folder, *folder.parents][:4]:
            part.chmod(part.stat().st_mode | 0o111)
        self.mail.mkdir()
        os.chown(self.mail, 6005, 6005)
        script = folder / "start.sh"
        script.write_text(
            "set -e\nmount --make-rprivate /\n"
            f"mount --bind {cache} {seen}\n"
            # Fixed paths of theirs are in folders that nobody else sees.
            f"mount --bind {folder}/etc /etc\n"
            "mount -t tmpfs tmpfs /var/spool\n"
            "mount -t tmpfs tmpfs /var/lib\n"
            "mount -t tmpfs tmpfs /run\n" + self.start())
        self.said = open(folder / "said", "wb")
        self.process = subprocess.Popen(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child",
             "--mount-proc", "sh", script],
            stdin=subprocess.DEVNULL, stdout=self.said, stderr=self.said)
        try:
            self.await_greeting()
        except BaseException:
            self.close()
            raise

    def await_greeting(self):
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end and self.process.poll() is None:
            try:
                with socket.create_connection(
                        ("127.0.0.1", self.port), timeout=5) as client:
                    if client.recv(4) == b"220 ":
                        client.sendall(b"QUIT\r\n")
                        return
            except OSError:
                pass
            time.sleep(0.05)
        raise TimeoutError(f"{self.package} does not greet: "
                           + (self.folder / "said").read_text())

    def messages(self):
        """What was delivered, by content."""
        return [path.read_bytes() for path in self.mail.rglob("*")
                if path.is_file() and path.parent.name == "new"]

    def close(self):
        """Ends the first process of its namespace, and with it all of them.
        That it be ended with its parent it forgets when it changes its user."""
        own = self.process.pid
        children = Path(f"/proc/{own}/task/{own}/children")
        if self.process.poll() is None:
            for child in children.read_text().split():
                os.kill(int(child), signal.SIGKILL)
        self.process.wait(PATIENCE_S)
        self.said.close()


class Postfix(Server):
    package = "postfix"

    def start(self):
        at, root = self.folder, self.root
        etc = at / "conf"
        etc.mkdir()
        master = (self.files / "usr/share/postfix/master.cf.dist").read_text()
        lines = []
        for line in master.splitlines():
            words = line.split()
            if len(words) > 7 and not line.startswith(("#", " ", "\t")):
                if words[:2] == ["smtp", "inet"]:
                    words[0] = f"127.0.0.1:{self.port}"
                words[4] = "n"  # no chroot
                line = " ".join(words)
            lines.append(line)
        lines.append("postlog unix-dgram n - n - 1 postlogd")
        (etc / "master.cf").write_text("\n".join(lines) + "\n")
        (etc / "main.cf").write_text(f"""\
compatibility_level = 3.6
queue_directory = {at}/queue
data_directory = {at}/data
command_directory = {root}/usr/sbin
daemon_directory = {root}/usr/lib/postfix/sbin
shlib_directory = {root}/usr/lib/postfix
meta_directory = {root}/etc/postfix
mail_owner = postfix
setgid_group = postdrop
myhostname = postfix.peers.example
mydestination =
local_recipient_maps =
alias_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
virtual_mailbox_domains = {DOMAIN}
virtual_mailbox_maps = static:all/
virtual_mailbox_base = {self.mail}
virtual_uid_maps = static:6005
virtual_gid_maps = static:6005
virtual_mailbox_limit = 0
message_size_limit = 104857600
smtpd_recipient_restrictions =
  check_recipient_access inline:{{ {{ defer@{DOMAIN} = 450 come back later }},
    {{ deny@{DOMAIN} = 550 not for you }} }},
  permit_mynetworks, reject
smtpd_tls_security_level = none
maillog_file = /dev/stdout
""")
        return f"""\
export LD_LIBRARY_PATH={root}/usr/lib/postfix
mkdir -p {at}/queue {at}/data
chown postfix {at}/data
{root}/usr/sbin/postfix -c {etc} check 2>/dev/null || true
exec {root}/usr/lib/postfix/sbin/master -c {etc} -d
"""


class Exim(Server):
    package = "exim4-daemon-light"
    libraries = ["libidn12"]

    def start(self):
        at, root = self.folder, self.root
        (at / "exim4.conf").write_text(f"""\
exim_path = {root}/usr/sbin/exim4
primary_hostname = exim.peers.example
spool_directory = {at}/spool
log_file_path = {at}/spool/%slog
exim_user = Debian-exim
exim_group = Debian-exim
never_users =
host_lookup =
rfc1413_query_timeout = 0s
message_size_limit = 100M
acl_smtp_rcpt = rcpt
acl_smtp_data = accept
tls_advertise_hosts =
daemon_smtp_ports = {self.port}
local_interfaces = 127.0.0.1
begin acl
rcpt:
  defer local_parts = defer
        message = come back later
  deny  local_parts = deny
        message = not for you
  accept
begin routers
keep:
  driver = accept
  transport = keep
begin transports
keep:
  driver = appendfile
  maildir_format
  directory = {self.mail}
  user = keeper
  group = keeper
""")
        return f"""\
echo "{self.library_path}" >/etc/ld.so.conf.d/peers.conf
ldconfig -X
mkdir -p {at}/spool /etc/exim4
cp {at}/exim4.conf /etc/exim4/exim4.conf
chown -R Debian-exim:Debian-exim {at}/spool
exec {root}/usr/sbin/exim4 -bdf
"""


class OpenSMTPD(Server):
    package = "opensmtpd"

    def start(self):
        at, root = self.folder, self.root
        (at / "smtpd.conf").write_text(f"""\
smtp max-message-size 100M
table keepers {{ "@" = "keeper" }}
filter later phase rcpt-to match rcpt-to {{ "defer@{DOMAIN}" }} \
reject "450 come back later"
filter never phase rcpt-to match rcpt-to {{ "deny@{DOMAIN}" }} \
reject "550 not for you"
filter both chain {{ later, never }}
listen on 127.0.0.1 port {self.port} hostname opensmtpd.peers.example \
filter both
action keep maildir "{self.mail}" virtual <keepers>
match from any for domain "{DOMAIN}" action keep
""")
        (at / "etc/hosts").write_text("127.0.0.1 localhost\n")
        (at / "etc/resolv.conf").unlink(missing_ok=True)
        (at / "etc/resolv.conf").write_text("lookup file\n")
        return f"""\
mkdir -p -m 711 /var/spool/smtpd
mkdir -p /var/lib/opensmtpd/empty /run/opensmtpd
mount --bind {root}/usr/libexec /usr/libexec
exec {root}/usr/sbin/smtpd -d -f {at}/smtpd.conf
"""


SERVERS = {"postfix": Postfix, "exim": Exim, "opensmtpd": OpenSMTPD}
