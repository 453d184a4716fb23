#!/usr/bin/env python3
"""Makes a trace of training jobs as clusters see them, and the quotas of its tenants.

Usage: lend_trace.py JOBS QUOTAS [--jobs N] [--tenants N] [--days N] [--load X] [--seed N]

Durations are heavy-tailed (the median a quarter of an hour, the mean some hours, the longest two
months), arrivals come by day and in bursts, tenants are of very different size and are busy in
different weeks. Quotas are in proportion to GPU time, in steps of 8, and add up to the mean demand
divided by the load.
"""
import argparse
import csv
import math
import random

SIZES, OFTEN = (1, 2, 4, 8, 16), (70, 8, 9, 12, 1)
DAY = 86400


def busy_days(dice, days):
    """How much a tenant does on each day: weeks of work, weeks of rest."""
    level, out = 1.0, []
    for day in range(days):
        level = 0.85 * level + 0.3 * dice.lognormvariate(0, 1)
        out.append(level * (0.4 if day % 7 > 4 else 1))
    return out


def jobs_of(dice, tenant, n, days):
    weights, jobs = busy_days(dice, days), []
    while len(jobs) < n:
        day = dice.choices(range(days), weights)[0]
        at = day * DAY + dice.gauss(14, 4) % 24 * 3600
        burst = min(200, int(dice.paretovariate(1.1))) if dice.random() < .3 else 1
        gpus = dice.choices(SIZES, OFTEN)[0]
        for i in range(burst):
            seconds = dice.lognormvariate(math.log(900) + .25 * math.log(gpus), 2.4)
            jobs.append((int(at + i * dice.randint(1, 20)), tenant,
                         max(30, min(60 * DAY, int(seconds))), gpus))
    return jobs[:n]


def make(jobs_path, quotas_path, n=20000, tenants=12, days=60, load=.8, seed=1):
    dice = random.Random(seed)
    shares = [1 / (i + 1) for i in range(tenants)]
    jobs = []
    for i, share in enumerate(shares):
        jobs += jobs_of(dice, f"t{i:02d}", max(20, int(n * share / sum(shares))), days)
    jobs.sort()
    window = jobs[-1][0] - jobs[0][0]
    work = {}
    for _, tenant, seconds, gpus in jobs:
        work[tenant] = work.get(tenant, 0) + seconds * gpus
    with open(jobs_path, "w", encoding="utf-8", newline="") as f:
        out = csv.writer(f, lineterminator="\n")
        out.writerow(["tenant", "submit", "duration", "gpus"])
        out.writerows((t, at, seconds, gpus) for at, t, seconds, gpus in jobs)
    with open(quotas_path, "w", encoding="utf-8", newline="") as f:
        out = csv.writer(f, lineterminator="\n")
        out.writerow(["tenant", "gpus"])
        out.writerows((t, max(8, round(w / window / load / 8) * 8)) for t, w in work.items())


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("jobs_path")
    parser.add_argument("quotas_path")
    parser.add_argument("--jobs", type=int, default=20000)
    parser.add_argument("--tenants", type=int, default=12)
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--load", type=float, default=.8)
    parser.add_argument("--seed", type=int, default=1)
    a = parser.parse_args()
    make(a.jobs_path, a.quotas_path, a.jobs, a.tenants, a.days, a.load, a.seed)
