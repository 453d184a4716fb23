#!/usr/bin/env python3
"""Lending rules on a generated trace, judged, one line for each load.

Usage: lend_bench.py PUMASI_SIM [--smoke]
"""
import json
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lend_judge  # noqa: E402
import lend_trace  # noqa: E402


def play(sim, path, rule):
    told = subprocess.run([sim, "lend", "--rule", rule,
                           *(w for n, p in path.items() for w in ("--" + n, p))],
                          check=True, capture_output=True, text=True)
    faults, _ = lend_judge.judge(*path.values(), rule)
    return json.loads(told.stdout), len(faults)


def bench(sim, jobs, load):
    with tempfile.TemporaryDirectory() as directory:
        path = {n: os.path.join(directory, n + ".csv") for n in ("jobs", "quotas", "runs", "waits")}
        lend_trace.make(path["jobs"], path["quotas"], n=jobs, tenants=15, days=75, load=load)
        told, faults = {}, 0
        for rule in ("static", "lend", "reclaim"):
            told[rule], found = play(sim, path, rule)
            faults += found
    alone, shared = (told[r]["tenant_wait_min"] for r in ("static", "reclaim"))
    waits = " ".join(f"{rule}_wait_min={f['mean_wait_min']}" for rule, f in told.items())
    print(f"lend: load={load} jobs={told['static']['jobs']} gpus={told['static']['gpus']} {waits} "
          f"worse_off={sum(shared[t] > alone[t] for t in alone)} "
          f"lost_gpu_pct={told['reclaim']['lost_gpu_pct']} "
          f"evictions={told['reclaim']['evictions']} faults={faults}", flush=True)
    return faults


def main():
    smoke = "--smoke" in sys.argv
    return 1 if sum(bench(sys.argv[1], 3000 if smoke else 30000, load)
                    for load in ([.8] if smoke else [.5, .8, .95])) else 0


if __name__ == "__main__":
    sys.exit(main())
