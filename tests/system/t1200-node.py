#!/usr/bin/env python3
"""A node on its own: agent and guard are killed and stopped, the control plane falls silent, the
journal is torn and its disk is full. What was granted goes on as long as it may, and no longer."""
import json
import os
import signal
import subprocess
import sys
import time

import lib
import real_node
from lib import skip, tap, until

SILENCE_S = 8  # the loan's: how long a node may keep a lease unheard
SLACK_S = 3


class NodeWorld(lib.World):
    """One real node, lent as a whole."""

    def populate(self, nodes=1, gpus=real_node.GPUS):
        path = self.path("manifest.json")
        with open(path, "w", encoding="utf-8") as f:
            json.dump(lib.manifest(int(time.time())), f)
        self.must("apply", "-f", path)
        for person in lib.PEOPLE:
            self.add_person(*person)
        self.node = real_node.RealNode(self, "node-1")
        os.mkdir(self.node.file("agent"))
        disk = ["mount", "-t", "tmpfs", "-o", "size=256k,mode=700", "none", self.node.file("agent")]
        self.small_disk = subprocess.run(disk, check=False).returncode == 0
        self.node.start()
        self.lend(gpus, "--notice", f"{SILENCE_S}s", "--silence", f"{SILENCE_S}s")

    def remove(self):
        if getattr(self, "node", None):
            subprocess.run(["umount", "-l", self.node.file("agent")], check=False,
                           stderr=subprocess.DEVNULL)
            self.node.stop()
        super().remove()

    def book(self):
        lease = self.must("lease", "book", "--allocation", self.allocation, "--gpus", "1", "--for",
                          "1h", "--uid", "0", "-o", "json", who="kim.upstage").json()["id"]
        until(lambda: self.state(lease) == "active", 30, f"{lease} runs")
        return lease

    def state(self, lease):
        return self.must("lease", "show", lease, "-o", "json", who="kim.upstage").json()["state"]

    def work(self, lease):
        """A process in the lease that holds one of the node's devices, and its path."""
        script = (f"for d in {self.node.dir}/gpu*; do if exec 3<>$d; then echo $d; "
                  "exec sleep 1000; fi; done 2>/dev/null; echo none")
        bash = ["bash", "-c", script]
        popen = subprocess.Popen([os.path.join(lib.BIN, "pumasi"), "run", "--lease", lease,
                                  "--socket", self.node.file("agent.socket"), "--", *bash],
                                 stdout=subprocess.PIPE, text=True, env=self.env(),
                                 preexec_fn=lib.die_with_parent)
        return popen, popen.stdout.readline().strip()


def opens(path):
    """Whether a process of the node's cgroup tree, but of no lease, opens it."""
    code = ("import os,sys; open(sys.argv[1]+'/cgroup.procs','w').write('0'); "
            "os.open(sys.argv[2], os.O_RDWR|os.O_NONBLOCK|os.O_NOCTTY)")
    return subprocess.run([sys.executable, "-c", code, WORLD.node.cgroup, path], check=False,
                          stderr=subprocess.DEVNULL).returncode == 0


def dies_within(popen, seconds):
    try:
        popen.wait(seconds)
        return True
    except subprocess.TimeoutExpired:
        return False


def agent_dies(popen):
    WORLD.node.agent.end(signal.SIGKILL)
    time.sleep(1)
    tap.ok(popen.poll() is None, "kill -9 of the agent: work goes on")
    WORLD.node.start_agent()
    tap.ok(not dies_within(popen, SILENCE_S + SLACK_S),
           "the next agent renews: work outlives the first grant")


def guard_dies(popen, device):
    WORLD.node.guard.end(signal.SIGKILL)
    tap.ok(popen.poll() is None and not opens(device),
           "kill -9 of the guard: work goes on, devices stay shut to others")
    WORLD.node.start_guard()
    until(lambda: "event=recovered" in WORLD.node.guard.text(), 20, "the guard has the table")
    tap.ok(not dies_within(popen, SILENCE_S + SLACK_S), "the next guard has the table and renews it")


def both_die(popen, device):
    for process in (WORLD.node.agent, WORLD.node.guard):
        process.end(signal.SIGKILL)
    tap.ok(popen.poll() is None and not opens(device), "both dead: the kernel goes on")
    WORLD.node.start_guard()
    WORLD.node.start_agent()
    tap.ok(not dies_within(popen, SILENCE_S + SLACK_S), "both back: so does the lease")


def tear_journal():
    WORLD.node.agent.end(signal.SIGKILL)
    folder = WORLD.node.file("agent")
    path = next(os.path.join(folder, n) for n in os.listdir(folder) if n.endswith(".journal"))
    os.truncate(path, os.path.getsize(path) - 3)
    before = WORLD.node.agent.text().count("event=agent.ready")
    WORLD.node.start_agent()
    until(lambda: WORLD.node.agent.text().count("event=agent.ready") > before, 20, "agent ready")
    tap.ok("event=journal.damaged" not in WORLD.node.agent.text(),
           "a torn last entry is cut off and costs nothing else")


def stopped_past_expiry(lease, popen):
    WORLD.node.agent.send(signal.SIGSTOP)
    begin = time.monotonic()
    tap.ok(dies_within(popen, SILENCE_S + SLACK_S), "SIGSTOP of the agent: the lease expires",
           f"{time.monotonic() - begin:.1f} s")
    WORLD.node.agent.send(signal.SIGCONT)
    until(lambda: WORLD.state(lease) != "active" or popen.poll() is not None, 20, "it is known")


def control_plane_silent(popen, control):
    control.process.send(signal.SIGSTOP)
    begin = time.monotonic()
    early = dies_within(popen, SILENCE_S / 3)
    tap.ok(not early, "a silent control plane stops nothing at first")
    tap.ok(dies_within(popen, SILENCE_S + SLACK_S), "longer than the loan tolerates: recalled",
           f"{time.monotonic() - begin:.1f} s")
    control.process.send(signal.SIGCONT)
    WORLD.wait_answering()


def late_end(lease):
    before = WORLD.must("lease", "show", lease, "-o", "json", who="kim.upstage").json()
    result = WORLD.cli("lease", "release", lease, who="kim.upstage")
    after = WORLD.must("lease", "show", lease, "-o", "json", who="kim.upstage").json()
    tap.ok(result.code != 0 and before == after, "ending what has ended already changes nothing",
           result)


def disk_full(lease):
    """Fills the agent's disk, ends a lease, makes room again."""
    filler = WORLD.node.file("agent/filler")
    with open(filler, "wb", buffering=0) as f:
        try:
            while True:
                f.write(b"\0" * 4096)
        except OSError:
            pass
    popen, device = WORLD.work(lease)
    time.sleep(2)  # something to bill
    before = WORLD.node.agent.text().count("event=usage.interval")
    WORLD.must("lease", "release", lease, who="kim.upstage", code=0)
    tap.ok(dies_within(popen, 20) and not opens(device), "disk full: enforcing goes on")
    until(lambda: "usage.waits" in WORLD.node.agent.text() or
          "journal.failed" in WORLD.node.agent.text(), 20, "the agent says that its disk is full")
    tap.ok(True, "and the agent says so")
    os.unlink(filler)
    until(lambda: WORLD.node.agent.text().count("event=usage.interval") > before, 20,
          "the interval is kept")
    tap.ok(True, "with room again nothing is lost")


def main(world):
    control = world.found()
    first = world.book()
    popen, device = world.work(first)
    tap.ok(device.startswith("/") and not opens(device), "a lease opens its device, others do not",
           device)
    agent_dies(popen)
    guard_dies(popen, device)
    both_die(popen, device)
    tear_journal()
    tap.ok(popen.poll() is None, "through all of that the work went on")
    if world.small_disk:
        second = world.book()
        disk_full(second)
    else:
        tap.note("no tmpfs here: the disk is not full")
    stopped_past_expiry(first, popen)
    third = world.book()
    popen, device = world.work(third)
    control_plane_silent(popen, control)
    tap.ok(not opens(device), "and its device is shut")
    until(lambda: WORLD.state(third) == "ended", 30, f"{third} has ended")
    late_end(third)
    tap.done()


if __name__ == "__main__":
    if real_node.why_not():
        skip(real_node.why_not())
    WORLD = NodeWorld()
    main(WORLD)
