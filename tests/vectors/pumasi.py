"""Runs the command under test and compares documents: exact integers, no floating point."""
import json
import subprocess


def run(binary, args, text=None):
    """(exit code, standard output, standard error) of one call."""
    done = subprocess.run([binary, *args], input=text, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def refuse_real(text):
    raise ValueError(f"a real number in the output: {text}")


def parse(text):
    return json.loads(text, parse_float=refuse_real)


def without_reasons(document):
    """The specification fixes what is refused, not the words of the reason; each must have some."""
    for member in document.get("members", []):
        for item in member["refused"]:
            if not item.pop("reason", ""):
                raise ValueError(f"no reason for refusing {item}")
    return document


def difference(got, want, path=""):
    """The first place at which two documents differ, or None. Types count: 1 is not "1"."""
    if type(got) is not type(want):
        return f"{path}: {got!r} instead of {want!r}"
    if isinstance(got, dict):
        if set(got) != set(want):
            return f"{path}: members {sorted(got)} instead of {sorted(want)}"
        pairs = [(f"{path}.{key}", got[key], want[key]) for key in want]
    elif isinstance(got, list):
        if len(got) != len(want):
            return f"{path}: {len(got)} items instead of {len(want)}"
        pairs = [(f"{path}[{i}]", a, b) for i, (a, b) in enumerate(zip(got, want))]
    else:
        return None if got == want else f"{path}: {got!r} instead of {want!r}"
    return next((found for p, a, b in pairs if (found := difference(a, b, p))), None)
