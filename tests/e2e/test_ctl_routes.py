# SPDX-License-Identifier: MIT
"""faultpost ctl: the routes table of a relay that runs, and its limits."""
import re
import signal

from relay_peers import closed_port, send


def test_smtproutes(start, ctl, ask, sink, tmp_path):
    relay = start(routes=[f"a.example 127.0.0.1:{sink.port}"])
    assert ctl("smtproutes", "print") == f"a.example: 127.0.0.1:{sink.port}\n"
    assert ctl("smtproutes", "new", "b.example", f"127.0.0.1:{sink.port},",
               "[backup.example]/pri=10") == (
        f"Mapping for b.example to 127.0.0.1:{sink.port}, "
        "[backup.example]/pri=10 created.\n")
    send(relay, "b.example")
    relay.await_text("Message finished MID 1 done\n")
    assert "created" not in ctl("smtproutes", "new", "b.example", "x.example",
                                code=2)
    assert ctl("smtproutes", "export", tmp_path / "routes") == (
        f"Routes exported to {tmp_path}/routes.\n")
    table = (tmp_path / "routes").read_text()
    assert table == ctl("smtproutes", "print")
    assert ctl("smtproutes", "delete", "A.example") == (
        "Mapping for A.example deleted.\n")
    assert ctl("smtproutes", "delete", "a.example", code=2) == (
        "faultpost ctl: there is no route for a.example\n")
    assert ctl("smtproutes", "clear") == "There are no routes configured.\n"
    assert ask("smtproutes", "print") == {"routes": []}
    assert ctl("smtproutes", "import", tmp_path / "routes") == (
        "There are currently 2 routes configured.\n")
    assert ctl("smtproutes", "print") == table
    assert ask("smtproutes", "print") == {"routes": table.splitlines()}
    assert "expected: smtproutes print" in ctl("smtproutes", code=2)


def test_smtproutes_import_is_all_or_nothing(start, ctl, tmp_path):
    start(routes=["a.example b.example"])
    bad = tmp_path / "bad"
    bad.write_text("c.example d.example\nc.example /pri=1\n"
                   "e.example f.example/pri=99999\n")
    error = ctl("smtproutes", "import", bad, code=2)
    assert error.startswith("faultpost ctl: bad:2:")
    assert re.search(r" \(and \d more\)\n$", error)
    assert ctl("smtproutes", "print") == "a.example: b.example\n"
    assert "No such file" in ctl("smtproutes", "import", tmp_path / "none",
                                 code=2)


def test_smtproutes_import_of_40_000(start, ctl, ask, tmp_path):
    start()
    routes = tmp_path / "routes"
    routes.write_text("".join(
        f"d{n}.example: relay{n % 7}.example/pri=0, backup.example/pri=10\n"
        for n in range(39999)))
    assert ctl("smtproutes", "import", routes) == (
        "There are currently 39999 routes configured.\n")


def test_reload_brings_the_configured_routes_back(start, ctl):
    relay = start(routes=["a.example b.example"])
    ctl("smtproutes", "clear")
    relay.signal(signal.SIGHUP)
    # Commands and signals are taken in turn; the next answer is behind it.
    for _ in range(200):
        if ctl("smtproutes", "print") == "a.example: b.example\n":
            break
    assert ctl("smtproutes", "print") == "a.example: b.example\n"


def test_redirected_by_a_new_route(start, ctl, sink):
    """What waits for a dead host goes where a new route says, at once when an
    operator wants that."""
    relay = start(routes=[f"a.example 127.0.0.1:{closed_port()}"])
    send(relay, "a.example")
    relay.await_text("pending till")
    ctl("smtproutes", "delete", "a.example")
    ctl("smtproutes", "new", "a.example", f"127.0.0.1:{sink.port}")
    ctl("delivernow", "a.example")
    relay.await_text("Message finished MID 1 done\n")


def test_destconfig(start, ctl, ask):
    start(destconfig=["[a.example]", "max_host_concurrency = 7",
                      "limit_type = host", "limit_apply = system"])
    text = ctl("destconfig", "print")
    assert "[a.example]\n" in text and "max_host_concurrency = 7\n" in text
    assert ask("destconfig", "print")["text"] == text
