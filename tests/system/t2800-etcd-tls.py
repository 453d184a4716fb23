"""An etcd of three members that speaks TLS and wants certificates: pumasid works with it, refuses
one whose authority it does not believe, is refused without a certificate, and goes on when the
member that leads is killed: nothing acknowledged is lost."""
import os
import signal
import subprocess
import threading
import time

import lib
from lib import tap

MEMBERS = 3
NAME = "etcd.pumasi.test"  # stands in every member's certificate


def openssl(*args):
    subprocess.run(["openssl", *args], check=True, capture_output=True, timeout=20)


class Authority:
    """A CA and the certificates that it gave out, as files PREFIX.pem and PREFIX.key."""

    def __init__(self, world, name):
        self.world, self.name = world, name
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-subj", f"/CN={name}", "-days", "2", "-keyout", self.path("key"), "-out", self.ca)

    def path(self, suffix):
        return self.world.path(f"{self.name}.{suffix}")

    @property
    def ca(self):
        return self.path("pem")

    def issue(self, who):
        """(certificate, key) good for both ends of a connection."""
        cert, key, request = (self.path(f"{who}.{s}") for s in ("pem", "key", "csr"))
        extensions = self.path(f"{who}.ext")
        with open(extensions, "w", encoding="ascii") as f:
            f.write(f"subjectAltName=DNS:{NAME},IP:127.0.0.1\n"
                    "extendedKeyUsage=serverAuth,clientAuth\n")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                f"/CN={who}", "-keyout", key, "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", self.path("key"),
                "-CAcreateserial", "-days", "2", "-extfile", extensions, "-out", cert)
        return cert, key


class Cluster:
    def __init__(self, world, authority):
        self.world, self.authority = world, authority
        self.clients = [f"127.0.0.1:{lib.free_port()}" for _ in range(MEMBERS)]
        peers = [f"http://127.0.0.1:{lib.free_port()}" for _ in range(MEMBERS)]
        cluster = ",".join(f"m{i}={peer}" for i, peer in enumerate(peers))
        cert, key = authority.issue("member")
        self.client_cert, self.client_key = authority.issue("pumasid")
        self.members = [world.start(
            ["/usr/bin/etcd", "--name", f"m{i}", "--data-dir", world.path(f"m{i}"),
             "--listen-client-urls", f"https://{self.clients[i]}",
             "--advertise-client-urls", f"https://{self.clients[i]}",
             "--listen-peer-urls", peers[i], "--initial-advertise-peer-urls", peers[i],
             "--initial-cluster", cluster, "--client-cert-auth", "--trusted-ca-file", authority.ca,
             "--cert-file", cert, "--key-file", key, "--log-level", "error"],
            world.path(f"m{i}.log")) for i in range(MEMBERS)]
        lib.until(lambda: self.leader() is not None, 40, "the cluster has a leader")

    def leader(self):
        """The number of the member that leads, or None."""
        for i, address in enumerate(self.clients):
            done = subprocess.run(
                ["etcdctl", f"--endpoints=https://{address}", "--cacert", self.authority.ca,
                 "--cert", self.client_cert, "--key", self.client_key, "endpoint", "status", "-w",
                 "fields"], capture_output=True, text=True, timeout=20, check=False,
                env={**os.environ, "ETCDCTL_API": "3"})
            found = dict(line.split(" : ") for line in done.stdout.splitlines() if " : " in line)
            if found and found['"Leader"'] != "0" and found['"Leader"'] == found['"MemberID"']:
                return i
        return None

    def settings(self, ca=None, cert=True):
        pairs = [f"etcd.endpoints={','.join(self.clients)}", f"etcd.tls_name={NAME}",
                 f"etcd.ca={ca or self.authority.ca}", "leader.ttl=2"]
        if cert:
            pairs += [f"etcd.cert={self.client_cert}", f"etcd.key={self.client_key}"]
        return pairs


def check_refused(world, name, settings, text):
    """It is not let in, so it must never answer as if it were."""
    control = world.twin(world.controls[0], name, *settings)
    world.controls.remove(control)
    process = world.start(control.command(), control.log)
    time_over = time.monotonic() + 6
    while process.running() and time.monotonic() < time_over:
        if "engine.leading" in process.text():
            break
        time.sleep(0.1)
    tap.ok("engine.leading" not in process.text(), text, process.text()[-500:])
    process.end()


def book(world, tag, seconds="30s"):
    return world.cli("lease", "book", "-a", world.allocation, "-g", "1", "--for", "1h",
                     "--request-id", tag, "--timeout", seconds, "-o", "json", who="kim.upstage")


def check_failover(world, cluster):
    acknowledged, done = {}, threading.Event()

    def load():
        for n in range(1000):
            if done.is_set():
                return
            result = book(world, f"failover-{n}")
            if result.code == 0:
                acknowledged[f"failover-{n}"] = result.json()["id"]

    thread = threading.Thread(target=load)
    thread.start()
    lib.until(lambda: len(acknowledged) >= 3, 30, "bookings go through")
    victim = cluster.leader()
    before = len(acknowledged)
    killed = time.monotonic()
    cluster.members[victim].send(signal.SIGKILL)
    lib.until(lambda: len(acknowledged) >= before + 3, 40, "bookings go through again")
    tap.ok(True, f"with the leading member killed, bookings go on ({time.monotonic() - killed:.1f} s "
           "until the third)")
    done.set()
    thread.join()
    held = {lease["id"] for lease in world.leases()}
    missing = [lease for lease in acknowledged.values() if lease not in held]
    tap.ok(not missing, "nothing acknowledged is lost", missing)
    again = [book(world, tag).json()["id"] == lease for tag, lease in acknowledged.items()]
    tap.ok(all(again), "and nothing exists twice", again)


def main():
    world = lib.World()
    cluster = Cluster(world, Authority(world, "good-ca"))
    control = world.found(2, 8, *cluster.settings())
    tap.ok(book(world, "first").code == 0, "pumasid works with an etcd over TLS")
    other = Authority(world, "other-ca")
    check_refused(world, "wrong-ca", cluster.settings(ca=other.ca),
                  "an etcd of another authority is not believed")
    check_refused(world, "no-cert", cluster.settings(cert=False),
                  "without a certificate pumasid is not let in")
    check_failover(world, cluster)
    tap.ok(control.process.running(), "pumasid is still the same process")


main()
tap.done()
