"""While leases are booked and released, pumasid, its etcd and both are killed ten times: no
acknowledged booking or release is lost, and none exists twice."""
import random
import signal
import threading
import time

import lib
from lib import tap

ROUNDS = ("pumasid", "etcd", "both") * 3 + ("both",)
BOOKERS = 3
ACKS_BETWEEN = 3  # a kill comes only after some work was done since the last one
HOUR_S = 3600
SEED = random.SystemRandom().getrandbits(32)


class Booker(threading.Thread):
    """Books under request ids of its own, releases every other lease, and keeps what it was told.
    A booking without an answer is asked for again under the same id, but every fifth is left."""

    def __init__(self, world, number):
        super().__init__(daemon=True)
        self.world, self.number = world, number
        self.stop = threading.Event()
        self.asked, self.booked, self.released, self.left = [], {}, {}, []
        self.surprises = []

    def change(self, request_id, *args, again=True):
        """The reply, or None when there was no definite answer."""
        while True:
            result = self.world.cli(*args, "--request-id", request_id, "--timeout", "3s", "-o",
                                    "json", who="kim.upstage")
            if result.code == 0:
                return result.json()
            if result.code not in (1, 9):
                self.surprises.append(str(result))
                return None
            if not again:
                return None
            time.sleep(0.2)

    def one(self, n):
        """Bookings do not stand in each other's way: each has an hour of its own, and its tag."""
        tag = self.number * 100000 + n
        start = self.world.epoch + tag % 5000 * HOUR_S
        when = lambda t: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(t))
        left = n % 5 == 4
        self.asked.append(tag)
        reply = self.change(f"k9-{tag}", "lease", "book", "-a", self.world.allocation, "-g", "1",
                            "--from", when(start), "--to", when(start + HOUR_S), "--priority",
                            str(tag), again=not left)
        if not reply:
            self.left.append(tag)
            return
        self.booked[tag] = reply["id"]
        if n % 2 == 0:
            done = self.change(f"k9-{tag}-r", "lease", "release", reply["id"])
            if done:
                self.released[tag] = done["id"]

    def run(self):
        n = 0
        while not self.stop.is_set():
            self.one(n)
            n += 1

    def acks(self):
        return len(self.booked) + len(self.released)


def kill(control, what):
    etcd = control.etcd_pid()
    if what in ("etcd", "both") and etcd:
        lib.os.kill(etcd, signal.SIGKILL)
    if what in ("pumasid", "both"):
        control.process.end(signal.SIGKILL)
        if etcd:
            lib.until(lambda: not lib.is_alive(etcd), 5, "etcd has died with pumasid")
        control.start()


def main():
    random.seed(SEED)
    tap.note(f"seed {SEED}")
    world = lib.World()
    control = world.found(2, 8)
    world.epoch = int(time.time()) // HOUR_S * HOUR_S + 24 * HOUR_S
    bookers = [Booker(world, i) for i in range(BOOKERS)]
    for b in bookers:
        b.start()
    acks = lambda: sum(b.acks() for b in bookers)
    for i, what in enumerate(ROUNDS):
        before = acks()
        lib.until(lambda: acks() >= before + ACKS_BETWEEN, 30,
                  f"{ACKS_BETWEEN} more answers after {i} kills")
        time.sleep(random.random() * 0.4)
        kill(control, what)
    before = acks()
    lib.until(lambda: acks() > before, 30, "it works after the last kill")
    for b in bookers:
        b.stop.set()
    for b in bookers:
        b.join(60)
    check(world, control, bookers)


def check(world, control, bookers):
    asked, booked, released, left, surprises = [], {}, {}, [], []
    for b in bookers:
        asked += b.asked
        booked.update(b.booked)
        released.update(b.released)
        left += b.left
        surprises += b.surprises
    found = {}
    for lease in world.leases():
        found.setdefault(lease["priority"], []).append(lease)
    tap.note(f"{len(asked)} bookings asked for, {len(booked)} acknowledged, {len(released)} "
             f"released, {len(left)} left without an answer, {len(found)} exist")
    tap.ok(not surprises, "every refusal says that the control plane is away", *surprises[:3])
    tap.ok(len(booked) >= 20 and len(released) >= 10, "there was enough to lose")
    lost = [tag for tag, id in booked.items()
            if id not in [lease["id"] for lease in found.get(tag, [])]]
    tap.ok(not lost, "no acknowledged booking is lost", lost)
    twice = {tag: [lease["id"] for lease in leases]
             for tag, leases in found.items() if len(leases) > 1}
    tap.ok(not twice, "no booking exists twice", twice)
    undone = [tag for tag in released
              if [lease["state"] for lease in found.get(tag, [])] != ["cancelled"]]
    tap.ok(not undone, "no acknowledged release is lost",
           *[f"{tag}: {found.get(tag)}" for tag in undone[:3]])
    extra = [tag for tag, leases in found.items()
             if tag not in released and leases[0]["state"] != "booked"]
    tap.ok(not extra, "what was not released is booked", *[found[tag] for tag in extra[:3]])
    unasked = [tag for tag in found if tag not in asked]
    tap.ok(not unasked, "nothing exists that was not asked for", unasked)
    etcd = control.etcd_pid()
    code = control.process.end()
    tap.ok(code == 0 and not lib.is_alive(etcd), "pumasid stops in order, and etcd with it", code)


main()
tap.done()
