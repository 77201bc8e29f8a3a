#!/usr/bin/env python3
"""check-source.py: the rules of docs/style.md that a program can see.

Prints one line a fault and exits 1 if there is any; warnings do not count.
"""
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILE_LIMIT, FILE_WARN = 800, 600
FUNCTION_LIMIT, FUNCTION_WARN = 100, 60
LAYERS = {"base": 0, "archive": 1, "wire": 1, "media": 2, "host": 2, "mesh": 3, "app": 4}
THREAD_MAKERS = ("src/host/mb-store.c", "src/media/mb-media.c", "src/base/mb-handle.c")
WEBRTC_SIGNALS = ("on-negotiation-needed", "on-ice-candidate", "on-new-transceiver", "on-data-channel",
                  "request-aux-sender", "on-message-string", "on-message-data", "on-open", "on-close",
                  "on-key-received", "deep-element-added")
faults = []


def fault(path, line, text):
    faults.append(f"{path}:{line}: {text}")


def strip_comments_and_strings(text):
    """Blank out comments and strings, keeping line numbers."""
    pattern = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|//[^\n]*', re.S)

    def blank(match):
        text = match.group(0)
        if text.startswith("//"):
            return "//"
        return re.sub(r"[^\n]", " ", text)

    return pattern.sub(blank, text)


def check_functions(path, lines):
    start = None
    name = ""
    for number, line in enumerate(lines, 1):
        match = re.match(r"^(\w+) \(", line)
        if match:
            name = match.group(1)
        if line == "{":
            start = number
        elif line == "}" and start:
            length = number - start - 1
            if length > FUNCTION_LIMIT and not name.endswith("class_init"):
                fault(path, start, f"function {name} has {length} lines; split it (limit {FUNCTION_LIMIT})")
            elif length > FUNCTION_WARN and not name.endswith("class_init"):
                print(f"note: {path}:{start}: function {name} has {length} lines")
            start = None


def check_c(path, text):
    name = Path(path).name
    raw = text.split("\n")
    if not raw[0].startswith(f"/* {name}: "):
        fault(path, 1, f"the first line names the file: /* {name}: what it is")
    if "SPDX-License-Identifier: LGPL-2.1-or-later" not in text[:1200]:
        fault(path, 1, "no SPDX line")
    if path.endswith(".h") and "#pragma once" not in text:
        fault(path, 1, "a header starts with #pragma once")
    if len(raw) > FILE_LIMIT:
        fault(path, FILE_LIMIT, f"{len(raw)} lines; split it by object (limit {FILE_LIMIT})")
    elif len(raw) > FILE_WARN:
        print(f"note: {path}: {len(raw)} lines")
    code = strip_comments_and_strings(text).split("\n")
    check_functions(path, code)
    for number, line in enumerate(code, 1):
        source = raw[number - 1]
        if re.search(r"\bgoto\b", line):
            fault(path, number, "no goto: use g_autoptr and early returns")
        if re.search(r"\bg_error \(", line):
            fault(path, number, "no g_error: set a GError, or g_assert for our own bug")
        if "//" in line:
            fault(path, number, "comments are /* */")
        if re.search(r"[=!]= (TRUE|FALSE)\b", line):
            fault(path, number, "booleans are compared with nothing")
        if re.search(r"#\s*include\s+[\"<]\.\.", source):
            fault(path, number, "no include through ..: add the dependency or move the type")
        if path.startswith("src/"):
            if re.search(r"\b(g_main_context_invoke(_full)?|g_idle_add(_full)?) \(", line) and \
                    path not in THREAD_MAKERS:
                fault(path, number, "threads are crossed by mb_handle_post () or mb_media_post ()")
            if re.search(r"\bg_thread_(try_)?new \(|\bg_thread_pool_new", line) and path not in THREAD_MAKERS:
                fault(path, number, "threads are made by mb-store and mb-media only")
            if path not in ("src/app/main.c",) and re.search(r"(?<![\w])exit \(", line):
                fault(path, number, "nothing below main.c calls exit")
            for signal in WEBRTC_SIGNALS:
                if f'"{signal}"' in source and "connect" in source and "_offmain" not in " ".join(
                        raw[number - 1:number + 2]):
                    fault(path, number, f"the handler of {signal} runs off main: its name ends in _offmain")


def check_includes(path, text):
    match = re.match(r"src/(\w+)/", path)
    if not match or match.group(1) not in LAYERS:
        return
    own = match.group(1)
    for number, line in enumerate(text.split("\n"), 1):
        found = re.match(r'#\s*include\s+"(mb-[\w-]+\.h)"', line)
        if not found:
            continue
        for layer, rank in LAYERS.items():
            if (ROOT / "src" / layer / found.group(1)).exists():
                if rank > LAYERS[own] or (rank == LAYERS[own] and layer != own) or \
                        {own, layer} == {"host", "mesh"} or {own, layer} == {"host", "media"}:
                    fault(path, number, f"src/{own} may not include {found.group(1)} of src/{layer}")


def check_e2e():
    """A file that meson does not know is never run."""
    known = (ROOT / "tests/e2e/meson.build").read_text(encoding="utf-8")
    for full in sorted((ROOT / "tests/e2e").glob("[0-9]*.mjs")):
        if f"'{full.stem}':" not in known:
            fault(f"tests/e2e/{full.name}", 1, "is not in tests/e2e/meson.build")


def main():
    check_e2e()
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, check=True,
                            capture_output=True, text=True).stdout.split("\n")
    for path in sorted(filter(None, listed)):
        full = ROOT / path
        if not full.is_file():
            continue
        if path.endswith((".c", ".h")):
            text = full.read_text(encoding="utf-8")
            check_c(path, text)
            check_includes(path, text)
        elif path.endswith((".js", ".mjs", ".py", ".css")):
            count = full.read_text(encoding="utf-8").count("\n")
            if count > FILE_LIMIT:
                fault(path, FILE_LIMIT, f"{count} lines; split it (limit {FILE_LIMIT})")
    for line in faults:
        print(line)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
