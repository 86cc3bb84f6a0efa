# SPDX-License-Identifier: MIT
"""Mail that meets failing hosts, in pytest.

`plugin` has the hooks and the fixtures, `collect` makes items of scenarios,
and the rest is what the fixtures give: `SmtpHost` and `SmtpHosts` (mock
servers), `Relay` (the relay as a process), `MailLog` (its log, waited for),
`Sim` (a scenario built in Python).  docs/pytest.md is the page about it.
"""
from .mail_log import Event, MailLog
from .programs import ProgramMissing, Programs
from .relay import Relay
from .sim import ScenarioFailed, Sim, SimResult
from .smtp_hosts import Message, Rule, RuleRefused, SmtpHost, SmtpHosts

__all__ = ["Event", "MailLog", "Message", "ProgramMissing", "Programs",
           "Relay", "Rule", "RuleRefused", "ScenarioFailed", "Sim",
           "SimResult", "SmtpHost", "SmtpHosts"]
