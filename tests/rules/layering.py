#!/usr/bin/env python3
"""House rules that a script can check, over the rooms of a source tree:

  - a folder includes only from itself and from the rooms in its CMake link list (DEPS);
  - a foreign library's headers are included in its one folder only;
  - banned calls do not occur; time, chance and environment are met in their places only;
  - a folder with code has a README; a .c file has a header of its stem (mains and tables excepted).

Usage: layering.py DIRECTORY. Prints each breach as file:line: text; exit status 1 if there is one.
"""
import os
import re
import sys

ROOMS = ("lib/", "controlplane/", "nodeagent/", "billing", "cli", "proto")
# Foreign headers and the folders that may include them.
FOREIGN = {
    r"grpc/": ("lib/rpc",),
    r"openssl/": ("lib/pki",),
    r"jansson\.h": ("lib/json", "cli"),
    r"ini\.h": ("lib/base",),
    r"systemd/": ("lib/base",),
    r"protobuf-c/": ("lib/rpc", "lib/wire", "lib/json", "lib/etcd"),
    r"uni(str|width|norm|case|gbrk)": ("cli",),
    r"libintl\.h": ("cli",),
    r"microhttpd\.h": ("controlplane/console",),
    r"curl/.*\.h": ("controlplane/notice",),
}
BANNED = re.compile(
    r"(?<![\w.>])(strcpy|strcat|strncpy|strncat|sprintf|vsprintf|gets|atoi|atol|strtok|gmtime|"
    r"localtime|asctime|ctime|rand|srand|sleep|usleep|system|alloca)\s*\(")
WORLD = re.compile(r"(?<![\w.>])(time|gettimeofday|clock_gettime|getrandom|getenv|random)\s*\(")
# Queues ask for the time only to turn a wait into the deadline that pthreads want.
WORLD_PLACES = ("lib/base/env.c", "lib/base/log.c", "cli/", "controlplane/engine/queue.c",
                "controlplane/notice/notifier.c")
FLOAT = re.compile(r"\b(float|double)\b")
FLOAT_FREE = ("billing", "controlplane/domain", "controlplane/calendar", "controlplane/placement",
              "controlplane/dispatch", "lib/base")
PAIRLESS = re.compile(r"(_main|_service|_internal)\.c$")


def sources(root):
    """Every .c and .h of the rooms. The tree itself is asked, not git: it may come from an archive."""
    found = []
    for room in ROOMS:
        for folder, _, names in os.walk(os.path.join(root, room)):
            found += [os.path.relpath(os.path.join(folder, n), root) for n in names
                      if n.endswith((".c", ".h"))]
    return sorted(found)


def dependencies(root, folder):
    path = os.path.join(root, folder, "CMakeLists.txt")
    if not os.path.exists(path):
        return None
    text = re.sub(r"#.*", "", open(path, encoding="utf-8").read())
    rooms = set()
    for call in re.findall(r"pumasi_library\s*\(([^)]*)\)", text):
        match = re.search(r"DEPS\s+(.*?)(?:PACKAGES|$)", call, re.S)
        if match:
            rooms.update(match.group(1).split())
    return rooms


def strip_comments(text):
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))
    text = re.sub(r"/\*.*?\*/", blank, text, flags=re.S)
    return re.sub(r'"(\\.|[^"\\\n])*"', lambda m: '"' + "x" * (len(m.group(0)) - 2) + '"'
                  if "#include" not in m.string[max(0, m.start() - 10):m.start()] else m.group(0), text)


class Checker:
    def __init__(self, root):
        self.root = root
        self.breaches = []
        self.deps = {}

    def breach(self, path, line, text):
        self.breaches.append(f"{path}:{line}: {text}")

    def allowed(self, folder):
        if folder not in self.deps:
            self.deps[folder] = dependencies(self.root, folder)
        return self.deps[folder]

    def include(self, path, folder, number, target):
        home = os.path.dirname(target)
        if target.endswith(".pb-c.h"):
            home = "proto"
        if home == folder or home == "":
            return
        rooms = self.allowed(folder)
        if rooms is None:
            self.breach(path, number, "the folder has no CMakeLists.txt")
        elif home not in rooms:
            self.breach(path, number, f"includes {target}, but {folder} has no arrow to {home}")

    def foreign(self, path, folder, number, target):
        for pattern, places in FOREIGN.items():
            if re.match(pattern, target) and folder not in places:
                self.breach(path, number, f"<{target}> belongs to {', '.join(places)}")

    def code(self, path, folder, number, line):
        match = BANNED.search(line)
        if match:
            self.breach(path, number, f"{match.group(1)}() is banned")
        match = WORLD.search(line)
        if match and not path.startswith(WORLD_PLACES) and not path.endswith("_main.c"):
            self.breach(path, number, f"{match.group(1)}() outside lib/base/env.c")
        if FLOAT.search(line) and folder.startswith(FLOAT_FREE):
            self.breach(path, number, "floating point where money and time are exact")

    def file(self, path):
        folder = os.path.dirname(path)
        text = open(os.path.join(self.root, path), encoding="utf-8").read()
        bare = strip_comments(text).split("\n")
        for number, line in enumerate(text.split("\n"), 1):
            match = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if match:
                self.include(path, folder, number, match.group(1))
                continue
            match = re.match(r"\s*#\s*include\s+<([^>]+)>", line)
            if match:
                self.foreign(path, folder, number, match.group(1))
                continue
            self.code(path, folder, number, bare[number - 1])

    def pairs(self, files):
        headers = {f for f in files if f.endswith(".h")}
        for path in files:
            if not path.endswith(".c") or PAIRLESS.search(path) or path[:-2] + ".h" in headers:
                continue
            text = open(os.path.join(self.root, path), encoding="utf-8").read()
            if not re.search(r"^const struct command \w+_commands\[\]", text, re.M):
                self.breach(path, 1, "no header of the same stem beside it")

    def readmes(self, files):
        for folder in sorted({os.path.dirname(f) for f in files}):
            readme = os.path.join(self.root, folder, "README.md")
            if not os.path.exists(readme):
                self.breach(folder, 1, "a folder with code needs a README.md")
            elif len(open(readme, encoding="utf-8").read().split("\n")) > 70:
                self.breach(folder + "/README.md", 1, "more than a page")


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else "."
    files = sources(root)
    checker = Checker(root)
    for path in files:
        checker.file(path)
    checker.pairs(files)
    checker.readmes(files)
    for breach in checker.breaches:
        print(breach)
    print(f"{len(files)} files, {len(checker.breaches)} breaches")
    return 1 if checker.breaches or not files else 0


if __name__ == "__main__":
    sys.exit(main())
