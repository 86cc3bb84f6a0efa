#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The SMTP routes table of a plausible company, of 2,000 lines, always the same.

    demo/routes_table.py > routes.txt

Nordwind ships goods.  It has three sites, each with a pair of mail servers and
the others to stand by; brands that it bought; customers whose orders go to a
gateway; partners that want their mail at a host of their own.  As in any table
that has grown for years, a few lines are not as they were meant.
"""
SITES = ["hamburg", "rotterdam", "gdansk"]
COUNTRIES = ["de", "nl", "pl", "dk", "se", "no", "fi", "ee", "lv", "lt"]
BRANDS = ["alster", "baltic", "cargo", "delta", "elbe", "fjord", "gulf", "hansa", "isar",
          "jade", "kontor", "levant", "maas", "nogat", "oder", "port"]
TRADES = ["foods", "steel", "paper", "toys", "tools", "glass", "cloth", "seeds"]
LINES = 2000


def site_hosts(home):
    """A site's pair in turns, then the pair of the next site."""
    spare = SITES[(SITES.index(home) + 1) % len(SITES)]
    return (f"mx1.{home}.nordwind.example/pri=10, mx2.{home}.nordwind.example/pri=10, "
            f"mx1.{spare}.nordwind.example/pri=20, mx2.{spare}.nordwind.example/pri=20")


def own():
    yield "nordwind.example", site_hosts("hamburg")
    yield ".nordwind.example", site_hosts("hamburg")
    for site in SITES:
        yield f"{site}.nordwind.example", site_hosts(site)
    for number, country in enumerate(COUNTRIES):
        yield f"nordwind.{country}.example", site_hosts(SITES[number % 3])
    # A country's office that has moved: the line says what ALL of it says.
    yield "office.nordwind.example", site_hosts("hamburg")


def brands():
    for number, brand in enumerate(BRANDS):
        for country in COUNTRIES:
            yield f"{brand}.{country}.example", site_hosts(SITES[number % 3])
    # Meant to be the port of the archive, and read as a priority.
    yield "alster-archive.example", "mx1.hamburg.nordwind.example, archive.nordwind.example/pri=2525"
    # One host, twice.
    yield "baltic-line.example", "mx1.gdansk.nordwind.example/pri=10, mx1.gdansk.nordwind.example/pri=20"


def partners():
    for number in range(12):
        name = f"partner{number:02}.example"
        if number % 3:
            yield name, f"mx1.{name}, mx2.{name}/pri=10"
        else:
            yield name, f"mail.{name}:587"
    yield "customs.example", "USEDNS"
    yield "retired.nordwind.example", "/dev/null"
    # Four levels, of which nobody has ever seen the last two at work.
    yield "insurer.example", ("mx1.insurer.example/pri=10, mx2.insurer.example/pri=20, "
                              "fax.insurer.example/pri=30, old.insurer.example/pri=40")


def customers():
    """Orders go to one of four gateways and its neighbour; there are as many as it takes."""
    number = 0
    while True:
        trade = TRADES[number % len(TRADES)]
        first, second = number % 4 + 1, (number + 1) % 4 + 1
        yield (f"orders.{trade}{number:04}.example",
               f"edi{first}.nordwind.example:2525/pri=10, edi{second}.nordwind.example:2525/pri=20")
        number += 1


def table():
    fixed = [*own(), *brands(), *partners(), ("ALL", "out1.nordwind.example, out2.nordwind.example")]
    more = customers()
    return fixed + [next(more) for _ in range(LINES - len(fixed))]


if __name__ == "__main__":
    print("# Nordwind: SMTP routes")
    for domain, hosts in table():
        print(f"{domain}: {hosts}")
