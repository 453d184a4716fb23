#!/usr/bin/env python3
"""The layering test can fail: each kind of breach is planted in a tree of its own and must be found.

Usage: layering_test.py PATH_OF_layering.py
"""
import os
import subprocess
import sys
import tempfile

BASE = "pumasi_library()\n"
UPPER = "pumasi_library(DEPS lib/base)\n"

CASES = [
    ("a clean tree", {}, 0, "0 breaches"),
    ("an arrow that is not there", {"lib/base/a.c": '#include "lib/upper/b.h"\n'}, 1, "no arrow to lib/upper"),
    ("a foreign library", {"lib/upper/b.c": '#include "lib/upper/b.h"\n#include <openssl/evp.h>\n'}, 1,
     "belongs to lib/pki"),
    ("a banned call", {"lib/upper/b.c": '#include "lib/upper/b.h"\nvoid f(char *d) { strcpy(d, ""); }\n'}, 1,
     "strcpy() is banned"),
    ("a clock", {"lib/upper/b.c": '#include "lib/upper/b.h"\nlong f(void) { return time(0); }\n'}, 1,
     "time() outside"),
    ("floating point", {"lib/base/a.c": '#include "lib/base/a.h"\ndouble won;\n'}, 1, "floating point"),
    ("a missing header", {"lib/upper/c.c": "int c;\n"}, 1, "no header of the same stem"),
    ("a missing README", {"lib/upper/README.md": None}, 1, "needs a README"),
    ("a banned word in a comment is fine", {"lib/base/a.c": '#include "lib/base/a.h"\n/* strcpy(x) */\n'}, 0,
     "0 breaches"),
]


def tree(root, changes):
    files = {
        "lib/base/CMakeLists.txt": BASE, "lib/base/README.md": "base\n", "lib/base/a.h": "int a;\n",
        "lib/base/a.c": '#include "lib/base/a.h"\n', "lib/upper/CMakeLists.txt": UPPER,
        "lib/upper/README.md": "upper\n", "lib/upper/b.h": '#include "lib/base/a.h"\n',
        "lib/upper/b.c": '#include "lib/upper/b.h"\n',
    }
    files.update(changes)
    for path, text in files.items():
        if text is None:
            continue
        os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
        with open(os.path.join(root, path), "w", encoding="utf-8") as f:
            f.write(text)


def main():
    failures = 0
    for name, changes, status, text in CASES:
        with tempfile.TemporaryDirectory() as root:
            tree(root, changes)
            out = subprocess.run([sys.executable, sys.argv[1], root], capture_output=True, text=True)
        good = out.returncode == status and text in out.stdout
        failures += not good
        print(f"{'ok' if good else 'not ok'} - {name}")
        if not good:
            print(out.stdout, out.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
