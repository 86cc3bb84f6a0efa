# SPDX-License-Identifier: MIT
"""What the relay in front would do, in virtual time."""


def test_72_hours_of_452(sim):
    """All hosts are full for three days: the message comes back."""
    for name in ("mx1", "mx2"):
        sim.host(name).on("rcpt", reply="452 4.3.1 Mail system full")
    sim.route("example.com mx1, mx2")
    sim.inject("bob@example.com", from_="anna@example.net")
    sim.expect(bounced=1, because="72 hours are the default")
    result = sim.run()
    assert result.report["seconds_virtual"] >= 72 * 3600
