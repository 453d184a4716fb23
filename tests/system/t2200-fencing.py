"""Two pumasid on one etcd: only the leader decides. It is stopped (SIGSTOP) past its lease with
requests under way, the other one leads, it goes on (SIGCONT): nothing of it is committed."""
import base64
import json
import os
import signal
import subprocess
import threading
import time

import lib
from lib import tap

TTL_S = 2
HOUR_S = 3600


def start_etcd(world):
    client, peer = (f"http://127.0.0.1:{lib.free_port()}" for _ in range(2))
    world.start(["/usr/bin/etcd", "--data-dir", world.path("etcd"), "--listen-client-urls", client,
                 "--advertise-client-urls", client, "--listen-peer-urls", peer,
                 "--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}",
                 "--log-level", "error"], world.path("etcd.log"))
    endpoint = client.removeprefix("http://")
    lib.until(lambda: etcdctl(endpoint, "get", "x", check=False) is not None, 20, "etcd answers")
    return endpoint


def etcdctl(endpoint, *args, check=True):
    done = subprocess.run(["etcdctl", f"--endpoints={endpoint}", *args], capture_output=True,
                          text=True, timeout=20, check=check, env={**os.environ, "ETCDCTL_API": "3"})
    return done.stdout if done.returncode == 0 else None


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 0x7f) << shift
        shift += 7
        at += 1
        if not data[at - 1] & 0x80:
            return value, at


def first_fields(data):
    """seq and writer, fields 1 and 2 of a pumasi.v1.Commit."""
    seq, at = varint(data, 1)
    length, at = varint(data, at + 1)
    return seq, data[at:at + length].decode()


def commits(endpoint):
    """(seq, writer) of every commit, in the order of their keys."""
    found = json.loads(etcdctl(endpoint, "get", "--prefix", "/pumasi/v1/log/", "-w", "json"))
    return [first_fields(base64.b64decode(kv["value"])) for kv in found["kvs"]]


class Bookings:
    """Bookings by tag: what was asked of whom, and what came back."""

    def __init__(self, world):
        self.world = world
        self.epoch = int(time.time()) // HOUR_S * HOUR_S + 24 * HOUR_S
        self.results = {}
        self.threads = []

    def book(self, tag, control, seconds=10):
        when = lambda t: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(t))
        start = self.epoch + tag * HOUR_S
        result = self.world.cli("lease", "book", "-a", self.world.allocation, "-g", "1", "--from",
                                when(start), "--to", when(start + HOUR_S), "--priority", str(tag),
                                "--server", control.address, "--timeout", f"{seconds}s",
                                "--request-id", f"tag-{tag}", "-o", "json", who="kim.upstage")
        self.results[tag] = result
        return result

    def begin(self, tag, control, seconds):
        thread = threading.Thread(target=self.book, args=(tag, control, seconds), daemon=True)
        self.threads.append(thread)
        thread.start()

    def settle(self):
        for t in self.threads:
            t.join(60)
        self.threads.clear()

    def acknowledged(self):
        return {tag: r.json()["id"] for tag, r in self.results.items() if r.code == 0}


def code_of(result):
    last = result.err.strip().splitlines()
    return json.loads(last[-1])["error"]["code"] if last else ""


def main():
    world = lib.World()
    endpoint = start_etcd(world)
    settings = (f"etcd.endpoints={endpoint}", f"leader.ttl={TTL_S}s")
    a = world.init(*settings, name="pumasid-a")
    b = world.twin(a, "pumasid-b", *settings)
    a.start()
    world.wait_answering()
    b.start()
    world.populate(1, 8)
    bookings = Bookings(world)

    tap.ok(bookings.book(1, a).code == 0, "the leader books", bookings.results[1])
    refused = bookings.book(2, b, 2)
    tap.ok(code_of(refused) == "not-leader" and a.address in refused.err,
           "the other one refuses to decide and names the leader", refused)
    refused = world.cli("lease", "list", "--server", b.address, "-o", "json", "--timeout", "2s")
    tap.ok(code_of(refused) == "not-leader", "it does not answer from a state of its own", refused)

    watch = world.start([os.path.join(lib.BIN, "pumasi"), "lease", "list", "--watch", "-o", "name",
                         "--context", "kim.upstage", "--server", b.address, "--server", a.address],
                        world.path("watch.log"))
    shown = lambda tag: bookings.results[tag].json()["id"] in watch.text()
    lib.until(lambda: shown(1), 10, "the watch shows what is there")
    tap.ok(True, "a watch that asks the wrong one first goes on to the leader")

    # Requests on their way to the leader, in every stage, when it stops and while it is stopped.
    for tag in range(10, 16):
        bookings.begin(tag, a, 12)
        time.sleep(0.02)
    a.process.send(signal.SIGSTOP)
    for tag in range(16, 20):
        bookings.begin(tag, a, 12)
    lib.until(lambda: bookings.book(3, b).code == 0, 20, "the other one leads")
    tap.ok(True, "past its lease the other one leads and books")
    tap.ok(bookings.book(4, b).code == 0, "and goes on doing so")
    before = len(commits(endpoint))
    a.process.send(signal.SIGCONT)
    lib.until(lambda: shown(4), 20, "the watch shows what the new leader did")
    tap.ok(watch.running(), "the watch follows the leadership")
    watch.end()
    bookings.settle()
    late = [r for tag, r in bookings.results.items() if 16 <= tag < 20]
    tap.ok(all(r.code == 1 for r in late), "what reached the old leader after its time is refused",
           *late)
    tap.ok(all(r.code in (0, 1, 9) for r in bookings.results.values()),
           "what was under way is acknowledged, refused or unknown",
           *[r for r in bookings.results.values() if r.code not in (0, 1, 9)])
    refused = world.cli("lease", "list", "--server", a.address, "-o", "json", "--timeout", "2s")
    tap.ok(code_of(refused) == "not-leader" and b.address in refused.err,
           "the old leader knows that it is none", refused)
    tap.ok(bookings.book(5, b).code == 0, "the new leader is not disturbed", bookings.results[5])
    since = [writer for _, writer in commits(endpoint)[before:]]
    tap.ok(since and set(since) == {"pumasid-b"}, "every commit since is the new leader's", since)
    check_leases(world, b, bookings)

    b.process.end(signal.SIGKILL)
    lib.until(lambda: bookings.book(6, a).code == 0, 20, "the first one leads again")
    check_leases(world, a, bookings)
    log = commits(endpoint)
    tap.ok([seq for seq, _ in log] == list(range(1, len(log) + 1)),
           "the commits form one chain without a gap", log)
    turns = [writer for i, (_, writer) in enumerate(log) if i == 0 or log[i - 1][1] != writer]
    tap.ok(turns == ["pumasid-a", "pumasid-b", "pumasid-a"], "one leader after the other", turns)


def check_leases(world, control, bookings):
    """What exists is what was acknowledged, once each, whoever is asked."""
    found = {}
    for lease in world.leases("kim.upstage", "--server", control.address):
        found.setdefault(lease["priority"], []).append(lease["id"])
    acknowledged = bookings.acknowledged()
    unknown = {tag for tag, r in bookings.results.items() if r.code == 9}
    tap.ok(all(found.get(tag) == [id] for tag, id in acknowledged.items()),
           f"{control.name} has every acknowledged booking once", acknowledged, found)
    tap.ok(set(found) - set(acknowledged) <= unknown, "and none that was refused",
           set(found) - set(acknowledged))


main()
tap.done()
