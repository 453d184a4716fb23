"""The stage of the demonstration: programs that are started and stopped, directories and cgroups that
are made and removed, and what is printed. Nothing in here knows the story; `run` tells it."""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

PATIENCE_S = 20


class Unexpected(Exception):
    """Something was not as the story says."""


# ---- Telling ----------------------------------------------------------------------------------

def step(text):
    print(f"\n== {text}", flush=True)


def did(text):
    print(f"   did  {text}", flush=True)


def saw(text):
    print(f"   saw  {text}", flush=True)


def left_out(text, why):
    print(f"\n== left out: {text}\n   why  {why}", flush=True)


def expect(condition, text):
    """Prints what was seen; ends the demonstration if it is not so."""
    if not condition:
        raise Unexpected(text)
    saw(text)


def wait_for(what, look, patience_s=PATIENCE_S):
    """The first value of look() that counts as true."""
    end = time.monotonic() + patience_s
    while True:
        value = look()
        if value:
            return value
        if time.monotonic() > end:
            raise Unexpected(f"{what}: not within {patience_s} s")
        time.sleep(0.05)


# ---- What this machine can do -----------------------------------------------------------------

def cgroup2_mount():
    with open("/proc/mounts", encoding="ascii") as mounts:
        for line in mounts:
            fields = line.split()
            if fields[2] == "cgroup2":
                return fields[1]
    return None


def why_nothing_is_enforced():
    """None where node agents can guard devices; else the reason."""
    mount = cgroup2_mount()
    if os.geteuid() != 0:
        return "not root: device files and cgroups can't be made"
    if mount is None:
        return "no cgroup2 hierarchy is mounted"
    try:
        trial = tempfile.mkdtemp(prefix="pumasi-trial-", dir=mount)
        os.rmdir(trial)
    except OSError as failure:
        return f"{mount}: {failure.strerror}"
    folder = tempfile.mkdtemp(prefix="pumasi-trial-")
    try:
        path = os.path.join(folder, "device")
        os.mknod(path, 0o600 | 0o020000, os.makedev(4, 1))
        os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY))
    except OSError as failure:
        return f"no device file that stands in for a GPU: {failure.strerror}"
    finally:
        shutil.rmtree(folder)
    return None


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


# ---- Programs ---------------------------------------------------------------------------------

class Stage:
    def __init__(self, build):
        self.build = os.path.abspath(build)
        self.bin = os.path.join(self.build, "bin")
        self.out = os.path.join(os.path.dirname(self.build), "demo-out")
        self.dir = tempfile.mkdtemp(prefix="pumasi-demo-")
        os.chmod(self.dir, 0o711)
        self.running = []   # (name, Popen), in the order of their start
        self.at_end = []    # functions, called last first
        self.environment = dict(os.environ, XDG_CONFIG_HOME=os.path.join(self.dir, "config"),
                                LC_ALL="C.UTF-8")
        shutil.rmtree(self.out, ignore_errors=True)
        os.makedirs(self.out)

    def path(self, *names):
        return os.path.join(self.dir, *names)

    def make(self, *names, mode=0o755):
        os.makedirs(self.path(*names), exist_ok=True)
        os.chmod(self.path(*names), mode)
        return self.path(*names)

    def start(self, name, program, arguments, more=None):
        """A daemon; its log is kept in the output directory."""
        with open(os.path.join(self.out, name + ".log"), "ab") as log:
            process = subprocess.Popen([os.path.join(self.bin, program)] + arguments, stdout=log,
                                       stderr=log, stdin=subprocess.DEVNULL,
                                       env=dict(self.environment, **(more or {})))
        self.running.append((name, process))
        return process

    def alive(self, name):
        for known, process in self.running:
            if known == name and process.poll() is not None:
                raise Unexpected(f"{name} has ended ({process.returncode}); see "
                                 f"{os.path.join(self.out, name + '.log')}")
        return True

    def call(self, who, arguments, status):
        command = [os.path.join(self.bin, "pumasi"), *arguments, "--lang", "en"]
        if who:
            command += ["--context", who]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=PATIENCE_S + 10, check=False)
        if done.returncode != status:
            raise Unexpected(f"{' '.join(command[1:])}: exit status {done.returncode}, "
                             f"{status} expected\n{done.stdout}{done.stderr}")
        return done

    def pumasi(self, who, *arguments, status=0):
        """Runs the CLI as somebody; what it printed, JSON as what it stands for."""
        out = self.call(who, arguments, status).stdout
        return json.loads(out) if out.startswith(("{", "[")) else out

    def refused(self, who, *arguments, status):
        """The same for what must fail with that exit status; the reason that was given."""
        error = self.call(who, arguments, status).stderr
        return error.split("error: ", 1)[-1].split("\n", 1)[0]

    def finish(self):
        """Stops what is running and removes what was made; quiet, whatever has happened."""
        for name, process in reversed(self.running):
            stop(process)
        for function in reversed(self.at_end):
            try:
                function()
            except OSError as failure:
                print(f"   cleaning up: {failure}", file=sys.stderr)
        shutil.rmtree(self.dir, ignore_errors=True)


def stop(process, patience_s=5):
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(patience_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def remove_cgroups(root):
    """The subtree and whoever is still in it."""
    end = time.monotonic() + 5
    while os.path.isdir(root) and time.monotonic() < end:
        for folder, _, _ in os.walk(root, topdown=False):
            remove_cgroup(folder)


def remove_cgroup(folder):
    kill = os.path.join(folder, "cgroup.kill")
    try:
        if os.path.exists(kill):
            with open(kill, "w", encoding="ascii") as file:
                file.write("1")
        os.rmdir(folder)
    except OSError:
        time.sleep(0.02)    # its processes are still on their way out
