"""pumasid as a process: it restarts with what it had, its etcd dies with it, a second one on the same
directory is refused, a full disk makes it unavailable and breaks nothing, and bad settings are told."""
import os
import signal
import socket
import subprocess
import time

import lib
from lib import tap


def book(world, tag, *args):
    return world.cli("lease", "book", "-a", world.allocation, "-g", "1", "--from", f"+{24 + tag}h",
                     "--for", "1h", "--priority", str(tag), "-o", "json", *args, who="kim.upstage")


def run(control, *settings, seconds=20):
    """Another pumasid of the same directory, until it ends by itself: (exit status, output)."""
    command = control.command() + [a for s in settings for a in ("--set", s)]
    done = subprocess.run(command, env=control.world.env(), capture_output=True, text=True,
                          timeout=seconds, check=False, preexec_fn=lib.die_with_parent)
    return done.returncode, done.stdout + done.stderr


def check_restart(world, control):
    before = world.leases()
    started = time.monotonic()
    code = control.process.end()
    tap.ok(code == 0 and time.monotonic() - started < 10, "SIGTERM ends it in order", code)
    control.start()
    world.wait_answering()
    tap.ok(world.leases() == before, "started again it has every lease as it was")
    tap.ok(book(world, 1).code == 0, "and books on")
    repeated = [book(world, 2, "--request-id", "same").json() for _ in range(2)]
    control.process.end(signal.SIGINT)
    control.start()
    world.wait_answering()
    repeated.append(book(world, 2, "--request-id", "same").json())
    tap.ok(len({r["id"] for r in repeated}) == 1, "a request id is known after a restart", repeated)


def check_second(world, control):
    code, text = run(control, f"listen.address=127.0.0.1:{lib.free_port()}")
    tap.ok(code != 0 and "in use by another pumasid" in text, "a second one on the directory is refused",
           code, text)
    other = world.twin(control, "pumasid-2")
    other.address, other.port = control.address, control.port
    code, text = run(other, "etcd.endpoints=127.0.0.1:1")
    tap.ok(code != 0 and str(control.port) in text, "so is a second one on the port", code, text)
    world.controls.remove(other)
    tap.ok(world.cli("whoami").code == 0, "neither disturbs the first")


def check_orphans(world, control):
    etcd = control.etcd_pid()
    control.process.end(signal.SIGKILL)
    lib.until(lambda: not lib.is_alive(etcd), 5, "etcd is gone")
    tap.ok(True, "SIGKILL leaves no etcd behind")
    control.start()
    world.wait_answering()
    etcd = control.etcd_pid()
    os.kill(etcd, signal.SIGKILL)
    lib.until(lambda: control.etcd_pid() not in (None, etcd), 10, "another etcd runs")
    world.wait_answering()
    tap.ok(book(world, 3).code == 0 and control.process.running(),
           "an etcd that dies is started again, and pumasid goes on")
    os.kill(control.etcd_pid(), signal.SIGSTOP)
    slow = book(world, 4, "--timeout", "2s", "--request-id", "slow")
    os.kill(control.etcd_pid(), signal.SIGCONT)
    tap.ok(slow.code in (1, 9), "while etcd is silent nothing is said to be booked", slow)
    lib.until(lambda: book(world, 4, "--request-id", "slow").code == 0, 20, "it answers again")
    tags = [lease["priority"] for lease in world.leases()]
    tap.ok(tags.count(4) == 1, "and the same request id booked once", tags)


def check_silent_clients(control):
    """Connections that say nothing, or nonsense, hold nobody up."""
    connections = [socket.create_connection(("127.0.0.1", control.port)) for _ in range(50)]
    for i, c in enumerate(connections):
        c.sendall(b"" if i % 2 else os.urandom(200))
    ok = control.world.cli("whoami", "--timeout", "5s").code == 0
    for c in connections:
        c.close()
    tap.ok(ok and control.process.running(), "silent and senseless connections hold nobody up")


def check_full_disk(world):
    """A store that can't take another byte: a small tmpfs, filled up."""
    disk = world.path("disk")
    os.mkdir(disk, 0o700)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=192m,mode=0700", "tmpfs", disk],
                             capture_output=True, check=False).returncode == 0
    if not mounted:
        tap.ok(True, "a full disk # SKIP no right to mount a tmpfs")
        return
    try:
        fill_up(world, disk)
    finally:
        for c in world.controls:
            if c.directory.startswith(disk):
                c.process.end()
        subprocess.run(["umount", "-l", disk], check=False)


def fill(disk):
    """Takes all that is free, also what etcd has given back."""
    with open(os.path.join(disk, "ballast"), "ab", buffering=0) as f:
        try:
            while True:
                f.write(b"x" * 4096)
        except OSError:
            pass


def fill_up(world, disk):
    world.controls.clear()
    control = lib.Control(world, "pumasid-3", os.path.join(disk, "d"), lib.free_port())
    founded = world.run("init", control.directory, "--server", control.address, "--context", "full")
    tap.ok(founded.code == 0, "on a small disk", founded)
    world.controls.append(control)
    control.start()
    who = {"who": "full"}
    world.wait_answering(**who)
    site = lambda name: world.cli(
        "apply", "-f", "-", "-o", "json", "--timeout", "1s", "--request-id", f"r-{name}",
        stdin='{"kind":"organisation","id":"%s","name_ko":"x","name_en":"x","supplier":true,'
              '"sizes":[{"from":"2025-01-01","size":"large","evidence":"x"}]}' % name, **who)
    tap.ok(site("before").code == 0, "it registers", "")
    fill(disk)
    acknowledged, refused = ["before"], []
    for i in range(60):
        result = site(f"full-{i}")
        (acknowledged if result.code == 0 else refused).append(f"full-{i}")
        if len(refused) == 2:
            break
        fill(disk)
    tap.ok(not refused or result.code in (1, 9), "a full disk makes it unavailable", result)
    tap.ok(control.process.running(), "but does not end it")
    os.remove(os.path.join(disk, "ballast"))
    lib.until(lambda: site("after").code == 0, 40, "it works again when there is room")
    names = [o["id"] for o in world.must("organisation", "list", "-o", "json", **who).json()["items"]]
    missing = [name for name in acknowledged if name not in names]
    tap.ok(not missing and "after" in names, "nothing acknowledged is lost", missing)
    for name in refused:
        lib.until(lambda: site(name).code == 0, 10, "what was refused can be asked for again")
    names = [o["id"] for o in world.must("organisation", "list", "-o", "json", **who).json()["items"]]
    tap.ok(len(names) == len(set(names)) and set(refused) <= set(names), "and then exists once", names)
    tap.note(f"{len(acknowledged)} acknowledged before and on the full disk, {len(refused)} refused")


def check_settings(control):
    for setting, want in (("bogus.key=1", "bogus.key"), ("leader.ttl=1s", "leader.ttl"),
                          ("leader.ttl=99999999999999999999", "leader.ttl"),
                          ("listen.address=nowhere", "listen.address"),
                          ("control_plane.name=No Name", "control_plane.name"),
                          ("control_plane.data_dir=/nonexistent", "pumasi init"),
                          ("log.level=loud", "log.level"), ("log.format=xml", "log.format")):
        code, text = run(control, setting)
        lines = [line for line in text.splitlines() if line.startswith("pumasid:")]
        tap.ok(code != 0 and len(lines) == 1 and want in lines[0], f"{setting} is refused", code,
               text)


def main():
    world = lib.World()
    control = world.found(1, 8)
    check_restart(world, control)
    check_second(world, control)
    check_orphans(world, control)
    check_silent_clients(control)
    world.agents.end()
    control.process.end()
    check_settings(control)
    check_full_disk(world)


main()
tap.done()
