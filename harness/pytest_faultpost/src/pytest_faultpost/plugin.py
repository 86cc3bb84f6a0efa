# SPDX-License-Identifier: MIT
"""The hooks and fixtures of pytest-faultpost."""
from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any, Protocol

import pytest

from .collect import PROGRAMS, SUFFIX, ScenarioFile
from .mail_log import MailLog
from .programs import ProgramMissing, Programs
from .relay import Relay
from .sim import Sim
from .smtp_hosts import SmtpHost, SmtpHosts


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("faultpost", "scenarios of mail that meets faults")
    group.addoption("--faultpost-bin", metavar="FOLDER",
                    help="where faultpost, faultpost-mock and faultpost-relay "
                         "are (else FAULTPOST_BIN, else PATH)")
    group.addoption("--mode", dest="faultpost_mode", default="sim",
                    choices=["sim", "live"],
                    help="run scenarios in virtual time (sim), or with real "
                         "processes in a network of their own (live)")
    group.addoption("--relay", dest="faultpost_relay", metavar="NAME[:AT]",
                    help="run scenarios live with this relay, as faultpost "
                         "run --relay takes it; needs --mode live")
    group.addoption("--scenario-profiles", dest="faultpost_profiles",
                    metavar="FOLDER",
                    help="look there first for the profiles that hosts name")
    group.addoption("--scenario-seed", dest="faultpost_seed", type=int,
                    metavar="N", help="use this seed, not the scenarios'")
    parser.addini("faultpost_bin", "the folder of the programs, from the "
                                   "ini file's", default="")


def pytest_configure(config: pytest.Config) -> None:
    if (config.getoption("faultpost_relay")
            and config.getoption("faultpost_mode") != "live"):
        raise pytest.UsageError("--relay needs --mode live")
    named = config.getoption("--faultpost-bin")
    ini = config.getini("faultpost_bin")
    folder = None
    if named:
        folder = (config.invocation_params.dir / named).resolve()
    elif ini:
        folder = (config.rootpath / ini).resolve()
    config.stash[PROGRAMS] = Programs(folder)


def pytest_collect_file(file_path: Path, parent: pytest.Collector,
                        ) -> ScenarioFile | None:
    if file_path.name.endswith(SUFFIX):
        file: ScenarioFile = ScenarioFile.from_parent(parent, path=file_path)
        return file
    return None


REPORTS = pytest.StashKey[dict[str, pytest.TestReport]]()


@pytest.hookimpl(hookwrapper=True, tryfirst=True)  # type: ignore[misc]
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, None]:
    """Fixtures look at how their test ended."""
    outcome = yield
    report = outcome.get_result()
    reports: dict[str, pytest.TestReport] = item.stash.get(REPORTS, {})
    item.stash[REPORTS] = {**reports, report.when: report}


def has_passed(request: pytest.FixtureRequest) -> bool:
    """Whether the test that is being torn down has passed."""
    report = request.node.stash.get(REPORTS, {}).get("call")
    return report is not None and bool(report.passed)


@pytest.fixture(scope="session")
def faultpost_programs(request: pytest.FixtureRequest) -> Programs:
    """Where the programs are; a test that needs one that is missing fails,
    and says what to do."""
    programs: Programs = request.config.stash[PROGRAMS]
    try:
        programs.find("faultpost")
        programs.find("faultpost-mock")
        programs.find("faultpost-relay")
    except ProgramMissing as error:
        pytest.fail(str(error), pytrace=False)
    return programs


class StartHosts(Protocol):
    """`smtp_hosts(mx1={}, mx2={"extensions": []}, dns={...})`."""

    def __call__(self, *names: str, dns: dict[str, Any] | None = None,
                 **hosts: dict[str, Any]) -> SmtpHosts: ...


@pytest.fixture
def smtp_hosts(request: pytest.FixtureRequest, tmp_path: Path,
               faultpost_programs: Programs,
               ) -> Generator[StartHosts, None, None]:
    """Starts hosts: `smtp_hosts("mx1", "mx2")`, or as a scenario describes
    them, `smtp_hosts(mx1={"extensions": []})`; with a zone in `dns`.

    A rule that never acted fails a test that has passed so far, unless it is
    optional.
    """
    running: list[SmtpHosts] = []

    def start(*names: str, dns: dict[str, Any] | None = None,
              **hosts: dict[str, Any]) -> SmtpHosts:
        folder = tmp_path / f"smtp-hosts-{len(running) + 1}"
        folder.mkdir()
        running.append(SmtpHosts(faultpost_programs, folder,
                                 {**{n: {} for n in names}, **hosts}, dns))
        return running[-1]

    yield start
    idle: list[str] = []
    for hosts in running:
        if has_passed(request) and hosts.daemon.is_running:
            idle += hosts.rules_that_never_acted()
        hosts.end()
    if idle:
        pytest.fail("\n".join(idle), pytrace=False)


@pytest.fixture
def smtp_host(smtp_hosts: StartHosts) -> SmtpHost:
    """One host, with the rules that the test gives it."""
    return smtp_hosts("smtp-host")["smtp-host"]


@pytest.fixture
def mail_log(tmp_path: Path, faultpost_programs: Programs,
             ) -> Generator[MailLog, None, None]:
    """The mail log of `relay`, or of the file that `follow` names."""
    log = MailLog(faultpost_programs, tmp_path / "mail.log")
    yield log
    log.end()


class StartRelay(Protocol):
    """`relay(hosts, "example.com mx1, mx2/pri=10", interface="127.0.0.1")`."""

    def __call__(self, hosts: SmtpHosts, *routes: str,
                 **config: Any) -> Relay: ...


@pytest.fixture
def relay(tmp_path: Path, faultpost_programs: Programs,
          ) -> Generator[StartRelay, None, None]:
    """Starts a relay that has routes to hosts; the fixture `mail_log` is the
    log of the first."""
    running: list[Relay] = []

    def start(hosts: SmtpHosts, *routes: str, **config: Any) -> Relay:
        number = len(running) + 1
        folder = tmp_path / f"relay-{number}"
        folder.mkdir()
        log = (tmp_path if number == 1 else folder) / "mail.log"
        running.append(Relay(faultpost_programs, folder, log, hosts, routes,
                             config))
        return running[-1]

    yield start
    for started in running:
        started.end()


@pytest.fixture
def sim(request: pytest.FixtureRequest, tmp_path: Path,
        faultpost_programs: Programs) -> Sim:
    """A scenario that the test builds, and runs in virtual time."""
    return Sim(faultpost_programs, tmp_path, request.node.name)
