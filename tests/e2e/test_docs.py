# SPDX-License-Identifier: MIT
"""What README.md and docs/ say is what the programs do.

docs/HACKING.md ("Documentation is tested") has the conventions of the pages.
As a program, `test_docs.py BIN`, it writes the generated sections anew.
"""
import json
import os
import re
import shlex
import signal
import smtplib
import subprocess
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
COMMANDS = ["faultpost", "faultpost run", "faultpost check", "faultpost coverage", "faultpost explain", "faultpost new",
            "faultpost schema", "faultpost routes", "faultpost routes check", "faultpost routes rule",
            "faultpost routes explain", "faultpost routes prove", "faultpost routes diff",
            "faultpost routes import", "faultpost routes export",
            "faultpost log", "faultpost log parse", "faultpost log show",
            "faultpost log why", "faultpost log stats", "faultpost log timeline", "faultpost log follow", "faultpost log anonymize",
            "faultpost log reproduce",
            "faultpost ctl", "faultpost-mock", "faultpost-mock --sink", "faultpost-relay",
            "faultpost-relay queue"]
PATIENCE_S = 60
# Recipes are tried by test_package.py.
UNTRIED_HERE = ("", "console no-run", "yaml github", "yaml gitlab",
                "groovy jenkins")

GENERATED = re.compile(r"(<!-- (output|failure) of: (.+?) -->\n)(.*?)"
                       r"(<!-- end of output -->)", re.S)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")


def title(page):
    return str(page.relative_to(ROOT))


each_page = pytest.mark.parametrize("page", PAGES, ids=title)


# ---- reading pages ----

@dataclass
class Block:
    """A fenced block: its info string, its text, its line in the page."""
    info: str
    text: str
    line: int


def blocks_of(text):
    blocks, lines, info = [], [], None
    for number, line in enumerate(text.splitlines(), 1):
        if info is None and line.startswith("```"):
            info, lines, begin = line[3:].strip(), [], number
        elif info is not None and line == "```":
            blocks.append(Block(info, "".join(lines), begin))
            info = None
        elif info is not None:
            lines.append(line + "\n")
    assert info is None, f"the block of line {begin} has no end"
    return blocks


def prose_of(text):
    """The page without its blocks, which links and options may not be in."""
    return re.sub(r"^```.*?^```$", "", text, flags=re.S | re.M)


def steps_of(block):
    """[(command, expected output)] of a console block."""
    steps = []
    for line in block.text.splitlines(keepends=True):
        if line.startswith("$ "):
            steps.append((line[2:].rstrip("\n"), ""))
        else:
            assert steps, f"line {block.line}: output before any command"
            steps[-1] = (steps[-1][0], steps[-1][1] + line)
    return steps


def anchors_of(text):
    """Its headings as links name them."""
    headings = re.findall(r"^#+ (.+)$", prose_of(text), re.M)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-")
            for h in headings}


# ---- running what they show ----

@pytest.fixture
def checkout(tmp_path, bin_dir):
    """A folder that looks like a checkout, to write into."""
    for entry in ROOT.iterdir():
        if not entry.name.startswith(".") and entry.name != "build":
            (tmp_path / entry.name).symlink_to(entry)
    (tmp_path / "build" / "release").mkdir(parents=True)
    (tmp_path / "build" / "release" / "bin").symlink_to(bin_dir)
    return tmp_path


def environment(bin_dir):
    env = dict(os.environ, NO_COLOR="1", LC_ALL="C.UTF-8")
    env["PATH"] = f"{bin_dir}:{env['PATH']}"
    # As if the plugin was installed; the tests of it do that.
    env["PYTHONPATH"] = str(ROOT / "harness" / "pytest_faultpost" / "src")
    env["PYTEST_PLUGINS"] = "pytest_faultpost.plugin"
    return {k: v for k, v in env.items() if not k.startswith("PYTEST_XDIST")}


def run_steps(steps, folder, bin_dir):
    """[(output, exit code)] of the commands of one shell."""
    mark = "\x1e"
    script = "".join(f"{command}\nstatus=$?; printf '{mark}%d{mark}' $status;"
                     f" (exit $status)\n" for command, _ in steps)
    run = subprocess.run(["sh", "-c", script], cwd=folder, text=True,
                         env=environment(bin_dir), stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         timeout=PATIENCE_S, check=False)
    parts = run.stdout.split(mark)
    return list(zip(parts[0::2], map(int, parts[1::2])))


def mask(output):
    return re.sub(r"\b(\d+|N) ms\b", "N ms", output)


def matches(expected, output):
    """Whether the output is as shown; the marks are explained in HACKING.md."""
    lines = mask(expected).splitlines(keepends=True)
    pattern = "".join(
        "(?:.*\n)*?" if line == "...\n" else
        ".*".join(map(re.escape, line.split("..."))) for line in lines)
    return re.fullmatch(pattern, mask(output))


def check_console(block, folder, bin_dir):
    steps = steps_of(block)
    results = run_steps(steps, folder, bin_dir)
    for i, ((command, expected), (output, code)) in enumerate(
            zip(steps, results, strict=True)):
        assert matches(expected, output), (
            f"line {block.line}: $ {command}\nshown:\n{expected}\n"
            f"printed:\n{output}")
        asks = i + 1 < len(steps) and steps[i + 1][0] == "echo $?"
        assert code == 0 or asks, f"line {block.line}: $ {command}: {code}"


@each_page
def test_commands(page, checkout, bin_dir):
    if page.name == "queue.md":
        make_queue(checkout, bin_dir)
    for block in blocks_of(page.read_text()):
        kind, _, rest = block.info.partition(" ")
        if kind == "json":
            json.loads(block.text)
            if rest:
                (checkout / rest).write_text(block.text)
        elif kind in ("python", "text") and rest:
            if kind == "python":
                compile(block.text, rest, "exec")
            (checkout / rest).write_text(block.text)
        elif kind == "console" and not rest:
            check_console(block, checkout, bin_dir)
        else:
            assert block.info in UNTRIED_HERE, (
                f"line {block.line}: what is a block marked {block.info}?")


# ---- a queue to look at ----

FULL_HOST = {
    "title": "A host that is full",
    "hosts": {"mx": {"address": "127.0.0.1", "port": 25, "rules": [
        {"on": "mail", "reply": "452 4.3.1 Mail system full"}]}},
}


def start(arguments, bin_dir, **more):
    """A daemon of ours that listens."""
    ready, said = os.pipe()
    with os.fdopen(ready):
        daemon = subprocess.Popen(
            [bin_dir / arguments[0], *arguments[1:], "--ready-fd", str(said)],
            pass_fds=[said], text=True, **more)
        os.close(said)
        assert os.read(ready, 64), f"{arguments[0]} does not start"
    return daemon


def stop(daemon):
    daemon.send_signal(signal.SIGTERM)
    assert daemon.wait(PATIENCE_S) == 0


def place_of(port_file):
    """(address, port) of the first line of a port file."""
    host, port = json.loads(port_file.read_text())[0]["real"].rsplit(":", 1)
    return host, int(port)


def make_queue(folder, bin_dir):
    """queue.db, with a message that waits for a host that is full."""
    (folder / "full.json").write_text(json.dumps(FULL_HOST))
    mock = start(["faultpost-mock", "--map", "127.0.0.1:25=127.0.0.1:0",
                  "--port-file", folder / "ports.json", folder / "full.json"],
                 bin_dir, stdout=subprocess.DEVNULL)
    host, port = place_of(folder / "ports.json")
    (folder / "relay.json").write_text(json.dumps({
        "hostname": "relay.example", "listen": "127.0.0.1:0",
        "relay_from": "127.0.0.1", "queue": str(folder / "queue.db"),
        "routes": [f"ALL [{host}]:{port}"],
    }))
    relay = start(["faultpost-relay", "-c", folder / "relay.json",
                   "--port-file", folder / "relay.ports"], bin_dir,
                  stdout=subprocess.PIPE)
    with smtplib.SMTP(*place_of(folder / "relay.ports"),
                      timeout=PATIENCE_S) as client:
        client.sendmail("sender@example.net", ["user@example.com"],
                        "Subject: hello\r\n\r\nhello\r\n")
    assert any("pending till" in line for line in relay.stdout)
    stop(relay)
    stop(mock)


# ---- what pages refer to ----

@each_page
def test_links(page):
    for link in LINK.findall(prose_of(page.read_text())):
        if link.startswith(("https://", "http://")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors_of(target.read_text()), link


# Commands whose help has further pages.
TOPICS = {"faultpost run": ["--help-live"]}


@lru_cache
def help_of(command, bin_dir):
    """All of its pages."""
    return "".join(
        subprocess.run([*command.split(), page], text=True, check=True,
                       env=environment(bin_dir), capture_output=True).stdout
        for page in ["--help", *TOPICS.get(command, [])])


@each_page
def test_options_exist(page, bin_dir):
    """Where the text names an option of ours, the program has it."""
    known = {c: set(OPTION.findall(help_of(c, bin_dir))) for c in COMMANDS}
    text = page.read_text()
    spans = re.findall(r"`([^`\n]+)`", prose_of(text))
    for block in blocks_of(text):
        if block.info.startswith("console"):
            spans += [command for command, _ in steps_of(block)]
    for span in spans:
        words = shlex.split(span.replace("'", " "), comments=True)
        command = next((c for c in (" ".join(words[:3]), " ".join(words[:2])) if c in known), "")
        if not command:
            command = " ".join(words[:2]) if words[:1] == ["faultpost"] else "".join(words[:1])
        if command in known or command.startswith("faultpost --"):
            options = known.get(command, known["faultpost"])
            assert set(OPTION.findall(span)) <= options, span


def test_options_are_described(bin_dir):
    """And the other way round: commands.md shows the help of everything."""
    page = (ROOT / "docs" / "commands.md").read_text()
    shown = [c for b in blocks_of(page) if b.info == "console"
             for c, _ in steps_of(b)]
    assert shown == [f"{c} {page}" for c in COMMANDS
                     for page in ["--help", *TOPICS.get(c, [])]]
    listed = re.findall(r"^  ([a-z]+) .*\.$", help_of("faultpost", bin_dir), re.M)
    assert {f"faultpost {c}" for c in listed} <= set(COMMANDS)


# ---- generated sections ----

def generate(page, bin_dir):
    """The page with its generated sections as the programs print them now."""
    def section(match):
        if match[2] == "failure":
            return f"{match[1]}\n```\n{failure(match[3], bin_dir)}```\n\n{match[5]}"
        if match[3].startswith("faultpost coverage") and "asan" in str(bin_dir):
            return match[0]  # the library takes a minute there, and it is the same
        run = subprocess.run(shlex.split(match[3]), text=True, check=True,
                             env=environment(bin_dir), capture_output=True)
        return f"{match[1]}\n{run.stdout}\n{match[5]}"
    return GENERATED.sub(section, page.read_text())


def failure(command, bin_dir):
    """What a command of the shell prints that finds a failure; what differs
    from run to run is made the same."""
    run = subprocess.run(["sh", "-c", command], cwd=ROOT, text=True,
                         env=environment(bin_dir), capture_output=True,
                         check=False)
    assert run.stdout and not run.stderr, f"{command}: {run.stderr}"
    assert run.returncode == (0 if "|" in command else 1), command
    return re.sub(r'("seconds_wall": ?|time=")[\d.e-]+', r"\g<1>0.003",
                  re.sub(r"\d+ ms\)", "3 ms)", run.stdout))


@each_page
def test_generated_sections(page, bin_dir):
    assert page.read_text() == generate(page, bin_dir), (
        "python3 tests/e2e/test_docs.py BIN writes it anew")


# ---- that these tests can fail ----

@pytest.mark.parametrize("expected, output, same", [
    ("a\n", "a\n", True),
    ("a\n", "a\nb\n", False),
    ("a\n...\n", "a\nb\nc\n", True),
    ("a\n...\nd\n", "a\nd\n", True),
    ("a ... c\n", "a b c\n", True),
    ("a ... c\n", "a b\nc\n", False),
    ("(N ms)\n", "(12 ms)\n", True),
    ("(N ms)\n", "(12 s)\n", False),
    ("", "a\n", False),
])
def test_comparison(expected, output, same):
    assert bool(matches(expected, output)) == same


@pytest.mark.parametrize("text", ["$ false\n", "$ echo a\nb\n", "$ echo a\n"])
def test_wrong_console_is_found(text, checkout, bin_dir):
    with pytest.raises(AssertionError):
        check_console(Block("console", text, 1), checkout, bin_dir)


def test_console_goes_on(checkout, bin_dir):
    text = "$ (exit 3)\n$ echo $?\n3\n$ echo a >b\n$ cat b\na\n"
    check_console(Block("console", text, 1), checkout, bin_dir)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for PAGE in PAGES:
        PAGE.write_text(generate(PAGE, Path(sys.argv[1]).resolve()))
