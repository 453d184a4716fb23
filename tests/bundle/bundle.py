"""Bundles hold, and after any change are refused by both verifiers: bundle.py PUMASI.

The ledger in it is written here, from docs/spec/ledger.md, with openssl: no code of ours makes it.
"""
import base64
import hashlib
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
VERIFY = os.path.join(HERE, "..", "..", "bundle", "verify.py")
PUMASI = sys.argv[1]


def run(*args, **more):
    return subprocess.run(args, capture_output=True, check=False, **more)


def line(entry):
    return json.dumps({k: v for k, v in entry.items() if v not in ("", 0)}, sort_keys=True,
                      ensure_ascii=False, separators=(",", ":")).encode()


def root(leaves):
    level = [hashlib.sha256(b"\0" + leaf).digest() for leaf in leaves]
    if not level:
        return hashlib.sha256(b"").digest()

    def tree(nodes):
        if len(nodes) == 1:
            return nodes[0]
        half = 1
        while half * 2 < len(nodes):
            half *= 2
        return hashlib.sha256(b"\1" + tree(nodes[:half]) + tree(nodes[half:])).digest()
    return tree(level)


def make_key(path):
    run("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", path + ".key")
    run("openssl", "ec", "-in", path + ".key", "-pubout", "-out", path + ".pem")


def write_log(folder, name, entries, key):
    """A segment from the beginning, and its checkpoint signed with the key."""
    lines = [line(e) for e in entries]
    top = root(lines)
    head = {"commit": 0, "first": 0, "format": "pumasi-segment", "frontier": [],
            "month": "2026-02", "organisation": name, "v": 1}
    tail = {"commit": 99, "root": top.hex(), "size": len(lines), "v": 1}

    def plain(value):
        return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
    with open(os.path.join(folder, name + ".jsonl"), "wb") as f:
        f.write(b"".join(x + b"\n" for x in [plain(head), *lines, plain(tail)]))
    origin = f"pumasi.internal/ledger/{name}"
    text = (f"{origin}\n{len(lines)}\n{base64.b64encode(top).decode()}\n"
            f"time 1772678400\ncommit 99\n").encode()
    signature = run("openssl", "dgst", "-sha256", "-sign", key + ".key", input=text).stdout
    der = run("openssl", "ec", "-pubin", "-in", key + ".pem", "-outform", "DER",
              "-pubout").stdout
    blob = hashlib.sha256(der).digest()[:4] + signature
    with open(os.path.join(folder, name + ".note"), "wb") as f:
        f.write(text + f"\n\u2014 {origin} {base64.b64encode(blob).decode()}\n".encode())


def entries_of(basis, name, document):
    """What the control plane writes for the metered use of one member, and the issue."""
    out = []
    for u in basis["uses"]:
        if u["organisation"] == name and u["time"] in ("used", "idle", "notice"):
            out.append({"kind": "interval", "organisation": name, "project": basis["project"],
                        "lease": u["lease"], "node": u["node"], "units": u["units"],
                        "model": u["model"], "from": u["from"], "to": u["to"], "phase": "post",
                        "actor": u["node"], "isolation": u["isolation"], "cause": "running",
                        "subject_kind": "usage-interval", "subject": f"{u['node']}.b.{len(out)}",
                        "at": u["to"], "received_at": u["to"], "seq": len(out) + 1, "v": 1})
    out.append({"kind": "issue", "organisation": name, "project": basis["project"],
                "subject_kind": "statement", "subject": basis["id"], "actor": "fin.nipa",
                "paper": "sha256:" + document, "at": basis["issued_at"], "v": 1})
    return [{**e, "commit": 7 + i, "index": i} for i, e in enumerate(out)]


class Stage:
    def __init__(self, folder):
        self.folder = folder
        self.key = os.path.join(folder, "control-plane")
        make_key(self.key)
        self.basis = json.load(open(os.path.join(HERE, "basis.json"), encoding="utf-8"))
        out = os.path.join(folder, "out")
        made = run(PUMASI, "statement", "render", "-f", os.path.join(HERE, "basis.json"), "--out",
                   out)
        assert made.returncode == 0, made.stderr.decode()
        with open(os.path.join(out, "statement.json"), "rb") as f:
            self.document = hashlib.sha256(f.read()).hexdigest()

    def pack(self, key=None, change=None):
        """A bundle with every member's log; change(name, entries) may falsify one."""
        ledger = tempfile.mkdtemp(dir=self.folder)
        key = key or self.key
        for m in self.basis["members"]:
            entries = entries_of(self.basis, m["organisation"], self.document)
            if change:
                change(m["organisation"], entries)
            write_log(ledger, m["organisation"], entries, key)
        with open(os.path.join(ledger, "control-plane.pem"), "wb") as f:
            f.write(open(key + ".pem", "rb").read())
        path = os.path.join(ledger, "bundle.zip")
        made = run(PUMASI, "statement", "render", "-f", os.path.join(HERE, "basis.json"),
                   "--bundle", path, "--ledger", ledger)
        assert made.returncode == 0, made.stderr.decode()
        return path

    def verify(self, path):
        ours = run(PUMASI, "statement", "verify", path, "--key", self.key + ".pem")
        theirs = run(sys.executable, VERIFY, path, self.key + ".pem")
        return ours, theirs

    def holds(self, path):
        ours, theirs = self.verify(path)
        assert ours.returncode == 0, ours.stderr.decode() + ours.stdout.decode()
        assert theirs.returncode == 0, theirs.stdout.decode() + theirs.stderr.decode()
        for out in (ours.stdout, theirs.stdout):
            assert b"INCOMPLETE" not in out, out.decode()

    def refused(self, path, why):
        ours, theirs = self.verify(path)
        said = ours.stderr.decode() + "\n" + theirs.stdout.decode()
        assert ours.returncode == 10 and theirs.returncode == 1, said
        assert re.search(why, ours.stderr.decode()) and re.search(why, theirs.stdout.decode()), said


def flip_bytes(stage, good, rng, times):
    data = open(good, "rb").read()
    bad = os.path.join(stage.folder, "bad.zip")
    for i in range(times):
        at = rng.randrange(len(data)) if i > 2 else (0, len(data) - 1, len(data) // 2)[i]
        with open(bad, "wb") as f:
            f.write(data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1:])
        stage.refused(bad, "seal|no bundle")


def drop_interval(name, entries):
    if name == "lunit":
        del entries[3]


def drop_issue(name, entries):
    if name == "kakao":
        entries.pop()


def shorten(name, entries):
    if name == "skbp":
        entries[0]["to"] = "2026-02-12T00:00:00+09:00"


def repacked(stage, good):
    """One file of the zip replaced, and sealed again by whoever did it."""
    bad = os.path.join(stage.folder, "repacked.zip")
    with zipfile.ZipFile(good) as a, zipfile.ZipFile(bad, "w", zipfile.ZIP_DEFLATED) as b:
        for name in a.namelist():
            data = a.read(name)
            b.writestr(name, data.replace(b"B200", b"B100") if name == "basis.json" else data)
    data = open(bad, "rb").read()
    data = data[:-2] + (len("pumasi bundle sha256 ") + 64).to_bytes(2, "little")
    with open(bad, "wb") as f:
        f.write(data + b"pumasi bundle sha256 " + hashlib.sha256(data).hexdigest().encode())
    return bad


def main():
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(folder)
        good = stage.pack()
        stage.holds(good)
        flip_bytes(stage, good, random.Random(20260301), 12)
        stage.refused(stage.pack(change=drop_interval), "lunit")
        stage.refused(stage.pack(change=shorten), "skbp")
        stage.refused(stage.pack(change=drop_issue), "kakao")
        stage.refused(repacked(stage, good), "basis.json")
        other = os.path.join(folder, "other")
        make_key(other)
        stage.refused(stage.pack(key=other), "key that you trust")
    print("ok - a bundle holds, and 17 changed ones are refused by both")


if __name__ == "__main__":
    main()
