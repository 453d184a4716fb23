"""The ledger between real programs: a month closed by two people is sealed into files that verify
with nobody's help, a witness follows the checkpoints, and a file or a log that was changed is told."""
import glob
import os
import subprocess
import time

import lib
from lib import tap


def month_before():
    year, month = map(int, time.strftime("%Y %m", time.gmtime(time.time() + 9 * 3600)).split())
    return f"{year - (month == 1)}-{(month - 2) % 12 + 1:02}"


def close(world, month):
    """Two people, one checklist."""
    proposed = world.must("ledger", "close", "--month", month, "-o", "json", who="admin.nipa")
    tap.ok("checklist" in proposed.err + proposed.out, "the first who asks proposes", proposed)
    months = world.must("ledger", "months", "-o", "json", who="admin.nipa").json()["items"]
    tap.ok([(m["id"], m["state"]) for m in months] == [(month, "proposed")], "and closes nothing",
           months)
    checklist = months[0]["checklist"]["hash"]
    same = world.cli("ledger", "close", "--month", month, "--checklist", checklist,
                     who="admin.nipa")
    tap.ok(same.code == 5, "the same person can't close it", same)
    world.must("ledger", "close", "--month", month, "--checklist", checklist, who="ok.nipa")
    lib.until(lambda: world.must("ledger", "months", "-o", "json", who="admin.nipa").json()["items"]
              [0]["state"] == "sealed", 30, "the month is sealed")
    tap.ok(True, "a second one closes it, and it is sealed")


def check_segments(world, directory, month):
    segments = glob.glob(f"{directory}/ledger/segments/*.jsonl")
    results = [world.cli("ledger", "verify", s, "-o", "json") for s in segments]
    tap.ok(len(segments) >= 3 and all(r.code == 0 for r in results), "every segment verifies alone",
           *results)
    whole = open(segments[0], "rb").read()
    changed = f"{world.dir}/changed.jsonl"
    for name, text in (("a changed byte", whole.replace(b'"kind":"', b'"kind": "', 1)),
                       ("a dropped entry", b"".join(whole.splitlines(True)[:1] +
                                                    whole.splitlines(True)[2:])),
                       ("a lost end", whole[:-20])):
        with open(changed, "wb") as f:
            f.write(text)
        bad = world.cli("ledger", "verify", changed)
        tap.ok(bad.code == 10 and "segment" in bad.err, f"{name} is told", bad)
    note = open(f"{directory}/ledger/months/{month}.note", encoding="utf-8").read()
    text, _, line = note.rpartition("\n\n")
    with open(f"{world.dir}/note", "w", encoding="utf-8") as f:
        f.write(text + "\n")
    signature = subprocess.run(["base64", "-d"], input=line.split()[-1].encode(), check=True,
                               capture_output=True).stdout[4:]
    with open(f"{world.dir}/signature", "wb") as f:
        f.write(signature)
    verified = subprocess.run(["openssl", "dgst", "-sha256", "-verify", f"{directory}/pki/sign.pub",
                               "-signature", f"{world.dir}/signature",
                               f"{world.dir}/note"], capture_output=True)
    tap.ok(verified.returncode == 0, "openssl alone verifies the month's note", verified)


def check_witness(world, directory):
    state = f"{world.dir}/witness"
    os.mkdir(state)
    args = ("witness", "nipa", "--key", f"{directory}/pki/sign.pub", "--state", state)
    first = world.cli(*args, who="admin.nipa")
    tap.ok(first.code == 0, "a witness cosigns", first)
    note = world.must("ledger", "checkpoint", "nipa", who="admin.nipa").out
    tap.ok(note.count("— ") == 2 and "— admin.nipa" in note, "its line stands in the note", note)
    again = world.cli(*args, who="admin.nipa")
    tap.ok(again.code == 0, "and again", again)
    kept = f"{state}/nipa.checkpoint"
    lines = open(kept, encoding="utf-8").read().splitlines()
    for name, changes in (("became shorter", {1: str(int(lines[1]) + 5)}),
                          ("was rewritten", {2: "A" * 43 + "="})):
        with open(kept, "w", encoding="utf-8") as f:
            f.write("".join(f"{changes.get(i, l)}\n" for i, l in enumerate(lines)))
        bad = world.cli(*args, who="admin.nipa")
        tap.ok(bad.code == 10, f"a ledger that {name} is not cosigned", bad)
    hidden = world.cli("ledger", "checkpoint", "nipa", who="kim.upstage")
    tap.ok(hidden.code == 6, "another organisation's ledger does not exist", hidden)
    own = world.cli("ledger", "checkpoint", "upstage", who="kim.upstage")
    tap.ok(own.code == 0 and own.out.startswith("pumasi.internal/ledger/upstage\n"), "one's own does",
           own)


def check_archive(world, control):
    """A control plane does not start on an archive that somebody changed."""
    control.process.end()
    segment = glob.glob(f"{control.directory}/ledger/segments/*.jsonl")[0]
    whole = open(segment, "rb").read()
    with open(segment, "r+b") as f:
        f.write(whole[:2] + b"C" + whole[3:])
    refused = subprocess.run([f"{lib.BIN}/pumasid", "--set",
                              f"control_plane.data_dir={control.directory}", "--set",
                              f"listen.address=127.0.0.1:{lib.free_port()}"], capture_output=True,
                             timeout=60)
    tap.ok(refused.returncode != 0 and b"was changed" in refused.stderr,
           "an archive that was changed stops the control plane", refused.stderr.decode())


def main():
    world = lib.World()
    control = world.found()
    world.add_person("ok", "nipa", ["agency-approver"])
    month = month_before()
    close(world, month)
    check_segments(world, control.directory, month)
    check_witness(world, control.directory)
    check_archive(world, control)
    tap.done()


if __name__ == "__main__":
    main()
