# SPDX-License-Identifier: MIT
"""A command behind a name server of its own, for tests: in namespaces whose
loopback has port 53 and whose resolv.conf names it, no packet leaves.

    unshare --user --map-root-user --net --mount python3 routes_dns_cage.py ZONE|- COMMAND...

ZONE is JSON, {"name type": ["data", ...]}; what it does not have is NXDOMAIN,
but questions about names that begin with "lost" are lost.
"-": nobody is at port 53.
"""
import fcntl
import json
import socket
import struct
import subprocess
import sys
import tempfile
import threading

from dnslib import QTYPE, RR, DNSRecord

SIOCSIFFLAGS, IFF_UP = 0x8914, 1


def begin_loopback():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", IFF_UP))


def answer(zone, query):
    question = query.q
    name, kind = str(question.qname).rstrip(".").lower(), QTYPE[question.qtype]
    reply = query.reply()
    names = {key.split()[0] for key in zone}
    while f"{name} CNAME" in zone and kind != "CNAME":
        target, = zone[f"{name} CNAME"]
        reply.add_answer(*RR.fromZone(f"{name}. 60 CNAME {target}"))
        name = target.rstrip(".")
    for data in zone.get(f"{name} {kind}", []):
        reply.add_answer(*RR.fromZone(f"{name}. 60 {kind} {data}"))
    if name not in names:
        reply.header.rcode = 3
    return reply


def serve(server, zone):
    while True:
        packet, peer = server.recvfrom(4096)
        query = DNSRecord.parse(packet)
        if str(query.q.qname).startswith("lost"):
            continue
        server.sendto(answer(zone, query).pack(), peer)


def main():
    begin_loopback()
    with tempfile.NamedTemporaryFile("w", delete=False) as resolv:
        resolv.write("nameserver 127.0.0.1\n")
    subprocess.run(["mount", "--bind", resolv.name, "/etc/resolv.conf"], check=True)
    if sys.argv[1] != "-":
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        server.bind(("127.0.0.1", 53))
        zone = json.loads(sys.argv[1])
        threading.Thread(target=serve, args=(server, zone), daemon=True).start()
    sys.exit(subprocess.run(sys.argv[2:], check=False).returncode)


if __name__ == "__main__":
    main()
