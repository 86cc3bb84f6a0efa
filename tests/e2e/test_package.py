# SPDX-License-Identifier: MIT
"""The Debian package, and the recipes of docs/ci.md, in a machine that sees a
copy of /usr, /etc and /var: what they install is gone with it."""
import os
import re
import shutil
import subprocess

import pytest
import yaml

COPY = """
set -e
copy=$(mktemp -d /tmp/copy.XXXXXX)
mount -t tmpfs none "$copy"
for part in usr etc var; do
	mkdir -p "$copy/$part/upper" "$copy/$part/work"
	mount -t overlay overlay -o "lowerdir=/$part,upperdir=$copy/$part/upper,workdir=$copy/$part/work" "/$part"
done
rmdir_later() { umount -l "$copy"; rmdir "$copy"; }
rmdir_later
"""


def can_copy():
    """Whether this machine lets us have such a copy: root may, unless it is
    shut in a container."""
    return subprocess.run(["unshare", "--mount", "sh", "-ec", COPY],
                          capture_output=True, check=False).returncode == 0


needs_copy = pytest.mark.skipif(not can_copy(),
                                reason="no overlay of /usr to be had")


@pytest.fixture(scope="module")
def package(build_dir, tmp_path_factory):
    """The package, made of the build under test."""
    folder = tmp_path_factory.mktemp("package")
    subprocess.run(["cpack", "--config", build_dir / "CPackConfig.cmake", "-B",
                    folder], check=True, capture_output=True, cwd=folder)
    [package] = folder.glob("faultpost_*.deb")
    return package


def in_a_copy(script, folder):
    """What the shell printed, which runs in that machine; it must succeed."""
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-ec", COPY + script], cwd=folder,
        text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        check=False, timeout=250, env={**os.environ, "DEBIAN_FRONTEND":
                                       "noninteractive"})
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_lintian(package):
    """Nothing to complain of but what lintian-overrides explains."""
    done = subprocess.run(["lintian", "--fail-on", "error,warning,info",
                           "--allow-root", package], text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert (done.returncode, done.stdout) == (0, "")


@needs_copy
def test_install(package, tmp_path):
    """It installs, works from anywhere, and leaves nothing behind."""
    (tmp_path / "p.scenario.json").write_text(
        '{"title": "x", "hosts": {"mx": {"address": "10.1.1.11",'
        ' "profile": "google"}}, "routes": ["example.com [10.1.1.11]"],'
        ' "inject": [{"to": ["a@example.com"]}],'
        ' "expect": [{"delivered": 1}]}')
    out = in_a_copy(f"""
dpkg -i {package}
faultpost --version
faultpost run /usr/share/faultpost/scenarios/failover p.scenario.json
faultpost-mock --version
faultpost-relay --version
man -P cat faultpost >/dev/null || [ ! -x /usr/bin/man ]
zgrep -q 'faultpost run' /usr/share/man/man1/faultpost.1.gz || zgrep -q COMMAND /usr/share/man/man1/faultpost.1.gz
pytest --version -VV
pytest -q -p no:cacheprovider p.scenario.json
dpkg --purge faultpost
[ ! -e /usr/share/faultpost ] && [ ! -e /usr/bin/faultpost ]
[ ! -e /usr/lib/python3/dist-packages/pytest_faultpost ]
""", tmp_path)
    assert " scenarios, all held" in out and "1 passed" in out
    assert shutil.which("faultpost", path="/usr/bin") is None


def blocks(page):
    return {match[1]: match[2] for match in re.finditer(
        r"^```\w+ (github|gitlab|jenkins)\n(.*?)^```$", page.read_text(),
        re.S | re.M)}


def github(text):
    [job] = yaml.safe_load(text)["jobs"].values()
    return [step["run"] for step in job["steps"] if "run" in step]


def gitlab(text):
    return yaml.safe_load(text)["mail"]["script"]


def jenkins(text):
    return re.findall(r"^\s*sh '(.*)'$", text, re.M)


@needs_copy
@pytest.mark.timeout(300)
def test_recipes(root, package, tmp_path):
    """Each line of the recipes, in a repository that has what they speak of; a
    line that stands in several is run once."""
    found = blocks(root / "docs/ci.md")
    recipes = [lines_of(found[lines_of.__name__])
               for lines_of in (github, gitlab, jenkins)]
    assert [len(lines) for lines in recipes] == [4, 4, 4]
    lines = list(dict.fromkeys(sum(map(list, zip(*recipes)), [])))
    assert len(lines) == 5  # what GitHub prints is of its own
    project = tmp_path / "project"
    shutil.copytree(root / "docs/examples/mailers", project)
    (project / "vendor").mkdir()
    shutil.copy(package, project / "vendor")
    # apt's sandbox user reads the package.
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(0o755)
    out = in_a_copy("\n".join(lines), project)
    assert out.count("1 scenario, held") == 1 and re.search(r"\d\d passed", out)
    for name in ("scenarios.xml", "pytest.xml", "run.html"):
        assert (project / name).stat().st_size > 0
