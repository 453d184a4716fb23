"""A fake GPU node of the demonstration: eight device files that stand in for B200s, a cgroup subtree
of its own, a guard and an agent. Several of them share this machine's kernel."""
import json
import os
import signal
import subprocess
import sys
import uuid

import stage

GPUS = 8
MAJOR = 4           # virtual terminals stand in for GPUs: character devices that open anywhere
HERE = os.path.dirname(os.path.abspath(__file__))
RESEARCHER = 20001  # a user of the nodes whom leases admit
OUTSIDER = 20002    # one whom none admits
# Their programs need an interpreter that they may run: sys.executable may be in somebody's home.
PYTHON = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable


class Node:
    def __init__(self, stage_, name, owner, pool, number, nodes):
        self.stage, self.name, self.owner, self.pool = stage_, name, owner, pool
        self.minors = range(1 + number * GPUS, 1 + (number + 1) * GPUS)
        self.gated = ", ".join(f"c {MAJOR}:{m}" for m in range(1, 1 + nodes * GPUS))
        self.dir = stage_.make(name)
        self.identity = os.path.join(self.dir, "identity")
        self.cgroup = os.path.join(stage_.cgroup, name)
        self.agent = self.guard = None

    # ---- Making ----

    def make(self):
        """Device files, NVML's view of them, a cgroup subtree with a place outside all leases."""
        lines = []
        for i, minor in enumerate(self.minors):
            path = self.device(i)
            os.mknod(path, 0o020666, os.makedev(MAJOR, minor))
            os.chmod(path, 0o666)
            gpu = uuid.uuid5(uuid.NAMESPACE_DNS, f"{self.name}.{i}")
            lines.append(f'gpu uuid=GPU-{gpu} minor={minor} model="NVIDIA B200" memory_mib=183359')
        with open(self.file("nvml"), "w", encoding="ascii") as nvml:
            nvml.write("driver version=580.65.06\n" + "\n".join(lines) + "\n")
        os.makedirs(os.path.join(self.cgroup, "outside"))

    def file(self, name):
        return os.path.join(self.dir, name)

    def device(self, i):
        return self.file(f"{self.name}-gpu{i}")

    def devices(self):
        return [self.device(i) for i in range(GPUS)]

    def join(self, operator, server):
        """The owner's operator makes a token, and the node joins with it."""
        ca, token = self.file("ca.pem"), self.file("token")
        invited = self.stage.pumasi(operator, "node", "invite", self.name, "--organisation",
                                    self.owner, "--pool", self.pool, "--ca-out", ca, "-o", "json")
        with open(token, "w", encoding="ascii") as file:
            file.write(invited["token"])
        self.stage.pumasi(None, "node", "join", "-d", self.identity, "--ca", ca, "--token-file",
                          token, "--server", server)

    # ---- Running ----

    def write_settings(self, server):
        with open(self.file("guard.ini"), "w", encoding="ascii") as ini:
            ini.write(f"[node]\nid = {self.name}\nowner = {self.owner}\npools = {self.pool}\n"
                      f"[guard]\ncgroup_root = {self.cgroup}\nsocket = {self.file('guard.socket')}\n"
                      f"state_dir = {self.file('guard')}\nprobe_dir = {self.dir}\n"
                      f"kill_timeout = 5\n"
                      f"[devices]\ngated = {self.gated}\n"
                      f"[keys]\ncontrol_plane = {self.identity}/control-plane\n"
                      f"owner = {self.identity}/lenders\n")
        library = os.path.join(self.stage.build, "fake", "libnvidia-ml.so.1")
        with open(self.file("agent.ini"), "w", encoding="ascii") as ini:
            ini.write(f"[control_plane]\nservers = {server}\n[node]\nidentity = {self.identity}\n"
                      f"[guard]\nsocket = {self.file('guard.socket')}\n"
                      f"[agent]\nsocket = {self.file('agent.socket')}\n"
                      f"state_dir = {self.file('agent')}\n"
                      f"[gpu]\nnvml = {library}\nmajor = {MAJOR}\n[usage]\nperiod = 5s\n")
        os.makedirs(self.file("agent"), exist_ok=True)

    def start(self):
        self.stage.at_end.append(self.detach)
        self.guard = self.stage.start(self.name + "-guard", "pumasi-guard",
                                      ["--config", self.file("guard.ini")])
        self.start_agent()

    def start_agent(self):
        self.agent = self.stage.start(self.name + "-agent", "pumasi-agent",
                                      ["--config", self.file("agent.ini")],
                                      {"PUMASI_FAKE_NVML": self.file("nvml")})

    def last_words_of_guard(self):
        with open(os.path.join(self.stage.out, self.name + "-guard.log"), encoding="utf-8") as log:
            return " ".join(log.read().split("\n")[-3:]).strip() or "pumasi-guard has ended"

    def kill_agent(self):
        self.agent.send_signal(signal.SIGKILL)
        self.agent.wait()
        self.stage.running.remove((self.name + "-agent", self.agent))

    def detach(self):
        """Takes the guard's program off the kernel and the cgroups away."""
        subprocess.run([os.path.join(self.stage.bin, "pumasi-guard"), "--config",
                        self.file("guard.ini"), "--detach"], stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, check=False)
        stage.remove_cgroups(self.cgroup)
        for hierarchy in ("devices", "freezer"):    # where leases live in the v1 tier
            stage.remove_cgroups(f"/sys/fs/cgroup/{hierarchy}/pumasi-{self.name}")

    # ---- People on the node ----

    def run_in_lease(self, lease, devices, hold=False, uid=RESEARCHER):
        """A program that enters the lease and opens device files."""
        command = [self.stage.path("pumasi"), "run", "--lease", lease, "--socket",
                   self.file("agent.socket"), "--lang", "en", "--", PYTHON,
                   self.stage.path("probe")] + (["--hold"] if hold else []) + devices
        return self.spawn(command, uid)

    def run_outside(self, devices, uid=OUTSIDER):
        """The same on the node, but in no lease."""
        enter = 'echo $$ > "$0"; uid=$1; shift; exec setpriv --reuid "$uid" --regid "$uid" ' \
                '--clear-groups "$@"'
        place = os.path.join(self.cgroup, "outside", "cgroup.procs")
        return self.spawn(["sh", "-c", enter, place, str(uid), PYTHON,
                           self.stage.path("probe")] + devices, 0)

    def spawn(self, command, uid):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   stdin=subprocess.DEVNULL, text=True, cwd="/", user=uid,
                                   group=uid, extra_groups=[], env=self.stage.environment)
        self.stage.running.append((f"program on {self.name}", process))
        return process


def first_words(process):
    """What a probe saw; it may go on running."""
    line = process.stdout.readline()
    if not line:
        process.wait()
        raise stage.Unexpected("the program did not start: " + process.stderr.read().strip())
    return json.loads(line)
