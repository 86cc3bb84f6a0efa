# SPDX-License-Identifier: MIT
"""What faultpost conformance asks of each relay, and where the manuals of those
that are not ours speak of what they do otherwise.  Nothing but tables."""
from typing import NamedTuple

# What is asked, and the case of the library that asks it.  Two hosts are of two
# priorities where it can be so: where equal hosts are in random order, a
# scenario of theirs tells of that alone.
NEXT = "stages/at-each-stage-next[stage={},priority=10,fault={}]"
CONTENT = "stages/in-the-content-next[priority=10,fault={}]"
FINAL = "stages/5xx-at-each-stage[stage={},left=another-of-priority-10,fault=5xx]"
BEHAVIOURS = [
    ("a host refuses connections: the next one",
     "failover/priority-state[state=refuse]"),
    ("a host cannot be reached: the next one",
     "failover/priority-state[state=unreachable]"),
    ("a host answers no SYN: the next one",
     "failover/priority-state[state=silent]"),
    ("no greeting: the next host", NEXT.format("banner", "silence")),
    ("the connection is reset at once: the next host",
     CONTENT.format("connect-reset")),
    ("a greeting of 4xx: the next host", NEXT.format("banner", "4xx")),
    ("a greeting of 421: the next host", NEXT.format("banner", "421")),
    ("a greeting of 5xx: the next host",
     "stages/5xx-greeting-next[priority=10,fault=5xx]"),
    ("a greeting that is no SMTP: the next host",
     NEXT.format("banner", "garbage")),
    ("4xx to EHLO: the next host", NEXT.format("ehlo", "4xx")),
    ("4xx to MAIL: the next host", NEXT.format("mail", "4xx")),
    ("421 to MAIL: the next host", NEXT.format("mail", "421")),
    ("MAIL is not answered: the next host", NEXT.format("mail", "silence")),
    ("4xx to the only recipient: the next host", NEXT.format("rcpt", "4xx")),
    ("4xx to one recipient of three: that one goes to the next host",
     "failover/priority-recipients"),
    ("4xx to DATA: the next host", NEXT.format("data", "4xx")),
    ("a host closes within the content: the next one",
     CONTENT.format("body-drop")),
    ("4xx behind the content: the next host", NEXT.format("eod", "4xx")),
    ("a host closes and does not answer the content: the next one",
     NEXT.format("eod", "drop")),
    ("the content is not answered: the next host",
     NEXT.format("eod", "silence")),
    ("5xx to MAIL: it bounces, and is asked nowhere else",
     FINAL.format("mail")),
    ("5xx to RCPT: it bounces, and is asked nowhere else",
     FINAL.format("rcpt")),
    ("5xx to DATA: it bounces, and is asked nowhere else",
     FINAL.format("data")),
    ("5xx behind the content: it bounces, and is asked nowhere else",
     FINAL.format("eod")),
    ("a better host is tried first for each message, however it failed the last",
     "failover/priority-452"),
    ("a host that is down is not asked for a minute, then probed",
     "failover/priority-probe"),
    ("the only host answers 4xx: tried again after a minute",
     "stages/at-each-stage-alone[stage=mail,fault=4xx]"),
    ("all hosts answer 4xx: waits that double", "requeue/priority-full"),
    ("greylisting: tried again after the first wait", "requeue/greylisting"),
    ("a delivery makes what waits for its domain due, and nothing else",
     "requeue/release-own-domain"),
    ("mail that is too old bounces", "bounce/too-old"),
    ("a bounce goes where its own domain's mail goes", "bounce/bounce-routed"),
    ("a message whose sender is null bounces to nobody", "bounce/null-sender"),
    ("equal hosts take turns", "fairness/turns"),
    ("a message goes over a connection that stands",
     "fairness/by-connection"),
    ("the backup gets nothing while an equal of the failed host works",
     "failover/priority-backup-unused"),
]


class Foreign(NamedTuple):
    """A relay that is not ours."""
    title: str
    version: list[str]  # the command that says it; {root}: where its package is
    libraries: str  # for that: folders below the package's, as a pattern
    # What speaks of what differs: by the behaviour, or by what was judged.
    manual: dict[str, str]


HELO_NEXT = "RFC 5321, 3.2: HELO behind a refused EHLO"
POSTFIX_CHOICE = "postconf(5) smtp_randomize_addresses"
POSTFIX_WAITS = ("postconf(5) minimal_backoff_time, maximal_backoff_time, "
                 "queue_run_delay")
EXIM_CHOICE = "spec 20.1 hosts_randomize"
EXIM_HINTS = "spec 49.2, 32.7: a host is not tried before its retry time"
EXIM_WAITS = "spec 32.7, 32.10"
OPENSMTPD_CHOICE = ("smtpd.conf(5) relay host does not say which of equal hosts "
                    "is taken: it was the first that is not set aside")
OPENSMTPD_ROUND = ("smtpd.conf(5) does not say where mail goes after a 4xx: it "
                   "waited, and went to the first host again")
OPENSMTPD_WAITS = ("smtpd.conf(5) queue ttl; how long mail waits it does not say: "
                   "it was tried again 400 s times the square of the number of "
                   "tries after it came")
FOREIGN = {
    "postfix": Foreign(
        title="Postfix",
        version=["{root}/usr/sbin/postconf", "-d", "-h", "mail_version"],
        libraries="usr/lib/postfix",
        manual={
            "rotation": POSTFIX_CHOICE,
            "fair": POSTFIX_CHOICE,
            "attempts": POSTFIX_CHOICE + ", smtp_mx_session_limit",
            "priority": "postconf(5) smtp_mx_session_limit, relayhost",
            "requeue": POSTFIX_WAITS,
            "back-off": POSTFIX_WAITS,
            "conservation": "bounce(8)",
            NEXT.format("ehlo", "4xx"): HELO_NEXT,
            "fairness/by-connection": POSTFIX_CHOICE,
        }),
    "exim": Foreign(
        title="Exim",
        # It says nothing where it has no user, as outside of the cage.
        version=["zcat", "{root}/usr/share/doc/exim4-daemon-light/"
                 "changelog.Debian.gz"],
        libraries="usr/lib/*-linux-*",
        manual={
            "rotation": EXIM_CHOICE,
            "fair": EXIM_CHOICE,
            "attempts": EXIM_HINTS,
            "priority": EXIM_HINTS,
            "requeue": EXIM_WAITS,
            "back-off": EXIM_WAITS,
            "conservation": "spec 50.1: one bounce message for a delivery",
            NEXT.format("ehlo", "4xx"): HELO_NEXT,
            "failover/priority-recipients":
                "RFC 5321, 4.5.3.1.10: behind a 452 the rest, once more",
            "bounce/too-old": "spec 32.11: it is tried once more",
            "fairness/by-connection": "spec 30.1: what waits for that host",
        }),
    "opensmtpd": Foreign(
        title="OpenSMTPD",
        version=["{root}/usr/sbin/smtpd", "-h"],
        libraries="usr/lib/*-linux-*",
        manual={
            "rotation": OPENSMTPD_CHOICE,
            "fair": OPENSMTPD_CHOICE,
            "fairness/by-connection": OPENSMTPD_CHOICE,
            "attempts": OPENSMTPD_ROUND,
            "delivered": OPENSMTPD_ROUND,
            "failover": OPENSMTPD_ROUND,
            "priority": OPENSMTPD_ROUND,
            "requeue": OPENSMTPD_WAITS,
            "back-off": OPENSMTPD_WAITS,
            NEXT.format("ehlo", "4xx"): HELO_NEXT,
            "failover/priority-452": OPENSMTPD_ROUND,
            "failover/priority-recipients": OPENSMTPD_ROUND,
            "failover/priority-probe": "smtpd.conf(5) does not say for how "
                "long a host is set aside: it was asked again sooner",
            **{NEXT.format(stage, fault): OPENSMTPD_ROUND
               for stage in ("mail", "rcpt", "data", "eod")
               for fault in ("4xx", "421", "silence", "drop")},
            CONTENT.format("body-drop"): OPENSMTPD_ROUND,
        }),
}
