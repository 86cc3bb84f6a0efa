# SPDX-License-Identifier: MIT
"""The layering: who may include whom, and what pure code may ask for."""
import shutil
import subprocess

import pytest

import house

PURE_SYSTEM = ("base", "smtp", "json", "dns", "maillog", "routes",
               "transcript", "tls", "mock_pure", "relay_pure", "harness_pure",
               "world")

SMALL = house.Floors("""
floor_library(base FLOOR 0 IN core/base)
floor_library(world FLOOR 3 IN core/world USES base)
floor_library(world_ev FLOOR 3 IN core/world FILES world_ev* USES world NEEDS ev)
floor_library(mock_pure FLOOR 2 IN mockserver USES base)
floor_library(mock FLOOR 3 IN mockserver FILES mock USES mock_pure world)
floor_library(relay_pure FLOOR 2 IN relay USES base)
floor_library(relay FLOOR 3 IN relay FILES relay relay_* USES relay_pure world)
floor_library(harness FLOOR 4 IN harness USES mock relay)
floor_program(faultpost-mock FLOOR 5 MAIN mockserver/main.c USES mock world_ev)
floor_face(mockserver/mock.h relay/relay.h)
""")


def test_table(floors):
    house.report(house.check_tables(floors))


def test_includes(floors, c_files):
    house.report(f for path, text in c_files.items()
                 for f in house.check_includes(floors, path, text))


def test_words_of_the_world(floors, c_files):
    house.report(f for path, text in c_files.items()
                 if not path.startswith("tests/")
                 for f in house.check_words(floors, path, text))


def test_every_file_has_a_library(floors, c_files):
    """Else the rules above would pass it by."""
    assert [path for path in c_files
            if path.split("/")[0] in ("core", "mockserver", "relay", "harness")
            and floors.program_of(path) not in floors.programs
            and floors.library_of(path) is None] == []


@pytest.mark.parametrize("name", PURE_SYSTEM)
def test_pure_symbols(floors, build_dir, name):
    cache = (build_dir / "CMakeCache.txt").read_text()
    if "FAULTPOST_SANITIZE:STRING=\n" not in cache or \
            "FAULTPOST_COVERAGE:BOOL=OFF" not in cache:
        pytest.skip("an instrumented build asks for its runtime")
    below = floors.closure([name])
    archives = [build_dir / f"lib{library}.a" for library in sorted(below)]
    archives = [path for path in archives if path.exists()]
    assert build_dir / f"lib{name}.a" in archives
    symbols = house.undefined_symbols(archives)
    packages = floors.packages(below)
    house.report(house.check_symbols(name, symbols, packages))


def test_all_pure_libraries_are_tested(floors):
    pure = {n for n, lib in floors.libraries.items() if lib.floor <= 2}
    assert pure <= set(PURE_SYSTEM)


@pytest.mark.parametrize("path, line, finding", [
    ("core/base/a.c", '#include "core/world/world.h"', "above or beside"),
    ("mockserver/rule/rule.c", '#include "mockserver/mock.h"', "above or beside"),
    ("mockserver/mock.c", '#include "relay/relay.h"', "above or beside"),
    ("relay/relay.c", '#include "mockserver/mock.h"', "above or beside"),
    ("harness/run.c", '#include "relay/queue/queue.h"', "not a face"),
    ("mockserver/main.c", '#include "relay/relay.h"', "above or beside"),
    ("relay/deliver/pick.c", '#include "pick.h"', "from the root"),
    ("relay/relay.c", "#include <ev.h>", "packages"),
    ("core/base/a.c", "  #  include <sqlite3.h>", "packages"),
])
def test_bad_include_is_found(path, line, finding):
    text = "/* what */\n\n" + line + "\n"
    findings = list(house.check_includes(SMALL, path, text))
    assert len(findings) == 1
    assert findings[0].startswith(f"{path}:3: ") and finding in findings[0]


@pytest.mark.parametrize("path, line", [
    ("mockserver/mock.c", '#include "core/world/world.h"'),
    ("harness/run.c", '#include "relay/relay.h"'),
    ("core/world/world_ev.c", "#include <ev.h>"),
    ("mockserver/main.c", '#include "core/world/world_ev.h"'),
    ("mockserver/main_more.c", '#include "core/world/world_ev.h"'),
    ("core/base/a.c", '/* #include "relay/relay.h" */'),
    ("relay/relay_impl.h", '#include "core/world/world.h"'),
])
def test_good_include_is_not(path, line):
    assert list(house.check_includes(SMALL, path, line + "\n")) == []


@pytest.mark.parametrize("line", [
    "\tnow = time(NULL);", "\tgettimeofday(&tv, NULL);", "\tusleep (5);",
    "\tif (rand() % 2)", '\thome = getenv("HOME");', "\tev_run(loop, 0);",
    "struct ev_timer t;", "\tfd = socket(AF_INET, SOCK_STREAM, 0);",
    "\tclock_gettime(CLOCK_REALTIME, &ts);",
])
def test_word_of_the_world_is_found(line):
    text = "{\n" + line + "\n}\n"
    for path in ("core/base/a.c", "relay/relay.c", "core/world/world_sim.c"):
        findings = list(house.check_words(SMALL, path, text))
        assert len(findings) == 1 and findings[0].startswith(f"{path}:2: ")
    for path in ("core/world/world_ev.c", "mockserver/main.c"):
        assert list(house.check_words(SMALL, path, text)) == []


@pytest.mark.parametrize("line", [
    "\t/* time(2) is not called here */", '\tsay("time(s)");',
    "\tprev_node(x);", "\tnow = w->time(w);", "\tresend_time(x);",
    "\tev->form = 1;",
])
def test_other_words_are_not(line):
    assert list(house.check_words(SMALL, "core/base/a.c", line)) == []


def test_table_that_climbs_is_found():
    bad = house.Floors("floor_library(a FLOOR 0 IN a USES b)\n"
                       "floor_library(b FLOOR 1 IN b USES a)\n")
    findings = "\n".join(house.check_tables(bad))
    assert "a (floor 0) uses b (floor 1)" in findings
    assert "b uses itself" in findings


def test_impure_symbols_are_found(tmp_path):
    source = tmp_path / "bad.c"
    source.write_text("#include <stdio.h>\n#include <string.h>\n"
                      "#include <time.h>\n"
                      "size_t f(const char *s);\n"
                      "size_t f(const char *s) {\n"
                      "\tputs(s);\n\treturn strlen(s) + (size_t)time(NULL);\n"
                      "}\n")
    compiler = shutil.which("cc") or "gcc"
    subprocess.run([compiler, "-c", "bad.c"], cwd=tmp_path, check=True)
    symbols = house.undefined_symbols([tmp_path / "bad.o"])
    findings = list(house.check_symbols("bad", symbols, []))
    assert [f.split()[1] for f in findings] == ["puts", "time"]


def test_symbols_of_packages():
    names = {"json_loadb", "json_load_file", "__memcpy_chk", "open",
             "sqlite3_step"}
    findings = list(house.check_symbols("x", names, ["jansson"]))
    assert [f.split()[1] for f in findings] == \
        ["json_load_file", "open", "sqlite3_step"]
