# SPDX-License-Identifier: MIT
"""The rules of the house as functions: each takes text and yields findings.

A finding is "PATH:LINE: what is wrong".  The tests beside this file run every
rule over the tree, and over a bad sample to see that it bites.
"""
import fnmatch
import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import PurePosixPath

import pytest

FUNCTION_LINES_MAX = 60
FILE_LINES_MAX = 500
TEST_FILE_LINES_MAX = 800  # one file a module, and most of it is tables

# Words of clocks, chance, environment, event loop and sockets.
WORLD_WORDS = re.compile(
    r"(?<![\w>.])(time|gettimeofday|clock_gettime|clock|usleep|sleep|nanosleep"
    r"|rand|random|srand|getenv|secure_getenv|socket|getaddrinfo)\s*\("
    r"|\bev_[a-z]\w*")
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include\s+(?:"([^"]+)"|<([^>]+)>)', re.M)
PACKAGE_HEADERS = {"jansson.h": "jansson", "sqlite3.h": "sqlite3",
                   "pcre2.h": "pcre2", "ev.h": "ev",
                   "ares.h": "cares", "ares_dns.h": "cares",
                   "ares_nameser.h": "cares",
                   "ldns/": "ldns", "openssl/": "openssl", "crypt.h": "crypt",
                   "microhttpd.h": "microhttpd"}

# What the pure libraries may ask of others; everything else is I/O, clock,
# environment or locale until somebody argues here that it is not.
PURE_SYMBOLS = {
    "bytes": r"mem(chr|rchr|cmp|cpy|pcpy|mem|move|set)|rawmemchr",
    "strings": r"str(len|nlen|cmp|ncmp|chr|chrnul|rchr|spn|cspn|str|pbrk)",
    "text of numbers; the locale is never set": r"v?snprintf|strto(d|l|ll|ul|ull)",
    "memory": r"malloc|calloc|realloc|reallocarray|free",
    "our own bugs": r"__assert_fail|abort|__stack_chk_fail",
    "sorting": r"qsort|qsort_r|bsearch",
    "addresses as text, no resolver behind": r"inet_(pton|ntop)",
    "strtod and friends report by it": r"__errno_location",
    "rounding": r"l?l?round|floor|ceil|fmod|sqrt|log|exp|pow|isnan|isinf",
    "position-independent code": r"_GLOBAL_OFFSET_TABLE_",
}
# A package's pure part, for the libraries that need it and their users.
PACKAGE_SYMBOLS = {
    "jansson": r"json_(?!load_file|dump_file|loadfd?$|dumpfd?$)\w+|jsonp_\w+",
    "pcre2": r"pcre2_\w+",
    "sqlite3": r"sqlite3_\w+",
    "crypt": r"(?!)",
    "ev": r"(?!)",
    "cares": r"(?!)",
    "ldns": r"(?!)",
    "microhttpd": r"(?!)",
    # Handshakes, keys and records over memory, certificates from and to memory; what
    # opens files, sockets or the system's store is left out.  OpenSSL draws
    # its keys from the kernel, which no log and no transcript ever shows.
    "openssl": r"(OPENSSL_(init_ssl|init_crypto|sk_\w+|LH_\w+)|CRYPTO_\w+"
               r"|ERR_(?!print_errors_fp)\w+"
               r"|TLS_(client|server)_method"
               r"|SSL_(?!CTX_|load|add_\w*cert\w*subjects|use_\w*file"
               r"|set_r?w?fd|set_default_verify)\w+"
               r"|SSL_CTX_(?!load_|use_\w*file|set_default_verify)\w+"
               r"|BIO_(new|new_mem_buf|free|read|write|ctrl|ctrl_pending|s_mem)"
               r"|PEM_(read|write)_bio_\w+"
               r"|X509(V3)?_(?!load|LOOKUP|get_default|STORE_set_default"
               r"|STORE_load)\w+"
               r"|ASN1_\w+|GENERAL_NAMES?_\w+|EVP_(PKEY|EC|sha256|Digest)\w*"
               r"|EVP_(CIPHER|Cipher|KDF|MD|RSA|get_cipherby)\w*|OBJ_nid2sn"
               r"|OSSL_PARAM_construct_\w+|HMAC"
               r"|BN_\w+)",
}


@dataclass
class Library:
    name: str
    floor: int
    folder: str
    files: list = field(default_factory=list)
    uses: list = field(default_factory=list)
    needs: list = field(default_factory=list)


class Floors:
    """cmake/floors.cmake, as the linter reads it."""

    def __init__(self, text):
        self.libraries, self.programs, self.faces = {}, {}, set()
        self.tests = {}
        code = re.sub(r"#[^\n]*", "", text)
        for word, body in re.findall(r"floor_(\w+)\(([^)]*)\)", code):
            getattr(self, "_" + word)(body.split())

    @staticmethod
    def _keyed(words):
        found, key = {}, None
        for word in words:
            if word in ("FLOOR", "IN", "FILES", "USES", "NEEDS", "MAIN"):
                key = found.setdefault(word, [])
            else:
                key.append(word)
        return found

    def _library(self, words):
        keyed = self._keyed(words[1:])
        self.libraries[words[0]] = Library(
            words[0], int(keyed["FLOOR"][0]), keyed["IN"][0],
            keyed.get("FILES", []), keyed.get("USES", []),
            keyed.get("NEEDS", []))

    def _program(self, words):
        keyed = self._keyed(words[1:])
        self.programs[keyed["MAIN"][0]] = keyed["USES"]

    def _test(self, words):
        self.tests[words[0]] = words[1]

    def _face(self, words):
        self.faces.update(words)

    def library_of(self, path):
        """The name of the library that a file belongs to, or None."""
        pure = PurePosixPath(path)
        rest = None
        for library in self.libraries.values():
            if not pure.is_relative_to(library.folder):
                continue
            if not library.files:
                rest = library.name
            elif any(fnmatch.fnmatch(pure.stem, f) for f in library.files):
                return library.name
        return None if self.program_of(path) else rest

    @staticmethod
    def program_of(path):
        """The main.c that a file belongs to (main_*.c and main.h stand beside
        it), or None."""
        pure = PurePosixPath(path)
        is_main = pure.stem == "main" or pure.stem.startswith("main_")
        return str(pure.parent / "main.c") if is_main else None

    def closure(self, names):
        """The libraries and all that they use."""
        seen, todo = set(), list(names)
        while todo:
            name = todo.pop()
            if name not in seen:
                seen.add(name)
                todo += self.libraries[name].uses
        return seen

    def may_use(self, path):
        """The libraries whose headers a file may include, or None."""
        if self.program_of(path) in self.programs:
            return self.closure(self.programs[self.program_of(path)])
        name = self.library_of(path)
        return None if name is None else self.closure([name])

    def packages(self, names):
        return {need for name in names for need in self.libraries[name].needs}


def report(findings):
    """Fails with all the findings, one a line, uncut."""
    findings = list(findings)
    if findings:
        pytest.fail("\n".join(findings), pytrace=False)


def source_files(root, *patterns):
    """The paths that match, without what builds and tools leave behind."""
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(f for f in folders
                            if f == ".ci" or not f.startswith((".", "__"))
                            and f != "build")
        for name in names:
            path = os.path.relpath(os.path.join(folder, name), root)
            if any(fnmatch.fnmatch(path, p) for p in patterns):
                found.append(path)
    return sorted(found)


def without_comments(text, strings=True):
    """The code alone; comments (and strings) become blanks, lines stay."""
    def blank(match):
        token = match.group(0)
        if token[0] != "/" and not strings:
            return token
        return re.sub(r"[^\n]", " ", token)
    return re.sub(
        r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'",
        blank, text, flags=re.S)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def check_tables(floors):
    """A library uses its own floor or lower, and never in a circle."""
    for library in floors.libraries.values():
        for name in library.uses:
            used = floors.libraries[name]
            if used.floor > library.floor:
                yield (f"cmake/floors.cmake:1: {library.name} (floor "
                       f"{library.floor}) uses {name} (floor {used.floor})")
            if library.name in floors.closure([name]):
                yield f"cmake/floors.cmake:1: {library.name} uses itself"
        both = {"mock_pure", "relay_pure"} & floors.closure([library.name])
        if len(both) == 2 and not library.folder == "harness":
            yield f"cmake/floors.cmake:1: {library.name} sees both programs"


def check_includes(floors, path, text):
    allowed = floors.may_use(path)
    if allowed is None:
        return
    folder = path.split("/")[0]
    for match in INCLUDE.finditer(without_comments(text, strings=False)):
        where = f"{path}:{line_of(text, match.start())}"
        ours, system = match.groups()
        if system and system.startswith("openssl/"):
            system = "openssl/"
        if system in PACKAGE_HEADERS:
            if PACKAGE_HEADERS[system] not in floors.packages(allowed):
                yield f"{where}: <{system}> is not among this floor's packages"
            continue
        if ours is None:
            continue
        if "/" not in ours:
            yield f'{where}: "{ours}" is not written from the root'
            continue
        library = floors.library_of(ours)
        own = floors.program_of(ours)
        if library not in allowed and (
                own is None or own != floors.program_of(path)):
            yield f'{where}: "{ours}" ({library}) is above or beside this file'
        other = ours.split("/")[0]
        if other in ("mockserver", "relay", "harness") and other != folder \
                and ours not in floors.faces:
            yield f'{where}: "{ours}" is not a face of {other}/'


def may_touch_world(floors, path):
    return (floors.program_of(path) in floors.programs
            or floors.library_of(path) == "world_ev")


def check_words(floors, path, text):
    if may_touch_world(floors, path):
        return
    code = without_comments(text)
    for match in WORLD_WORDS.finditer(code):
        word = match.group(0).rstrip("( \t")
        yield (f"{path}:{line_of(code, match.start())}: {word} belongs to "
               "core/world/world_ev*.c and the mains")


def check_unfinished(path, text):
    for match in UNFINISHED.finditer(text):
        yield f"{path}:{line_of(text, match.start())}: {match.group(0)}"


def check_opening(path, text):
    """SPDX first, then a comment that says what the file is."""
    lines = text.splitlines()
    if not lines or lines[0] != "/* SPDX-License-Identifier: MIT */":
        yield f"{path}:1: the first line is not the SPDX line"
    elif len(lines) < 2 or not lines[1].startswith("/*"):
        yield f"{path}:2: no comment that says what this file is"


def check_lengths(path, text):
    lines = text.splitlines()
    most = TEST_FILE_LINES_MAX if path.startswith("tests/") else FILE_LINES_MAX
    if len(lines) > most:
        yield (f"{path}:{most + 1}: {len(lines)} lines; at most {most}, split "
               "by noun")
    start = None
    for number, line in enumerate(lines, 1):
        if line == "{":
            start = number
        elif line == "}" and start is not None:
            length = number - start - 1
            if length > FUNCTION_LINES_MAX:
                yield (f"{path}:{start}: a function of {length} lines; at "
                       f"most {FUNCTION_LINES_MAX}")
            start = None


PROTOTYPE = re.compile(r"^(?!static|typedef|#|\s)[\w][\w \t*]*?\b(\w+)\(", re.M)


def check_documented(path, text):
    """Each paragraph of prototypes has a comment; what destroys needs none."""
    at = 1
    for paragraph in re.split(r"\n[ \t]*\n", text):
        code = without_comments(paragraph)
        names = [m for m in PROTOTYPE.finditer(code)
                 if not re.search(r"_(fini|destroy)$", m.group(1))
                 and re.match(r"[^{;]*\)[^{;]*;", code[m.end():], re.S)]
        if names and "/*" not in paragraph:
            line = at + line_of(paragraph, names[0].start()) - 1
            yield f"{path}:{line}: {names[0].group(1)}() has no contract"
        at += paragraph.count("\n") + 2


def undefined_symbols(archives):
    """The names that the archives together leave to others."""
    out = subprocess.run(["nm", "-g", *map(str, archives)], check=True,
                         capture_output=True, text=True).stdout
    symbols = re.findall(r"^[0-9a-f ]{16} (\w) ([\w.@]+)$", out, re.M)
    defined = {name for kind, name in symbols if kind not in "Uw"}
    asked = {name.split("@")[0] for kind, name in symbols if kind == "U"}
    return asked - defined


def check_symbols(library, symbols, packages):
    patterns = list(PURE_SYMBOLS.values())
    patterns += [PACKAGE_SYMBOLS[p] for p in packages]
    allowed = re.compile("|".join(f"(?:{p})" for p in patterns))
    for name in sorted(symbols):
        plain = re.sub(r"^__(?:isoc\d\d_)?(\w+?)_chk$", r"\1", name)
        plain = re.sub(r"^__isoc\d\d_", "", plain)
        if not allowed.fullmatch(plain):
            yield f"lib{library}.a:1: {name} is not in the list of pure symbols"
