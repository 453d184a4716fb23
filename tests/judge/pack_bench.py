#!/usr/bin/env python3
"""The published packing experiment at full size, judged, one line for each seed and size of fleet.

Usage: pack_bench.py PUMASI_SIM DATA_DIRECTORY [--smoke]

The last line is eight times the nodes, with eight times the arrivals; refusals are not looked for there.
"""
import csv
import gzip
import json
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import pack_judge  # noqa: E402

POD = ["name", "cpu_milli", "memory_mib", "num_gpu", "gpu_milli", "gpu_spec"]
FGD = {42: (95.14, 95.29), 43: (95.06, 95.32), 44: (95.29, 95.44)}  # published


def read(data, name):
    with gzip.open(os.path.join(data, name), "rt", encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


def write(path, columns, rows):
    with open(path, "w", encoding="utf-8", newline="") as f:
        out = csv.DictWriter(f, columns, extrasaction="ignore", lineterminator="\n")
        out.writeheader()
        out.writerows(rows)


def play(sim, directory, nodes, pods, arrivals, refusals):
    """The figures that it prints, and the judge's verdict."""
    path = {n: os.path.join(directory, n + ".csv") for n in ("nodes", "arrivals", "mix", "out")}
    write(path["nodes"], ["sn", "cpu_milli", "memory_mib", "gpu", "model"], nodes)
    write(path["arrivals"], ["seq"] + POD, arrivals)
    write(path["mix"], POD, pods)
    told = subprocess.run([sim, "pack", "--nodes", path["nodes"], "--arrivals", path["arrivals"],
                           "--mix", path["mix"], "--placements", path["out"]],
                          check=True, capture_output=True, text=True)
    return json.loads(told.stdout), pack_judge.judge(path["nodes"], path["arrivals"], path["out"],
                                                     refusals)


def bench(sim, data, seed, times):
    nodes, pods = read(data, "openb_node_list_gpu_node.csv.gz"), \
        read(data, "openb_pod_list_default.csv.gz")
    by_name = {p["name"]: p for p in pods}
    order = [a["name"] for a in read(data, f"arrivals_default_seed{seed}.csv.gz")]
    nodes = [dict(n, sn=f"{n['sn']}-{i}") for i in range(times) for n in nodes]
    arrivals = [dict(by_name[n], seq=i) for i, n in enumerate(order * times)]
    with tempfile.TemporaryDirectory() as directory:
        told, (illegal, refused, curve, capacity) = play(sim, directory, nodes, pods, arrivals,
                                                        times == 1)
    at = [pack_judge.allocation_at(curve, capacity, p) for p in (100, 130)]
    beside = f"fgd_at_100={FGD[seed][0]} fgd_at_130={FGD[seed][1]} " if times == 1 else ""
    print(f"pack: seed={seed} nodes={len(nodes)} arrivals={len(arrivals)} "
          f"alloc_at_100={at[0]:.2f} alloc_at_130={at[1]:.2f} {beside}"
          f"decisions_per_s={told['decisions_per_s']} p50_us={told['p50_us']} "
          f"p99_us={told['p99_us']} illegal={illegal} "
          f"refused={refused if times == 1 else 'unknown'}", flush=True)
    return illegal + refused


def main():
    sim, data = sys.argv[1:3]
    seeds = [42] if "--smoke" in sys.argv else [42, 43, 44]
    faults = sum(bench(sim, data, seed, 1) for seed in seeds)
    if "--smoke" not in sys.argv:
        faults += bench(sim, data, 42, 8)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
