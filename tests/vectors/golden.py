"""Every golden case through the real command: golden.py PUMASI FOLDER."""
import pathlib
import sys

import pumasi

COMMANDS = {"case": ["cofund", "eval"], "tree": ["quota", "eval"]}


def check(binary, path):
    name, kind = path.name.split(".")[:2]
    want = pumasi.parse(path.with_name(f"{name}.expected.json").read_text())
    at = ["--at", want["at"]] if "at" in want else []
    text = path.read_text()
    found = None
    for file, stdin in ((str(path), None), ("-", text)):
        code, out, talk = pumasi.run(binary, COMMANDS[kind] + ["-f", file, "-o", "json"] + at, stdin)
        if code != 0:
            return f"exit {code}: {talk.strip()}"
        got = pumasi.without_reasons(pumasi.parse(out))
        found = found or pumasi.difference(got, want)
    return found


def main():
    binary, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    paths = sorted(folder.glob("*/*.case.json")) + sorted(folder.glob("*/*.tree.json"))
    failed = 0
    for path in paths:
        found = check(binary, path)
        failed += found is not None
        print(f"{'not ok' if found else 'ok'} - {path.name} {found or ''}")
    print(f"1..{len(paths)}")
    return 1 if failed or not paths else 0


if __name__ == "__main__":
    sys.exit(main())
