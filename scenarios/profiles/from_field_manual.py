#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Writes the profiles of providers and filters from the SMTP Field Manual.

    from_field_manual.py FOLDER

FOLDER is a copy of its data (421.json ... EmailProviders.json, and LICENSE,
whose notice LICENSE.smtp-field-manual keeps here).  The manual has what a
server said, and not at which stage, how often, or under which name: these are
made up below, by the words of each reply.
"""
import json
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCE = "SMTP Field Manual (smtpfieldmanual.com), MIT; see LICENSE.smtp-field-manual"

# A reply's name and its stage: the first whose words it has.
KINDS = [
    ("queue-quota", "mail", r"queue quota"),
    ("over-quota", "rcpt", r"over ?quota|quota (exceeded|violation)|size limit exceeded|storage allocation|boite .* pleine"),
    ("greylisted", "rcpt", r"greylist"),
    ("license-expired", "mail", r"license expired"),
    ("unverified-recipient", "rcpt", r"unverified address|undeliverable address"),
    ("timeout", "idle", r"timeout exceeded"),
    ("rate-limited", "mail", r"unusual rate"),
    ("recipient-rate", "rcpt", r"user.*(rate|too quickly)|recipient has exceeded|their limit|can send to this recipient|recent messages|deferred due to excessive volume"),
    ("rate-limited", "mail", r"rate.?limit|max message per|concurrent connections|unexpected volume|frequency limited"),
    ("too-many-errors", "rcpt", r"too many errors"),
    ("dmarc", "eod", r"dmarc"),
    ("spf", "mail", r"\bspf\b"),
    ("virus", "eod", r"virus"),
    ("attachment", "eod", r"attachment|banned content"),
    ("too-big", "eod", r"message size limits"),
    ("spam-url", "eod", r"spam url|domain present in the spamhaus"),
    ("bad-headers", "eod", r"from: header|headers are not|header based|anti-spoof|spoofed"),
    ("no-reverse-dns", "mail", r"reverse dns|\bptr\b"),
    ("unknown-sender", "mail", r"sender address rejected|domain of sender|emetteur|doesn't allow sending|invalid dns mx"),
    ("loop", "rcpt", r"loop detected"),
    ("relaying-denied", "rcpt", r"relaying|relay access|open relay|as a relay"),
    ("disabled", "rcpt", r"disabled|inactiv|deactivated"),
    ("blocked", "mail", r"spamhaus|block list|blocked using|banned sending|adresse ip|block for spam|ip reputation|ip address is block|ip based|not accepted from servers|requires that all|connections will not be accepted|not allowed - 5\.7\.1|cloudmark|block-send"),
    ("spam", "eod", r"spam|unsolicited|suspicious|reputation"),
    ("no-such-user", "rcpt", r"not exist|user unknown|unknown user|no such user|not found|not our customer|invalid.?recipient|invalid mailbox|mailbox unavailable|unallocated|no longer valid|doesn't have|not in recipient|misspelled|addressee unknown|not a valid email|marked as invalid|unavailable or access|destinataire invalide|blank mailhost|mailbox unavailable"),
    ("bad-address", "rcpt", r"syntax|invalid address|not a valid rfc|no-domain|database returned|forwarding recipient"),
    ("blocked-recipient", "rcpt", r"<.*blocked|block-rcpt|customized-block|:blocked"),
    ("recipient-unavailable", "rcpt", r"recipient (temporarily )?unavailable|domain failure"),
    ("envelope-blocked", "mail", r"envelope (blocked|rejected)"),
    ("content", "eod", r"content denied|message filtered|not allowed - \[299"),
    ("policy", "rcpt", r"<.*(policy|policies|rejected)|target address|mailbox delivery|access denied|delivering to mailboxes|recipients"),
    ("policy", "eod", r"policy|policies|prohibit"),
    ("out-of-service", "banner", r"^421 .*(service (not|temporarily)|temporary failure)"),
    ("temporary-failure", "mail", r"temporar|try again|unavailable|come back|internal server|resources|system error|replicated"),
]
SAID_STAGES = [
    (r"\(in reply to RCPT TO", "rcpt"),
    (r"\(in reply to end of DATA", "eod"),
    (r"in reply to MAIL FROM|after MAIL FROM", "mail"),
    (r"after initial connection|comcast block for spam", "banner"),
]
CLIENT = r"x\.xx\.xx\.xx?|xx\.xx\.xx\.xx|0\.0\.0\.0|\bx\.x\.x\.x\b"
RECIPIENT = r"(?:example|email)@[a-z0-9.-]*[a-z0-9]"
# So many of a thousand, while a stage of a server has no more than LOAD.
WEIGHT_4XX, WEIGHT_5XX, LOAD = 20, 10, 300


def clean(code, text):
    """What the server said, as reply lines, and at which stage if it is told."""
    stage = next((s for words, s in SAID_STAGES if re.search(words, text, re.I)), None)
    text = re.sub(r"\s+", " ", text.replace("\u2019", "'")).strip()
    text = re.sub(r"\s*\(in reply to [^)]*\)\)?,?", "", text)
    said = re.search(r"(?:^|[;:] ?)([245]\d\d)[ -](?=\S)", text)
    if said:
        code, text = said[1], text[said.end():]
    text = text.replace("{", "{{")
    text = re.sub(CLIENT, "{client}", text)
    text = re.sub(r"sender@example\.com|user@example\.com", "{from}", text, flags=re.I)
    whom = "{from}" if "Sender address rejected" in text else "{rcpt}"
    text = re.sub(RECIPIENT, whom, text, flags=re.I)
    text = text.encode("ascii", "strict").decode().strip()
    if "{rcpt}" in text and stage is None and kind_of([f"{code} {text}"])[1] in ("mail", "banner"):
        stage = "rcpt"
    second = re.match(rf"(.*\S) {code} (.*)", text)
    if second:
        return stage, [f"{code}-{second[1]}", f"{code} {second[2]}"]
    return stage, [f"{code} {text}"]


def kind_of(lines):
    text = " ".join(lines)
    for name, stage, words in KINDS:
        if re.search(words, text, re.I):
            return name, stage
    return ("deferred", "mail") if lines[0][0] == "4" else ("refused", "eod")


def plain(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html or "")).strip()


def replies_of(server, codes):
    """{name: reply} of a provider or filter, in the order of their codes."""
    replies, lines_seen, load = {}, set(), {}
    for document in codes:
        for entry in document.get("providers", []) + document.get("spamFilters", []):
            if entry["id"] != server:
                continue
            for response in entry["responses"]:
                stage, lines = clean(str(document["reply"]), response["response"])
                if tuple(lines) in lines_seen:
                    continue
                lines_seen.add(tuple(lines))
                name, usual_stage = kind_of(lines)
                stage = stage or usual_stage
                code = lines[0][:3]
                unique, number = name, 1
                while unique in replies:
                    unique = f"{name}-{code}" + (f"-{number}" if number > 1 else "")
                    number += 1
                weight = WEIGHT_4XX if code[0] == "4" else WEIGHT_5XX
                weight = min(weight, LOAD - load.get(stage, 0))
                load[stage] = load.get(stage, 0) + weight
                reply = {"on": stage, "reply": lines if len(lines) > 1 else lines[0]}
                if code == "421":
                    reply["then"] = "close"
                reply["weight"] = weight
                if plain(response.get("description")):
                    reply["about"] = plain(response["description"])
                replies[unique] = reply
    return replies


def main():
    data = Path(sys.argv[1])
    codes = [json.loads(path.read_text()) for path in sorted(data.glob("[0-9]*.json"))]
    notice = (data / "LICENSE").read_text()
    (HERE / "LICENSE.smtp-field-manual").write_text(notice)
    for kind in ("EmailProviders", "SpamFilters"):
        for server in json.loads((data / f"{kind}.json").read_text()):
            replies = replies_of(server["id"], codes)
            if not replies:
                print(f"{server['id']}: no replies in the data")
                continue
            domains = ", ".join(server.get("domains", []))
            profile = {
                "$schema": "../schema/profile.schema.json",
                "title": f"{server['name']}: what it answers" + (f" for {domains}" if domains else ""),
                "case": SOURCE,
                "replies": replies,
            }
            path = HERE / f"{server['id']}.json"
            path.write_text(json.dumps(profile, indent=2) + "\n")


if __name__ == "__main__":
    main()
