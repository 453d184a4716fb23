#!/usr/bin/env python3
"""Lending on generated traces: pumasi-sim lend against the judge, and what lending is for.

Usage: lend_test.py PUMASI_SIM

By reclaim the mean wait must be at most a quarter of the static one and 1.5 times that of lending
without taking back, no tenant may wait longer than by itself, and evictions may cost 0.3 % at most.
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

SIM = sys.argv[1]


def play(directory, rule):
    path = {n: os.path.join(directory, n + ".csv") for n in ("jobs", "quotas", "runs", "waits")}
    told = subprocess.run([SIM, "lend", "--rule", rule,
                           *(w for n, p in path.items() for w in ("--" + n, p))],
                          check=True, capture_output=True, text=True)
    faults, lost = lend_judge.judge(*path.values(), rule)
    return json.loads(told.stdout), faults, lost


def main():
    failed = False
    for seed, load in ((1, .8), (2, .95), (3, .5)):
        with tempfile.TemporaryDirectory() as directory:
            lend_trace.make(os.path.join(directory, "jobs.csv"),
                            os.path.join(directory, "quotas.csv"),
                            n=3000, tenants=8, days=30, load=load, seed=seed)
            figures, faults, lost = {}, [], 0
            for rule in ("static", "lend", "reclaim"):
                figures[rule], found, lost = play(directory, rule)
                faults += found
        wait = {rule: f["mean_wait_min"] for rule, f in figures.items()}
        alone = figures["static"]["tenant_wait_min"]
        worse = [t for t, w in figures["reclaim"]["tenant_wait_min"].items() if w > alone[t]]
        print(f"seed {seed}, load {load}: wait {wait} min, worse off {worse}, lost {lost:.2f} %, "
              f"faults {faults[:3]}")
        failed |= bool(faults or worse) or lost > .3 or wait["reclaim"] > wait["static"] / 4 \
            or wait["reclaim"] > 1.5 * wait["lend"] \
            or abs(lost - figures["reclaim"]["lost_gpu_pct"]) > .01
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
