"""A second implementation of the lending tree, straight from the formulas, compared with the
command on random trees: quota_oracle.py PUMASI [SEED [CASES]]."""
import datetime
import json
import random
import sys

import pumasi

MOST = 2**63 - 1


def sat(n):
    return max(-(2**63), min(MOST, n))


class Tree:
    def __init__(self, document, at):
        self.nodes = {n["name"]: n for n in document["nodes"]}
        self.children = {name: [] for name in self.nodes}
        for name, node in self.nodes.items():
            if "parent" in node:
                self.children[node["parent"]].append(name)
        self.taken = document["usage"]
        self.at = at

    def number(self, name, field):
        value = self.nodes[name].get(field)
        if not isinstance(value, list):
            return value
        begun = [v for v in value if self.at is not None and v["from"] <= self.at]
        return max(begun, key=lambda v: v["from"])["value"] if begun else None

    def subtree(self, name):
        lent = sum(self.subtree(c) - self.local(c) for c in self.children[name])
        return sat((self.number(name, "nominal") or 0) + lent)

    def local(self, name):
        limit = self.number(name, "lend_limit")
        return 0 if limit is None else max(0, self.subtree(name) - limit)

    def usage(self, name):
        above = sum(max(0, self.usage(c) - self.local(c)) for c in self.children[name])
        return sat(self.taken.get(name, 0) + above)

    def available(self, name):
        node = self.nodes[name]
        if "parent" not in node:
            return self.subtree(name) - self.usage(name)
        p = self.available(node["parent"])
        limit = self.number(name, "borrow_limit")
        if limit is not None:
            borrowed = max(0, self.usage(name) - self.local(name))
            p = min(p, sat(self.subtree(name) - self.local(name) - borrowed + limit))
        return sat(max(0, self.local(name) - self.usage(name)) + p)

    def potential(self, name):
        node = self.nodes[name]
        if "parent" not in node:
            return self.subtree(name)
        most = sat(self.local(name) + self.potential(node["parent"]))
        limit = self.number(name, "borrow_limit")
        return most if limit is None else min(most, sat(self.subtree(name) + limit))


def random_number(rng, dated):
    def value():
        return rng.choice([rng.randrange(40), rng.randrange(40), MOST - rng.randrange(3)]
                          if rng.random() < 0.1 else [rng.randrange(40)])
    if not dated or rng.random() < 0.6:
        return value()
    days = {rng.randrange(300) for _ in range(rng.randrange(1, 4))}
    return [{"from": (datetime.date(2026, 1, 1) + datetime.timedelta(days=d)).isoformat(),
             "value": value()} for d in days]


def random_tree(rng):
    dated = rng.random() < 0.5
    nodes = []
    for i in range(rng.randrange(1, 9)):
        node = {"name": f"n{i}", "nominal": random_number(rng, dated)}
        if i and rng.random() < 0.95:
            node["parent"] = f"n{rng.randrange(i)}"
            for limit in ("borrow_limit", "lend_limit"):
                if rng.random() < 0.5:
                    node[limit] = random_number(rng, dated)
        nodes.append(node)
    rng.shuffle(nodes)
    usage = {n["name"]: random_number(rng, False) for n in nodes if rng.random() < 0.6}
    at = (datetime.date(2026, 1, 1) + datetime.timedelta(days=rng.randrange(300))).isoformat()
    return {"nodes": nodes, "usage": usage}, at if rng.random() < 0.7 else None


def check(binary, document, at):
    tree = Tree(document, at)
    want = {"available": {n: max(0, tree.available(n)) for n in tree.nodes},
            "potential": {n: tree.potential(n) for n in tree.nodes}}
    args = ["quota", "eval", "-f", "-", "-o", "json"]
    if at is not None:
        want["at"] = at
        args += ["--at", at]
    code, out, talk = pumasi.run(binary, args, json.dumps(document))
    if code != 0:
        return f"exit {code}: {talk.strip()}"
    return pumasi.difference(pumasi.parse(out), want)


def main():
    binary = sys.argv[1]
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 20260801
    cases = int(sys.argv[3]) if len(sys.argv) > 3 else 150
    for i in range(cases):
        document, at = random_tree(random.Random(seed + i))
        found = check(binary, document, at)
        if found:
            print(f"not ok - seed {seed + i}, at {at}: {found}")
            print(json.dumps(document))
            return 1
    print(f"ok - {cases} trees from seed {seed}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
