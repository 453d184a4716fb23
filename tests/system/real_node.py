"""A node with the real agent and the real guard, on stand-ins for GPUs: character devices that open
anywhere, a fake NVML and a cgroup subtree of its own. Needs root and cgroup2."""
import os
import shutil
import subprocess
import tempfile
import time
import uuid

import lib

GPUS = 8
MAJOR = 4  # virtual terminals


def cgroup2():
    with open("/proc/mounts", encoding="ascii") as mounts:
        return next((f[1] for f in map(str.split, mounts) if f[2] == "cgroup2"), None)


def opens_devices(directory):
    """Whether a stand-in that is made there opens: not where it is mounted nodev."""
    path = os.path.join(directory, "probe")
    try:
        os.mknod(path, 0o020600, os.makedev(MAJOR, 1))
        os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY))
    except OSError:
        return False
    finally:
        if os.path.lexists(path):
            os.unlink(path)
    return True


def make_directory():
    """One where devices open, with a path short enough for sockets and for the guard's settings; or
    None."""
    for parent in (tempfile.gettempdir(), "/tmp", "/run", "/dev"):
        try:
            made = tempfile.mkdtemp(prefix="pumasi-node-", dir=parent)
        except OSError:
            continue
        if len(made) <= 70 and opens_devices(made):
            return made
        os.rmdir(made)
    return None


def why_not():
    """None where a guard can run; else the reason."""
    if os.geteuid() != 0:
        return "not root"
    if not cgroup2():
        return "no cgroup2 hierarchy is mounted"
    try:
        os.rmdir(tempfile.mkdtemp(prefix="pumasi-bench-", dir=cgroup2()))
    except OSError as failure:
        return f"{cgroup2()}: {failure.strerror}"
    made = make_directory()
    if not made:
        return "character devices open in no temporary directory"
    os.rmdir(made)
    return None


def remove_cgroups(root):
    try:
        with open(os.path.join(root, "cgroup.kill"), "w", encoding="ascii") as f:
            f.write("1")
    except OSError:
        pass  # of v1, or gone
    end = time.monotonic() + 5
    while os.path.exists(root) and time.monotonic() < end:
        for folder, _, _ in os.walk(root, topdown=False):
            try:
                os.rmdir(folder)
            except OSError:
                time.sleep(0.02)  # somebody is in it still


class RealNode:
    def __init__(self, farm, name):
        self.farm, self.name = farm, name
        self.dir = make_directory()
        self.cgroup = tempfile.mkdtemp(prefix="pumasi-bench-", dir=cgroup2())
        self.agent = self.guard = None

    def file(self, name):
        return os.path.join(self.dir, name)

    def join(self):
        token = self.farm.must("node", "invite", self.name, "--organisation", "skt", "--pool",
                               "skt-b200", "--ca-out", self.file("ca.pem"), "-o", "json",
                               who="op.skt").json()["token"]
        result = self.farm.run("node", "join", "-d", self.file("identity"), "--ca",
                               self.file("ca.pem"), "--token-file", "-", "--server",
                               self.farm.servers()[0], stdin=token)
        if result.code != 0:
            raise RuntimeError(str(result))

    def write_settings(self):
        gated = ", ".join(f"c {MAJOR}:{m}" for m in range(1, 1 + GPUS))
        with open(self.file("nvml"), "w", encoding="ascii") as nvml:
            nvml.write("driver version=580.65.06\n")
            for m in range(1, 1 + GPUS):
                os.mknod(self.file(f"gpu{m}"), 0o020666, os.makedev(MAJOR, m))
                nvml.write(f"gpu uuid=GPU-{uuid.uuid4()} minor={m} model=\"NVIDIA B200\" "
                           "memory_mib=183359\n")
        with open(self.file("guard.ini"), "w", encoding="ascii") as ini:
            ini.write(f"[node]\nid = {self.name}\nowner = skt\npools = skt-b200\n"
                      f"[guard]\ncgroup_root = {self.cgroup}\nsocket = {self.file('guard.socket')}\n"
                      f"state_dir = {self.file('guard')}\nprobe_dir = {self.dir}\n"
                      f"[devices]\ngated = {gated}\n"
                      f"[keys]\ncontrol_plane = {self.file('identity')}/control-plane\n"
                      f"owner = {self.file('identity')}/lenders\n")
        with open(self.file("agent.ini"), "w", encoding="ascii") as ini:
            ini.write(f"[control_plane]\nservers = {self.farm.servers()[0]}\n"
                      f"[node]\nidentity = {self.file('identity')}\n"
                      f"[guard]\nsocket = {self.file('guard.socket')}\n"
                      f"[agent]\nsocket = {self.file('agent.socket')}\n"
                      f"state_dir = {self.file('agent')}\n"
                      f"[gpu]\nnvml = {os.path.join(os.path.dirname(lib.BIN), 'fake')}"
                      f"/libnvidia-ml.so.1\nmajor = {MAJOR}\n")

    def start_guard(self):
        self.guard = self.farm.start([os.path.join(lib.BIN, "pumasi-guard"), "--config",
                                      self.file("guard.ini")], self.farm.path("guard.log"))

    def start_agent(self):
        self.agent = self.farm.start(["env", f"PUMASI_FAKE_NVML={self.file('nvml')}",
                                      os.path.join(lib.BIN, "pumasi-agent"), "--config",
                                      self.file("agent.ini")], self.farm.path("agent.log"))

    def start(self):
        os.makedirs(self.file("agent"), mode=0o755, exist_ok=True)
        self.join()
        self.write_settings()
        self.start_guard()
        self.start_agent()
        lib.until(self.is_in_service, 60, f"{self.name} is in service")

    def is_in_service(self):
        for process in (self.guard, self.agent):
            if not process.running():
                raise RuntimeError(f"{os.path.basename(process.log)} says why it ended:\n"
                                   f"{process.text()}")
        return self.state() == "in_service"

    def state(self):
        return self.farm.must("node", "show", self.name, "-o", "json").json()["state"]

    def stop(self):
        """The logs stay in the farm's directory: they are shown if something went wrong."""
        for process in (self.agent, self.guard):
            if process:
                process.end()
        subprocess.run([os.path.join(lib.BIN, "pumasi-guard"), "--config", self.file("guard.ini"),
                        "--detach"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       check=False)
        remove_cgroups(self.cgroup)
        for hierarchy in ("devices", "freezer"):  # where leases live in the v1 tier
            remove_cgroups(f"/sys/fs/cgroup/{hierarchy}/pumasi-{self.name}")
        shutil.rmtree(self.dir, ignore_errors=True)
