# SPDX-License-Identifier: MIT
"""Foreign clients, each as a function that sends one message and says how it
fared: (whether all was taken, what the client itself reports)."""
import asyncio
import json
import os
import smtplib
import ssl
import subprocess

import aiosmtplib

from servers import PATIENCE_S, unpack

SENDER = "sender@client.example"
USER, PASSWORD = "joe", "secret"


def swaks(_, address, to, message, **how):
    options = ["--pipeline"] if how.get("pipelining") else []
    if how.get("tls"):
        options += ["--tls", "--tls-verify", "--tls-ca-path", how["tls"]]
    if how.get("password"):
        options += ["--auth", "PLAIN", "--auth-user", USER,
                    "--auth-password", how["password"]]
    done = subprocess.run(
        ["swaks", "--server", address[0], "--port", str(address[1]), "--helo",
         "client.example", "--from", SENDER, "--to", ",".join(to),
         "--timeout", str(how.get("timeout", PATIENCE_S)), "--data", "-",
         *options],
        input=message, capture_output=True, timeout=PATIENCE_S, check=False)
    return (done.returncode == 0,
            f"{done.returncode} " + (done.stdout + done.stderr).decode("latin1"))


def smtp_source(cache, address, to, message, **how):
    """Of its message it makes the content itself."""
    root = unpack("postfix", cache)
    done = subprocess.run(
        [root / "usr/sbin/smtp-source", "-l", str(len(message)), "-f", SENDER,
         "-t", to[0], "-r", str(len(to)), *how.get("options", ()),
         f"inet:{address[0]}:{address[1]}"],
        env=dict(os.environ, LD_LIBRARY_PATH=root / "usr/lib/postfix",
                 MAIL_CONFIG=root / "etc/postfix"),
        capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    return done.returncode == 0, f"{done.returncode} {done.stderr}"


def python(_, address, to, message, **how):
    options = ["BODY=8BITMIME"] if how.get("eight_bit") else []
    try:
        # Certificates are for names.
        host = "localhost" if how.get("tls") else address[0]
        with smtplib.SMTP(host, address[1], "client.example",
                          timeout=how.get("timeout", PATIENCE_S)) as client:
            if how.get("tls"):
                client.starttls(
                    context=ssl.create_default_context(cafile=how["tls"]))
            if how.get("password"):
                client.login(USER, how["password"])
            refused = client.sendmail(SENDER, to, message, options)
    except OSError as error:
        return False, f"{type(error).__name__} {error}"
    return not refused, f"{refused}"


def aio(_, address, to, message, **how):
    async def send():
        client = aiosmtplib.SMTP(
            hostname=address[0], port=address[1], start_tls=False,
            timeout=PATIENCE_S)
        await client.connect()
        if how.get("tls"):
            await client.starttls(
                tls_context=ssl.create_default_context(cafile=how["tls"]),
                server_hostname="localhost")
        if how.get("password"):
            await client.login(USER, how["password"])
        options = ["BODY=8BITMIME"] if how.get("eight_bit") else []
        refused, _ = await client.sendmail(
            SENDER, to, message, options,
            timeout=how.get("timeout", PATIENCE_S))
        await client.quit()
        return refused

    try:
        refused = asyncio.run(send())
    except (OSError, aiosmtplib.SMTPException) as error:
        return False, f"{type(error).__name__} {error}"
    return not refused, f"{refused}"


SCRIPT = """
const nodemailer = require('/usr/share/nodejs/nodemailer');
const how = JSON.parse(require('fs').readFileSync(0));
const transport = nodemailer.createTransport(how.transport);
transport.sendMail(how.mail).then(
  done => console.log(JSON.stringify(
    {ok: done.rejected.length === 0, response: done.response,
     rejected: done.rejected,
     errors: (done.rejectedErrors || []).map(e => e.response)})),
  error => console.log(JSON.stringify(
    {ok: false, code: error.code, command: error.command,
     responseCode: error.responseCode, message: error.message}))
).then(() => transport.close());
"""


def nodemailer(_, address, to, message, **how):
    limit = how.get("timeout", PATIENCE_S) * 1000
    transport = {"host": address[0], "port": address[1], "secure": False,
                 "name": "client.example", "ignoreTLS": not how.get("tls"),
                 "requireTLS": bool(how.get("tls")), "socketTimeout": limit,
                 "greetingTimeout": limit, "connectionTimeout": limit}
    if how.get("tls"):
        with open(how["tls"], encoding="ascii") as file:
            transport["tls"] = {"ca": file.read(), "servername": "localhost"}
    if how.get("password"):
        transport["auth"] = {"user": USER, "pass": how["password"]}
    mail = {"envelope": {"from": SENDER, "to": to, "use8BitMime":
                         bool(how.get("eight_bit"))},
            "raw": message.decode("utf8")}
    done = subprocess.run(
        ["node", "-e", SCRIPT],
        input=json.dumps({"transport": transport, "mail": mail}), text=True,
        capture_output=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["ok"], done.stdout


CLIENTS = {"swaks": swaks, "smtp-source": smtp_source, "smtplib": python,
           "aiosmtplib": aio, "nodemailer": nodemailer}
