# SPDX-License-Identifier: MIT
"""faultpost routes prove: sets, cases, and what is told of them."""
import csv
import io
import os
import re
import signal
import subprocess

import pytest

TABLE = """\
a.example: mx1, mx2, spare/pri=10
b.example: MX2/pri=0, mx1, spare/pri=10
.c.example: single
d.example: USEDNS
e.example: /dev/null
f.example: single
"""


@pytest.fixture(name="prove", scope="session")
def prove_fixture(faultpost, tmp_path_factory):
    """(exit code, what is printed, the cases, the sets of domains)"""
    folder = tmp_path_factory.mktemp("prove")

    def run(table, *words):
        (folder / "routes.txt").write_text(table)
        code, out, err = faultpost("routes", "prove", folder / "routes.txt", "--csv", folder / "cases",
                                   "--domains", folder / "domains", *words)
        assert err == ""
        read = lambda name: list(csv.DictReader(io.StringIO((folder / name).read_bytes().decode())))
        return code, out, read("cases"), read("domains")
    return run


@pytest.fixture(name="proof", scope="session")
def proof_fixture(prove):
    return prove(TABLE)


def case(cases, number, what, which="", how=""):
    found, = (c for c in cases if c["set"] == number and c["what fails"] == what
              and c["which"] == which and c["how"] == how)
    return found


def test_the_page(proof):
    code, out, _, _ = proof
    assert code == 0
    assert out == """\
4 routes to 2 sets of destinations, 42 cases
not tried: 1 that follow their MX records, 1 that are deleted
In each case every invariant held.

+ flows  ~ late: some waited for a later round  - waits as long as that lasts
! bounces
0 nothing fails; one host fails by 1 refuse 2 452@rcpt 3 silent 4 unreachable 5 reset 6 421 7 drop@eod 8 550;
P a priority, A all, R all for an hour

  set  domains  0  12345678  P  A  R  which, and where their mail goes
    1        2  +  +++++++!  +  -  ~  a.example and b.example: first mx1 and mx2 in turns, then spare
    2        2  +  -------!        ~  .c.example and f.example: first single

Hosts whose failure alone stops mail:
       2 domains  single (.c.example, ...)

The load, if each domain had as much mail as any other:
   usual     at most  host
     2.0         2.0  single
     1.0         2.0  mx1 (while mx2 fails)
     1.0         2.0  mx2 (while mx1 fails)
     0.0         0.0  spare
"""


def test_domains_with_the_same_hosts_are_one_set(proof):
    assert {d["domain"]: (d["line"], d["set"]) for d in proof[3]} == {
        "a.example": ("1", "1"), "b.example": ("2", "1"), ".c.example": ("3", "2"),
        "d.example": ("4", ""), "e.example": ("5", ""), "f.example": ("6", "2")}


def test_cases(proof):
    cases = proof[2]
    # Nothing; 3 hosts in 8 ways; a priority of two, all, all that recover, in 2 ways each.
    assert [sum(c["set"] == n for c in cases) for n in "12"] == [1 + 24 + 2 + 2 + 2, 1 + 8 + 2]


def test_shares(proof):
    cases = proof[2]
    assert case(cases, "1", "nothing")["taken by"] == "mx1=6 mx2=6"
    for how in ("refuse", "452@rcpt", "silent", "unreachable", "reset", "421", "drop@eod"):
        assert case(cases, "1", "host", "mx1", how)["taken by"] == "mx2=12"
        assert case(cases, "1", "host", "spare", how)["taken by"] == "mx1=6 mx2=6"
    assert case(cases, "1", "priority", "0", "refuse")["taken by"] == "spare=12"
    assert case(cases, "2", "all for an hour", "", "refuse")["taken by"] == "single=12"


def test_fates(proof):
    cases = proof[2]
    refused = case(cases, "2", "host", "single", "refuse")
    assert (refused["fate"], refused["delivered"], refused["bounced"]) == ("waits", "0", "0")
    bounced = case(cases, "2", "host", "single", "550")
    assert (bounced["fate"], bounced["bounced"]) == ("bounces", "12")
    late = case(cases, "1", "all for an hour", "", "452@rcpt")
    assert (late["fate"], late["delivered"]) == ("late", "12")
    assert 3000 < int(late["slowest (s)"]) < 8000
    assert int(case(cases, "1", "host", "mx1", "silent")["slowest (s)"]) == 30


def test_the_same_by_several_processes(prove, proof):
    assert prove(TABLE, "-j", "2") == proof


def test_what_fails_in_all_cases(prove):
    code, out, cases, _ = prove("a.example: mx1, mx2/pri=10\n", "--fail", "mx2=silent")
    assert code == 0 and 'in all cases mx2 is in the state "silent"' in out
    assert case(cases, "1", "nothing")["fate"] == "flows"
    assert case(cases, "1", "host", "mx1", "refuse")["fate"] == "waits"
    code, _, cases, _ = prove("a.example: mx1, mx2/pri=10\n", "--fail", "mx1=452", "--fail", "mx2=452")
    assert code == 1 and case(cases, "1", "nothing")["fate"] == "waits"


def test_a_host_that_dns_does_not_have(prove, tmp_path):
    (tmp_path / "zone").write_text('{"mx1": {"A": ["10.0.0.1", "10.0.0.2"]}}')
    code, _, cases, _ = prove("a.example: mx1\n", "--dns", f"zone:{tmp_path}/zone")
    assert code == 0
    assert case(cases, "1", "host", "mx1", "refuse")["taken by"] == "mx1-2=12"
    assert prove("a.example: mx2\n", "--dns", f"zone:{tmp_path}/zone")[0] == 1


def test_what_a_host_gets_at_most_is_of_all_sets(prove):
    out = prove("a.example: mx1, mx2\nb.example: mx1, mx2, x/pri=5\n")[1]
    assert "     1.0         2.0  mx1 (while mx2 fails)\n" in out


def test_many_routes_are_few_sets(prove):
    table = "".join(f"d{i}.example: mx{i % 5}, mx{(i + 1) % 5}/pri=10\n" for i in range(3000))
    code, out, cases, domains = prove(table)
    assert code == 0 and "3000 routes to 5 sets of destinations" in out
    assert len(domains) == 3000 and {c["domains"] for c in cases} == {"600"}


def test_the_section_of_the_html_page(faultpost, tmp_path):
    (tmp_path / "r").write_text("a.example: mx1, mx2\n.b.example: single\n")
    page = tmp_path / "page.html"
    assert faultpost("routes", "prove", tmp_path / "r", "--html", page)[0] == 0
    text = page.read_text()
    section = re.search(r'<section id="proof".*?</section>', text, re.S)[0]
    assert len(re.findall(r"<tr>", section)) == 1 + 2 + 1 + 3
    assert '<td class="fate waits">waits</td>' in section and "<script" not in section
    assert text.index("<main") > text.index('<section id="proof"')
    # What does not flow is shown whole: one host, seven ways.
    assert text.count('class="result"') == 7
    assert '"verdict":"held"' in text and '"verdict":"failed"' not in text


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_it_tells_what_it_knows_when_it_is_stopped(bin_dir, tmp_path, jobs):
    """SIGINT as soon as the cases begin, when a reader of the CSV has its writer."""
    (tmp_path / "r").write_text("".join(f"d{i}.example: a{i}, b{i}, c{i}\n" for i in range(1000)))
    os.mkfifo(tmp_path / "c")
    with subprocess.Popen(
            [bin_dir / "faultpost", "routes", "prove", "-j", jobs, "--csv", tmp_path / "c",
             "--domains", tmp_path / "d", tmp_path / "r"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)) as process:
        with open(tmp_path / "c", newline="") as fifo:
            process.send_signal(signal.SIGINT)
            cases = list(csv.DictReader(fifo))
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (3, "")
    tried = int(re.search(r"stopped when (\d+) of 1000 sets had been tried\n", out)[1])
    assert tried < 1000
    assert out.count(": first a") == tried
    assert {c["set"] for c in cases} == {str(n + 1) for n in range(tried)}
    sets = [d.split(",")[2] for d in (tmp_path / "d").read_text().splitlines()[1:]]
    assert sets == [str(n + 1) if n < tried else "" for n in range(1000)]


@pytest.mark.parametrize("words, said", [
    (["--fail", "mx3=452"], "--fail mx3: no mail that this is about goes there (did you mean mx1?)"),
    (["-j", "0"], "is no whole number of 1..256"),
    (["--csv", "no/folder"], "no/folder: No such file or directory"),
    (["more"], "expected one FILE"),
])
def test_wrong_words(faultpost, tmp_path, words, said):
    (tmp_path / "r").write_text("d.example mx1\n")
    code, out, err = faultpost("routes", "prove", tmp_path / "r", *words)
    assert (code, out) == (2, "") and said in err


@pytest.mark.parametrize("option", ["csv", "domains", "html"])
@pytest.mark.parametrize("name", ["r", "zone"])
def test_nothing_is_written_over_an_input(faultpost, tmp_path, option, name):
    texts = {"r": "d.example mx1\n", "zone": '{"mx1": {"A": ["10.1.1.1"]}}'}
    for each, text in texts.items():
        (tmp_path / each).write_text(text)
    assert faultpost(
        "routes", "prove", "--dns", f"zone:{tmp_path}/zone", f"--{option}", tmp_path / name,
        tmp_path / "r") == (
            2, "", f"{tmp_path / name}: --{option} would be written over this input\n")
    assert {each: (tmp_path / each).read_text() for each in texts} == texts


def test_one_route(prove):
    assert prove("d.example mx1\n")[1].startswith("1 route to 1 set of destinations, 11 cases\n")


def test_a_table_without_hosts(prove):
    code, out, cases, _ = prove("d.example USEDNS\n")
    assert (code, cases) == (0, []) and "0 routes to 0 sets" in out
