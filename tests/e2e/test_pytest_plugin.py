# SPDX-License-Identifier: MIT
"""pytest-faultpost as a stranger has it: installed by pip into an environment
of its own, and run as `pytest` there."""
import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

SEED = "scenarios/failover/117875.scenario.json"
PLUGIN = Path("harness/pytest_faultpost")

SIMPLE = {
    "title": "One host takes it", "case": "RFC 5321",
    "routes": ["example.com [10.1.1.11]"],
    "hosts": {"mx1": {"address": "10.1.1.11"}},
    "inject": [{"count": 1, "to": ["user@example.com"]}],
    "expect": [{"delivered": {"mx1": 1}, "because": "it is up"}]}


@pytest.fixture(scope="session")
def python(root, tmp_path_factory):
    """Python of an environment in which pip has installed the plugin."""
    folder = tmp_path_factory.mktemp("environment")
    shutil.copytree(root / PLUGIN, folder / "source")
    subprocess.run([sys.executable, "-m", "venv", "--system-site-packages",
                    "--without-pip", folder / "venv"], check=True)
    python = folder / "venv" / "bin" / "python"
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", python, "install", "--quiet",
         "--no-index", "--no-build-isolation", "--no-deps",
         folder / "source"], check=True, capture_output=True, timeout=100)
    return python


class Project:
    """A folder in which pytest is run."""

    def __init__(self, python, folder, bin_dir):
        self.python, self.folder, self.bin_dir = python, folder, bin_dir
        (folder / "pytest.ini").write_text("[pytest]\n")

    def command(self, *words):
        return [self.python, "-m", "pytest", "-p", "no:cacheprovider",
                "-p", "no:timeout", *words]

    def environment(self, **more):
        env = {k: v for k, v in os.environ.items()
               if not k.startswith("PYTEST")}
        env["FAULTPOST_BIN"] = str(self.bin_dir)
        return env | more

    def run(self, *words, **environment):
        """Exit code and output of pytest with these words."""
        done = subprocess.run(
            self.command(*words), cwd=self.folder, text=True, timeout=100,
            capture_output=True, check=False,
            env=self.environment(**environment))
        return done.returncode, done.stdout + done.stderr

    def scenario(self, name, **more):
        path = self.folder / f"{name}.scenario.json"
        path.write_text(json.dumps({**SIMPLE, **more}, indent=1))
        return path

    def tests(self, *tests):
        """Writes test functions, each as its first line and the others."""
        (self.folder / "test_it.py").write_text(
            "import smtplib\n\n\n"
            "def send(host, to='b@b.example'):\n"
            "    with smtplib.SMTP(host.address, host.port) as client:\n"
            "        client.sendmail('a@a.example', to, 'Subject: x\\n\\nx')\n"
            + "".join(f"\n\ndef {first}\n" + "".join(
                f"    {line}\n" for line in lines)
                for first, *lines in tests))

    def cases(self):
        """Of report.xml: what each test that failed was told."""
        cases = ElementTree.parse(self.folder / "report.xml").iter("testcase")
        return {case.get("name"): "".join(
            (told.get("message") or "") + (told.text or "")
            for tag in ("failure", "error") for told in case.iter(tag))
            for case in cases}


@pytest.fixture
def project(python, tmp_path, bin_dir):
    folder = tmp_path / "project"
    folder.mkdir()
    return Project(python, folder, bin_dir)


# ---- scenarios as items ----

def test_cases_are_items(project):
    project.scenario("one", tags=["slow", "first"])
    project.scenario("many", matrix={"code": ["431", "452"]}, hosts={
        "mx1": {"address": "10.1.1.11"},
        "mx2": {"address": "10.1.1.12",
                "rules": [{"on": "banner", "reply": "${code} no",
                           "optional": True}]}})
    code, out = project.run("--collect-only", "-q", "--strict-markers")
    assert (code, out.splitlines()[:3]) == (0, [
        "many.scenario.json::code=431", "many.scenario.json::code=452",
        "one.scenario.json::one"])
    code, out = project.run("-q", "-m", "slow and first")
    assert code == 0 and "1 passed, 2 deselected" in out
    project.scenario("one", tags="slow")
    code, out = project.run("-q", "-m", "slow")
    assert code == 0 and "1 passed, 2 deselected" in out
    code, out = project.run("-q", "-k", "many and 452")
    assert code == 0 and "1 passed, 2 deselected" in out
    code, out = project.run("-q", "many.scenario.json::code=452")
    assert code == 0 and "1 passed" in out


def test_live(project):
    """One that holds, one that does not, and one that cannot be run so."""
    project.scenario("held")
    project.scenario("wrong", expect=[{"delivered": {"mx1": 2}}])
    project.scenario("simulated", network=[
        {"between": ["relay", "mx1"], "latency": "20ms"}])
    code, out = project.run("--mode", "live", "-rs", "-q",
                            TMPDIR=str(project.folder))
    assert code == 1 and "1 failed, 1 passed, 1 skipped" in out
    assert "not run live: it has a \"network\"" in out
    assert "expect[0] delivered" in out and "said by the way" in out


@pytest.mark.parametrize("words, told", [
    (["--relay", "postfix"], "--relay needs --mode live"),
    (["--mode", "live", "--relay", "carrier-pigeon"],
     "--relay carrier-pigeon is not known")])
def test_relay_option(project, words, told):
    project.scenario("held")
    code, out = project.run(*words)
    assert code != 0 and told in out


def test_failure_is_the_explanation(project):
    project.scenario("wrong", expect=[{"delivered": {"mx1": 2},
                                       "because": "two were sent"}])
    code, out = project.run("--junitxml=report.xml")
    assert code == 1
    assert "expect[0] delivered" in out
    assert "because   two were sent" in out
    assert "faultpost run -v" in out            # how to see it again
    assert "Traceback" not in out and "collect.py" not in out
    timeline = out.index("Captured timeline call")
    log = out.index("Captured mail log call")
    assert "#1 ok 1" in out[timeline:log]
    assert "Message done DCID 1 MID 1 to RID [0]" in out[log:]
    [case] = ElementTree.parse(project.folder / "report.xml").iter("testcase")
    assert case.get("name") == "wrong"
    assert "two were sent" in case.find("failure").text


def test_what_is_no_scenario(project):
    project.scenario("typo", hots={})
    project.scenario("tags", tags=["_x", "", 3])
    code, out = project.run("typo.scenario.json", "tags.scenario.json")
    assert code == 1 and 'unknown key "hots"' in out
    assert "did you mean" in out and "Traceback" not in out
    assert "/tags/0: expected a tag" in out
    for text, wrong in {'{"title": ': "1:11: ", "[" * 9999: "1:2049: nested",
                        "[1]": "1:1: expected an object"}.items():
        (project.folder / "cut.scenario.json").write_text(text)
        code, out = project.run("cut.scenario.json")
        assert code == 2 and f"cut.scenario.json:{wrong}" in out
        assert "collect.py" not in out


def test_seed_and_profiles(project):
    folder = project.folder / "profiles"
    folder.mkdir()
    (folder / "full.json").write_text(json.dumps({
        "title": "Full", "rules": [{"on": "rcpt", "reply": "452 4.3.1 full",
                                    "times": 1}]}))
    project.scenario("one", hosts={"mx1": {"address": "10.1.1.11",
                                           "profile": "full"}})
    code, out = project.run("--scenario-profiles", "profiles",
                            "--scenario-seed", "7")
    assert code == 0, out


def test_library_over_workers(project, root):
    code, out = project.run("-q", "-n", "2", root / "scenarios" / "failover",
                            "-p", "no:randomly", "-c", project.folder
                            / "pytest.ini")
    assert code == 0, out
    assert " passed in " in out


# ---- fixtures ----

WRONG = {
    "idle(smtp_host)": (
        ["smtp_host.on('rcpt').reply('452 no')"],
        "smtp-host: on rcpt: reply 452: never acted: no client came to stage"),
    "stage(smtp_host)": (
        ["smtp_host.on('rctp').reply('452 no')"], "RuleRefused: /rule/on:"),
    "word(smtp_host)": (
        ["smtp_host.on('rcpt').reply('452 no').tims(2)"],
        "no attribute 'tims'"),
    "half(smtp_host)": (
        ["smtp_host.on('rcpt').times(2).acted"],
        "on('rcpt') says not yet what to do"),
    "wait(smtp_host)": (
        ["send(smtp_host)", "smtp_host.wait(messages=2, timeout=0.1)"],
        "smtp-host had 1 messages after 0.1 s; expected 2"),
    "key(smtp_hosts)": (
        ["smtp_hosts(mx1={'tsl': True})"], 'unknown key "tsl"'),
    "log(mail_log)": (
        ["mail_log.wait('message_done', timeout=0.1, mid=1)"],
        "0 of 1 records message_done mid=1 after 0.1 s"),
    "route(smtp_hosts, relay)": (
        ["relay(smtp_hosts('mx'), 'example.com ??')"],
        "DaemonFailed: faultpost-relay did not begin: "),
    "control(smtp_hosts, relay)": (
        ["relay(smtp_hosts('mx'), 'a.example mx').ctl('stauts')"],
        "ControlFailed: "),
    "sim_held(sim)": (
        ["sim.host('mx1')", "sim.route('example.com mx1')",
         "sim.inject('a@example.com')", "sim.expect(delivered={'mx1': 2})",
         "sim.run()"], "wanted    mx1: 2, and nothing else"),
    "sim_read(sim)": (
        ["sim.host('mx1').on('rctp', reply='452 no')", "sim.run()"],
        "/hosts/mx1/rules/0/on"),
}


def test_what_goes_wrong_is_told(project):
    project.tests(*[(f"test_{name}:", *lines)
                    for name, (lines, _) in WRONG.items()])
    code, out = project.run("--junitxml=report.xml")
    assert code == 1
    told = project.cases()
    for name, (_, wanted) in WRONG.items():
        assert wanted in told[f"test_{name.partition('(')[0]}"], out


def test_rules_of_a_host(project):
    """Each word of a rule that Python has; what is optional need not act."""
    project.tests((
        "test(smtp_hosts):",
        "mx = smtp_hosts('mx')['mx']",
        "mx.on('data').drop().nth(3).per('connection').optional()",
        "mx.on('rcpt').match('x').sender('*@z').every(2).stall().optional()",
        "mx.on('mail').first(1).raw('250 ok\\\\r\\\\n').optional()",
        "gone = mx.on('eod').reply('552 no').then_close()",
        "gone.remove()",
        "slow = mx.on('eod').delay('10ms')",
        "send(mx)",
        "assert slow.acted == 1",
        "assert mx.wait(1)[0].content.endswith(b'x')"
        " or mx.messages[0].content.endswith(b'x\\r\\n')",
        "mx.refuse(); mx.up(); mx.silence(); mx.up()",
        "send(mx)",
        "assert mx.connections == 2 and len(mx.hosts.messages) == 2"))
    assert project.run()[0] == 0


def test_no_proxy_is_asked(project):
    """One of the machine's does not reach our loopback, or is not there."""
    project.tests((
        "test_proxy(smtp_host):", "send(smtp_host)",
        "assert smtp_host.messages[0].content"))
    code, out = project.run(http_proxy="http://127.0.0.1:9", no_proxy="")
    assert code == 0, out


def test_dns_of_the_hosts(project):
    project.tests((
        "test(smtp_hosts):",
        "import dns_question",
        "hosts = smtp_hosts('mx1.example.com', dns={'example.com':"
        " {'MX': ['10 mx1.example.com']}})",
        "assert dns_question.ask(hosts.dns_server, 'mx1.example.com')"
        " == [hosts['mx1.example.com'].address]"))
    (project.folder / "dns_question.py").write_text(
        "import dnslib\n\n\n"
        "def ask(server, name):\n"
        "    host, port = server.rsplit(':', 1)\n"
        "    answer = dnslib.DNSRecord.question(name).send(host, int(port))\n"
        "    return [str(r.rdata) for r in dnslib.DNSRecord.parse(answer).rr]\n")
    code, out = project.run("-p", "no:cacheprovider", PYTHONPATH=str(
        project.folder))
    assert code == 0, out


def test_relay_restarts_with_its_queue(project):
    project.tests((
        "test(smtp_hosts, relay, mail_log):",
        "hosts = smtp_hosts('mx')",
        "hosts['mx'].refuse()",
        "station = relay(hosts, 'b.example mx')",
        "send(station)",
        "mail_log.wait('pending', mid=1)",
        "station.restart()",
        "hosts['mx'].up()",
        "station.ctl('delivernow', 'all')",
        "mail_log.wait('message_done', mid=1)",
        "assert len(hosts['mx'].wait()) == 1"))
    code, out = project.run()
    assert code == 0, out


def test_missing_programs(project):
    project.scenario("one")
    project.tests(("test(smtp_host):", "pass"))
    for words, environment, place in [
            ((), {"FAULTPOST_BIN": "", "PATH": "/nowhere"}, "on PATH"),
            (("--faultpost-bin", "no/where"), {},
             f"in {project.folder}/no/where")]:
        code, out = project.run("test_it.py", *words, **environment)
        assert code == 1
        assert f"faultpost is not {place}. Build it (./dev build" in out
        assert "--faultpost-bin FOLDER" in out and "Traceback" not in out
        code, out = project.run("one.scenario.json", *words, **environment)
        assert code == 2 and f"faultpost is not {place}." in out


def test_ini_names_the_folder(project):
    (project.folder / "pytest.ini").write_text(
        f"[pytest]\nfaultpost_bin = {os.path.relpath(project.bin_dir, project.folder)}\n")
    project.scenario("one")
    code, out = project.run(FAULTPOST_BIN="/nowhere")
    assert code == 0, out


def test_nothing_is_left_of_a_killed_run(project):
    """The daemons end with pytest, however that ends."""
    project.tests((
        "test(smtp_hosts, relay, mail_log):",
        "import os, signal",
        "hosts = smtp_hosts('mx')",
        "station = relay(hosts, 'b.example mx')",
        "mail_log.wait('begin_logfile')",
        "pids = [hosts.daemon.process.pid, station.daemon.process.pid,"
        " mail_log._process.pid]",
        "print(*pids, flush=True)",
        "signal.pause()"))
    process = subprocess.Popen(
        project.command("-s", "-q"), cwd=project.folder, text=True,
        env=project.environment(), stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT)
    watched = [os.pidfd_open(int(pid))
               for pid in process.stdout.readline().split()]
    assert len(watched) == 3
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=20)
    for watch in watched:
        assert ends(watch)
        os.close(watch)


def ends(descriptor):
    """Whether the process behind it ends."""
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        return bool(selector.select(20))


# ---- the example, and the other way to install it ----

def test_example(python, root, tmp_path, bin_dir):
    """docs/examples/mailers, as its page says, by two workers."""
    shutil.copytree(root / "docs/examples/mailers", tmp_path / "mailers")
    project = Project(python, tmp_path / "mailers", bin_dir)
    shutil.copy(root / "docs/examples/mailers/pytest.ini",
                project.folder / "pytest.ini")
    code, out = project.run("-n", "2", "--junitxml=report.xml")
    assert code == 0, out
    cases = list(ElementTree.parse(project.folder / "report.xml")
                 .iter("testcase"))
    assert len(cases) >= 15
    assert not [c for c in cases if c.find("skipped") is not None]


def test_installed_by_cmake(root, build_dir, tmp_path):
    """The metadata name the entry point, as those that pip makes do."""
    subprocess.run(["cmake", "--install", build_dir, "--prefix", tmp_path],
                   check=True, capture_output=True)
    path = tmp_path / "lib/python3/dist-packages"
    wanted = tomllib.loads((root / PLUGIN / "pyproject.toml").read_text())
    told = subprocess.run(
        [sys.executable, "-c",
         "import importlib.metadata as m, json; d = m.distribution("
         "'pytest-faultpost'); print(json.dumps([d.version, [[e.group, e.name,"
         " e.value] for e in d.entry_points]]))"],
        env={**os.environ, "PYTHONPATH": str(path)}, check=True, text=True,
        capture_output=True).stdout
    [(group, points)] = wanted["project"]["entry-points"].items()
    assert json.loads(told) == [wanted["project"]["version"], [
        [group, name, value] for name, value in points.items()]]
    assert (path / "pytest_faultpost" / "py.typed").exists()
    assert sorted(p.name for p in (path / "pytest_faultpost").iterdir()) == [
        p.name for p in sorted(
            (root / PLUGIN / "src/pytest_faultpost").iterdir())
        if p.name != "__pycache__"]
