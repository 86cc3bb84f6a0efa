# SPDX-License-Identifier: MIT
"""A small mailer, as many programs have one: it tries each of its hosts, tries
again what was refused for now, and says who was refused for good."""
from __future__ import annotations

import smtplib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

Address = tuple[str, int]


@dataclass
class Result:
    """What became of a message."""

    accepted: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)  # with the reply
    waiting: list[str] = field(default_factory=list)


def send(hosts: Sequence[Address], sender: str, recipients: Sequence[str],
         message: bytes, tries: int = 3, wait_s: float = 60.0,
         pause: Callable[[float], None] = time.sleep,
         timeout_s: float = 30.0) -> Result:
    """Gives each recipient to the first host that takes it; a host that is
    down or answers 4xx is left for the next.  After each round `pause` lets
    `wait_s` seconds pass."""
    result = Result(waiting=list(recipients))
    for round_number in range(tries):
        if round_number > 0:
            pause(wait_s)
        for host in hosts:
            if result.waiting:
                _offer(host, sender, message, result, timeout_s)
    return result


def _offer(host: Address, sender: str, message: bytes, result: Result,
           timeout_s: float) -> None:
    offered = result.waiting
    try:
        with smtplib.SMTP(*host, timeout=timeout_s) as client:
            errors = client.sendmail(sender, offered, message)
    except smtplib.SMTPRecipientsRefused as error:
        errors = error.recipients
    except smtplib.SMTPResponseException as error:
        errors = {r: (error.smtp_code, error.smtp_error) for r in offered}
    except (OSError, smtplib.SMTPException):
        return
    result.waiting = []
    for recipient in offered:
        code, text = errors.get(recipient, (250, b""))
        if code < 300:
            result.accepted.append(recipient)
        elif code >= 500:
            result.refused[recipient] = f"{code} {_text(text)}"
        else:
            result.waiting.append(recipient)


def _text(reply: bytes | str) -> str:
    return reply.decode(errors="replace") if isinstance(reply, bytes) else reply
