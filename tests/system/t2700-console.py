"""The web console of a real pumasid: off unless asked for, on this machine alone, true to what the
control plane does: leading, following, lost."""
import http.client
import os
import re
import signal
import socket
import subprocess

import lib
from lib import tap

IDLE_S = 10  # CONSOLE_IDLE_S


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a socket file."""

    def __init__(self, path):
        super().__init__("gate.example", timeout=10)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(10)
        self.sock.connect(self.path)


def connect(address):
    if address.startswith("unix:"):
        return UnixConnection(address.removeprefix("unix:"))
    return http.client.HTTPConnection(address, timeout=10)


def ask(address, path, method="GET", body=None, **headers):
    """(status, headers, text) of one request."""
    connection = connect(address)
    try:
        connection.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
        reply = connection.getresponse()
        return reply.status, reply.headers, reply.read().decode()
    finally:
        connection.close()


def health(address):
    status, _, text = ask(address, "/healthz")
    return status, text.strip()


def metrics(address):
    """{sample: value} of an OpenMetrics text, each family of which was declared before."""
    status, headers, text = ask(address, "/metrics")
    lines = text.split("\n")
    declared, samples = {}, {}
    for line in lines[:-2]:
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            declared[name] = kind
        elif not line.startswith("# HELP "):
            sample, value = re.fullmatch(r'([a-z_]+(?:{[^{}]*})?) (-?\d+)', line).groups()
            family = re.sub(r"(_total|_info)?({.*)?$", "", sample)
            assert family in declared, line
            samples[sample] = int(value)
    assert status == 200 and lines[-2:] == ["# EOF", ""], text
    assert headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    return samples


def refuses_to_start(world, control, value):
    done = subprocess.run([*control.command(), "--set", f"console.listen={value}"], timeout=60,
                          env=world.env(), capture_output=True, text=True, check=False)
    return done.returncode == 2 and "console.listen" in done.stderr and value in done.stderr


def is_hardened(headers):
    policy = headers["Content-Security-Policy"] or ""
    return ("default-src 'none'" in policy and "frame-ancestors 'none'" in policy
            and "script" not in policy and "unsafe" not in policy
            and headers["X-Content-Type-Options"] == "nosniff"
            and headers["Cache-Control"] == "no-store")


def check_off(world):
    control = world.init("etcd.listen=" + ETCD, name="pumasid-1")
    tap.ok(refuses_to_start(world, control, "0.0.0.0:8080"), "an address that others reach is refused")
    control.start()
    tap.ok("console.ready" not in control.process.text(), "the console is off unless asked for")
    control.process.end()
    return control


def check_pages(address):
    status, headers, text = ask(address, "/", Accept_Language="ko-KR,ko;q=0.9,en;q=0.8")
    tap.ok(status == 200 and '<html lang="ko">' in text and "주 서버입니다" in text,
           "the status page speaks Korean to who wants it", text)
    tap.ok(headers["Content-Language"] == "ko" and is_hardened(headers), "with its headers", headers)
    _, _, text = ask(address, "/")
    tap.ok('<html lang="en">' in text and "This control plane leads" in text, "and English else")
    assets = re.findall(r'(?:href|src)="([^"]*)"', text)
    tap.ok(all(a.startswith("/") and not a.startswith("//") for a in assets) and "<script" not in text,
           "the page needs nothing from elsewhere and no script", assets)
    tap.ok(all(ask(address, a)[0] == 200 for a in assets), "all that it links to is there")
    cases = (("GET", "/nothing", {}, 404), ("POST", "/", {"body": "x"}, 405), ("PUT", "/", {}, 405),
             ("GET", "/", {"body": "x"}, 413), ("GET", "/", {"Host": "evil.example"}, 421))
    for method, path, more, wanted in cases:
        status, headers, _ = ask(address, path, method, **more)
        tap.ok(status == wanted and is_hardened(headers), f"{method} {path} {more}: {wanted}", status)
    status, headers, text = ask(address, "/healthz", "HEAD")
    tap.ok(status == 200 and text == "" and headers["Content-Length"] == "8", "HEAD has no body")


def check_work(world, address):
    before = metrics(address)
    world.populate(nodes=2)
    after = metrics(address)
    tap.ok(after["pumasi_nodes_attached"] == 2, "both nodes are counted", after)
    tap.ok(after["pumasi_requests_total"] > before["pumasi_requests_total"]
           and after["pumasi_commits_total"] > before["pumasi_commits_total"]
           and after["pumasi_store_revision"] > before["pumasi_store_revision"],
           "work shows in requests, commits and revision", before, after)
    tap.ok(after['pumasi_rpc_calls{kind="stream"}'] >= 2, "their streams are counted", after)
    _, _, text = ask(address, "/")
    everything = text + ask(address, "/metrics")[2]
    tap.ok(not any(word in everything for word in ("upstage", "skt", "alpha", "kim", "loan-1")),
           "nothing of a tenant is shown")


def check_following(world, first, first_address):
    socket_path = world.path("console.sock")
    second = world.twin(first, "pumasid-2", f"etcd.endpoints={ETCD}",
                        f"console.listen=unix:{socket_path}").start()
    address = f"unix:{socket_path}"
    lib.until(lambda: health(address) == (200, f"following {first.address}"), 20, "it follows")
    tap.ok(metrics(address)["pumasi_leader"] == 0, "a follower knows whom it follows")
    tap.ok(os.stat(socket_path).st_mode & 7 == 0,
           "its socket file is for owner and group")
    etcd = first.etcd_pid()
    os.kill(etcd, signal.SIGSTOP)
    try:
        lib.until(lambda: health(first_address)[0] == 503, 40, "the leader knows that it is lost")
        lib.until(lambda: health(address)[0] == 503, 40, "the follower, too")
    finally:
        os.kill(etcd, signal.SIGCONT)
    tap.ok(True, "without the store both are lost, and say so")
    lib.until(lambda: health(first_address)[0] == 200 and health(address)[0] == 200, 40,
              "somebody leads again")
    tap.ok(True, "and healthy again once it is back")
    tap.ok(second.process.end() == 0 and not os.path.exists(socket_path),
           "the socket file goes with its process")


def main():
    world = lib.World()
    first = check_off(world)
    first.settings.append(f"console.listen={CONSOLE}")
    first.start()
    world.wait_answering()
    tap.ok(health(CONSOLE) == (200, "leading"), "a leader is healthy")
    host, port = CONSOLE.split(":")
    with socket.create_connection((host, int(port)), timeout=IDLE_S + 5) as idle:
        idle.sendall(b"GET /hea")
        check_pages(CONSOLE)
        check_work(world, CONSOLE)
        check_following(world, first, CONSOLE)
        tap.ok(idle.recv(1) == b"", "who falls silent in a request is let go")
    tap.done()


ETCD = f"127.0.0.1:{lib.free_port()}"
CONSOLE = f"127.0.0.1:{lib.free_port()}"
if __name__ == "__main__":
    main()
