# SPDX-License-Identifier: MIT
"""Mutants of logs and transcripts: what was right is altered in one way, by
which one subject of the judge must fail, and no other.

A base is a scenario without expectations.  A mutant is (subject, base, what
was done, the expectation in question or None, how it is done): a function that
alters the Evidence, or a dictionary of keys that the scenario had when its
witnesses were made (another world, judged as if it were the base's), and of
those with which it is judged."""
import copy
import datetime
import json
import re

STAMP = "%a %b %d %H:%M:%S %Y"
THREE = {"a": {"address": "10.1.1.1"}, "b": {"address": "10.1.1.2"},
         "c": {"address": "10.1.1.3"}}
OTHER = "example.org [10.1.1.2]"
SILENT_SENDER = {"bounce": {"hard_bounces": False}}
FOUR = [{"count": 4, "every": "10s", "to": "u{n}@example.com"}]
ONE = [{"to": "u@example.com"}]


def base(routes, hosts=None, inject=None, **more):
    return {"title": "a base", "routes": [f"example.com {routes}", OTHER],
            "hosts": {**THREE, **(hosts or {})}, "inject": inject or FOUR,
            "relay": SILENT_SENDER, **more}


def host(number, **rule):
    return {"address": f"10.1.1.{number}", "rules": [rule]}


FULL = {"on": "banner", "reply": "431 4.3.1 Mail system full",
        "optional": True}
LATER = {"on": "rcpt", "first": 1, "reply": "451 4.3.0 Later",
         "optional": True}
# Another message, to another domain, long behind the first.
AND_MORE = [*ONE, {"at": "200s", "to": "u@example.org"}]
TURNS = "[10.1.1.1]/pri=0, [10.1.1.2]/pri=0, [10.1.1.3]/pri=10"
BASES = {
    "turns": base(TURNS),
    "three": base("[10.1.1.1], [10.1.1.2], [10.1.1.3]"),
    "standby": base("[10.1.1.1]/pri=0, [10.1.1.2]/pri=10", inject=ONE),
    "full": base(TURNS, {"a": host(1, **FULL)}, FOUR[:1]),
    "full of three": base("[10.1.1.1], [10.1.1.2], [10.1.1.3]",
                          {"a": host(1, **FULL)}, ONE),
    "full once": base(TURNS, {"a": host(1, **FULL)}, ONE),
    "later": base("[10.1.1.1]", {"a": host(1, **LATER)}, AND_MORE),
    "twice": base("[10.1.1.1]", {"a": host(1, **{**LATER, "first": 2})}, ONE),
    "stuck": base("[10.1.1.1]", {"a": host(1, **{**LATER, "first": 99})}, ONE,
                  until="100s"),
    "expiry": base("[10.1.1.1]", {"a": host(1, **{**LATER, "first": 99})}, ONE,
                   relay={"bounce": {"hard_bounces": False, "max_retries": 1}}),
    "refused": base("[10.1.1.1]", {"a": host(
        1, on="rcpt", reply="550 5.1.1 No such user")}, ONE),
    "told": base("[10.1.1.1]", {"a": host(
        1, on="rcpt", reply="550 5.1.1 No such user")}, AND_MORE, relay={}),
    "dropped": base("/dev/null", inject=[{"count": 2, "to": "u@example.com"}]),
    "backlog": base("[10.1.1.1]", inject=[
        {"count": 6, "to": "u{n}@example.com"}]),
    "crowded": base("[10.1.1.1]/pri=0, [10.1.1.2]/pri=10", {"a": {
        "address": "10.1.1.1", "limits": {"connections": 1},
        "rules": [{"on": "eod", "delay": "5s"}]}},
        [{"count": 2, "to": "u{n}@example.com"}]),
    # 3 s behind its wait's begin a success releases it.
    "released": base("[10.1.1.1]", {"a": host(
        1, on="rcpt", to="full@example.com", first=3,
        reply="452 4.2.2 Mailbox full")},
        [{"to": "full@example.com"},
         {"count": 3, "every": "3s", "at": "3s", "to": "u{n}@example.com"}]),
    # A second domain finds the host refusing while a connection of the first
    # stands: it is down then, and what is ready waits for that connection.
    "served": {**base("[10.1.1.1]", {"a": host(1, on="eod", delay="5s")}, [
        {"count": 3, "to": "u{n}@example.com"},
        {"at": "2s", "to": "u@example.org"}]),
        "routes": ["example.com [10.1.1.1]", "example.org [10.1.1.1]"],
        "timeline": [{"at": "1s", "host": "a", "state": "refuse"},
                     {"at": "30s", "host": "a", "state": "up"}],
        "relay": {"bounce": {"hard_bounces": False, "max_retries": 0},
                  "destconfig": [
                      "[example.com]", "limit_type = host",
                      "limit_apply = system", "max_host_concurrency = 1"]}},
    "secret": base("[10.1.1.1]", {"a": {"address": "10.1.1.1", "tls": {}}}, ONE,
                   relay={**SILENT_SENDER, "destconfig": [
                       "[example.com]", "table_tls = require"]}),
}


class Evidence:
    """The lines of a log, and the events of a transcript."""
    def __init__(self, log, talk):
        self.log = log.splitlines()
        self.talk = [json.loads(line) for line in talk.splitlines()]

    def find(self, text):
        return next(i for i, line in enumerate(self.log) if text in line)

    def drop(self, *texts):
        """Each line with one of these at the ends of words."""
        pattern = re.compile("|".join(f"(?:{re.escape(text)})(?![0-9])"
                                      for text in texts))
        kept = [line for line in self.log if not pattern.search(line)]
        assert len(kept) < len(self.log), texts
        self.log = kept

    def edit(self, old, new):
        lines = [line.replace(old, new) for line in self.log]
        assert lines != self.log, old
        self.log = lines

    def put(self, behind, *texts):
        """Lines of the same second behind the first one with that text."""
        i = self.find(behind)
        self.log[i + 1:i + 1] = [f"{self.log[i][:24]} Info: {text}"
                                 for text in texts]

    def later(self, text, seconds):
        """That line and all behind it come so much later, or earlier."""
        start = self.find(text)
        limit = datetime.datetime.strptime(self.log[start][:24], STAMP)
        for i in range(start, len(self.log)):
            when = datetime.datetime.strptime(self.log[i][:24], STAMP)
            when += datetime.timedelta(seconds=seconds)
            stamp = when.strftime(STAMP).replace(" 0", "  ", 1)
            self.log[i] = stamp + self.log[i][24:]
        for event in self.talk:
            when = datetime.datetime.fromisoformat(
                event["time"].rstrip("Z"))
            if when >= limit:
                when += datetime.timedelta(seconds=seconds)
                event["time"] = when.strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def swap(self, one, other):
        i, k = self.find(one), self.find(other)
        self.log[i], self.log[k] = self.log[k], self.log[i]

    # ---- transcripts

    def forget(self, connection, event=None):
        """A connection, or one kind of event on it, is not seen."""
        kept = [one for one in self.talk if one["connection"] != connection or
                event not in (None, one["event"])]
        assert len(kept) < len(self.talk)
        self.talk = kept

    def again(self, connection, event, times=1):
        i = next(i for i, one in enumerate(self.talk)
                 if one["connection"] == connection and one["event"] == event)
        self.talk[i:i] = [copy.deepcopy(self.talk[i]) for _ in range(times)]

    def violate(self, connection, note):
        i = next(i for i, one in enumerate(self.talk)
                 if one["connection"] == connection and one["event"] == "in")
        event = {key: self.talk[i][key]
                 for key in ("time", "host", "connection")}
        self.talk.insert(i + 1, {**event, "event": "violation", "note": note})

    # ---- both

    def without(self, *mids):
        """Messages that never were, with connections of their numbers."""
        for mid in mids:
            self.drop(f"MID {mid}", f"DCID {mid}")
            self.forget(mid)

    def goes_to(self, dcid, number):
        """The connection goes to the host 10.1.1.NUMBER."""
        old = next(one["server"] for one in self.talk
                   if one["connection"] == dcid and one["event"] == "open")
        ip = f"10.1.1.{number}"
        for i, line in enumerate(self.log):
            if re.search(rf"DCID {dcid}\b", line):
                self.log[i] = line.replace(old.rpartition(":")[0], ip)
        for one in self.talk:
            if one["connection"] == dcid:
                one["host"] = "abc"[number - 1]
                if "server" in one:
                    one["server"] = f"{ip}:25"


def done_again(dcid, connection):
    def change(e):
        e.put("Message finished MID 1 done",
              f"Message done DCID {dcid} MID 1 to RID [0]")
        e.again(connection, "message")
    return change


def never_done(e):
    e.drop("Message done DCID 4 MID 4", "MID 4 RID [0] Response")
    e.forget(4, "message")


def no_bounce_message(e):
    e.drop("MID 2", "DCID 2")
    e.forget(2)


def bounces_instead(e):
    """The last message is refused where it was taken."""
    i = e.find("Message done DCID 4 MID 4")
    e.log[i:i + 2] = [e.log[i][:24] + " Info: Bounced: DCID 4 MID 4 to RID 0 - "
                      "5.1.0 - Unknown address error ('550', ['5.1.1 no']) []"]
    e.forget(4, "message")


def delivers_instead(e):
    i = e.find("Bounced: DCID 1 MID 1")
    e.log[i] = e.log[i][:24] + " Info: Message done DCID 1 MID 1 to RID [0]"
    seen(e)


def seen(e):
    """Connection 1 takes a message, where it said no."""
    i = max(i for i, one in enumerate(e.talk)
            if one["connection"] == 1 and one["event"] == "in" and
            "RCPT" in one["bytes"])
    event = {key: e.talk[i][key] for key in ("time", "host", "connection")}
    e.talk.insert(i + 1, {**event, "event": "message", "size": 1000,
                          "from": "sender@example.net",
                          "to": ["u@example.com"]})


def delivers_at_last(e):
    """The retry that was refused succeeds."""
    e.drop("pending till Wed Jul  2 09:18:08 2014")
    i = e.find("Delayed: DCID 2 MID 1")
    stamp = e.log[i][:24]
    e.log[i:i + 1] = [f"{stamp} Info: Message done DCID 2 MID 1 to RID [0]",
                      f"{stamp} Info: Message finished MID 1 done"]
    i = max(i for i, one in enumerate(e.talk)
            if one["connection"] == 2 and one["event"] == "in" and
            "RCPT" in one["bytes"])
    event = {key: e.talk[i][key] for key in ("time", "host", "connection")}
    e.talk.insert(i + 1, {**event, "event": "message", "size": 1000,
                          "from": "sender@example.net",
                          "to": ["u@example.com"]})


def copies(mid, new):
    """A message more, which went the same way."""
    def change(e):
        e.log += [line.replace(f"MID {mid}", f"MID {new}") for line in e.log
                  if re.search(rf"MID {mid}\b", line)]
    return change


def put(behind, *texts):
    return lambda e: e.put(behind, *texts)


def edit(old, new):
    return lambda e: e.edit(old, new)


def drop(*texts):
    return lambda e: e.drop(*texts)


def without(*mids):
    return lambda e: e.without(*mids)


def goes_to(dcid, number):
    return lambda e: e.goes_to(dcid, number)


def later(text, seconds):
    return lambda e: e.later(text, seconds)


def forget(connection, event=None):
    return lambda e: e.forget(connection, event)


def violate(note):
    return lambda e: e.violate(1, note)


def both(*changes):
    def change(e):
        for one in changes:
            one(e)
    return change


def hosts(**changed):
    """The witnesses are of these hosts."""
    return {"hosts": {**THREE, **changed}}


def waits(span):
    """By a profile with this first wait."""
    relay = {"bounce": {"hard_bounces": False, "initial_wait": span}}
    return {"relay": relay, "judged": {"relay": relay}}


def shares(**limits):
    """Judged by these destination controls, under which it did not run."""
    return {"judged": {"relay": {**SILENT_SENDER, "destconfig": [
        "[example.com]", "limit_type = host", "limit_apply = system",
        *(f"{key} = {value}" for key, value in limits.items())]}}}


def reads(**delivery):
    """It ran by another reading than the one that it is judged by."""
    return {"relay": {**SILENT_SENDER, "delivery": delivery}}


def asked_again(e):
    """The connection that was turned away, a second time."""
    i = e.find("Connection Error: DCID 2")
    e.log[i + 1:i + 1] = [re.sub(r"DCID 2\b", "DCID 9", line) for line in
                          e.log[i - 1:i + 1]]
    talk = [one for one in e.talk if one["connection"] == 2]
    k = e.talk.index(talk[-1]) + 1
    e.talk[k:k] = [{**one, "connection": 9} for one in talk]


def requeued(e):
    """The 421 counts as a try of all that is ready."""
    e.put("Connection Error: DCID 2", "MID 2 to RID [0] pending till Wed Jul  "
          "2 09:16:08 2014 [Default]")


def given_up(e):
    """The last message bounces, where it has a connection to wait for."""
    e.drop("Delivery start DCID 1 MID 3", "Message done DCID 1 MID 3",
           "MID 3 RID [0] Response", "Message finished MID 3")
    e.put("Connection Error: DCID 2", "Bounced: DCID 0 MID 3 to RID 0 - 5.4.7 "
          "- Delivery expired (message too old) ('000', ['timeout']) []",
          "Message finished MID 3 done")
    i = max(i for i, one in enumerate(e.talk) if one["event"] == "message" and
            one["connection"] == 1)
    del e.talk[i]


def extra_counts(e):
    """The extra round has the wait of a second attempt behind it."""
    i = [k for k, line in enumerate(e.log) if "MID 1 to RID [0] pend" in line]
    e.log[i[1]] = e.log[i[1]].replace("09:16:08", "09:17:11")


def probed(mid):
    """It waits for the probe of the host."""
    return (f"MID {mid} to RID [0] pending till Wed Jul  2 09:16:10 2014 "
            "[Default]")


END = "Message finished MID 1 done"
EXTRA = ("New SMTP DCID 9 interface 10.0.0.5 address 10.1.1.1 port 25",
         "DCID 9 close")


def connects_again(e):
    """One connection more, to the host whose turn it is, for nothing."""
    e.put("DCID 4 close", *EXTRA)
    last = [one for one in e.talk if one["connection"] == 4]
    opened = {**last[0], "time": last[-1]["time"], "connection": 9,
              "host": "a", "server": "10.1.1.1:25"}
    e.talk += [opened, {**last[-1], "connection": 9, "host": "a"}]


LOG = {"log": ["MID {m} ICID {i} RID 0 To: <u4@example.com>",
               "Message done DCID {d} MID {m} to RID [0]",
               "MID {m} RID [0] Response '2.0.0 Ok: queued as b-4.1'",
               "Message finished MID {m} done"]}
NO_LOG = {"no_log": ["Warning: {}", "Bounced: {}", "reverse dns host {} "
                     "verified yes"]}
GOT = {"received": ["Subject: message 1", "Filler{}"], "host": "a",
       "to": "u1@example.com"}
NOT_GOT = {"no_received": "Subject: message 2", "host": "a"}

MUTANTS = [
    # ---- invariants
    ("conservation", "turns", "it is finished and nothing became of it", None,
     never_done),
    ("conservation", "told", "no bounce message is made", None,
     no_bounce_message),
    ("conservation", "turns", "a MID is given twice", None,
     put("Message finished MID 4 done", "Start MID 2 ICID 4")),
    ("no-duplicate", "turns", "done twice on one connection", None,
     done_again(1, 1)),
    ("no-duplicate", "full", "done again on the next connection", None,
     done_again(2, 2)),
    ("no-duplicate", "three", "done twice, the last", None,
     both(put("Message finished MID 4 done",
              "Message done DCID 4 MID 4 to RID [0]"),
          lambda e: e.again(4, "message"))),
    ("priority", "turns", "the last goes to a worse one", None, goes_to(4, 3)),
    ("priority", "standby", "the only one goes to the standby", None,
     goes_to(1, 2)),
    ("priority", "full once", "behind a full host a worse one is next", None,
     goes_to(2, 3)),
    ("rotation", "turns", "one host twice running", None, goes_to(4, 1)),
    ("rotation", "three", "a host is skipped", None, goes_to(4, 2)),
    ("rotation", "full of three", "behind a full host one is skipped", None,
     goes_to(2, 3)),
    ("back-off", "later", "a retry a second early", None,
     later("New SMTP DCID 2", -1)),
    ("back-off", "later", "a retry never comes", None,
     both(drop("DCID 2", "MID 1 RID [0] Response", END), forget(2))),
    ("back-off", "later", "the wait is another than the profile's", None,
     edit("pending till Wed Jul  2 09:16:", "pending till Wed Jul  2 09:17:")),
    ("back-off", "expiry", "given up a retry too early", None,
     {"judged": {"relay": {"bounce": {"hard_bounces": False,
                                      "max_retries": 9}}}}),
    ("back-off", "twice", "nobody is warned of a delay", None,
     {"judged": {"relay": {"bounce": {"hard_bounces": False,
                                      "delay_warnings": True}}}}),
    ("permanence", "turns", "sent again when it has ended", None,
     put(END, "Delivery start DCID 1 MID 1 to RID [0]")),
    ("permanence", "refused", "bounced for a 4xx", None,
     edit("('550', ['5.1.1", "('450', ['4.1.1")),
    ("permanence", "turns", "delayed when it has ended", None,
     put(END, "Delayed: DCID 1 MID 1 to RID 0 - 4.3.1 - Mail system full "
         "('452', ['4.3.1 full']) []")),
    ("permanence", "turns", "deleted where no route says so", None,
     both(edit("Message done DCID 4 MID 4 to RID [0]", "Deleted: MID 4 to [0]"),
          forget(4, "message"))),
    ("limits", "backlog", "more connections than the domain may have", None,
     shares(max_host_concurrency=1)),
    ("limits", "backlog", "more messages on a connection than it may carry",
     None, shares(max_messages_per_connection=1)),
    ("limits", "backlog", "more connections than all domains may have", None,
     {"judged": {"relay": {**SILENT_SENDER, "delivery": {"concurrency": 1}}}}),
    ("limits", "crowded", "one more where the host took no more", None,
     asked_again),
    ("priority", "crowded", "left for a worse one, as if it had failed", None,
     reads(on_turned_away="fail")),
    ("back-off", "crowded", "what is ready is requeued, as if it had failed",
     None, requeued),
    ("back-off", "served", "requeued beside a connection at work", None,
     put("Connection Error: DCID 2", probed(3))),
    ("back-off", "served", "all that is ready is requeued beside it", None,
     put("Connection Error: DCID 2", probed(2), probed(3))),
    ("back-off", "served", "given up beside it", None, given_up),
    ("back-off", "released", "an extra round that counts as a retry", None,
     extra_counts),
    ("back-off", "released", "a wait cut short by each success", None,
     reads(releases="always")),
    ("two-witnesses", "turns", "a connection that no host has seen", None,
     forget(4)),
    ("two-witnesses", "turns", "done without a 250", None,
     forget(4, "message")),
    ("two-witnesses", "turns", "a 250 more than are done", None,
     lambda e: e.again(4, "message")),
    ("protocol", "turns", "a command before its turn", None,
     violate("DATA before the reply to RCPT")),
    ("protocol", "turns", "mail after 421", None, violate("mail after 421")),
    ("protocol", "turns", "a line too long", None,
     violate("a line of 1200 bytes")),
    ("protocol", "secret", "mail in clear where TLS is required", None,
     forget(1, "tls")),
    ("protocol", "secret", "the log does not say that TLS was had", None,
     drop("DCID 1 TLS success")),
    ("protocol", "secret", "mail behind a handshake that failed", None,
     edit("DCID 1 TLS success protocol TLSv1.3 cipher TLS_AES_256_GCM_SHA384",
          "DCID 1 TLS failed: (336142614, 'error')")),
    ("protocol", "turns", "in clear where TLS is preferred, and no word why",
     None, {"judged": {"relay": {**SILENT_SENDER, "destconfig": [
         "[example.com]", "table_tls = on"]}}}),
    # ---- expectations
    ("delivered", "turns", "a message gone", {"delivered": {"a": 2, "b": 2}},
     without(4)),
    ("delivered", "turns", "bounced instead", {"delivered": 4},
     bounces_instead),
    ("delivered", "full", "delivered by others", {"delivered": {"b": 4}},
     hosts()),
    ("bounced", "refused", "delivered instead", {"bounced": 1},
     delivers_instead),
    ("bounced", "refused", "another code", {"bounced": {"550": 1}},
     edit("('550', ['5.1.1", "('554', ['5.1.1")),
    ("bounced", "turns", "one that was to be delivered", {"bounced": 0},
     bounces_instead),
    ("dropped", "dropped", "a message gone", {"dropped": 2}, drop("MID 2")),
    ("dropped", "dropped", "a message more", {"dropped": 2}, copies(2, 3)),
    ("dropped", "dropped", "both gone", {"dropped": 2},
     drop("MID 1", "MID 2")),
    ("queued", "stuck", "a message gone", {"queued": 1},
     both(drop("MID 1", "DCID 1", "DCID 2"), forget(1), forget(2))),
    ("queued", "stuck", "delivered in the end", {"queued": 1},
     delivers_at_last),
    ("queued", "stuck", "bounced at once", {"queued": 1},
     hosts(a=host(1, on="rcpt", reply="550 5.1.1 no"))),
    ("attempts", "turns", "the last gone", {"attempts": [*"abab"]},
     without(4)),
    ("attempts", "turns", "one more, for nothing", {"attempts": [*"abab"]},
     connects_again),
    ("attempts", "full", "the first host takes it",
     {"attempts": ["a", "b"], "message": 1}, hosts()),
    ("fair", "turns", "the last gone", {"fair": ["a", "b"], "tolerance": 0},
     without(4)),
    ("fair", "turns", "all but the first gone",
     {"fair": ["a", "b"], "by": "messages", "tolerance": 0}, without(2, 3, 4)),
    ("fair", "turns", "one has all", {"fair": ["a", "b"], "by": "messages"},
     hosts(a=host(1, **FULL))),
    ("failover", "full of three", "none at all",
     {"failover": {"from": "a", "to": "b", "count": 1}}, hosts()),
    ("failover", "full of three", "the next host comes late",
     {"failover": {"from": "a", "to": "b", "within": "2s"}},
     later("New SMTP DCID 2", 9)),
    ("failover", "full of three", "the next one fails, too",
     {"failover": {"from": "b", "to": "c", "count": 0}},
     hosts(a=host(1, **FULL), b=host(2, **FULL))),
    ("requeue", "later", "a round more", {"requeue": ["60s"]},
     hosts(a=host(1, **{**LATER, "first": 2}))),
    ("requeue", "later", "no second round", {"requeue": ["60s"]}, hosts()),
    ("requeue", "later", "later than was expected",
     {"requeue": ["60s"], "tolerance": "2s"}, waits("90s")),
    ("within", "turns", "a host that thinks", {"within": "20s"},
     hosts(b=host(2, on="eod", delay="40s"))),
    ("within", "turns", "the last comes late", {"within": "20s"},
     later("Message done DCID 4 MID 4", 25)),
    ("within", "standby", "refused at first", {"within": "20s"},
     hosts(a=host(1, **LATER), b=host(2, **LATER))),
    ("log", "turns", "a word is another", LOG, edit("as b-4.1", "as b-4.2")),
    ("log", "turns", "a line is gone", LOG, drop("MID 4 RID [0] Response")),
    ("log", "turns", "two lines change places", LOG,
     lambda e: e.swap("MID 4 RID [0] Response", "Message finished MID 4")),
    ("no_log", "turns", "a warning", NO_LOG, edit("Subject 'message 4'",
                                                  "Warning: message 4")),
    ("no_log", "turns", "a bounce", NO_LOG, bounces_instead),
    ("no_log", "turns", "a host that is known", NO_LOG,
     edit("unknown verified no", "injector verified yes")),
    ("host_status", "standby", "down", {"host_status": {"a": "up"}},
     hosts(a={"address": "10.1.1.1", "state": "refuse"})),
    ("host_status", "standby", "never tried", {"host_status": {"a": "up"}},
     without(1)),
    ("host_status", "full", "down where it greeted",
     {"host_status": {"a": "up", "b": "up"}},
     hosts(a={"address": "10.1.1.1", "state": "unreachable"})),
    ("received", "turns", "another host took it", GOT,
     hosts(a=host(1, **FULL))),
    ("received", "turns", "another recipient", GOT,
     {"inject": [{"to": "v{n}@example.com"}]}),
    ("received", "turns", "another message", GOT,
     {"inject": [{"count": 2, "to": "u{n}@example.org"},
                 {"at": "10s", "to": "u1@example.com"}]}),
    ("no_received", "turns", "the other host was full", NOT_GOT,
     hosts(b=host(2, **FULL))),
    ("no_received", "turns", "its turn came earlier", NOT_GOT,
     {"inject": [{"to": "u@example.org"}, {"at": "9s", "to": "v@example.com"}]}),
    ("no_received", "turns", "all at once, on one connection", NOT_GOT,
     {"inject": [{"count": 4, "to": "u{n}@example.com"}]}),
]
