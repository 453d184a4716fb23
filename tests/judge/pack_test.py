#!/usr/bin/env python3
"""The packing experiment at small size: pumasi-sim pack against the judge.

Usage: pack_test.py PUMASI_SIM DATA_DIRECTORY

Every eighth node of the published cluster, and pods of the published list in an order that follows
from a seed until 130 % of the GPUs are asked for; as the list has them, and bound to models. Nothing
may be illegal, nothing that fits refused, and no less allocated than best fit leaves on that data.
"""
import csv
import gzip
import os
import random
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import pack_judge  # noqa: E402

SIM, DATA = sys.argv[1:3]
NODE = ["sn", "cpu_milli", "memory_mib", "gpu", "model"]
POD = ["name", "cpu_milli", "memory_mib", "num_gpu", "gpu_milli", "gpu_spec"]
LEAST = 93.0  # percent allocated at 130 % arrived


def read(name):
    with gzip.open(os.path.join(DATA, name), "rt", encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


def write(path, columns, rows):
    with open(path, "w", encoding="utf-8", newline="") as f:
        out = csv.DictWriter(f, columns, extrasaction="ignore", lineterminator="\n")
        out.writeheader()
        out.writerows(rows)


def arrivals_of(pods, gpus, dice):
    asked, arrivals = 0, []
    while asked < 1.3 * gpus:
        pod = dict(dice.choice(pods), seq=len(arrivals))
        asked += int(pod["num_gpu"]) * int(pod["gpu_milli"]) / 1000
        arrivals.append(pod)
    return arrivals


def bind(pods, models, dice):
    """A quarter of the pods with GPUs to one model."""
    return [dict(p, gpu_spec=dice.choice(models)) if p["num_gpu"] == "1" and dice.random() < .25
            else p for p in pods]


def play(directory, nodes, pods, arrivals, with_mix):
    path = {n: os.path.join(directory, n + ".csv") for n in ("nodes", "arrivals", "mix", "out")}
    write(path["nodes"], NODE, nodes)
    write(path["arrivals"], ["seq"] + POD, arrivals)
    write(path["mix"], POD, pods)
    subprocess.run([SIM, "pack", "--nodes", path["nodes"], "--arrivals", path["arrivals"],
                    "--placements", path["out"], *(["--mix", path["mix"]] if with_mix else [])],
                   check=True)
    return pack_judge.judge(path["nodes"], path["arrivals"], path["out"])


def judge_sees_faults(directory):
    """Whether a judge finds what is put into the placements that lie there."""
    path = os.path.join(directory, "out.csv")
    with open(path, encoding="utf-8", newline="") as f:
        rows = list(csv.DictReader(f))
    first = next(i for i, r in enumerate(rows) if r["gpus"])
    found = []
    for change in ({"node": "", "gpus": ""}, {"gpus": "0-0"}, {"gpus": "99"}, {"node": "nobody"}):
        tampered = [dict(r, **change) if i == first else r for i, r in enumerate(rows)]
        write(path, ["seq", "pod", "node", "gpus"], tampered)
        illegal, refused, _, _ = pack_judge.judge(
            os.path.join(directory, "nodes.csv"), os.path.join(directory, "arrivals.csv"), path)
        found.append(illegal + refused > 0)
    return all(found)


def main():
    nodes = read("openb_node_list_gpu_node.csv.gz")[::8]
    pods = read("openb_pod_list_default.csv.gz")
    gpus = sum(int(n["gpu"]) for n in nodes)
    failed = False
    for seed in (1, 2):
        dice = random.Random(seed)
        models = sorted({n["model"] for n in nodes})
        for name, listed in (("as listed", pods), ("bound", bind(pods, models, dice))):
            with tempfile.TemporaryDirectory() as directory:
                illegal, refused, curve, capacity = play(
                    directory, nodes, listed, arrivals_of(listed, gpus, dice), seed == 1)
                failed |= not judge_sees_faults(directory)
            allocated = pack_judge.allocation_at(curve, capacity, 130)
            print(f"{name}, seed {seed}: illegal={illegal} refused={refused} "
                  f"allocated={allocated:.2f}")
            failed |= bool(illegal or refused) or (name == "as listed" and allocated < LEAST)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
