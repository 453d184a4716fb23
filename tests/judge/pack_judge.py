#!/usr/bin/env python3
"""Judges placements of the packing experiment: plays them again, by rules of its own.

Usage: pack_judge.py NODES ARRIVALS PLACEMENTS [--last PCT]

Prints one line: how many placements are illegal, how many arrivals were turned away although a node
could take them, and the allocation (percent of all GPUs) at 100 % arrived and at the last percent:
the mean over the arrivals at which the GPUs asked for so far round to that percentage. The exit
status is 1 if anything was illegal or refused, 2 if the files do not belong together.
"""
import argparse
import csv
import sys

REQUESTS = 1001  # that a node takes
MILLI = 1000     # of a GPU


class Node:
    def __init__(self, row):
        self.cpu, self.memory = int(row["cpu_milli"]), int(row["memory_mib"])
        self.model = row["model"] if int(row["gpu"]) else None
        self.idle = [MILLI] * int(row["gpu"])
        self.requests = 0

    def room(self, pod):
        return (self.cpu >= pod.cpu and self.memory >= pod.memory and self.requests < REQUESTS
                and (not pod.gpus or self.model is not None
                     and (not pod.models or self.model in pod.models)))

    def could_take(self, pod):
        return self.room(pod) and sum(i >= pod.milli for i in self.idle) >= pod.gpus

    def take(self, pod, devices):
        """False if it is not legal."""
        if len(set(devices)) != pod.gpus or len(devices) != pod.gpus or not self.room(pod):
            return False
        if any(not 0 <= d < len(self.idle) or self.idle[d] < pod.milli for d in devices):
            return False
        self.cpu -= pod.cpu
        self.memory -= pod.memory
        self.requests += 1
        for d in devices:
            self.idle[d] -= pod.milli
        return True


class Pod:
    def __init__(self, row):
        self.cpu, self.memory = int(row["cpu_milli"]), int(row["memory_mib"])
        self.gpus = int(row["num_gpu"])
        self.milli = min(int(row["gpu_milli"]), MILLI) if self.gpus else 0
        self.models = set(filter(None, row["gpu_spec"].split("|"))) if self.gpus else set()


def rows(path):
    with open(path, encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


def judge(nodes_path, arrivals_path, placements_path, refusals=True):
    """refusals: look for them; takes as long as there are nodes, for each that was turned away.
    (illegal, refused, [(arrived GPUs, allocated GPUs) after each arrival], GPUs in all)"""
    nodes = {row["sn"]: Node(row) for row in rows(nodes_path)}
    capacity = sum(len(n.idle) for n in nodes.values())
    arrivals, placements = rows(arrivals_path), rows(placements_path)
    if [(a["seq"], a["name"]) for a in arrivals] != [(p["seq"], p["pod"]) for p in placements]:
        print("the placements are not one line for each arrival, in order", file=sys.stderr)
        sys.exit(2)
    illegal = refused = arrived = used = 0
    curve = []
    for arrival, placement in zip(arrivals, placements):
        pod = Pod(arrival)
        arrived += pod.gpus * pod.milli
        if placement["node"]:
            devices = [int(d) for d in placement["gpus"].split("-")] if placement["gpus"] else []
            node = nodes.get(placement["node"])
            if node and node.take(pod, devices):
                used += pod.gpus * pod.milli
            else:
                illegal += 1
        elif refusals and any(n.could_take(pod) for n in nodes.values()):
            refused += 1
        curve.append((arrived, used))
    return illegal, refused, curve, capacity


def allocation_at(curve, capacity, percent):
    at = [used for arrived, used in curve if round(arrived / capacity / MILLI * 100) == percent]
    return sum(at) / len(at) / capacity / MILLI * 100 if at else float("nan")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("nodes")
    parser.add_argument("arrivals")
    parser.add_argument("placements")
    parser.add_argument("--last", type=int, default=130)
    args = parser.parse_args()
    illegal, refused, curve, capacity = judge(args.nodes, args.arrivals, args.placements)
    print(f"illegal={illegal} refused={refused} "
          f"alloc_at_100={allocation_at(curve, capacity, 100):.2f} "
          f"alloc_at_{args.last}={allocation_at(curve, capacity, args.last):.2f}")
    sys.exit(1 if illegal or refused else 0)
