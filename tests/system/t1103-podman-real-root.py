#!/usr/bin/env python3
"""A privileged podman container under the guard at the kernel's own cgroup root: it makes device
nodes of its own and opens none; in a lease's cgroup it opens that lease's and no other; a recall ends
it. The guard is run by guard_node_main.c."""
import os
import shutil
import subprocess
import sys
import tempfile

from lib import skip, tap, until

BUSYBOX = "/usr/bin/busybox"
HELPER = os.path.join(os.path.dirname(os.environ.get("PUMASI_BIN_DIR", "build/dev/bin")), "system",
                      "guard_node")
MAJOR, OWN, OTHER = 4, 56, 57
PODMAN = ["podman", "--runtime", "runc", "--cgroup-manager", "cgroupfs"]
RUN = ["run", "--rm", "--network=none", "--ulimit", "nofile=20000:20000", "--ulimit",
       "nproc=32768:32768"]


def podman(rootfs, *options, script):
    return PODMAN + RUN + list(options) + ["--rootfs", rootfs, "/bin/busybox", "sh", "-c", script]


def outcome(args):
    try:
        done = subprocess.run(args, capture_output=True, text=True, timeout=60, check=False)
    except subprocess.TimeoutExpired:
        return None, "no end after 60 s"
    return done.returncode, done.stdout + done.stderr


def opens(minor):
    return (f"rm -f /gpu{minor}; mknod /gpu{minor} c {MAJOR} {minor}; "
            f"if true < /gpu{minor}; then echo opened {minor}; else echo refused {minor}; fi; ")


class Node:
    """A guard at the real root with one lease, made by the helper for as long as its input is open."""

    def __init__(self):
        self.popen = subprocess.Popen([HELPER, str(OWN)], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, text=True)
        self.cgroup = self.line()

    def line(self):
        return self.popen.stdout.readline().strip()

    def revoke(self):
        self.popen.stdin.write("revoke\n")
        self.popen.stdin.flush()
        return self.line()

    def end(self):
        self.popen.stdin.close()
        self.popen.wait(30)


def main():
    if os.geteuid() != 0:
        skip("needs root")
    for program in ("podman", "runc", BUSYBOX):
        if not shutil.which(program):
            skip(f"{program} is not installed")
    with tempfile.TemporaryDirectory(prefix="pumasi-podman-") as rootfs:
        for folder in ("bin", "dev", "proc", "sys", "etc", "run", "tmp"):
            os.mkdir(os.path.join(rootfs, folder))
        shutil.copy(BUSYBOX, os.path.join(rootfs, "bin", "busybox"))
        code, text = outcome(podman(rootfs, "--privileged", script=opens(OWN)))
        if code != 0:
            skip(f"podman can't start a container here: {text.strip()[-300:]}")
        if f"opened {OWN}" not in text:
            skip("a stand-in for a device does not open even without a guard")
        node = Node()
        try:
            check(rootfs, node)
        finally:
            node.end()
    tap.done()


def check(rootfs, node):
    tap.ok(node.cgroup.startswith("/"), "a guard at the real root holds a lease", node.cgroup)
    code, text = outcome(podman(rootfs, "--privileged", script=opens(OWN) + opens(OTHER)))
    tap.ok(code == 0 and f"refused {OWN}" in text and f"refused {OTHER}" in text,
           "--privileged: it makes nodes of its own and opens none", code, text)
    parent = ["--cgroup-parent", node.cgroup]
    code, text = outcome(podman(rootfs, "--privileged", *parent, script=opens(OWN) + opens(OTHER)))
    tap.ok(code == 0 and f"opened {OWN}" in text and f"refused {OTHER}" in text,
           "in the lease's cgroup it opens the lease's device and no other", code, text)
    running = subprocess.Popen(podman(rootfs, "--privileged", *parent,
                                      script=opens(OWN) + "sleep 1000"),
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    while True:
        line = running.stdout.readline()
        if not line or "opened" in line or "refused" in line:
            break
    tap.ok(node.revoke() == "returned", "a recall returns the device")
    until(lambda: running.poll() is not None, 30, "the container has ended")
    tap.ok(running.returncode == 137, "and ends the container with 137", running.returncode)


if __name__ == "__main__":
    sys.exit(main())
