#!/usr/bin/env python3
"""Judges a run of pumasi-sim lend by playing its runs again.

Usage: lend_judge.py JOBS QUOTAS RUNS WAITS RULE [--ckpt S] [--restart S]

Every job must do all its work, in runs that do not overlap, none before its submit; what an evicted
run worked since its last checkpoint is lost, and a run after an eviction begins with a restart. The
GPUs in use never pass the quotas' sum; by `static` no tenant passes its own, by `lend` nothing is
evicted, and by `reclaim` no job waits that fits into what its tenant has left of its quota. The waits
must follow from the runs. Whole seconds are expected in JOBS. Exit status 1 if anything is wrong.
"""
import argparse
import csv
import sys


def rows(path):
    with open(path, encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


class Judge:
    def __init__(self, jobs, quotas, runs, rule, ckpt, restart):
        self.quota = {r["tenant"]: int(r["gpus"]) for r in rows(quotas)}
        self.rule, self.ckpt, self.restart = rule, ckpt, restart
        listed = rows(jobs)
        first = min(int(j["submit"]) for j in listed)
        self.jobs = {i: (j["tenant"], int(j["submit"]) - first, int(j["duration"]), int(j["gpus"]))
                     for i, j in enumerate(listed) if int(j["gpus"]) <= self.quota[j["tenant"]]}
        self.runs = {i: [] for i in self.jobs}
        for r in rows(runs):
            self.runs[int(r["job"])].append((int(r["start"]), int(r["end"]), r["evicted"] == "1"))
        self.faults, self.lost = [], 0

    def fault(self, text):
        self.faults.append(text)

    def check_job(self, i):
        """Its work, run by run; returns what it waited."""
        tenant, submit, left, gpus = self.jobs[i]
        work, again, before = left, False, submit
        for start, end, evicted in sorted(self.runs[i]):
            if start < before or end < start:
                self.fault(f"job {i}: a run begins at {start}, not at or after {before}")
            worked = max(0, end - start - (self.restart if again else 0))
            if evicted:
                worked = worked // self.ckpt * self.ckpt
                self.lost += (end - start - worked + self.restart) * gpus
                if self.rule != "reclaim":
                    self.fault(f"job {i}: evicted by {self.rule}")
            left -= worked
            if (left == 0) == evicted:
                self.fault(f"job {i}: {left} s of work left at {end}")
            again, before = evicted, end
        if left != 0:
            self.fault(f"job {i}: {left} s of work were never done")
        return before - submit - work

    def events(self):
        """(time, ends first, then submits and starts; kind, job)"""
        out = []
        for i, (_, submit, _, _) in self.jobs.items():
            out.append((submit, 1, "submit", i))
            for start, end, evicted in self.runs[i]:
                out.append((start, 2, "start", i))
                out.append((end, 0 if end > start else 3, "evict" if evicted else "end", i))
        return sorted(out)

    def check_fleet(self):
        used, waiting = dict.fromkeys(self.quota, 0), {t: {} for t in self.quota}
        events = self.events()
        for at, (now, _, kind, i) in enumerate(events):
            tenant, _, _, gpus = self.jobs[i]
            change = {"start": gpus, "end": -gpus, "evict": -gpus, "submit": 0}[kind]
            used[tenant] += change
            queue = waiting[tenant]
            if kind in ("submit", "evict"):
                queue[gpus] = queue.get(gpus, 0) + 1
            elif kind == "start":
                queue[gpus] -= 1
            if at + 1 == len(events) or events[at + 1][0] > now:
                self.check_instant(now, used, waiting)

    def check_instant(self, now, used, waiting):
        if sum(used.values()) > sum(self.quota.values()):
            self.fault(f"at {now}: more GPUs in use than there are")
        for tenant, quota in self.quota.items():
            if self.rule == "static" and used[tenant] > quota:
                self.fault(f"at {now}: {tenant} is above its quota")
            fits = any(n > 0 and g <= quota - used[tenant] for g, n in waiting[tenant].items())
            if fits and self.rule != "lend":
                self.fault(f"at {now}: {tenant} waits inside its quota")

    def check(self, waits):
        order = sorted(self.jobs, key=lambda i: (self.jobs[i][1], i))
        for i, told in zip(order, rows(waits)):
            if self.check_job(i) != int(told["wait_s"]):
                self.fault(f"job {i}: its wait is not {told['wait_s']} s")
        self.check_fleet()
        work = sum(d * g for _, _, d, g in self.jobs.values())
        return 100 * self.lost / work


def judge(jobs, quotas, runs, waits, rule, ckpt=1800, restart=120):
    """(faults, percent of the GPU time lost to evictions)"""
    j = Judge(jobs, quotas, runs, rule, ckpt, restart)
    lost = j.check(waits)
    return j.faults, lost


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name in ("jobs", "quotas", "runs", "waits", "rule"):
        parser.add_argument(name)
    parser.add_argument("--ckpt", type=int, default=1800)
    parser.add_argument("--restart", type=int, default=120)
    a = parser.parse_args()
    found, lost_pct = judge(a.jobs, a.quotas, a.runs, a.waits, a.rule, a.ckpt, a.restart)
    for text in found[:10]:
        print(text)
    print(f"faults={len(found)} lost_gpu_pct={lost_pct:.2f}")
    sys.exit(1 if found else 0)
