"""What the tests of the control plane share: real programs in a directory of their own, the command
line as people use it, TAP. Python's standard library alone.

    world = lib.World()          # a temporary directory, removed at the end
    world.found()                # init, pumasid, organisations, people, a pool with nodes, a loan
    world.cli("lease", "list", "-o", "json", who="kim.upstage")
    tap.ok(condition, "what has to hold")
    tap.done()

Every process that is started dies with the test (also when that is killed) and is waited for.
"""
import atexit
import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

SOURCE = os.environ.get("PUMASI_SOURCE_DIR") or os.path.dirname(
    os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.environ.get("PUMASI_BIN_DIR") or os.path.join(SOURCE, "build", "dev", "bin")
SUPPORT = os.path.join(os.path.dirname(BIN), "support")
DEBIAN_PYTHON = "/usr/bin/python3"
PR_SET_PDEATHSIG = 1
WAITING = 8  # exit status: what was asked for waits for an approval
LIBC = ctypes.CDLL(None, use_errno=True)


class Tap:
    """Test Anything Protocol on standard output; one line a check."""

    def __init__(self):
        self.count = 0
        self.failed = 0

    def ok(self, condition, name, *details):
        self.count += 1
        if not condition:
            self.failed += 1
            for line in "\n".join(str(d) for d in details).splitlines():
                print(f"# {line}")
        print(f"{'ok' if condition else 'not ok'} {self.count} - {name}", flush=True)
        return condition

    def note(self, text):
        print(f"# {text}", flush=True)

    def done(self):
        print(f"1..{self.count}", flush=True)
        sys.exit(1 if self.failed else 0)


def skip(reason):
    print(f"1..0 # SKIP {reason}", flush=True)
    sys.exit(77)


def need_grpc():
    """Debian's python3-grpcio: goes on under Debian's python where this one lacks it."""
    try:
        import grpc  # noqa: F401
        import google.protobuf  # noqa: F401
    except ImportError:
        if os.path.realpath(sys.executable) == os.path.realpath(DEBIAN_PYTHON):
            skip("python3-grpcio and python3-protobuf are not installed")
        os.execv(DEBIAN_PYTHON, [DEBIAN_PYTHON, *sys.argv])


def until(condition, seconds, what):
    """The first true value of condition(), asked ten times a second."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError(f"after {seconds} s still not: {what}")
        time.sleep(0.1)


def free_port(taken=set()):
    """One that nobody listens on and that was not given out before."""
    while True:
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        if port not in taken:
            taken.add(port)
            return port


def die_with_parent():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Result:
    """One finished command."""

    def __init__(self, args, code, out, err):
        self.args, self.code, self.out, self.err = args, code, out, err

    def __str__(self):
        return f"$ pumasi {' '.join(self.args)}\nexit {self.code}\n{self.out}{self.err}"

    def json(self):
        return json.loads(self.out)


class Process:
    """A program that runs beside the test; its output goes to a file."""

    def __init__(self, args, log, env=None):
        self.log = log
        self.out = open(log, "ab")
        self.args = args
        self.popen = subprocess.Popen(args, stdout=self.out, stderr=subprocess.STDOUT,
                                      stdin=subprocess.DEVNULL, env=env,
                                      preexec_fn=die_with_parent)
        self.pid = self.popen.pid

    def text(self):
        try:
            with open(self.log, encoding="utf-8", errors="replace") as f:
                return f.read()
        except OSError as failure:
            return f"its log can't be read: {failure}"

    def running(self):
        return self.popen.poll() is None

    def send(self, number):
        if self.running():
            self.popen.send_signal(number)

    def end(self, number=signal.SIGTERM, seconds=20):
        """Signals it and waits for its end; returns the exit status."""
        self.send(number)
        try:
            code = self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            code = self.popen.wait()
        self.out.close()
        return code


def children(pid):
    """Process ids of those whose parent is pid."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", encoding="ascii", errors="replace") as f:
                fields = f.read().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(name))
    return found


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
            return f.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class Control:
    """One pumasid: its directory, its address, its process."""

    def __init__(self, world, name, directory, port, settings=()):
        self.world, self.name, self.directory, self.port = world, name, directory, port
        self.address = f"127.0.0.1:{port}"
        self.settings = list(settings)
        self.log = os.path.join(world.dir, f"{name}.log")
        self.process = None

    def command(self):
        pairs = [f"control_plane.data_dir={self.directory}", f"control_plane.name={self.name}",
                 f"listen.address={self.address}", *self.settings]
        return [os.path.join(BIN, "pumasid")] + [a for p in pairs for a in ("--set", p)]

    def start(self, seconds=30):
        """Returns when it listens."""
        before = os.path.getsize(self.log) if os.path.exists(self.log) else 0
        self.process = self.world.start(self.command(), self.log)

        def ready():
            with open(self.log, encoding="utf-8", errors="replace") as f:
                f.seek(before)
                text = f.read()
            if not self.process.running():
                raise RuntimeError(f"{self.name} ended while starting:\n{text}")
            return "pumasid.ready" in text

        until(ready, seconds, f"{self.name} is ready")
        return self

    def etcd_pid(self):
        """The process id of its embedded etcd, or None."""
        for pid in children(self.process.pid):
            try:
                with open(f"/proc/{pid}/comm", encoding="ascii") as f:
                    if f.read().strip() == "etcd":
                        return pid
            except OSError:
                continue
        return None


DAY_S = 24 * 3600
PEOPLE = (  # name, organisation, roles
    ("op", "skt", ("supplier-operator", "supplier-approver")),
    ("kim", "upstage", ("org-member", "org-approver")),
)


def manifest(now):
    """Organisations, a programme, a project and a pool that stay good for years from now."""
    start, end = now - 30 * DAY_S, now + 365 * DAY_S
    size = lambda name: [{"from": start, "size": name, "evidence": "certificate"}]
    return [
        {"kind": "organisation", "id": "skt", "name_ko": "에스케이티", "name_en": "SKT",
         "supplier": True, "sizes": size("large")},
        {"kind": "organisation", "id": "upstage", "name_ko": "업스테이지", "name_en": "Upstage",
         "sizes": size("sme")},
        {"kind": "programme", "id": "spec", "name_ko": "특화", "name_en": "Specialised",
         "from": start, "to": end,
         "policy": {"prices": [{"model": "B200", "krw_per_gpu_month": 6600000, "from": start}],
                    "part_month": "30day", "grain": "second", "burden_base": "gpu_value",
                    "rates": [{"openness": "open_commercial", "size": "sme", "rate": "5%",
                               "confirmed": True},
                              {"openness": "open_commercial", "size": "large", "rate": "10%",
                               "confirmed": True}],
                    "cash_floors": [{"size": "sme", "rate": "10%"}],
                    "in_kind_accepts": ["labour", "tangible_asset"], "payable_truncate_krw": 10},
         "reclaim_s": 300, "cleaning_s": 0},
        {"kind": "project", "id": "alpha", "programme": "spec", "name_ko": "알파",
         "name_en": "Alpha", "members": [{"organisation": "upstage", "role": "lead"}],
         "openness": [{"from": start, "openness": "open_commercial", "evidence": "agreement"}]},
        {"kind": "site", "id": "skt-dc", "operator": "skt", "name_ko": "센터", "name_en": "DC"},
        {"kind": "pool", "id": "skt-b200", "owner": "skt", "site": "skt-dc", "model": "B200",
         "contracted_gpus": 1024, "lend_limit_gpus": 1024},
    ]


class World:
    """A temporary directory with everything that a test starts and writes."""

    agents_seconds = 40  # that the nodes may take to join and attach

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="pumasi-")
        self.processes = []
        self.controls = []
        self.agents = None
        self.allocation = None
        atexit.register(self.remove)
        sys.excepthook = self.show_logs
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: sys.exit(1))

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def env(self):
        env = {k: v for k, v in os.environ.items() if not k.startswith("PUMASI_")}
        return {**env, "XDG_CONFIG_HOME": self.path("config"), "HOME": self.dir, "LC_ALL": "C.UTF-8",
                "LANGUAGE": "en"}

    def start(self, args, log):
        process = Process(args, log, self.env())
        self.processes.append(process)
        return process

    def show_logs(self, kind, value, trace):
        """A test that breaks off shows what its programs said last."""
        for p in self.processes:
            for line in p.text().splitlines()[-15:]:
                print(f"# {os.path.basename(p.log)}: {line}")
        sys.__excepthook__(kind, value, trace)
        print("Bail out!", flush=True)

    def remove(self):
        for p in reversed(self.processes):
            p.send(signal.SIGCONT)
            p.end()
        shutil.rmtree(self.dir, ignore_errors=True)

    def run(self, *args, stdin=None, seconds=60):
        """pumasi with these very arguments."""
        done = subprocess.run([os.path.join(BIN, "pumasi"), *args], input=stdin, env=self.env(),
                              capture_output=True, text=True, timeout=seconds, check=False,
                              preexec_fn=die_with_parent)
        return Result(args, done.returncode, done.stdout, done.stderr)

    def cli(self, *args, who="admin.nipa", **kw):
        """pumasi as someone who has signed in."""
        return self.run(*args, "--context", who, **kw)

    def must(self, *args, code=0, **kw):
        """The same; any other exit status ends the test."""
        result = self.cli(*args, **kw)
        if result.code != code:
            raise RuntimeError(str(result))
        return result

    # ---- making ----

    def init(self, *settings, name="pumasid-1"):
        """`pumasi init` and a pumasid (not started) on the directory."""
        control = Control(self, name, self.path(name), free_port(), settings)
        result = self.run("init", control.directory, "--server", control.address)
        if result.code != 0:
            raise RuntimeError(str(result))
        self.controls.append(control)
        return control

    def twin(self, of, name, *settings):
        """Another pumasid with the same keys, for the same store."""
        control = Control(self, name, self.path(name), free_port(), settings)
        os.mkdir(control.directory, 0o700)
        shutil.copytree(os.path.join(of.directory, "pki"), os.path.join(control.directory, "pki"))
        self.controls.append(control)
        return control

    def servers(self):
        return [c.address for c in self.controls]

    def wait_answering(self, seconds=20, **kw):
        until(lambda: self.cli("whoami", "--timeout", "5s", **kw).code == 0, seconds,
              "the control plane answers")

    def invite(self, name, organisation, roles):
        """A join token for a person."""
        args = ["user", "invite", name, "--organisation", organisation,
                "--ca-out", self.path("ca.pem"), "-o", "json"]
        for role in roles:
            args += ["--role", role]
        return self.must(*args).json()["token"]

    def login(self, token, *args):
        return self.run("login", "--ca", self.path("ca.pem"), "--token-file", "-", *args,
                        *[a for s in self.servers() for a in ("--server", s)], stdin=token)

    def add_person(self, name, organisation, roles):
        result = self.login(self.invite(name, organisation, roles))
        if result.code != 0:
            raise RuntimeError(str(result))

    def credentials(self, who):
        """(ca, key, certificate) of a stored sign-in, as bytes: what grpc wants, in its order."""
        texts = []
        for name in ("ca.pem", "key.pem", "cert.pem"):
            with open(self.path("config", "pumasi", "contexts", who, name), "rb") as f:
                texts.append(f.read())
        return texts

    def approve(self, approval):
        plan = self.must("approve", "show", approval, "-o", "json").json()["plan"]["hash"]
        self.must("approve", "sign", approval, "--plan", plan, "--reason", "test")

    def start_agents(self, count=2, gpus=8, *options):
        """Nodes without machines in pool skt-b200 (tests/support/load)."""
        log = self.path("agents.log")
        before = os.path.getsize(log) if os.path.exists(log) else 0
        self.agents = self.start(
            [os.path.join(SUPPORT, "load_agents"), "--servers", ",".join(self.servers()),
             "--operator", self.path("config", "pumasi", "contexts", "admin.nipa"),
             "--dir", self.path("nodes"), "--organisation", "skt", "--pool", "skt-b200",
             "--model", "B200", "--count", str(count), "--gpus", str(gpus), *options], log)

        def ready():
            if not self.agents.running():
                raise RuntimeError(f"load_agents ended: {self.agents.text()}")
            return "ready" in self.agents.text()[before:]

        until(ready, self.agents_seconds, "all nodes are attached")

    def lend(self, gpus, *options):
        """A loan of these many GPUs to project alpha and an allocation of them, approved. Options:
        of `pumasi loan propose`."""
        now = int(time.time())
        to = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now + 300 * DAY_S))
        self.must("loan", "propose", "--id", "loan-1", "--pool", "skt-b200", "--borrower", "alpha",
                  "--programme", "spec", "-m", "B200", "-g", str(gpus), "--from", "now", "--to", to,
                  *options, who="op.skt")
        consent = self.must("loan", "consent", "loan-1", "-o", "json", code=WAITING,
                            who="kim.upstage").json()
        self.approve(consent["approval"])
        asked = self.must("allocation", "request", "-p", "alpha", "-m", "B200", "-g", str(gpus),
                          "--from", "now", "--to", to, "--budget", "900000000000", "-o", "json",
                          code=WAITING, who="kim.upstage").json()
        self.approve(asked["approval"])
        self.allocation = asked["id"]

    def populate(self, nodes=2, gpus=8):
        """Organisations, people, nodes, a loan and an allocation of all their GPUs."""
        path = self.path("manifest.json")
        with open(path, "w", encoding="utf-8") as f:
            json.dump(manifest(int(time.time())), f)
        self.must("apply", "-f", path)
        for person in PEOPLE:
            self.add_person(*person)
        self.start_agents(nodes, gpus)
        self.lend(nodes * gpus)

    def found(self, nodes=2, gpus=8, *settings):
        """All of it; returns the control plane."""
        control = self.init(*settings)
        control.start()
        self.wait_answering()
        self.populate(nodes, gpus)
        return control

    # ---- using ----

    def leases(self, who="kim.upstage", *filters):
        return self.must("lease", "list", "-o", "json", *filters, who=who).json()["items"]


tap = Tap()
